"""Options written as YAML, in a cell or a file; and what wins when several of them say one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.options.declare import Option, options_of
from paddle_lab.options.values import as_kind, check_key, unknown_option
from paddle_lab.paths import expanded
from paddle_lab.untrusted import read_text

_LONGEST: Final = 100_000
_DEEPEST: Final = 8


def read_options(declared: type, source: str, kind: str, prog: str) -> dict[str, Any]:
    """Options from YAML, by field name: ``source`` is a cell's text, or a path for kind "file".

    Keys are the option names with ``-`` or ``_``. Raises UsageError for what is not YAML, is not
    a mapping, names no option (with the closest one), or one that only ``prog``'s line can give.
    """
    import yaml

    where = "cell" if kind == "cell" else source
    text = source if kind == "cell" else _read(source)
    try:
        _check_size(text)
        data = yaml.safe_load(text)
        _refuse_repeated(yaml.compose(text, yaml.SafeLoader), where)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(
            T("{where} is not valid YAML.", "{where} 不是有效的 YAML。", where=where),
            T("{error}", "{error}", error=str(error).replace("\n", " ")[:300]),
            T("One option a line, e.g. `epochs: 3`.", "每行一个选项，例如 `epochs: 3`。"),
            code="usage.options_file",
        ) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(
            T("{where} holds no options.", "{where} 中没有选项。", where=where),
            fix=T("One option a line, e.g. `epochs: 3`.", "每行一个选项，例如 `epochs: 3`。"),
            code="usage.options_file",
        )
    named: dict[str, Any] = {}
    for key, value in data.items():
        option = _known(declared, str(key), where, prog)
        if option.name in named:
            raise _given_twice(str(key), where)
        named[option.name] = _value(option, value)
    return named


def merged_options(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One set of options; earlier layers win. Of mappings each name is looked at by itself."""
    merged: dict[str, Any] = {}
    for layer in reversed(list(layers)):
        for name, value in layer.items():
            before = merged.get(name)
            both = isinstance(value, Mapping) and isinstance(before, Mapping)
            merged[name] = {**before, **value} if both and before else value
    return merged


def _value(option: Option, value: Any) -> Any:
    typed = as_kind(option, value)
    if option.kind == "dict":
        for key in typed or {}:
            check_key(option, key)
    return typed


def _check_size(text: str) -> None:
    """Options are few and plain. An alias repeats a part, and one of aliases multiplies it: ten
    short lines would fill the memory. Raises ValueError."""
    import yaml

    if len(text) > _LONGEST:
        raise ValueError(f"longer than {_LONGEST} characters")
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("an alias (*) is not allowed")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise ValueError(f"nested more than {_DEEPEST} deep")


def _refuse_repeated(node: Any, where: str) -> None:
    """YAML itself lets the last of equal keys win: a line that is silently ignored."""
    seen: set[str] = set()
    for key, _ in node.value if getattr(node, "id", "") == "mapping" else ():
        if key.value in seen:
            raise _given_twice(str(key.value), where)
        seen.add(key.value)


def _given_twice(key: str, where: str) -> UsageError:
    return UsageError(
        T("'{key}' stands twice in {where}.", "{where} 中“{key}”出现了两次。",
          key=key, where=where),
        fix=T("Keep one of the two lines.", "请只保留其中一行。"),
        code="usage.given_twice",
    )  # fmt: skip


def _read(path: str) -> str:
    try:
        return read_text(expanded(path))
    except (OSError, ValueError) as error:
        raise UsageError(
            T("The options file {path} cannot be read.", "无法读取选项文件 {path}。", path=path),
            T("{error}", "{error}", error=error),
            T("Give a YAML file in UTF-8.", "请提供 UTF-8 编码的 YAML 文件。"),
            code="usage.file_unreadable",
        ) from error


def _known(declared: type, key: str, where: str, prog: str) -> Option:
    name = key.replace("-", "_")
    by_key = {option.key: option for option in options_of(declared)}
    option = by_key.get(name)
    if option is None:
        stored = [one.key for one in by_key.values() if one.stored]
        raise unknown_option(key, stored, Text(where, where))
    if option.refuse_in_file is not None:
        raise option.refuse_in_file(where)
    if not option.stored:
        raise UsageError(
            T("'{key}' belongs on the command's line.", "“{key}”应写在命令行上。", key=key),
            fix=T("For example: %{prog} {flag}", "例如：%{prog} {flag}",
                  prog=prog, flag=option.usage or option.flag),
            code="usage.not_in_file",
        )  # fmt: skip
    return option
