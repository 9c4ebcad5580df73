"""The answers to one question, in every form that files and tables give them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from paddle_lab.data.excerpt import has_letters_to_see
from paddle_lab.i18n import T, Text

_STARTS: Final = ("answer_start", "start", "answer_starts")


def answers_of(value: Any, start: Any = None) -> list[dict[str, Any]] | Text | None:
    """Answers as ``{"text", "start"}``, the start as it is given or None.

    ``value`` is a text (``start`` is its position), a list of texts or of
    ``{"text", "answer_start"}``, ``{"text": [...], "answer_start": [...]}``, or any of these under
    the key ``answers``. Blank texts are no answers. None: nothing is given at all. A Text says why
    it is none of these.
    """
    if _is_missing(value):
        return None
    if isinstance(value, str):
        return _kept([(value, start)])
    if isinstance(value, Mapping):
        inner = value.get("answers")
        if inner is not None and not isinstance(inner, Mapping):
            return answers_of(inner)
        return _of_mapping(value)
    if isinstance(value, Sequence) or hasattr(value, "tolist"):
        items = list(value)
        starts = start if isinstance(start, Sequence) and len(start) == len(items) else None
        found: list[tuple[Any, Any]] = []
        for index, item in enumerate(items):
            if isinstance(item, Mapping):
                found.append((item.get("text"), _start_of(item)))
            else:
                found.append((item, start if starts is None else starts[index]))
        return _kept(found)
    return _kept([(value, start)])


# The questions of one context follow each other.
@lru_cache(maxsize=16)
def document_of(context: str) -> str:
    """A name for a context: the same text has the same, in every file."""
    return hashlib.sha256(context.strip().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _of_mapping(value: Mapping[str, Any]) -> list[dict[str, Any]] | Text:
    texts, starts = value.get("text"), _start_of(value)
    if isinstance(texts, str) or texts is None:
        return _kept([(texts, starts)])
    texts = list(texts)
    starts = [None] * len(texts) if starts is None else list(starts)
    if len(starts) != len(texts):
        return T("{texts} answers have {starts} starts", "{texts} 个答案有 {starts} 个起始位置",
                 texts=len(texts), starts=len(starts))  # fmt: skip
    return _kept(list(zip(texts, starts, strict=True)))


def _start_of(value: Mapping[str, Any]) -> Any:
    return next((value[name] for name in _STARTS if name in value), None)


def _kept(pairs: list[tuple[Any, Any]]) -> list[dict[str, Any]] | Text:
    found: list[dict[str, Any]] = []
    for value, start in pairs:
        if _is_missing(value):
            continue
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        text = str(value) if number else value  # a table's reader took "1998" for a number
        if not isinstance(text, str):
            return T("an answer is {kind}, not a text", "答案是 {kind}，不是文本",
                     kind=type(text).__name__)  # fmt: skip
        if has_letters_to_see(text):
            found.append({"text": text, "start": start})
    return found


def _is_missing(value: Any) -> bool:
    """None, NaN, and pandas' own NA and NaT."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")
