"""The page of the documentation that explains all options, made from their declarations."""

from __future__ import annotations

from collections.abc import Iterable

from paddle_lab.i18n import T
from paddle_lab.options.answer import AnswerOptions
from paddle_lab.options.declare import Option, options_of
from paddle_lab.options.parser import CommandParser

_TITLE = T("Options", "选项")
_ABOUT = T(
    "Options are given on the line of a magic or of `paddle-lab`; those of a run also as YAML (in "
    "the cell of `%%ernie_finetune` or in the file of `--config`, under the names in the second "
    'column) and in Python (`paddle_lab.finetune("train.tsv", epochs=3)`). The line goes before '
    "the cell, the cell before the file, all of them before what the model's card advises. "
    "`--help` shows what people use most, `--help-all` everything.",
    "选项可以写在魔法命令或 `paddle-lab` 的命令行上；一次运行的选项还可以用 YAML（写在 "
    "`%%ernie_finetune` 的单元中，或 `--config` 指定的文件中，名称见第二列）或 Python"
    '（`paddle_lab.finetune("train.tsv", epochs=3)`）给出。命令行优先于单元，单元优先于文件，'
    "三者都优先于模型推荐的值。`--help` 显示最常用的选项，`--help-all` 显示全部选项。",
)
_MADE = "<!-- Made by tools/options_page.py from the declarations of the options: do not edit. -->"
_OPTION, _KEY = T("option", "选项"), T("in YAML", "YAML 写法")
_DEFAULT, _WHAT = T("default", "缺省值"), T("what it does", "作用")
_EVERY = T("every command", "所有命令")


def options_page(parsers: Iterable[tuple[str, CommandParser]], language: str) -> str:
    """The page in ``language``: for each command its heading, what it does, and its options."""
    lines = [_MADE, "", f"# {_TITLE.in_language(language)}", "", _ABOUT.in_language(language)]
    for heading, parser in parsers:
        lines += ["", f"## {heading}", "", parser.about.in_language(language), ""]
        lines += options_table(parser.declared, language, keys=parser.layered)
    lines += ["", f"## {_EVERY.in_language(language)}", "", *options_table(AnswerOptions, language)]
    return "\n".join(lines) + "\n"


def options_table(declared: type, language: str, *, keys: bool = False) -> list[str]:
    """The options of a dataclass as lines of a Markdown table; those of all commands left out.

    ``keys`` adds how they are written in YAML.
    """
    of_all = {one.name: one for one in options_of(AnswerOptions)}
    own = [one for one in options_of(declared) if one.name not in of_all] or of_all.values()
    heads = (_OPTION, _KEY, _DEFAULT, _WHAT) if keys else (_OPTION, _DEFAULT, _WHAT)
    rows = [[head.in_language(language) for head in heads], ["---"] * len(heads)]
    rows += [_row(option, language, keys=keys) for option in own]
    return [f"| {' | '.join(row)} |" for row in rows]


def _row(option: Option, language: str, *, keys: bool) -> list[str]:
    text = option.help.in_language(language)
    if known := option.known():
        text += (": " if language == "en" else "：") + ", ".join(f"`{value}`" for value in known)
    if option.usage is not None:
        text += (", e.g. " if language == "en" else "，例如 ") + f"`{option.usage}`"
    names = ", ".join(f"`{flag}`" for flag in option.flags) or option.metavar
    key = [_key(option)] if keys else []
    return [cell.replace("|", "\\|") for cell in (names, *key, _default(option), text)]


def _key(option: Option) -> str:
    if not option.stored:
        return ""
    return f"`{option.key}: false`" if option.default is True else f"`{option.key}`"


def _default(option: Option) -> str:
    if option.required or option.default is None or option.kind in ("bool", "dict", "tuple"):
        return ""
    return f"`{option.default:g}`" if option.kind == "float" else f"`{option.default}`"
