"""Bytes of any encoding to text that patterns can be tried on."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.untrusted import open_regular

LIMIT = 80_000  # characters; of a longer text the beginning and the end are read
_RAW_LIMIT = 5 * LIMIT  # as it came: colour codes and long words make a text longer than it is
LARGEST_FILE = 20_000_000  # bytes
_LONGEST_WORD = 400  # nothing that a rule looks for is longer, and patterns stay fast
#: Quotation marks and spaces as rules are written with them.
PLAIN = str.maketrans("‘’`“”　", "'''\"\" ")
_ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_QUOTED_CODE = re.compile(
    # Deeper than its frame: of a traceback that is itself indented, the error is not.
    r'^(?P<frame>(?P<indent>[ \t]*)File "[^"\n]+", line \d{1,9}.*)'
    r"\n(?P=indent)(?:[ \t]{2,}|\t)\S.*(?:\n[ \t]*[~^]+ *$)?",
    re.M,
)
_LONG_WORD = re.compile(rf"(?<!\S)\S{{{_LONGEST_WORD},}}")
_LONG_SPACE = re.compile(r"(?<!\s)(\s{40})\s+")
_NUMBERED_CODE = re.compile(r"^(?:-+> ?| {2,})\d+ .*$", re.M)
# Lines of a run's log that tell what it does, such as all options of a training.
_NOTED = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?:DEBUG|INFO) .*\n?", re.M)
# What Windows says in traditional characters, as rules are written with the simplified ones.
_SIMPLIFIED = {
    "找不到指定的模組": "找不到指定的模块",
    "動態連結程式庫 (DLL) 初始化例行程序失敗": "动态链接库(DLL)初始化例程失败",
    "存取被拒": "拒绝访问",
    "系統找不到指定的": "系统找不到指定的",
}
# What a command asks of an installer, which reads as if it had happened.
_ASKED = re.compile(r" --(?:default-)?(?:timeout|retries)[= ]\d{1,6}")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decode(raw: bytes) -> str:
    """Text of ``raw``: UTF-8 (with or without mark), UTF-16, GB18030; never fails.

    What is none of these is read as UTF-8 with replacement characters.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    head = raw[:4000]
    if head.count(b"\0") * 3 > len(head):  # UTF-16 without a mark, as PowerShell's `>` may leave it
        little = head[1::2].count(b"\0") >= head[0::2].count(b"\0")
        return raw.decode("utf-16-le" if little else "utf-16-be", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _cut(text: str, limit: int) -> str:
    """The beginning and the end of a text that is too long: what failed stands at the end."""
    if len(text) <= limit:
        return text
    return text[: limit // 4] + "\n...\n" + text[-(limit * 3 // 4) :]


def _shortened(match: re.Match[str]) -> str:
    word = match.group(0)
    return f"{word[: _LONGEST_WORD // 2]} {word[-_LONGEST_WORD // 2 :]}"


def plain(text: str) -> str:
    """Without colour codes and control characters, lines ended by ``\\n``, cut to a bound."""
    text = _cut(text, _RAW_LIMIT)
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text)


def tidy(text: str) -> str:
    """Without colour codes, control characters and lines of code; quotes plain; cut to the limit.

    What a traceback quotes of the program, and what a log notes beside it, would be mistaken for
    what happened.
    """
    text = _ASKED.sub("", _NOTED.sub("", plain(text)))
    text = text.translate(PLAIN)
    for traditional, simplified in _SIMPLIFIED.items():
        text = text.replace(traditional, simplified)
    text = _LONG_WORD.sub(_shortened, text)
    text = _LONG_SPACE.sub(r"\1", text)
    text = _cut(text, LIMIT)
    if "Traceback (most recent call last)" in text:
        text = _QUOTED_CODE.sub(r"\1", text)
        text = _NUMBERED_CODE.sub("", text)
    return text


def read_text(name: str) -> str:
    """The text of a file, or of standard input for ``-``, in any encoding.

    Raises UsageError when there is none to read.
    """
    try:
        raw = sys.stdin.buffer.read(LARGEST_FILE) if name == "-" else _bytes_of(Path(name))
    except (OSError, ValueError) as error:
        raise UsageError(
            T("The text {name} cannot be read.", "无法读取文本 {name}。", name=name),
            T("{error}", "{error}", error=getattr(error, "strerror", None) or error),
            T(
                "Give a text file, or - for standard input.",
                "请给出文本文件，或用 - 表示标准输入。",
            ),
            code="usage.file_unreadable",
        ) from error
    text = decode(raw)
    if not text.strip():
        raise UsageError(
            T("There is no text to explain in {name}.", "{name} 中没有可解释的文本。", name=name),
            fix=T(
                "For example: python train.py 2>&1 | paddle-lab env --explain -",
                "例如：python train.py 2>&1 | paddle-lab env --explain -",
            ),
            code="usage.no_text",
        )
    return text


def _bytes_of(path: Path) -> bytes:
    with open_regular(path) as file:
        return file.read(LARGEST_FILE)
