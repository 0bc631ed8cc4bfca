#!/usr/bin/env python3
"""The tidy test: the rules of the house that a program can check.

  tests/tidy/tidy.py                        every check
  tests/tidy/tidy.py --only calls,docs      some of them
  tests/tidy/tidy.py --except generated     all but some
  tests/tidy/tidy.py --tighten              lower the figures of ratchet.toml to those of today

Prints a line a finding (file:line: rule: what is wrong: what to do) and last `N passed, M failed, K skipped`
in checks. An exception is a line with its reason in allow.toml.
"""

import argparse
import pathlib
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

import build  # noqa: E402
import calls  # noqa: E402
import docs  # noqa: E402
import includes  # noqa: E402
import size  # noqa: E402
import text  # noqa: E402
from tree import Allowed, Skip, Tree  # noqa: E402

PROGRAM = ROOT / "build/release/portico"
SECONDS_MAX = 20  # of one run of the program


def run_program(words):
    """(exit code, output) of build/release/portico."""
    try:
        done = subprocess.run([PROGRAM, *words], cwd=ROOT, capture_output=True, text=True,
                              timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return 124, ""
    return done.returncode, done.stdout


def help_reader():
    """help_of(words) with a memory: a document names the same commands again and again."""
    known = {}

    def help_of(words):
        key = tuple(words)
        if key not in known:
            known[key] = run_program([*words, "--help"])[1]
        return known[key]

    return help_of


def checks(tree, cache, ratchet):
    """(name, rules, function) of every check."""
    program = run_program if PROGRAM.is_file() else None
    help_of = help_reader() if program else None
    return [
        ("includes", includes.RULES, lambda: includes.check(tree)),
        ("calls", calls.RULES, lambda: calls.check(tree)),
        ("size", size.RULES, lambda: size.check(tree, ratchet)),
        ("text", text.RULES, lambda: text.check(tree)),
        ("docs", docs.RULES, lambda: docs.check(tree, help_of)),
        ("format", ["format"], lambda: build.check_format(tree, cache)),
        ("sources", ["sources"], lambda: build.check_sources(tree, build.compile_commands(tree))),
        ("headers", ["headers"], lambda: build.check_headers(tree, cache, build.compile_commands(tree))),
        ("generated", ["generated"], lambda: build.check_generated(tree, program)),
    ]


def run_check(function):
    """(findings, why the rest was skipped or None) of one check."""
    findings = []
    try:
        for finding in function():
            findings.append(finding)
    except Skip as skip:
        return findings, str(skip)
    return findings, None


def run(selected, allowed):
    """Runs the checks, prints what they find, returns (passed, failed, skipped)."""
    passed = failed = skipped = 0
    for name, rules, function in selected:
        findings, skip = run_check(function)
        findings = [finding for finding in findings if not allowed.spares(finding)]
        if skip is None:
            findings += allowed.stale(rules)
        for finding in sorted(findings):
            print(finding)
        if skip is not None:
            print(f"{name}: skipped: {skip}")
        passed += not findings and skip is None
        failed += bool(findings)
        skipped += not findings and skip is not None
    return passed, failed, skipped


def parse(arguments, names):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="checks to run: " + ",".join(names))
    parser.add_argument("--except", default="", dest="without", help="checks to leave out")
    parser.add_argument("--tighten", action="store_true", help="lower the figures of ratchet.toml")
    options = parser.parse_args(arguments)
    for name in filter(None, (options.only + "," + options.without).split(",")):
        if name not in names:
            parser.error(f"there is no check '{name}'; there are {', '.join(names)}")
    return options


def table(name):
    """A table that stands beside this file."""
    try:
        return tomllib.loads((HERE / name).read_text())
    except tomllib.TOMLDecodeError as error:
        sys.exit(f"tests/tidy/{name}:1: toml: {error}: mend the file")


def main(arguments):
    ratchet = table("ratchet.toml")
    allowed = Allowed(table("allow.toml"))
    tree = Tree.of_disk(ROOT)
    cache = build.Cache(ROOT / "build/tidy/good.json")
    every = checks(tree, cache, ratchet)
    options = parse(arguments, [name for name, _, _ in every])
    if options.tighten:
        (HERE / "ratchet.toml").write_text(size.written(size.tightened(ratchet, tree)))
        return 0
    only, without = [set(filter(None, part.split(","))) for part in (options.only, options.without)]
    selected = [check for check in every if (not only or check[0] in only) and check[0] not in without]
    passed, failed, skipped = run(selected, allowed)
    cache.save(keep_others=len(selected) < len(every))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
