"""How long files and functions may be. What is longer already stands in ratchet.toml and may only shrink."""

import cpp
from tree import Finding

RULES = ["file_size", "function_size", "ratchet"]
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
RATCHET = "tests/tidy/ratchet.toml"
_SOURCES = ("*.cpp", "*.h", "*.ts", "*.tsx", "*.py", "*.sh")


def file_sizes(tree):
    return {path: tree.text(path).count("\n") for path in tree.select(*_SOURCES)}


def function_sizes(tree):
    """(path, line, name, lines) of every function that is too long."""
    for path in tree.cpp_paths():
        if tree.text(path).count("\n") <= FUNCTION_LINES_MAX:
            continue
        for name, first, last in cpp.functions(tree.code(path)):
            if last - first + 1 > FUNCTION_LINES_MAX:
                yield path, first, name, last - first + 1


def present(tree):
    """The offenders of today, in the shape of ratchet.toml."""
    functions = {}
    for path, _, name, lines in function_sizes(tree):
        key = f"{path} {name}"
        functions[key] = max(lines, functions.get(key, 0))
    return {"files": {path: lines for path, lines in file_sizes(tree).items() if lines > FILE_LINES_MAX},
            "functions": functions}


def tightened(ratchet, tree):
    """`ratchet` without what has shrunk: never with a new line or a larger figure."""
    now = present(tree)
    kept = {"files": {}, "functions": {}}
    for part, limits in kept.items():
        for key, limit in ratchet.get(part, {}).items():
            if key in now[part]:
                limits[key] = min(limit, now[part][key])
    return kept


def written(ratchet):
    lines = ["# Files and functions that were too long when the limits came; their lines may only fall.",
             "# `tests/tidy/tidy.py --tighten` lowers the figures; a new line is an exception to argue for."]
    for part in ("files", "functions"):
        lines += ["", f"[{part}]"] + [f'"{key}" = {value}' for key, value in sorted(ratchet[part].items())]
    return "\n".join(lines) + "\n"


def check(tree, ratchet):
    files, functions = ratchet.get("files", {}), ratchet.get("functions", {})
    for path, lines in file_sizes(tree).items():
        limit = files.get(path, FILE_LINES_MAX)
        if lines > limit:
            yield Finding(path, lines, "file_size", f"{lines} lines, at most {limit}: split it by use case")
    for path, line, name, lines in function_sizes(tree):
        limit = functions.get(f"{path} {name}", FUNCTION_LINES_MAX)
        if lines > limit:
            yield Finding(path, line, "function_size",
                          f"{name} has {lines} lines, at most {limit}: give its steps functions with names")
    if ratchet.get("files") or ratchet.get("functions"):
        kept = tightened(ratchet, tree)
        for part in ("files", "functions"):
            for key in ratchet.get(part, {}):
                if key not in kept[part]:
                    yield Finding(RATCHET, 1, "ratchet",
                                  f'"{key}" is within the limit now: run tests/tidy/tidy.py --tighten')
