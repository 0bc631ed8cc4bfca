"""Rules on plain text: line length, marks of unfinished work, words that have no place in the tree."""

import re

from tree import Finding

RULES = ["line_length", "unfinished", "words", "registry"]
COLUMNS_MAX = 110

_CODE = ("*.cpp", "*.h", "*.py", "*.sh", "*.cmake", "*CMakeLists.txt", "*.ts", "*.tsx", "Makefile", ".ci/run")
_UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
_WORDS = re.compile(
    r"(?<![\w.])/work/|/tmp/w(?:t)?\b"
    r"|\bshared/(?:design|reference|requirements|seeds|hooks)\b"
    r"|\b(?:claude|anthropic|chatgpt|openai|copilot|language model|ai[- ]generated)\b"
    r"|\b(?:coding|agent|helper|developer'?s?|assistant) session\b",
    re.IGNORECASE)
_REGISTRY = re.compile(
    r"\b(?:registry\.npmjs\.org|registry\.yarnpkg\.com|pypi\.org|files\.pythonhosted\.org|proxy\.golang\.org|crates\.io)\b")
_RESOLVED = re.compile(r'"resolved":\s*"(?!https://registry\.npmjs\.org/)(?:https?|git)[^"]*"')


def _is_lock(path):
    return path.endswith(("package-lock.json", "npm-shrinkwrap.json"))


def _check_lines(path, lines):
    for number, line in enumerate(lines, 1):
        for match in _UNFINISHED.finditer(line):
            yield Finding(path, number, "unfinished",
                          f"{match.group(0)}: finish it, or state the limit as a fact")
        for match in _WORDS.finditer(line):
            yield Finding(path, number, "words",
                          f"'{match.group(0)}': say what it is without naming where it was made")
        for match in _REGISTRY.finditer(line):
            yield Finding(path, number, "registry",
                          f"'{match.group(0)}': leave the registry to the client's own settings")


def _check_lock(path, lines):
    for number, line in enumerate(lines, 1):
        if _RESOLVED.search(line):
            yield Finding(path, number, "registry",
                          "resolved elsewhere than npm does: write https://registry.npmjs.org there")


def check(tree):
    for path in tree.paths:
        lines = tree.lines(path)
        if _is_lock(path):
            yield from _check_lock(path, lines)
        else:
            yield from _check_lines(path, lines)
    for path in tree.select(*_CODE):
        for number, line in enumerate(tree.lines(path), 1):
            # An address cannot be broken: a line of one word may be longer.
            if len(line) > COLUMNS_MAX and len(line.strip(" /#*").split()) > 1:
                yield Finding(path, number, "line_length",
                              f"{len(line)} columns, at most {COLUMNS_MAX}: break the line")
