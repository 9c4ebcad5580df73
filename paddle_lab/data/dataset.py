"""A dataset: labelled texts that remember where they stood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from paddle_lab.i18n import T, Text

Unit = Literal["line", "row"]
# Few enough digits to be a number that somebody counted with.
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True)
class Dataset:
    """Labelled texts. ``texts``, ``labels`` and ``lines`` are of one length.

    ``lines`` are 1-based: lines of a file, or rows of a DataFrame (``unit`` says which); None where
    there are none. ``notices`` say what a person should know about the reading. ``provenance`` says
    where the rows come from and how they were read: JSON values, for the run folder.
    """

    name: str
    texts: list[str]
    labels: list[str]
    lines: list[int | None]
    notices: tuple[Text, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)
    unit: Unit = "line"

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def columns(self) -> tuple[str, str] | None:
        """Names (or numbers) of the text and the label column, where the source had columns."""
        text, label = (self.provenance.get(key) for key in ("text_column", "label_column"))
        return (text, label) if isinstance(text, str) and isinstance(label, str) else None

    @property
    def given(self) -> dict[str, list[str]]:
        """What the model reads, as columns by role."""
        return {"text": self.texts}

    def row_key(self, index: int) -> tuple[str, ...]:
        """What is given at ``index``: for an order that does not depend on the rows' own."""
        return tuple(values[index] for values in self.given.values())

    def rows(self) -> Iterator[tuple[str, str]]:
        """Pairs of text and label."""
        return zip(self.texts, self.labels, strict=True)

    def take(self, places: Sequence[int]) -> Dataset:
        """The rows at ``places`` (from 0), in that order."""
        return replace(
            self,
            texts=[self.texts[place] for place in places],
            labels=[self.labels[place] for place in places],
            lines=[self.lines[place] for place in places],
        )

    def where(self, place: int) -> Text:
        """How to name the row at ``place`` (from 0) to a person: ``train.tsv line 381``."""
        line = self.lines[place]
        return spot(self.name, place + 1 if line is None else line, self.unit if line else "row")


def spot(name: str, number: int, unit: Unit) -> Text:
    """``train.tsv line 381``: a place in the data, for messages."""
    if unit == "line":
        return T("{name} line {n}", "{name} 第 {n} 行", name=name, n=number)
    return T("{name} row {n}", "{name} 第 {n} 条", name=name, n=number)


def class_order(labels: Iterable[str]) -> list[str]:
    """Classes in an order that does not depend on the rows: whole numbers by size, else by text."""
    labels = set(labels)
    if all(_WHOLE_NUMBER.fullmatch(label) for label in labels):
        return sorted(labels, key=lambda label: (int(label), label))
    return sorted(labels)
