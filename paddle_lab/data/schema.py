"""What reading, splitting and checking data must know of the task that they are for.

Every task has the members of :class:`RowSchema`; ``paddle_lab.tasks.base`` has what most share.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import Text

#: Whether rows are certainly those of a task, or may be.
Recognition = Literal["certain", "possible"]


@dataclass(frozen=True)
class Role:
    """One thing that a row gives. ``names`` are column names that people use, first the surest."""

    name: str
    title: Text
    names: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Reading:
    """How a person wants the rows of ``name`` read.

    ``columns`` are those asked for by role, by name or by number from 0; ``like`` those that
    another part was read by, and ``found`` what else was found out there; ``options`` are the
    task's own.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    like: Mapping[str, str] = field(default_factory=dict)
    options: Any = None
    found: Mapping[str, str] = field(default_factory=dict)


@dataclass
class RowsRead:
    """Rows as a task takes them; all lists but ``bad`` and ``notices`` are of one length.

    ``bad`` are the rows that cannot be used: line and reason. ``columns`` says by role which column
    was read, where there are columns; ``guessed`` that their shape alone told; ``settings`` what
    else was found out and holds for other parts (what separates labels). ``groups`` names the
    document of each row.
    """

    given: dict[str, list[Any]]
    targets: list[Any] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bad: list[tuple[int, Text]] = field(default_factory=list)
    notices: list[Text] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    groups: list[str] | None = None
    guessed: bool = False
    settings: dict[str, str] = field(default_factory=dict)

    def add(self, line: int, given: Sequence[Any], target: Any) -> None:
        """One more row; ``given`` in the order of the roles."""
        for values, value in zip(self.given.values(), given, strict=True):
            values.append(value)
        self.targets.append(target)
        self.lines.append(line)


class RowSchema(Protocol):
    """Which rows a task takes, and what is worth knowing of them."""

    @property
    def name(self) -> str:
        """The task's name."""

    @property
    def roles(self) -> tuple[Role, ...]:
        """What the model reads of a row, in order; the first is what ``--text`` names."""

    @property
    def target(self) -> Role:
        """What is learnt: what ``--label`` names."""

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms of records that it takes (``paddle_lab.data.records``)."""

    @property
    def long_text(self) -> str:
        """How rows longer than the model reads are read: "truncate" or "windows"."""

    @property
    def counted_title(self) -> Text:
        """What :meth:`counted` counts: the heading of a table."""

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        """The rows of records of one of :attr:`forms`.

        Raises DataError when columns are missing or cannot be told; one bad row is no reason to.
        """

    def recognise(self, records: Records) -> Recognition | None:
        """Whether these are rows of this task, by the first of them; None: surely not."""

    def other_form(self, records: Records, name: str) -> DataError:
        """The error for records of another form, with the tasks that take it."""

    def counted(self, target: Any) -> Sequence[str]:
        """What the data report counts of a row: its class, the types of its spans."""

    def target_text(self, given: Mapping[str, Any], target: Any) -> str:
        """A target in words, beside what its row gives by role."""

    def stratum(self, target: Any) -> Hashable:
        """What a split keeps in proportion; few different ones."""

    def unusable(self, train: Dataset, part: Dataset) -> list[int]:
        """Rows (from 0) of another part that mean nothing beside ``train``: of unknown labels."""

    def check(self, parts: Mapping[str, Dataset]) -> None:
        """Raise DataError when ``train`` teaches nothing, or another part has unusable rows."""

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """What a person should know of these rows beside what holds for all tasks.

        ``keys`` are the rows of each part as :meth:`Dataset.key` compares them.
        """


def columns_by_role(
    schema: RowSchema,
    text: str | None = None,
    label: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Columns that were asked for, by role: ``text`` is that of the first, ``label`` the target's.

    ``others`` are by role already; a number is a column's, from 0.
    """
    named = {schema.roles[0].name: text, schema.target.name: label}
    found = {role: column for role, column in named.items() if column is not None}
    return found | {role: str(column) for role, column in (others or {}).items()}
