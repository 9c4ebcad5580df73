"""A value for an option: from a word of the line, from YAML, from Python; and whether it may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.options.declare import AUTO, Option, find_option, options_of
from paddle_lab.text.close_names import did_you_mean

_KINDS: Final = {
    "int": T("whole number", "整数"),
    "float": T("number", "数值"),
    "bool": T("true or false", "true 或 false"),
    "dict": T("mapping of names to values", "名称到值的映射"),
    "tuple": T("list", "列表"),
}
_EXAMPLES: Final = {
    "int": "32",
    "float": "0.1",
    "bool": "true",
    "dict": "{max_grad_norm: 0.5}",
    "tuple": "[a.tsv, b.tsv]",
}


def from_word(option: Option, word: str) -> Any:
    """The value that a word of the line gives. Raises UsageError."""
    if option.auto and word == AUTO:
        return AUTO
    value: Any = word
    if option.kind in ("int", "float"):
        try:
            value = int(word) if option.kind == "int" else float(word)
        except ValueError as error:
            kind = T("a whole number", "整数") if option.kind == "int" else T("a number", "数值")
            raise UsageError(
                T("{option} takes {kind}, not '{word}'.", "{option} 应为{kind}，而不是“{word}”。",
                  option=option.shown, kind=kind, word=word),
                fix=_for_example(option),
                code="usage.value",
            ) from error  # fmt: skip
    check(option, value)
    return value


def assignment(option: Option, word: str) -> tuple[str, Any]:
    """``max_grad_norm=0.5`` as name and value; the name is one of the option's ``keys``.

    Raises UsageError.
    """
    name, equals, value = word.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(
            T("{flag} {word} is not NAME=VALUE.", "{flag} {word} 不是 名称=值 的形式。",
              flag=option.flag, word=word),
            fix=_for_example(option),
            code="usage.value",
        )  # fmt: skip
    check_key(option, name)
    return name, _literal(value)


def typed(declared: type, name: str, value: Any) -> Any:
    """A value from YAML or Python as its option's type: YAML reads ``5e-5`` as text.

    None stays None: "not given", and so does ``auto`` where an option allows that. Raises
    UsageError for a name that is no option, with the closest one, and for a value that is none of
    its type (``2.5`` rows, ``yes`` in quotes).
    """
    try:
        option = find_option(declared, name)
    except KeyError:
        raise unknown_option(name, [one.name for one in options_of(declared)]) from None
    return as_kind(option, value)


def as_kind(option: Option, value: Any) -> Any:
    """:func:`typed` for an option that is at hand."""
    kind = option.kind
    if value is None or (option.auto and value == AUTO):
        return None
    if kind == "str":
        return str(value)
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind in ("int", "float") and not isinstance(value, bool):
        number = _number(value)
        if number is not None and kind == "float":
            return number
        if number is not None and number.is_integer():
            return int(number)
    found = _container(kind, value)
    if found is None:
        raise wrong_kind(option, value)
    return found


def _container(kind: str, value: Any) -> Any:
    """A mapping or a list; None for what is none. A text alone is a list of one."""
    if kind == "dict" and isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if kind == "tuple" and isinstance(value, (str, list, tuple)):
        return (value,) if isinstance(value, str) else tuple(map(str, value))
    return None


def wrong_kind(option: Option, value: Any) -> UsageError:
    """The error for a value from YAML or Python that is none of the option's type."""
    kind = option.kind
    return UsageError(
        T("{name}: {value!r} is not a valid value, expected: {kind}.",
          "{name}：{value!r} 不是 {kind}。",
          name=option.key, value=value, kind=_KINDS.get(kind, Text(kind, kind))),
        fix=T("For example: {example}", "例如：{example}",
              example=f"{option.key}: {_EXAMPLES.get(kind, '')}"),
        code="usage.value",
    )  # fmt: skip


def check(option: Option, value: Any) -> None:
    """Raise UsageError for a value of the right type that the option cannot have."""
    if value is None or option.kind in ("dict", "tuple"):
        return
    if not _in_range(option, value):
        raise UsageError(
            T("{option} {value} is out of range.", "{option} {value} 超出范围。",
              option=option.shown, value=value),
            _range(option),
            code="usage.value",
        )  # fmt: skip
    if known := option.known():
        check_choice(option, value, known)
    elif option.pattern is not None and not re.fullmatch(option.pattern, value):
        raise _not_known(option, value, option.forms or option.pattern, ())


def check_choice(option: Option, value: str, known: Iterable[str]) -> None:
    """Raise UsageError, with the closest one, for a value that is none of the known ones."""
    names = list(known)
    if value not in names:
        raise _not_known(option, value, ", ".join(names), names)


def check_key(option: Option, name: str) -> None:
    """Raise UsageError for a name that a mapping cannot have."""
    known = option.known_keys()
    if known and name not in known:
        raise UsageError(
            T("{flag} does not know {name}.", "{flag} 没有名为 {name} 的字段。",
              flag=option.flag, name=name),
            option.help,
            did_you_mean(name, known),
            code="usage.unknown_name",
        )  # fmt: skip


def unknown_option(name: str, known: Iterable[str], where: Text | None = None) -> UsageError:
    """The error for a name that is no option, with the closest that is one."""
    inside = T(" in {where}", "（{where}）", where=where) if where is not None else Text("", "")
    return UsageError(
        T(
            "'{name}'{inside} is not a valid option.",
            "“{name}”{inside}不是选项。",
            name=name,
            inside=inside,
        ),
        fix=did_you_mean(name, known, cutoff=0.5)
        or T("See %ernie_finetune --help-all", "用法见 %ernie_finetune --help-all"),
        code="usage.unknown_option",
    )


def _not_known(option: Option, value: str, known: str, names: Iterable[str]) -> UsageError:
    return UsageError(
        T("{option} {value} is unknown.", "未知的取值 {option} {value}。",
          option=option.shown, value=value),
        T("Known: {known}.", "可选：{known}。", known=known),
        did_you_mean(value, names, cutoff=0.4),
        code="usage.value",
    )  # fmt: skip


def _in_range(option: Option, value: Any) -> bool:
    """Written so that NaN is in no range."""
    return (
        (option.at_least is None or value >= option.at_least)
        and (option.above is None or value > option.above)
        and (option.at_most is None or value <= option.at_most)
    )


def _range(option: Option) -> Text:
    low, high = option.at_least, option.at_most
    if option.above is not None:
        return T("It must be more than {low} and at most {high}.",
                 "取值应大于 {low}，且不超过 {high}。", low=option.above, high=high)  # fmt: skip
    if high is None:
        return T("It must be at least {low}.", "取值不应小于 {low}。", low=low)
    return T("It must lie between {low} and {high}.", "取值应在 {low} 与 {high} 之间。",
             low=low, high=high)  # fmt: skip


def _for_example(option: Option) -> Text | None:
    if option.usage is None:
        return None
    return T("For example: {example}", "例如：{example}", example=option.usage)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _literal(value: str) -> Any:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
