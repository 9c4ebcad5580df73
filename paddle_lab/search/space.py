"""What a search varies: ranges and lists of the options of a run, as a person writes them.

``1e-5..1e-4`` is a range, ``16,32`` a list, anything else one value for all trials. Which options
may vary, and on which scale, their declarations say (``scale=``, ``unsearched=``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.options.declare import AUTO, Option, find_option, options_of
from paddle_lab.options.values import as_kind, check, from_word, unknown_option, wrong_kind
from paddle_lab.runs.spec import RunSpec

_RANGE: Final = re.compile(r"([^,]+?)\.\.([^,]+)")
_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
#: Before the name of a setting of ``--set``, which is no option by itself.
SETTING: Final = "set."
_MOST_VALUES: Final = 50


@dataclass(frozen=True)
class Dimension:
    """One option that varies: from ``low`` to ``high``, or over ``values``.

    ``name`` is the option's field, or ``set.NAME``; ``log`` says that the range is gone over by
    powers of ten.
    """

    name: str
    kind: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    values: tuple[Any, ...] = ()

    @property
    def shown(self) -> str:
        """The option as people write it."""
        return _shown(self.name)

    @property
    def range(self) -> str:
        """Its values as people write them."""
        if self.values:
            return ",".join(str(value) for value in self.values)
        return f"{self.low:g}..{self.high:g}"

    def holds(self, value: Any) -> bool:
        """Whether a value is one that a trial may get."""
        if self.values:
            return value in self.values
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        assert self.low is not None and self.high is not None
        return self.low <= value <= self.high

    def to_json(self) -> dict[str, Any]:
        """As ``search.json`` holds it."""
        return {**asdict(self), "values": list(self.values)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Dimension:
        """Read what :meth:`to_json` wrote."""
        return cls(**{**data, "values": tuple(data["values"])})


def searchable() -> tuple[Option, ...]:
    """The options of a run whose values can be written as a range or a list.

    Of some a search refuses that, and says why.
    """
    return tuple(one for one in options_of(RunSpec) if one.scale or one.unsearched)


def space_of(given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Dimension, ...]]:
    """Which options are the same for all trials, and which vary.

    ``given`` are the options of a line: those of :func:`searchable` as they are written. Raises
    UsageError for what cannot be searched, and when nothing is.
    """
    fixed: dict[str, Any] = {}
    found: list[Dimension] = []
    words = {one.name: one for one in searchable()}
    for name, value in given.items():
        if name == "extra":
            settings, varying = _settings(value or {})
            found += varying
            if settings:
                fixed["extra"] = settings
        elif name in words and isinstance(value, str):
            one = _read(words[name], value)
            if isinstance(one, Dimension):
                found.append(one)
            elif one != AUTO:
                fixed[name] = one
        elif value is not None:
            fixed[name] = value
    if not found:
        raise UsageError(
            T("There is nothing to search for.", "没有要搜索的内容。"),
            T("At least one option varies: a range a..b, or a list a,b,c.",
              "至少要有一个可变的选项：范围 a..b，或列表 a,b,c。"),
            T("For example: %ernie_search reviews --lr 1e-5..1e-4 --batch-size 16,32",
              "例如：%ernie_search reviews --lr 1e-5..1e-4 --batch-size 16,32"),
            code="usage.search",
        )  # fmt: skip
    return fixed, tuple(found)


def options_with(given: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The options of one trial: those of all, and the values that it was given."""
    options = dict(given)
    settings = dict(options.get("extra") or {})
    for name, value in params.items():
        if name.startswith(SETTING):
            settings[name.removeprefix(SETTING)] = value
        else:
            options[name] = value
    return {**options, "extra": settings} if settings else options


def usual_values(spec: RunSpec, space: tuple[Dimension, ...]) -> dict[str, Any]:
    """What fine-tuning itself would take, of the options that vary and may have that value."""
    usual = {one.name: getattr(spec, one.name) for one in space if not one.name.startswith(SETTING)}
    return {one.name: usual[one.name] for one in space if one.holds(usual.get(one.name))}


