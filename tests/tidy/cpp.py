"""Just enough of C++ for checks by text: literals and comments out, includes, the extent of functions."""

import bisect
import re

_LITERAL = re.compile(
    r"""(?P<raw>\b(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")"""
    r"""|(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<char>(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')""",
    re.DOTALL)
_INCLUDE = re.compile(r"^\s*#\s*include\b")
_INCLUDED = re.compile(r'#\s*include\s*(["<])([^">]+)[">]')
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_SCOPE = re.compile(r"^(?:\[\[.*?\]\]\s*|inline\s+|typedef\s+|constexpr\s+|static\s+|const\s+)*"
                    r"(namespace|class|struct|union|enum)\b")
_ACCESS = re.compile(r"\s*(?:public|private|protected)\s*:(?!:)")
_MACRO = re.compile(r"\s*[A-Z][A-Z0-9_]{2,}\s*\(")
_MEMBERS = re.compile(r"\)\s*(?:noexcept(?:\([^()]*\))?\s*)?:(?!:)")
_WORD_AFTER_PARAMETERS = {"const", "override", "final", "noexcept", "try", "mutable"}
_NAME = re.compile(r"((?:[\w~]+\s*(?:<[^<>()]*>)?::\s*)*(?:operator\s*(?:\(\)|[^\s(]+)|~?\w+))\s*\(")


def _spaces(text):
    return re.sub(r"[^\n]", " ", text)


def blank(text):
    """`text` with comments and the insides of literals as spaces."""
    def replace(match):
        found = match.group(0)
        if match.lastgroup == "comment" or match.group("comment"):
            return _spaces(found)
        return found[0] + _spaces(found[1:-1]) + found[-1]
    return _LITERAL.sub(replace, text)


def includes(text, code):
    """(line, quoted, name) of each include that is not commented out."""
    for number, (line, raw) in enumerate(zip(code.split("\n"), text.split("\n")), 1):
        if _INCLUDE.match(line):
            found = _INCLUDED.search(raw)
            if found:
                yield number, found.group(1) == '"', found.group(2)


def _closing(text, start, opener, closer):
    """The position after the bracket that closes the one at `start`; the end when none does."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] == opener:
            depth += 1
        elif text[at] == closer and not (closer == ">" and text[at - 1] == "-"):
            depth -= 1
            if depth == 0:
                return at + 1
    return len(text)


def _without_prefixes(head):
    """How many characters of `head` are access labels, macro lines and template parameters."""
    at = 0
    while True:
        found = _ACCESS.match(head, at)
        if found:
            at = found.end()
            continue
        found = _MACRO.match(head, at)
        if found:
            end = _closing(head, found.end() - 1, "(", ")")
            if head[end:].strip():
                at = end
                continue
        found = re.compile(r"\s*template\s*<").match(head, at)
        if found:
            at = _closing(head, found.end() - 1, "<", ">")
            continue
        return at


def _kind(head):
    """What the brace after `head` opens: a scope, a function or an initialiser."""
    text = head.strip()
    if _SCOPE.match(text) or (text.startswith("extern") and "(" not in text):
        return "scope"
    if ")" not in text or text.endswith(("=", "return")) or text.endswith(","):
        return "initialiser"
    last = re.search(r"(\w+|>)$", text)
    if last and last.group(1) not in _WORD_AFTER_PARAMETERS and _MEMBERS.search(text):
        return "initialiser"
    return "function"


def _name(head):
    text = " ".join(head.split())
    if _MACRO.match(text):
        return text[:_closing(text, text.index("("), "(", ")")]
    found = _NAME.search(text)
    return found.group(1).replace(" ", "") if found else text[:40]


def functions(code):
    """(name, first line, last line) of each function with a body, the outermost of nested ones."""
    code = _PREPROCESSOR.sub(lambda match: _spaces(match.group(0)), code)
    starts = [0] + [match.end() for match in re.finditer("\n", code)]
    line_of = lambda at: bisect.bisect_right(starts, at)
    stack, parens, head_start, function = [], 0, 0, None
    for match in re.finditer(r"[{}();]", code):
        sign, at = match.group(0), match.start()
        if sign == "(":
            parens += 1
        elif sign == ")":
            parens = max(0, parens - 1)
        elif sign == ";":
            if parens == 0:
                head_start = at + 1
        elif sign == "{":
            kind = "inner" if function else "initialiser"
            if function is None and parens == 0:
                head_start += _without_prefixes(code[head_start:at])
                head = code[head_start:at]
                kind = _kind(head)
                if kind == "function":
                    first = head_start + len(head) - len(head.lstrip())
                    function = (_name(head), line_of(first), len(stack))
            stack.append((kind, parens))
            parens = 0
            if kind != "initialiser":
                head_start = at + 1
        elif stack:
            kind, parens = stack.pop()
            if function is not None and function[2] == len(stack):
                yield function[0], function[1], line_of(at)
                function = None
            if kind != "initialiser":
                head_start = at + 1
