"""One cell as labels: a list, a list that a file holds as text, or labels between separators."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.data.cells import label_of, whole
from paddle_lab.data.columns import shown
from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.multilabel.separators import Separator

# Keys under which Label Studio and others keep the chosen labels, also inside a CSV.
_KEYS: Final = ("choices", "labels", "label", "taxonomy", "accusation")
_ITEM: Final = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,\[\]'"]+)""")
_ESCAPED: Final = re.compile(r"\\(.)")
_LONGEST: Final = 100_000
_BITS: Final = re.compile(r"[01](?:\s*[,，;；|、 \t]\s*[01])+")
_BIT: Final = {"0": False, "1": True, "0.0": False, "1.0": True, "true": True, "false": False}
# How people write them in words, or mark what holds.
_WORD: Final = {
    "是": True, "否": False, "有": True, "无": False, "yes": True, "no": False, "y": True,
    "n": False, "√": True, "✓": True, "✔": True, "☑": True,
}  # fmt: skip


def labels_of(cell: Any, separator: Separator) -> list[str] | Text:
    """The labels of a cell, each once in the order in which they stand, or why it has none such.

    An empty cell holds no label: an empty list.
    """
    items = as_list(cell)
    if items is None:
        label = label_of(cell)
        if isinstance(label, Text):
            return [] if is_blank(cell) else label
        items = separator.pieces(whole(label))
    found: dict[str, None] = {}
    for item in items:
        label = label_of(item)
        if isinstance(label, Text):
            if is_blank(item):
                continue
            return T("one of its labels is a {kind}", "其中一个标签的类型是 {kind}",
                     kind=type(item).__name__)  # fmt: skip
        found[whole(label)] = None
    return list(found)


def as_list(cell: Any) -> list[Any] | None:
    """The items of a cell that is a list, or holds one as text; None for any other cell."""
    if isinstance(cell, str):
        return _written_list(cell)
    if isinstance(cell, Mapping):
        lists = (cell.get(key) for key in _KEYS)
        return next((list(one) for one in lists if isinstance(one, (list, tuple))), None)
    if isinstance(cell, (list, tuple)):
        return list(cell)
    if isinstance(cell, (set, frozenset)):
        return sorted(cell, key=shown)
    if isinstance(cell, np.ndarray) and cell.ndim == 1:
        return list(cell.tolist())
    return None


def is_blank(cell: Any) -> bool:
    """Whether a cell holds nothing: missing, or white space."""
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or type(cell).__name__ in ("NAType", "NaTType")


def bit_of(cell: Any) -> bool | None:
    """A cell of a 0/1 column; None for any other value. Blank counts as 0."""
    if isinstance(cell, bool):
        return cell
    if is_blank(cell):
        return False
    label = label_of(cell)
    if isinstance(label, Text):
        return None
    return _BIT.get(label.lower(), _WORD.get(label.lower()))


def is_word_bit(cell: Any) -> bool:
    """Whether a cell says yes or no in a word or a mark, not as a number."""
    return isinstance(cell, str) and cell.strip().lower() in _WORD


def bits_of(cell: Any) -> list[bool] | None:
    """The bits of a list of two or more zeros and ones; None for any other cell."""
    items = vector_items(cell)
    if items is None or len(items) < 2:
        return None
    found = [bit_of(item) for item in items if not is_blank(item)]
    bits = [bit for bit in found if bit is not None]
    return bits if len(bits) == len(items) else None


def vector_items(cell: Any) -> list[Any] | None:
    """The items of a list, also of zeros and ones that only signs separate: ``0,1,0``."""
    if isinstance(cell, str) and _BITS.fullmatch(cell.strip()):
        return re.findall("[01]", cell)
    return as_list(cell)


def not_a_bit(column: str, cell: Any) -> Text:
    """Why a cell of a 0/1 column is none."""
    return T("column {column} holds '{value}', neither 0 nor 1",
             "列 {column} 的值是“{value}”，既不是 0 也不是 1",
             column=excerpt(column), value=excerpt(shown(cell)))  # fmt: skip


def _written_list(text: str) -> list[Any] | None:
    """The items of ``["a", "b"]`` or ``{"choices": [...]}``; of Python's and NumPy's lists too."""
    text = text.strip()
    if not text or text[0] not in "[{" or text[-1] not in "]}" or len(text) > _LONGEST:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _quoted_items(text) if text[0] == "[" and text[-1] == "]" else None
    if isinstance(value, (list, Mapping)):
        return as_list(value)
    return None


def _quoted_items(text: str) -> list[Any] | None:
    """The items of ``['a', 'b']``, ``['a' 'b']`` (NumPy's) or ``[0 1]``; None for a plain text.

    Without quotation marks only numbers are items: ``[走私、贩卖]毒品`` and ``[其他]`` are labels.
    """
    inside = text[1:-1]
    items: list[Any] = []
    for single, double, bare in _ITEM.findall(inside):
        if bare:
            if not re.fullmatch(r"-?[0-9.]+", bare):
                return None
            items.append(bare)
        else:
            items.append(_ESCAPED.sub(r"\1", single or double))
    rest = _ITEM.sub("", inside)
    return items if not rest.strip(" ,\n\t") else None


def distinct_in_row(items: Sequence[Any]) -> bool:
    """Whether no item stands twice: tokens and tags repeat, labels do not."""
    words = [shown(item) for item in items]
    return len(set(words)) == len(words)