def check_space(space: Sequence[Dimension]) -> None:
    """Judge what was read from a folder as what a person writes. Raises UsageError."""
    options = {one.name: one for one in searchable() if one.scale}
    for one in space:
        option = options.get(one.name)
        setting = one.name.removeprefix(SETTING)
        if option is not None:
            for value in one.values or (one.low, one.high):
                if as_kind(option, value) is None:
                    raise wrong_kind(option, value)
                check(option, value)
        elif setting == one.name or not setting.isidentifier():
            raise unknown_option(one.name, options)
        if one.values:
            _list(one.name, one.kind, one.range, list(one.values))
        else:
            if one.kind == "str" or one.low is None or one.high is None:
                raise _not_read(one.name, one.kind)
            _ranged(one.name, one.kind, one.low, one.high, one.range, log=one.log)
    if not space or len({one.name for one in space}) < len(space):
        raise _not_read("search.json", "space")


def _read(option: Option, word: str) -> Any:
    """A dimension, or the one value that the word is."""
    listed = "," in word
    ranged = option.kind in ("int", "float") and _RANGE.fullmatch(word)
    if not listed and not ranged:
        return from_word(option, word)
    if option.scale is None:
        raise UsageError(
            T("{option} cannot be searched.", "不能搜索 {option}。", option=option.shown),
            option.unsearched,
            T("Give one value: {example}", "请给出一个值：{example}", example=option.usage),
            code="usage.search",
        )
    if listed:
        words = [one.strip() for one in word.split(",")]
        return _list(option.name, option.kind, word, [_value(option, one, word) for one in words])
    assert isinstance(ranged, re.Match)
    low, high = (_value(option, end, word) for end in ranged.groups())
    return _ranged(option.name, option.kind, low, high, word, log=option.scale == "log")


def _value(option: Option, word: str, whole: str) -> Any:
    if not word or word == AUTO:
        raise _not_read(option.shown, whole)
    value = from_word(option, word)
    check(option, value)
    return value


def _settings(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Dimension]]:
    """Settings of ``--set``: a list was read as one already, a range is still a text."""
    fixed: dict[str, Any] = {}
    found: list[Dimension] = []
    for name, value in given.items():
        whole = f"{name}={value}"
        ranged = _RANGE.fullmatch(value) if isinstance(value, str) else None
        listed = value.split(",") if isinstance(value, str) and "," in value else value
        if isinstance(listed, (list, tuple)):
            kinds = {type(one).__name__ for one in listed}
            kind = "str" if "str" in kinds else "float" if "float" in kinds else "int"
            found.append(_list(SETTING + name, kind, whole, list(listed)))
        elif ranged and all(_NUMBER.fullmatch(end.strip()) for end in ranged.groups()):
            ends = [end.strip() for end in ranged.groups()]
            kind = "int" if all(end.lstrip("+-").isdigit() for end in ends) else "float"
            low, high = (int(end) if kind == "int" else float(end) for end in ends)
            found.append(_ranged(SETTING + name, kind, low, high, whole, log=False))
        else:
            fixed[name] = value
    return fixed, found


def _list(name: str, kind: str, word: str, values: list[Any]) -> Dimension:
    if len(set(values)) != len(values) or len(values) > _MOST_VALUES:
        raise _not_read(_shown(name), word)
    return Dimension(name, kind, values=tuple(values))


def _ranged(name: str, kind: str, low: Any, high: Any, word: str, *, log: bool) -> Dimension:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise _not_read(_shown(name), word)
    return Dimension(name, kind, low, high, log=log and low > 0)


def _shown(name: str) -> str:
    if name.startswith(SETTING):
        return f"--set {name.removeprefix(SETTING)}"
    return find_option(RunSpec, name).shown


def _not_read(name: str, word: str) -> UsageError:
    told: Text = T(
        "A range goes up, such as 1e-5..1e-4; a list names each value once, such as 16,32.",
        "范围应从小到大，如 1e-5..1e-4；列表中每个值只写一次，如 16,32。",
    )
    return UsageError(
        T("{name}: '{word}' cannot be searched.", "{name}：无法搜索“{word}”。",
          name=name, word=word),
        told,
        code="usage.search",
    )  # fmt: skip
