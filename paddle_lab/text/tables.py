"""Columns of text, aligned for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from paddle_lab.text.width import padded, width


def aligned(
    rows: Sequence[Sequence[str]], *, numbers: bool = False, right: Sequence[bool] = ()
) -> list[str]:
    """One line for each row, columns two spaces apart; Chinese characters count as two.

    All columns start at the left; with ``numbers`` all but the first end at the right, with
    ``right`` those of which it says so.
    """
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            padded(cell, columns, right=right[index] if right else numbers and index > 0)
            for index, (cell, columns) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
