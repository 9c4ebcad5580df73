"""How marked spans fit the tokens of a model, and the tags of their windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paddle_lab.tasks.codec import IntArray, Windows
from paddle_lab.tasks.tag.alignment import Aligned, align
from paddle_lab.tasks.tag.spans import Span, spans_of

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.tasks.tag.codec import TagCodec

#: Rows that are looked at for the report.
MOST_ROWS = 3_000


@dataclass(frozen=True)
class Fit:
    """Of ``spans`` spans, those that were ``widened`` to whole tokens, and those ``lost`` without
    any; ``example`` is the text of the first.
    """

    spans: int
    widened: int
    lost: int
    example: str


def tags_of_windows(
    windows: Windows, targets: Sequence[Any], types: Sequence[str]
) -> list[IntArray]:
    """The tags [tokens] of each window."""
    return [aligned.tags for aligned in _aligned(windows, targets, types)]


def fit_of(codec: TagCodec, data: Dataset) -> Fit:
    """How the spans of the first rows of ``data`` fit the tokens."""
    rows = range(min(len(data), MOST_ROWS))
    part = data.take(rows)
    windows = codec.encode(part.given, "windows")
    # A span that no window had to widen is whole there.
    widened: dict[tuple[int, Span], bool] = {}
    lost: set[tuple[int, Span]] = set()
    for owner, aligned in zip(
        windows.owner.tolist(), _aligned(windows, part.targets, codec.types), strict=True
    ):
        widened |= {(owner, span): True for span in aligned.widened}
        lost |= {(owner, span) for span in aligned.lost}
    first = min([*widened, *lost], default=None)
    example = "" if first is None else part.texts[first[0]][first[1].start : first[1].end]
    spans = sum(len(target) for target in part.targets)
    return Fit(spans, len(widened), len(lost), example)


def _aligned(windows: Windows, targets: Sequence[Any], types: Sequence[str]) -> list[Aligned]:
    assert windows.offsets is not None and windows.sequence is not None
    index_of = {label: index for index, label in enumerate(types)}
    spans = [[span for span in spans_of(target) if span.label in index_of] for target in targets]
    return [
        align(spans[owner], offsets, sequence, index_of)
        for owner, offsets, sequence in zip(
            windows.owner.tolist(), windows.offsets, windows.sequence, strict=True
        )
    ]
