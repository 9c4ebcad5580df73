"""What trying a model in place needs of a task: its answer as any view draws it, and what is right.

A task's ``trial`` (:attr:`paddle_lab.tasks.api.Task.trial`) turns an answer into a :class:`Shown`,
says by what :class:`Control` a person tells the right answer, and writes that as cells of
``corrections.tsv``. Views know controls, and no task.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

if TYPE_CHECKING:
    from paddle_lab.tasks.blocks import Mark
    from paddle_lab.tasks.codec import Codec

MOST_BARS: Final = 8
#: Column names of two texts, as readers know them.
TWO_TEXTS: Final[Mapping[str, str]] = {"text": "text1", "text2": "text2"}

ControlKind = Literal["label", "labels", "number", "spans", "piece"]


@dataclass(frozen=True)
class Control:
    """How a person says what is right, and what the value then is in JSON.

    ``label``: one of ``choices``, a text. ``labels``: any of them, a list. ``number``: a number.
    ``spans``: parts of the text of role ``of``, each of a type among ``choices``, as a list of
    ``[start, end, type]`` in characters. ``piece``: a part of ``of``, ``{"text", "start"}``, or
    None for "there is none".
    """

    kind: ControlKind
    choices: Sequence[str] = ()
    of: str = ""


@dataclass(frozen=True)
class Bar:
    """A possible answer: ``share`` from 0 to 1 is drawn, ``value`` is the figure in words."""

    name: str
    share: float
    value: str
    chosen: bool = False


@dataclass(frozen=True)
class Shown:
    """An answer for a person. ``right`` is it as a control's value: what a correction begins from.

    ``marks`` are spans in what was given, by role.
    """

    said: Text
    right: Any
    bars: Sequence[Bar] = ()
    marks: Mapping[str, Sequence[Mark]] = field(default_factory=dict)


class TrialBase(ABC):
    """What the trials of tasks share; each says the rest itself.

    ``columns`` are names of the columns of ``corrections.tsv`` by role, where they are not those of
    the roles.
    """

    columns: Mapping[str, str] = MappingProxyType({})

    @abstractmethod
    def control(self, codec: Codec) -> Control:
        """How a person says what is right."""

    @abstractmethod
    def shown(self, answer: Any) -> Shown:
        """The answer for a person."""

    @abstractmethod
    def support(self, answers: Sequence[Any], answer: Any) -> list[float] | None:
        """How far each of ``answers`` says what ``answer`` says, from 0 to 1.

        None where nothing was said that could be supported.
        """

    @abstractmethod
    def cells(self, value: Any, given: Mapping[str, str], control: Control) -> dict[str, str]:
        """The right answer as cells by column. Raises DataError (:func:`not_right`)."""

    def value_of(self, target: Any) -> Any:
        """A row's target as a control's value."""
        return target

    def row(self, value: Any, given: Mapping[str, str], control: Control) -> dict[str, str]:
        """A row of ``corrections.tsv``, by column. Raises DataError for what is no right answer."""
        names = self.column_names(list(given))
        texts = {names[role]: text for role, text in given.items()}
        return texts | self.cells(value, given, control)

    def column_names(self, roles: Sequence[str]) -> dict[str, str]:
        """The columns that hold ``roles``."""
        return {role: self.columns.get(role, role) if len(roles) > 1 else role for role in roles}


def plain(text: str) -> Text:
    """What comes from the data is the same in every language."""
    return Text(text, text)


def percent(share: float) -> str:
    """``93.2%``."""
    return f"{100 * share:.1f}%"


def not_right(value: Any) -> DataError:
    """The error for a value that is no right answer of the task."""
    return DataError(
        T("That is no answer of this task: {value}", "这不是该任务的有效答案：{value}",
          value=repr(value)[:200]),
        fix=T("Choose one of those offered.", "请从给出的选项中选择。"),
        code="data.correction_value",
    )  # fmt: skip
