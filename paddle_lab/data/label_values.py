"""What labels were before they became texts: 1, 1.0, True or "1.0", all of them the label "1".

An answer beside a person's own rows has the value that stands in those rows.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from paddle_lab.data.cells import label_of, plain
from paddle_lab.i18n import Text

_MOST: Final = 20_000  # different labels; more are no classes
_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_POINT: Final = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")


def label_values(cells: Iterable[Any], *, written: bool = False) -> dict[str, Any]:
    """By label the value that most of its ``cells`` have, of labels whose value is another than it.

    With ``written`` the cells are of a text, where nothing tells 1 from "1": labels that are all
    numbers are numbers there, as pandas reads them.
    """
    counts: Counter[tuple[type, Any]] = Counter()
    for cell in cells:
        value = plain(cell)
        if not isinstance(value, (str, int, float)):
            continue
        if isinstance(value, float) and not math.isfinite(value):
            continue
        counts[type(value), value] += 1
        if len(counts) > _MOST:
            return {}
    found: dict[str, Any] = {}
    for (_, value), _ in counts.most_common():
        label = label_of(value)
        if not isinstance(label, Text):
            found.setdefault(label, value)
    if written and found:
        found = _as_numbers(found)
    return {label: value for label, value in found.items()
            if type(value) is not str or value != label}  # fmt: skip


def checked_values(content: Any) -> dict[str, Any]:
    """The values in a codec's JSON. Raises ValueError for what is none."""
    if not isinstance(content, dict) or len(content) > _MOST:
        raise ValueError("values are not those of labels")
    for label, value in content.items():
        kind = label_of(value) if isinstance(value, (str, int, float)) else None
        if kind != label:
            raise ValueError(f"the value of the label {label[:40]!r} is another label")
    return dict(content)


def _as_numbers(found: dict[str, Any]) -> dict[str, Any]:
    texts = [str(value).strip() for value in found.values()]
    if all(_WHOLE.fullmatch(text) for text in texts):
        return {label: int(text) for label, text in zip(found, texts, strict=True)}
    if all(_WHOLE.fullmatch(text) or _POINT.fullmatch(text) for text in texts):
        return {label: float(text) for label, text in zip(found, texts, strict=True)}
    return found
