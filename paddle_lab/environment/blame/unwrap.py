"""Take off what was put around a traceback: quotes, prefixes, boxes, escapes; lost line ends."""

from __future__ import annotations

import html
import re

from paddle_lab.environment.text import PLAIN, plain

HEADER = "Traceback (most recent call last)"
_LIMIT = 200_000
_ESCAPED = re.compile(r"\\n\s{0,8}File \\?[\"']")
_HEADER_AND_MORE = re.compile(re.escape(HEADER) + r":?[ \t]+(?=File )")
_FRAME_INSIDE = re.compile(r"(?<=\S)[ \t]+(?=File \"[^\"\n]{1,400}\", line \d)")
_ERROR_INSIDE = re.compile(r"(?<=\S)[ \t]+(?=[A-Za-z_][\w.]{0,80}(?:Error|Exception|NotMet): )")
_BOX_TOP = re.compile(r"^\s*[╭┌+]?[─\-]{2,}.*" + re.escape(HEADER))
_BOX_LINE = re.compile(r"^\s*[│|] ?(.*?)\s*[│|]?\s*$")
_PREFIX = re.compile(r"^(.{1,120}?)" + re.escape(HEADER))
#: VS Code makes links of the file and of each line's number.
_LINK = re.compile(r"</?a\b[^<>\n]{0,2000}>")
_CODE_CELL = re.compile(
    r"^.{0,1000}\.ipynb Cell (?P<cell>\d{1,6})(?:,? (?:line )?(?P<line>\d{1,9}))?(?: in .*)?$"
)
_QUOTE = re.compile(r"^(?:> ?)+")
_GROUP = "Exception Group " + HEADER
_GROUP_RULE = re.compile(r"^\s*\+[-+]{2,}(?: \d+ -+)?$")
#: Stands between the parts of an exception group.
PART = "\x1dpart"


def lines_of(text: str) -> list[str]:
    """The lines of a pasted text as Python printed them, as far as that can be told."""
    text = plain(text)[-_LIMIT:].translate(PLAIN)
    if "&quot;" in text or "&lt;" in text:
        text = html.unescape(text)
    if "<a href=" in text:
        text = _LINK.sub("", text)
    if ".ipynb Cell " in text:
        text = "\n".join(_CODE_CELL.sub(_as_cell, line) for line in text.split("\n"))
    if _ESCAPED.search(text):
        text = text.replace("\\n", "\n").replace('\\"', '"')
    lines = _unboxed(text.split("\n"))
    lines = _without_prefix([part for line in lines for part in _split(line)])
    return _ungrouped(lines) if any(_GROUP in line for line in lines) else lines


def _as_cell(found: re.Match[str]) -> str:
    """A cell of VS Code as IPython names it."""
    line = f", line {found['line']}" if found["line"] else ""
    return f"Cell In[{found['cell']}]{line}"


def _split(line: str) -> list[str]:
    """A traceback whose line ends were lost is one long line: give each frame its own."""
    if not _HEADER_AND_MORE.search(line):
        return [line]
    line = _HEADER_AND_MORE.sub(f"{HEADER}:\n  ", line)
    line = _FRAME_INSIDE.sub("\n  ", line)
    head, newline, last = line.rpartition("\n")
    return (head + newline + _ERROR_INSIDE.sub("\n", last, count=1)).split("\n")


def _unboxed(lines: list[str]) -> list[str]:
    """Without the frame that rich and pip draw around a traceback."""
    found: list[str] = []
    inside = False
    for line in lines:
        if _BOX_TOP.match(line) and "│" not in line and "╭" in line:
            inside = True
            found.append(f"{HEADER}:")
        elif inside and re.match(r"^\s*[╰└]", line):
            inside = False
        elif inside:
            match = _BOX_LINE.match(line)
            found.append(match[1] if match else line)
        else:
            found.append(line)
    return found


def _ungrouped(lines: list[str]) -> list[str]:
    """Without the bars of an exception group; :data:`PART` where one of its errors begins."""
    found = []
    for line in lines:
        if _GROUP_RULE.match(line):
            found.append(PART)
        elif _GROUP in line:
            found.append(line[line.index(_GROUP) :])
        else:
            found.append(re.sub(r"^\s*\| ?", "", line))
    return found


def _without_prefix(lines: list[str]) -> list[str]:
    """Without what stands before every line from the first header on: ``> ``, a time, a rank."""
    start = next((number for number, line in enumerate(lines) if HEADER in line), None)
    if start is None:
        quoted = len(lines) > 1 and all(line.startswith(">") for line in lines if line.strip())
        return [_QUOTE.sub("", line) for line in lines] if quoted else lines
    following = [line for line in lines[start + 1 : start + 8] if line.strip()]
    if following and all(line.startswith(">") for line in following):
        lines = [_QUOTE.sub("", line) for line in lines]
        following = [_QUOTE.sub("", line) for line in following]
    match = _PREFIX.match(lines[start])
    prefix = match[1] if match else ""
    # In IPython's form the class's name stands before the header.
    if (
        not prefix.strip(" +|")
        or _GROUP in lines[start]
        or re.fullmatch(r"[\w.]+ {2,}", prefix)
        or "C++" in prefix
    ):
        return lines
    shape = re.compile(re.sub(r"\d+", r"\\d+", re.escape(prefix.rstrip())) + " ?")
    if sum(shape.match(line) is not None for line in following) * 2 > len(following):
        return [shape.sub("", line, count=1) if shape.match(line) else line for line in lines]
    return [*lines[:start], lines[start][len(prefix) :], *lines[start + 1 :]]
