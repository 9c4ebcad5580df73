"""One line of a traceback: a frame of any form, an error, or what joins two errors."""

from __future__ import annotations

import re
from typing import NamedTuple


class FrameLine(NamedTuple):
    """A frame as it stands in a line; ``indent`` in characters."""

    file: str
    line: int | None
    function: str
    code: str
    form: str
    indent: int


_PLAIN = re.compile(
    r'^(?P<indent>\s*)File "(?P<file>[^"]{1,1000})", line (?P<line>\d{1,9})'
    r"(?:,? in (?P<function>[^\s()]{1,200})(?:\(.*?\))?)?,?[ \t]*(?P<code>.*)$"
)
# File /x/y.py:21, in f(a)   |   File /x/y.py:21   |   Cell In[3], line 1, in f()
_IPYTHON = re.compile(
    r"^(?P<indent>\s*)(?:File (?P<file>(?:[A-Za-z]:)?[^:\n]{1,1000}):(?P<line>\d{1,9})"
    r"|(?P<cell>(?:Cell In ?|Input In |In )\[\d{0,6}\]),? (?:line |in )?<?(?:cell line: )?"
    r"(?P<cellline>\d{1,9})?>?(?:\(\))?)"
    r"(?:, in (?P<function>[^\s(]{1,200})(?:\(.*)?)?$"
)
# /x/y.py in f(self)   |   <ipython-input-1-abc> in <module>
_IPYTHON_7 = re.compile(
    r"^(?P<indent>)(?P<file><ipython-input[^>]{1,100}>|(?:[A-Za-z]:|~|/|\.{1,2}[\\/])[^\n:\"]{0,1000}?\.(?:pyx?|pyi?))"
    r" in (?P<function>[^\s(]{1,200})(?:\(.*)?$"
)
_AT = r"^(?P<indent>)(?P<file>(?:[A-Za-z]:)?[^\s:\"'=(),]{1,1000}\.pyx?):(?P<line>\d{1,9})"
_PYTEST = re.compile(_AT + r": in (?P<function>\S{1,200})$")
_PYTEST_SHORT = re.compile(_AT + r": ?(?:[A-Za-z_][\w.]*)?$")
_RICH = re.compile(_AT + r" in (?P<function>\S{1,200})$")
_STRONG = re.compile(
    r"^(?P<name>[A-Za-z_][\w.]{0,200}?(?:Error|Exception|Warning|Exit|Interrupt|NotMet|Fault|Iteration|Group))"
    r"(?:: ?(?P<message>.*)|\s*)$"
)
_WEAK = re.compile(r"^(?P<name>[A-Za-z_][\w.]{0,200})(?:: (?P<message>.*)|:?\s*)$")
_INLINE = re.compile(
    r"(?<![\w.])(?P<name>(?:[A-Za-z_]\w{0,80}\.){0,8}[A-Z]\w{0,80}(?:Error|Exception|NotMet))\s{0,2}[:：]\s{0,4}(?P<message>\S.*)$"
)
_FORMS = (
    (_PLAIN, "python"),
    (_IPYTHON, "ipython"),
    (_IPYTHON_7, "ipython"),
    (_PYTEST, "pytest"),
    (_RICH, "rich"),
)
ARROW = re.compile(r"^-{1,}>\s*(?P<line>\d{1,9})(?:\s(?P<code>.*))?$|^>{1,2} ?(?P<pytest>\s.*)$")
MARKED = re.compile(r"^\s*❱\s*\d{1,9}\s(?P<code>.*)$")
NUMBERED = re.compile(r"^(?:\s*(?:❱\s*)?\d{1,9}(?:\s.*)?|-+>.*|\s*\^[\^~]*\s*|\s*[~^]+\s*)$")
FATAL = re.compile(r"^\s*Fatal Python error: ?(?P<message>.*)$")
THREAD = re.compile(
    r"^\s*(?P<current>Current )?[Tt]hread 0x[0-9a-fA-F]+.*\(most recent call first\)"
)
NATIVE_HEADER = re.compile(r"C\+\+ Traceback \(most recent call last\)|C\+\+ Call [Ss]tacks")
NATIVE_FRAME = re.compile(
    r"^\s*(?:\d{1,3}|#\d{1,3})\s+(?:0x[0-9a-f]+ in )?(?P<function>[A-Za-z_].*)$"
)
HANDLING = "During handling of the above exception"
FROM = "The above exception was the direct cause"
REPEATED = re.compile(r"^\s*\[Previous line repeated \d+ more times?\]|^\s*\.\.\.|^\s*_( _)+\s*$")


def frame_of(line: str) -> FrameLine | None:
    """The frame in a line, or None."""
    if len(line) > 3000 or ("File " not in line and " in " not in line and "[" not in line):
        return None
    for pattern, form in _FORMS:
        found = pattern.match(line)
        if found is None:
            continue
        groups = found.groupdict()
        number = groups.get("line") or groups.get("cellline")
        return FrameLine(
            file=groups.get("file") or str(groups.get("cell")),
            line=int(number) if number else None,
            function=groups.get("function") or "",
            code=(groups.get("code") or "").strip(),
            form=form,
            indent=len(groups["indent"]),
        )
    return None


def pytest_place(line: str) -> FrameLine | None:
    """``tests/test_a.py:5:`` or ``decoder.py:355: JSONDecodeError``: a frame below its code."""
    found = _PYTEST_SHORT.match(line)
    if found is None:
        return None
    return FrameLine(found["file"], int(found["line"]), "", "", "pytest", 0)


def error_of(line: str, *, sure: bool = False) -> tuple[str, str] | None:
    """Class and message when a line is an error's; ``sure``: it stands where only one can stand."""
    found = _STRONG.match(line) or (_WEAK.match(line) if sure else None)
    return (found["name"], (found["message"] or "").rstrip()) if found else None


def error_inside(line: str) -> tuple[str, str] | None:
    """Class and message of an error that is mentioned in a line of other words."""
    found = _INLINE.search(line[:3000])
    return (found["name"], found["message"].rstrip()) if found else None
