"""One parser for both doors: options as `argparse`, errors as one line with the likely fix."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import LANGUAGES, T
from paddle_lab.text.close_names import did_you_mean


class HelpAsked(Exception):
    """``-h`` was given: ``text`` is the page to show."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class CommandParser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises instead of leaving the process.

    Raises :class:`UsageProblem` for what it does not understand, with the closest option, and
    :class:`HelpAsked` for ``-h``. ``prog`` is the command as typed (``%ernie_finetune`` or
    ``paddle-lab finetune``).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)
        self._positionals.title = str(T("arguments", "参数"))
        self._optionals.title = str(T("options", "选项"))

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse's, but unknown options come back as one helpful error."""
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            raise self._unknown(unknown[0])
        return parsed

    def error(self, message: str) -> NoReturn:
        """Turn argparse's message into a :class:`UsageProblem`."""
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if choice:
            raise self._bad_choice(message, choice[1], re.split(r",\s*", choice[2]))
        value = re.search(r"argument ([^:]+): invalid (\w+) value: '(.*)'", message)
        if value:
            raise self._bad_value(*value.groups())
        raise UsageProblem(
            T("{prog}: {message}", "{prog}：{message}", prog=self.prog, message=message),
            fix=T("See {prog} --help", "用法见 {prog} --help", prog=self.prog),
        )

    def print_help(self, file: Any = None) -> NoReturn:
        """Hand the help page to the door instead of printing it."""
        raise HelpAsked(self.format_help())

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Never leave the kernel."""
        self.error(message or "stopped")

    def options(self) -> list[str]:
        """Every long option, in the order it was added: for completion and suggestions."""
        return [
            option
            for action in self._actions
            for option in action.option_strings
            if option.startswith("--")
        ]

    def choices_of(self, option: str) -> Sequence[str]:
        """The choices of an option, empty when it takes anything."""
        for action in self._actions:
            if option in action.option_strings and action.choices is not None:
                return [str(choice) for choice in action.choices]
        return ()

    def _unknown(self, word: str) -> UsageProblem:
        if not word.startswith("-"):
            return UsageProblem(
                T(
                    "{prog} does not know what to do with '{word}'.",
                    "{prog} 不理解“{word}”。",
                    prog=self.prog,
                    word=word,
                ),
                fix=T("See {prog} --help", "用法见 {prog} --help", prog=self.prog),
            )
        name = word.partition("=")[0]
        return UsageProblem(
            T(
                "{name} is not an option of {prog}.",
                "{prog} 没有选项 {name}。",
                name=name,
                prog=self.prog,
            ),
            fix=did_you_mean(name, self.options(), cutoff=0.5)
            or T("See {prog} --help", "用法见 {prog} --help", prog=self.prog),
        )

    def _bad_value(self, where: str, kind: str, word: str) -> UsageProblem:
        whole = T("a whole number", "整数") if kind == "int" else T("a number", "数值")
        return UsageProblem(
            T("{where} takes {kind}, not '{word}'.", "{where} 应为{kind}，而不是“{word}”。",
              where=where, kind=whole, word=word),
            fix=T("See {prog} --help", "用法见 {prog} --help", prog=self.prog),
        )  # fmt: skip

    def _bad_choice(self, message: str, word: str, choices: list[str]) -> UsageProblem:
        names = [choice.strip("'\" ") for choice in choices]
        where = re.search(r"argument ([^:]+):", message)
        return UsageProblem(
            T(
                "'{word}' is not a choice for {where} of {prog}.",
                "{prog} 的 {where} 没有取值“{word}”。",
                word=word,
                where=where[1] if where else "?",
                prog=self.prog,
            ),
            T("Choices: {names}.", "可选：{names}。", names=", ".join(names)),
            did_you_mean(word, names, cutoff=0.4),
        )


def add_common(parser: CommandParser) -> argparse._ArgumentGroup:
    """What every command takes; the group, for what is like it."""
    group = parser.add_argument_group(str(T("answer", "输出")))
    group.add_argument(
        "--json",
        action="store_true",
        help=str(T("print the result for programs, e.g. --json", "供程序使用，例如 --json")),
    )
    group.add_argument(
        "-q",
        "--quiet",
        action="store_true",
        help=str(T("show nothing but errors, e.g. --quiet", "只显示错误，例如 --quiet")),
    )
    group.add_argument(
        "--lang",
        choices=LANGUAGES,
        help=str(T("language of this answer, e.g. --lang zh", "本次输出的语言，例如 --lang zh")),
    )
    return group


def asked_language(words: Sequence[str]) -> str | None:
    """The language that ``--lang`` names among the words, also for help and errors."""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name != "--lang":
            continue
        given = value if equals else (words[place + 1] if place + 1 < len(words) else "")
        if given in LANGUAGES:
            return given
    return None


def add_option(
    group: argparse._ArgumentGroup,
    flag: str,
    en: str,
    zh: str,
    example: str,
    *,
    kind: Callable[[str], Any] = str,
    dest: str | None = None,
) -> None:
    """An option whose help is ``en`` or ``zh`` and ends with ``example``."""
    text = str(T(f"{en}, e.g. {example}", f"{zh}，例如 {example}")).replace("%", "%%")
    keywords: dict[str, Any] = {"dest": dest} if dest else {}
    metavar = (dest or flag.lstrip("-")).upper().replace("-", "_")
    group.add_argument(flag, type=kind, metavar=metavar, help=text, **keywords)
