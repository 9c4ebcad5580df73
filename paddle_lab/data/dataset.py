"""A dataset: rows with what they should teach, that remember where they stood."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from paddle_lab.data.excerpt import same_text
from paddle_lab.i18n import T, Text

Unit = Literal["line", "row"]
# Few enough digits to be a number that somebody counted with.
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True)
class Dataset:
    """Rows by role. The lists of ``given``, ``targets`` and ``lines`` are of one length.

    ``given`` is what the model reads, as columns by role; ``targets`` what it should answer, each a
    JSON value in its task's form. ``lines`` are 1-based: lines of a file, or rows of a DataFrame
    (``unit`` says which); None where there are none. ``notices`` say what a person should know
    about the reading. ``provenance`` says where the rows come from and how they were read: JSON
    values, for the run folder. ``groups`` names the document of each row: no split parts one; None
    where each row is its own.
    """

    name: str
    given: dict[str, list[Any]]
    targets: list[Any]
    lines: list[int | None]
    notices: tuple[Text, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)
    unit: Unit = "line"
    groups: list[str] | None = None

    @classmethod
    def of_texts(
        cls, name: str, texts: list[str], labels: list[Any], lines: list[int | None], **other: Any
    ) -> Dataset:
        """Rows of one text each."""
        return cls(name, {"text": texts}, labels, lines, **other)

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def texts(self) -> list[str]:
        """The texts of rows that give one."""
        return self.given["text"]

    @property
    def labels(self) -> list[Any]:
        """The targets, by the name that they have where they are labels."""
        return self.targets

    @property
    def columns(self) -> dict[str, str]:
        """Names (or numbers) of the columns by role, where the source had columns."""
        columns = self.provenance.get("columns")
        return dict(columns) if isinstance(columns, dict) else {}

    @property
    def settings(self) -> dict[str, str]:
        """What reading found out and other parts are read by: a separator, a file of names."""
        settings = self.provenance.get("settings")
        return dict(settings) if isinstance(settings, dict) else {}

    def key(self, index: int) -> str:
        """What makes two rows the same: what is given, whatever its white space."""
        return "\0".join(same_text(str(values[index])) for values in self.given.values())

    def size(self, index: int) -> int:
        """Characters of all that is given."""
        return sum(len(str(values[index])) for values in self.given.values())

    def row_key(self, index: int) -> tuple[str, ...]:
        """What is given at ``index``: for an order that does not depend on the rows' own."""
        return tuple(values[index] for values in self.given.values())

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """What is given in the order of the roles, and the target."""
        return zip(*self.given.values(), self.targets, strict=True)

    def take(self, indices: Sequence[int]) -> Dataset:
        """The rows at ``indices`` (from 0), in that order."""
        return replace(
            self,
            given={role: [values[i] for i in indices] for role, values in self.given.items()},
            targets=[self.targets[i] for i in indices],
            lines=[self.lines[i] for i in indices],
            groups=None if self.groups is None else [self.groups[i] for i in indices],
        )

    def where(self, index: int) -> Text:
        """How to name the row at ``index`` (from 0) to a person: ``train.tsv line 381``."""
        line = self.lines[index]
        if line is None:
            return spot(self.name, index + 1, "row")
        return spot(*in_file(self.name, line, self.provenance.get("files")), self.unit)


def canonical(target: Any) -> str:
    """A target as one text: equal ones, and no others, are the same."""
    if isinstance(target, str):
        return target
    return json.dumps(target, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def in_file(name: str, number: int, files: Any) -> tuple[str, int]:
    """The file of several, and the line or row in it, that ``number`` of all of them is.

    ``files`` are the number behind which each begins and its name; ``name`` is kept without them.
    """
    if not isinstance(files, list):
        return name, number
    for behind, file in reversed(files):
        if number > behind:
            return str(file), number - int(behind)
    return name, number


def spot(name: str, number: int, unit: Unit) -> Text:
    """``train.tsv line 381``: a row or line of the data, for messages."""
    if unit == "line":
        return T("{name} line {n}", "{name} 第 {n} 行", name=name, n=number)
    return T("{name} row {n}", "{name} 第 {n} 条", name=name, n=number)


def class_order(labels: Iterable[str]) -> list[str]:
    """Classes in an order that does not depend on the rows: whole numbers by size, else by text."""
    labels = set(labels)
    if all(_WHOLE_NUMBER.fullmatch(label) for label in labels):
        return sorted(labels, key=lambda label: (int(label), label))
    return sorted(labels)
