"""Rows of cells that are kept as columns: a fraction of the memory of a list for each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload


class ColumnCells(Sequence[Sequence[Any]]):
    """Rows, each a tuple made when it is asked for, of ``columns`` of one length."""

    def __init__(self, columns: Sequence[list[Any]]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    @overload
    def __getitem__(self, index: int) -> Sequence[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sequence[Any]]: ...
    def __getitem__(self, index: int | slice) -> Sequence[Any] | list[Sequence[Any]]:
        if isinstance(index, slice):
            return list(zip(*(column[index] for column in self.columns), strict=True))
        return tuple(column[index] for column in self.columns)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return zip(*self.columns, strict=True)
