"""What an option is: a dataclass field and what :func:`option` says of it."""

from __future__ import annotations

import copy
import dataclasses
import functools
import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin, get_type_hints

from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T, Text

_METADATA: Final = "paddle_lab.option"
#: Typed by people for "as when left out", where an option allows it.
AUTO: Final = "auto"
HELP_ALL: Final = "--help-all"
_UNEXPLAINED: Final = T("", "")


@dataclass(frozen=True, eq=False)
class Group:
    """Options that are explained together; groups are shown by ``rank``."""

    title: Text
    rank: int


ARGUMENTS: Final = Group(T("arguments", "参数"), 0)
OPTIONS: Final = Group(T("options", "选项"), 10)
READING: Final = Group(T("reading", "读取"), 20)
MODEL: Final = Group(T("model", "模型"), 30)
TRAINING: Final = Group(T("training", "训练"), 40)
RUNNING: Final = Group(T("running", "运行"), 50)
ANSWER: Final = Group(T("answer", "输出"), 90)


@dataclass(frozen=True, eq=False)
class Option:
    """One option as every front end needs it; :func:`option` says what the attributes mean."""

    name: str
    kind: str
    default: Any
    help: Text
    example: str | None
    group: Group
    common: bool
    positional: bool
    word: str
    short: str | None
    metavar: str
    choices: Sequence[str] | str
    at_least: float | None
    at_most: float | None
    above: float | None
    pattern: str | None
    forms: str | None
    auto: bool
    bare: str | None
    keys: Callable[[], Sequence[str]] | str | None
    values: str | None
    native: str | None
    covers: Mapping[str, str]
    advised: bool
    computed: bool
    stored: bool
    fixed: bool
    repeated: bool
    refuse_in_file: Callable[[str], PaddleLabError] | None
    scale: str | None
    unsearched: Text | None

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is dataclasses.MISSING

    @property
    def flag(self) -> str:
        """As on the line: ``--batch-size``, or ``--no-export`` for what is done unless told."""
        return ("--no-" if self.default is True else "--") + self.word

    @property
    def key(self) -> str:
        """As in YAML."""
        return self.word.replace("-", "_")

    @property
    def flags(self) -> tuple[str, ...]:
        """All ways to name it on the line, none where its position does; the short one first."""
        if self.positional:
            return ()
        return (self.short, self.flag) if self.short else (self.flag,)

    @property
    def shown(self) -> str:
        """Its name for messages."""
        return self.metavar if self.positional else self.flag

    @property
    def usage(self) -> str | None:
        """How it is written, for example; None where nothing can be shown."""
        if self.positional or self.kind == "bool" or self.example is None:
            return self.example
        return f"{self.short or self.flag} {self.example}"

    def known(self) -> tuple[str, ...]:
        """The values it may have, empty when it takes any."""
        if not isinstance(self.choices, str):
            return tuple(self.choices)
        return _names_from(self.choices)

    def known_keys(self) -> tuple[str, ...]:
        """The names that a mapping may have, empty when it takes any."""
        if self.keys is None:
            return ()
        return _names_from(self.keys) if isinstance(self.keys, str) else tuple(self.keys())


def _names_from(function: str) -> tuple[str, ...]:
    """What the function "module:name" gives: that of a registry above this package."""
    module, _, name = function.partition(":")
    return tuple(getattr(importlib.import_module(module), name)())


