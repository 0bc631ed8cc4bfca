"""Documents name only what exists: make targets, commands and flags of `portico`, paths, environment."""

import re
from dataclasses import dataclass

from tree import Finding, Skip

RULES = ["docs"]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/*.md", "systems/*/README.md", "blocks/*/README.md",
             "deploy/*.md", "bench/*.md", "fuzz/*.md", "web/*.md")
FOLDERS = ("portico", "blocks", "systems", "cli", "web", "deploy", "bench", "fuzz", "tests", "docs", "tools",
           "contracts", "cmake")

_SHELLS = {"", "sh", "bash", "console", "shell"}
_FENCE = re.compile(r"^\s*(```+|~~~+)\s*(\w*)")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"(?<![\w./:<@-])((?:%s)/[\w./*<>@{},-]*)" % "|".join(FOLDERS))
_ASSIGNMENTS = r"(?:[A-Z_][A-Z0-9_]*=\S*\s+)*"
_MAKE = re.compile(r"(?:^|&&|;|\|\|)\s*%smake\b([^;&|#]*)" % _ASSIGNMENTS)
_PORTICO = re.compile(r"(?:^|&&|;|\|\|)\s*%s(?:sudo\s+)?(?:\S*/)?portico(?![\w/.-])([^;&|#]*)" % _ASSIGNMENTS)
_PORTICO_NAME = re.compile(r"\bPORTICO_[A-Z0-9_]+")
_TABLE_NAME = re.compile(r"^\s*\|\s*`?([A-Z][A-Z0-9_]{2,})`?\s*\|")
_COMMAND_IN_HELP = re.compile(r"^ {2,}([a-z][a-z0-9-]*)(?:,\S+)?(?:\s|$)")


@dataclass(frozen=True)
class Command:
    """A line a reader would type, without its prompt."""
    line: int
    text: str
    from_span: bool


def commands(lines):
    """Code spans and the lines of shell blocks."""
    fence = language = None
    for number, line in enumerate(lines, 1):
        mark = _FENCE.match(line)
        if mark and fence is None:
            fence, language = mark.group(1), mark.group(2).lower()
        elif fence is not None and line.strip().startswith(fence):
            fence = None
        elif fence is not None:
            if language in _SHELLS:
                yield Command(number, re.sub(r"^\s*[$#>] ", "", line).strip(), False)
        else:
            for span in _SPAN.finditer(line):
                yield Command(number, span.group(2).strip(), True)


def subcommands(help_text):
    """The commands a help text lists below its heading; empty when it lists none."""
    found, listing = set(), False
    for line in help_text.split("\n"):
        if re.match(r"^(?:sub)?commands:?\s*$", line.strip(), re.IGNORECASE):
            listing = True
        elif listing and line.strip() and not line.startswith(" "):
            listing = False
        elif listing:
            match = _COMMAND_IN_HELP.match(line)
            if match:
                found.add(match.group(1))
    return found


def _check_make(tree, command):
    match = _MAKE.search(command.text)
    if not match or not tree.has("Makefile"):
        return
    makefile = tree.text("Makefile")
    words = match.group(1).split()
    if "-C" in words or "-f" in words:
        return
    for word in words:
        name, assigned, _ = word.partition("=")
        if word.startswith("-") or not re.fullmatch(r"[\w.-]+", name):
            continue
        if assigned and not re.search(rf"\b{re.escape(name)}\b", makefile):
            yield f"the Makefile knows no variable '{name}'"
        elif not assigned and not re.search(rf"^{re.escape(name)}\s*:(?!=)", makefile, re.MULTILINE):
            yield f"the Makefile has no target '{name}'"


def _check_program(help_of, command):
    match = _PORTICO.search(command.text)
    if not match:
        return
    chain, help_text = [], help_of([])
    for word in match.group(1).split():
        if word.startswith("--"):
            flag = word.split("=")[0]
            if not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", help_text):
                yield f"`{' '.join(['portico'] + chain)}` has no flag {flag}"
        elif re.fullmatch(r"[a-z][a-z0-9-]*", word):
            known = subcommands(help_text)
            if word in known:
                chain.append(word)
                help_text = help_of(chain)
            elif known and len(chain) < 2 and "[SUBCOMMAND]" not in help_text:
                yield f"`{' '.join(['portico'] + chain)}` has no command '{word}'"
                return


def _check_paths(tree, command):
    for match in _PATH.finditer(command.text):
        named = match.group(1).rstrip(".,")
        if "..." in named or command.text[match.end():].startswith("…"):
            continue
        pattern = re.sub(r"<[^<>]*>|\{[^{}]*\}", "*", named)
        if not tree.exists(pattern):
            yield f"there is no '{named}' in the repository"


def _check_links(tree, path, lines):
    folder = path.rsplit("/", 1)[0].split("/") if "/" in path else []
    for number, line in enumerate(lines, 1):
        for match in _LINK.finditer(_SPAN.sub("", line)):
            target = match.group(1).split("#")[0]
            if not target or re.match(r"[a-z][a-z0-9+.-]*:", target) or target.startswith("/"):
                continue
            parts = list(folder)
            for part in target.split("/"):
                if part == ".." and parts:
                    parts.pop()
                elif part not in ("", "."):
                    parts.append(part)
            if parts and not tree.exists("/".join(parts)):
                yield number, f"the link leads to '{target}', which does not exist"


def _check_names(known, lines):
    for number, line in enumerate(lines, 1):
        names = set(_PORTICO_NAME.findall(line)) | set(_TABLE_NAME.findall(line))
        for name in sorted(names):
            is_prefix = name.endswith("_") and any(other.startswith(name) for other in known)
            if name not in known and not is_prefix:
                yield number, f"no source knows the name {name}"


def _known_names(tree, documents):
    known = set()
    for path in tree.paths:
        if path not in documents and not path.endswith(".md") and not path.startswith("tests/tidy/"):
            known.update(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", tree.text(path)))
    return known


def check(tree, help_of):
    """`help_of(words)` gives the help text of a command of the program; None: the program is not built."""
    documents = set(tree.select(*DOCUMENTS))
    known = _known_names(tree, documents)
    for path in sorted(documents):
        lines = tree.lines(path)
        for command in commands(lines):
            faults = list(_check_make(tree, command)) + list(_check_paths(tree, command))
            if help_of:
                faults += _check_program(help_of, command)
            for fault in faults:
                yield Finding(path, command.line, "docs", fault + ": name what exists")
        for number, fault in list(_check_links(tree, path, lines)) + list(_check_names(known, lines)):
            yield Finding(path, number, "docs", fault + ": name what exists")
    if not help_of:
        raise Skip("build/release/portico is not built: its commands in the documents were not looked at")
