"""The help of a command: examples first, then the options that people use; all on request."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.options.declare import ARGUMENTS, HELP_ALL, Group, Option
from paddle_lab.text.width import padded, width, wrapped

# A command with no more options than this shows them all.
_FEW: Final = 24
_WIDEST: Final = 100
_INDENT: Final = 30


def help_page(
    prog: str,
    about: Text,
    examples: Sequence[str],
    options: Sequence[Option],
    *,
    everything: bool,
) -> str:
    """The page: with ``everything``, or where there are few, all options; else the common ones."""
    arguments = [option for option in options if option.positional]
    named = [option for option in options if not option.positional]
    lines = [_usage(prog, arguments), "", *wrapped(str(about), _columns())]
    if examples:
        lines += ["", str(T("examples:", "示例："))]
        lines += [f"  {line}" for example in examples for line in example.split("\n")]
    if arguments:
        lines += _section(ARGUMENTS.title, arguments)
    if everything or len(named) <= _FEW:
        for group in dict.fromkeys(option.group for option in named):
            lines += _section(group.title, _of(group, named))
        return "\n".join(lines)
    common = [option for option in named if option.common]
    lines += _section(T("options that people use most", "最常用的选项"), common)
    rest = T("{n} more options: {prog} {flag}", "其余 {n} 个选项：{prog} {flag}",
             n=len(named) - len(common), prog=prog, flag=HELP_ALL)  # fmt: skip
    return "\n".join([*lines, "", str(rest)])


def explained(option: Option) -> Text:
    """What the option does, with its values, its default and an example."""
    text = option.help
    if known := option.known():
        text = T("{help}: {known}", "{help}：{known}", help=text, known=", ".join(known))
    if default := _default(option):
        text = T("{help} (default {default})", "{help}（缺省 {default}）",
                 help=text, default=default)  # fmt: skip
    if option.usage is not None:
        text = T("{help}, e.g. {example}", "{help}，例如 {example}",
                 help=text, example=option.usage)  # fmt: skip
    return text


def _default(option: Option) -> str:
    """The default where it tells something: not where something else may decide."""
    untold = option.required or option.advised or option.computed or option.default is None
    if untold or option.kind in ("bool", "dict", "tuple"):
        return ""
    return f"{option.default:g}" if option.kind == "float" else str(option.default)


def _usage(prog: str, arguments: Iterable[Option]) -> str:
    words = [prog, *(_argument(option) for option in arguments)]
    return str(T("usage: {words} [options]", "用法：{words} [选项]", words=" ".join(words)))


def _argument(option: Option) -> str:
    if option.kind == "tuple":
        return f"[{option.metavar} ...]"
    return option.metavar if option.required else f"[{option.metavar}]"


def _section(title: Text, options: Iterable[Option]) -> list[str]:
    lines = ["", str(T("{title}:", "{title}：", title=title))]
    for option in options:
        text = wrapped(str(explained(option)), _columns() - _INDENT)
        left = f"  {_left(option)}"
        if width(left) < _INDENT:
            lines.append(padded(left, _INDENT) + text.pop(0))
        else:
            lines.append(left)
        lines += [" " * _INDENT + line for line in text]
    return lines


def _left(option: Option) -> str:
    if option.positional:
        return option.metavar
    names = ", ".join(option.flags)
    if option.kind == "bool":
        return names
    value = "NAME=VALUE" if option.kind == "dict" else option.metavar
    return f"{names} [{value}]" if option.bare is not None else f"{names} {value}"


def _of(group: Group, options: Iterable[Option]) -> list[Option]:
    return [option for option in options if option.group == group]


def _columns() -> int:
    return min(_WIDEST, max(60, shutil.get_terminal_size().columns))
