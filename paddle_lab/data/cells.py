"""One cell as a text or a label, or why it is none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final

from paddle_lab.data.excerpt import has_letters_to_see
from paddle_lab.i18n import T, Text

_NO_TEXT: Final = T("the text is empty", "文本为空")
_NO_LABEL: Final = T("the label is missing", "缺少标签")
_CHUNK: Final = 4096  # cells that are looked at together
_WHOLE_FLOAT: Final = re.compile(r"-?\d{1,15}\.0+")


def text_of(cell: Any) -> str | Text:
    """A cell as a text, or why it is none."""
    if is_missing(cell):
        return _NO_TEXT
    cell = plain(cell)
    if not isinstance(cell, (str, int, float)):
        return T("the text is a {kind}", "文本的类型是 {kind}", kind=type(cell).__name__)
    content = str(cell)
    return content if has_letters_to_see(content) else _NO_TEXT


def label_of(cell: Any) -> str | Text:
    """A cell as a label, or why it is none.

    3.0 is "3", as a number and as text: pandas turns 3 into it, and writes it so. A list of one
    label is that label, as labelling tools write it.
    """
    if isinstance(cell, (list, tuple)):
        if len(cell) != 1:
            return _NO_LABEL if not cell else _several(len(cell))
        (cell,) = cell
    if is_missing(cell):
        return _NO_LABEL
    cell = plain(cell)
    if not isinstance(cell, (str, int, float)):
        return T(
            "the label is a {kind}; one label a row is expected",
            "标签的类型是 {kind}；每行应只有一个标签",
            kind=type(cell).__name__,
        )
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    label = str(cell).strip()
    if not has_letters_to_see(label):
        return _NO_LABEL
    return label.partition(".")[0] if _WHOLE_FLOAT.fullmatch(label) else label


def texts_of(cells: Sequence[Any]) -> list[str | Text]:
    """:func:`text_of` for each cell of a column."""
    if set(map(type, cells)) <= {str}:  # most texts begin with something to see
        return [cell if cell[:1].isalnum() else text_of(cell) for cell in cells]
    return list(map(text_of, cells))


def labels_of(cells: Sequence[Any]) -> list[str | Text]:
    """:func:`label_of` for each cell of a column."""
    if set(map(type, cells)) <= {str}:
        kinds = {cell: label_of(cell) for cell in set(cells)}
        return [kinds[cell] for cell in cells]
    return list(map(label_of, cells))


def make_whole(values: list[str | Text]) -> list[int]:
    """Make each text :func:`whole` in its place, and give the indices of those that were not."""
    found = []
    for start in range(0, len(values), _CHUNK):
        chunk = range(start, min(start + _CHUNK, len(values)))
        texts = [value for index in chunk if isinstance(value := values[index], str)]
        joined = "".join(texts)
        if whole(joined) is joined:
            continue
        for index in chunk:
            value = values[index]
            if isinstance(value, str) and (repaired := whole(value)) is not value:
                values[index] = repaired
                found.append(index)
    return found


def _several(count: int) -> Text:
    return T("{n} labels in one row; one label a row is expected",
             "一行中有 {n} 个标签；每行应只有一个标签", n=count)  # fmt: skip


def whole(text: str) -> str:
    """``text`` without lone surrogates, which no file and no tokenizer takes."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def plain(cell: Any) -> Any:
    """A NumPy scalar as Python's own; anything that fails to tell is none."""
    if isinstance(cell, (str, int, float)):
        return cell
    try:
        return cell.item() if hasattr(cell, "item") and not hasattr(cell, "__len__") else cell
    except Exception:  # whatever a stranger's class does: its type is told as no text
        return cell


def is_missing(cell: Any) -> bool:
    """None, NaN, and pandas' own NA and NaT."""
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or type(cell).__name__ in ("NAType", "NaTType")
