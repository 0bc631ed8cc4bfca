"""Checks that need tools or a build: format, headers that compile alone, sources, generated files."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import cpp
from tree import Finding, Skip

RULES = ["format", "headers", "sources", "generated"]

_FORMATTER = "clang-format-19"
_GENERATORS = {"openapi.json": ["openapi"], "asyncapi.json": ["asyncapi"], "client.ts": ["typescript"]}


class Cache:
    """Remembers by content what was found good; what is not asked for again is forgotten on `save`."""

    def __init__(self, file):
        self._file = pathlib.Path(file)
        try:
            self._good = set(json.loads(self._file.read_text()))
        except (OSError, ValueError):
            self._good = set()
        self._seen = set()

    def knows(self, key):
        if key in self._good:
            self._seen.add(key)
        return key in self._good

    def add(self, key):
        self._seen.add(key)

    def save(self, keep_others):
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(sorted(self._seen | (self._good if keep_others else set()))))


def _digest(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _in_parallel(work, items):
    """The results as they come, in order; what has not begun is dropped when the caller ends early."""
    pool = concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2))
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


def check_format(tree, cache):
    if not shutil.which(_FORMATTER):
        raise Skip(f"{_FORMATTER} is not installed")
    style = tree.text(".clang-format") if tree.has(".clang-format") else ""
    keys = {path: _digest("format", style, tree.text(path)) for path in tree.cpp_paths()}
    unknown = [path for path, key in keys.items() if not cache.knows(key)]

    def run(path):
        done = subprocess.run([_FORMATTER, "--dry-run", "-Werror", "--ferror-limit=1", path],
                              cwd=tree.root, capture_output=True, text=True)
        return path, done.returncode, done.stderr

    for path, code, errors in _in_parallel(run, unknown):
        if code == 0:
            cache.add(keys[path])
        else:
            line = re.search(r":(\d+):\d+: error", errors)
            yield Finding(path, int(line.group(1)) if line else 1, "format", "run `make format`")


def compile_commands(tree):
    file = tree.root / "build/release/compile_commands.json"
    if not file.is_file():
        raise Skip("build/release is not configured (cmake --preset release)")
    return json.loads(file.read_text())


def check_sources(tree, entries):
    """`entries`: what compile_commands.json holds."""
    root = pathlib.Path(tree.root or "/")
    built = {os.path.relpath(os.path.join(entry["directory"], entry["file"]), root) for entry in entries}
    for path in tree.select("*.cpp", "*.cc", "*.c"):
        if path not in built:
            yield Finding(path, 1, "sources", "no target builds it: put it into a folder that CMake knows, "
                          "or run cmake --preset release")


def _flags(entry):
    """Compiler and the flags that decide whether a header compiles."""
    words = shlex.split(entry["command"])
    while words and not re.search(r"clang\+\+|g\+\+|c\+\+", os.path.basename(words[0])):
        words.pop(0)
    kept, takes = words[:1], False
    for word in words[1:]:
        if takes or word.startswith(("-I", "-D", "-std=", "-isystem")):
            kept.append(word)
            takes = word in ("-I", "-D", "-isystem")
    return kept


def _closure(tree, path):
    """The project's files that `path` includes, directly or not, itself among them."""
    found, open_ = {path}, [path]
    while open_:
        at = open_.pop()
        for _, quoted, name in cpp.includes(tree.text(at), tree.code(at)):
            if quoted and tree.has(name) and name not in found:
                found.add(name)
                open_.append(name)
    return sorted(found)


def _error_of(text):
    for line in text.split("\n"):
        if "error:" in line:
            return line.strip()
    return text.strip().split("\n")[-1]


def check_headers(tree, cache, entries):
    flags = {}
    for entry in entries:
        folder = os.path.relpath(os.path.join(entry["directory"], entry["file"]), tree.root).rsplit("/", 1)[0]
        flags.setdefault(folder, _flags(entry))
    if not flags:
        raise Skip("build/release compiles nothing yet")
    general = next(iter(flags.values()))
    work = []
    for path in tree.select("*.h"):
        command = flags.get(path.rsplit("/", 1)[0], general)
        key = _digest("header", *command, *(tree.text(name) for name in _closure(tree, path)))
        if not cache.knows(key):
            work.append((path, command, key))

    def run(item):
        path, command, key = item
        done = subprocess.run(command + ["-fsyntax-only", "-x", "c++", "-include", path, "/dev/null"],
                              cwd=tree.root, capture_output=True, text=True)
        return path, key, done.returncode, done.stderr

    for path, key, code, errors in _in_parallel(run, work):
        if code == 0:
            cache.add(key)
        else:
            yield Finding(path, 1, "headers",
                          f"does not compile alone ({_error_of(errors)}): include what it names")


def check_generated(tree, program):
    """`program(words)` gives (exit code, output) of the built program; None: not built."""
    committed = [path for path in tree.select("contracts/*/*") if path.count("/") == 2]
    if not committed:
        raise Skip("contracts/ holds nothing yet")
    if program is None:
        raise Skip("build/release/portico is not built")
    for path in committed:
        _, system, name = path.split("/")
        if name not in _GENERATORS:
            known = ", ".join(sorted(_GENERATORS))
            yield Finding(path, 1, "generated", f"nothing generates it: known are {known}")
            continue
        words = _GENERATORS[name] + [system]
        code, output = program(words)
        if code != 0:
            yield Finding(path, 1, "generated", f"`portico {' '.join(words)}` failed with {code}")
        elif output != tree.text(path):
            yield Finding(path, _first_difference(output, tree.text(path)), "generated",
                          f"differs from what the code says now: run `portico {' '.join(words)} > {path}` "
                          "and, when the change is meant, commit it with a line in CHANGELOG.md")


def _first_difference(fresh, committed):
    pairs = zip(fresh.split("\n"), committed.split("\n"))
    return next((number for number, (a, b) in enumerate(pairs, 1) if a != b), 1)