def option(
    default: Any = dataclasses.MISSING,
    help: Text = _UNEXPLAINED,
    *,
    example: str | None = None,
    group: Group = OPTIONS,
    common: bool = False,
    positional: bool = False,
    word: str | None = None,
    short: str | None = None,
    metavar: str | None = None,
    choices: Sequence[str] | str = (),
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    pattern: str | None = None,
    forms: str | None = None,
    auto: bool = False,
    bare: str | None = None,
    keys: Callable[[], Sequence[str]] | str | None = None,
    values: str | None = None,
    native: str | None = None,
    covers: Iterable[str] | Mapping[str, str] = (),
    advised: bool = False,
    computed: bool = False,
    stored: bool = True,
    fixed: bool = True,
    repeated: bool = True,
    refuse_in_file: Callable[[str], PaddleLabError] | None = None,
    scale: str | None = None,
    unsearched: Text | None = None,
) -> Any:
    """A dataclass field that is an option of a command; its type decides what may be given.

    ``bool`` is a flag, ``tuple[str, ...]`` takes several words (with a flag: one each
    time it is given), ``dict`` takes NAME=VALUE.

    ``help`` says what it does and ``example`` is a value that shows how. ``common`` options are in
    the short help. ``word`` is its name for people where that is not the field's; ``short`` is like
    ``-o``. A number lies between ``at_least`` (or ``above``, itself not allowed) and ``at_most``; a
    text is one of ``choices`` (or of what the function "module:name" gives, where a registry above
    this package has them) or matches ``pattern``, whose ``forms`` people are told. ``auto``: that
    word means "as when left out". ``bare`` is the value of the flag alone. ``keys`` gives the
    names that a mapping may have, itself or as "module:name". ``values`` names what completes it
    ("data", "models", "runs").

    ``native`` is the field of PaddleNLP's TrainingArguments that gets the value as it is;
    ``covers`` are others that it decides, with the value that does (``{"bf16": "bf16"}``).
    ``advised``: the card of a model may say it; ``computed``: what is not given follows from other
    options. ``stored`` options make up what is done and may
    come from a file; others belong to one call. ``fixed`` ones stay for the life of a run.
    ``repeated`` ones stand in the command that repeats it.
    ``refuse_in_file`` makes the error for a file (named by its argument) that gives the option.
    ``scale`` is how a search goes over its values: "linear", "log", or "list" for those that are
    named one by one; ``unsearched`` says why it cannot.
    """
    details = {name: value for name, value in locals().items() if name != "default"}
    details["covers"] = dict(covers) if isinstance(covers, Mapping) else dict.fromkeys(covers, "")
    metadata = {_METADATA: details}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=dict, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def same_option(declared: type, name: str) -> Any:
    """The field of an option that another dataclass declares, for one that takes it as well."""
    return next(copy.copy(one) for one in dataclasses.fields(declared) if one.name == name)


def options_of(declared: type) -> tuple[Option, ...]:
    """The options of a dataclass, in the order in which they are explained."""
    return tuple(_by_name(declared).values())


def find_option(declared: type, name: str) -> Option:
    """The option of a field. Raises KeyError when there is none."""
    return _by_name(declared)[name]


def as_written(declared: type, name: str) -> Any:
    """As :func:`same_option`, for one whose value is a text that is read later."""
    limits = dict.fromkeys(("at_least", "at_most", "above", "pattern", "forms"))
    details = same_option(declared, name).metadata[_METADATA]
    read_later = {**details, **limits, "choices": (), "auto": False}
    return dataclasses.field(default=None, metadata={_METADATA: read_later})


@functools.cache
def _by_name(declared: type) -> dict[str, Option]:
    hints = get_type_hints(declared)
    found = [
        _described(field, hints[field.name])
        for field in dataclasses.fields(declared)
        if _METADATA in field.metadata
    ]
    return {one.name: one for one in sorted(found, key=lambda one: one.group.rank)}


def _described(field: dataclasses.Field[Any], hint: Any) -> Option:
    details = dict(field.metadata[_METADATA])
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    details["word"] = details["word"] or field.name.replace("_", "-")
    details["metavar"] = details["metavar"] or re.sub(r"\W", "_", details["word"]).upper()
    if details["positional"]:
        details["group"] = ARGUMENTS
    return Option(name=field.name, kind=_kind(hint), default=default, **details)


def _kind(hint: Any) -> str:
    """``int | None`` is "int"; containers are "dict" and "tuple"."""
    plain = next((one for one in get_args(hint) if one is not type(None)), hint)
    chosen = hint if get_origin(hint) in (dict, tuple) else plain
    kind: str = (get_origin(chosen) or chosen).__name__
    return kind
