"""A dataset: labelled texts that remember where they stood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from paddle_lab.i18n import Text


@dataclass(frozen=True)
class Dataset:
    """Labelled texts. ``texts``, ``labels`` and ``lines`` are of one length.

    ``lines`` are 1-based line numbers of the source (rows of a DataFrame), None where there are
    none. ``notices`` say what reading found out for itself; ``provenance`` is for ``data.json``.
    """

    name: str
    texts: list[str]
    labels: list[str]
    lines: list[int | None]
    notices: tuple[Text, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self) -> Iterator[tuple[str, str]]:
        """Pairs of text and label."""
        return zip(self.texts, self.labels, strict=True)

    def take(self, places: Sequence[int]) -> Dataset:
        """The rows at ``places``, in that order."""
        return replace(
            self,
            texts=[self.texts[place] for place in places],
            labels=[self.labels[place] for place in places],
            lines=[self.lines[place] for place in places],
        )

    def where(self, place: int) -> str:
        """How to name a row to a person: ``train.tsv line 381``."""
        line = self.lines[place]
        return f"{self.name} line {line}" if line is not None else f"{self.name} row {place + 1}"
