"""What a tagging's report leaves out, as tables for files: every type and every mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from paddle_lab.tasks.api import FileTable
from paddle_lab.tasks.tag.examples import worst_rows
from paddle_lab.tasks.tag.scored import Scored

MOST_MISTAKES: Final = 10_000


def tables(scored: Scored) -> dict[str, FileTable]:
    """``mistakes`` (one span a line, with the whole text) and ``types``."""
    _, by_type = scored.score()
    return {
        "mistakes": (
            ("text", "kind", "span", "type", "start", "end", "line"),
            list(_mistakes(scored)),
        ),
        "types": (
            ("type", "precision", "recall", "f1", "spans"),
            [(label, *one.figures(), one.spans) for label, one in by_type.items()],
        ),
    }


def _mistakes(scored: Scored) -> Iterator[tuple[Any, ...]]:
    for row, _ in worst_rows(scored, MOST_MISTAKES):
        text, line = scored.texts[row], scored.lines[row]
        gold, found = set(scored.gold[row]), set(scored.found[row])
        for span in sorted(gold ^ found):
            kind = "missed" if span in gold else "wrong"
            yield text, kind, text[span.start : span.end], span.label, span.start, span.end, line
