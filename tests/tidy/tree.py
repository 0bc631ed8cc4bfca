"""The files a check looks at, and what a check says about them."""

import fnmatch
import pathlib
import subprocess
from dataclasses import dataclass

import cpp


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Skip(Exception):
    """Raised by a check whose inputs are not there yet; the text says which."""


class Tree:
    """Texts by path from the root. Tests hand them in; `of_disk` takes those that git knows or would add."""

    def __init__(self, texts, root=None):
        self.root = pathlib.Path(root) if root else None
        self._texts = dict(texts)
        self._code = {}

    @classmethod
    def of_disk(cls, root):
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, check=True)
        paths = sorted(set(listed.stdout.decode().split("\0")) - {""})
        return cls({path: None for path in paths if (pathlib.Path(root) / path).is_file()}, root)

    @property
    def paths(self):
        return list(self._texts)

    def has(self, path):
        return path in self._texts

    def select(self, *patterns):
        def wanted(path):
            return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)
        return [path for path in self._texts if wanted(path)]

    def cpp_paths(self):
        return [path for path in self._texts if path.endswith((".h", ".cpp"))]

    def exists(self, path):
        """Whether a file or folder is there; `*` stands for any text."""
        path = path.rstrip("/")
        return bool(self.select(path, path + "/*"))

    def text(self, path):
        """The text of a file; empty for what is not text."""
        if self._texts[path] is None:
            data = (self.root / path).read_bytes()
            try:
                self._texts[path] = "" if b"\0" in data else data.decode()
            except UnicodeDecodeError:
                self._texts[path] = ""
        return self._texts[path]

    def lines(self, path):
        return self.text(path).split("\n")

    def code(self, path):
        """The text of a C++ file without comments and the insides of literals; lines keep their numbers."""
        if path not in self._code:
            self._code[path] = cpp.blank(self.text(path))
        return self._code[path]


class Allowed:
    """For each rule the paths it spares, each with the reason. Remembers which lines were of use."""

    PATH = "tests/tidy/allow.toml"

    def __init__(self, table):
        self._table = table
        self._used = set()

    def spares(self, finding):
        for pattern in self._table.get(finding.rule, {}):
            if fnmatch.fnmatchcase(finding.path, pattern):
                self._used.add((finding.rule, pattern))
                return True
        return False

    def stale(self, rules):
        """Lines about one file that spare nothing any more, of the rules that ran."""
        for rule in rules:
            for pattern, reason in self._table.get(rule, {}).items():
                if not reason.strip():
                    yield Finding(self.PATH, 1, "allow", f"[{rule}] \"{pattern}\" gives no reason: say why")
                elif "*" not in pattern and (rule, pattern) not in self._used:
                    yield Finding(self.PATH, 1, "allow",
                                  f"[{rule}] \"{pattern}\" spares nothing: take the line out")
