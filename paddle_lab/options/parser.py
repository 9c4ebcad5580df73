"""The parser of a command's line, from its options; errors as one line with the likely fix."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.options.declare import HELP_ALL, Option, options_of
from paddle_lab.options.values import assignment, from_word
from paddle_lab.text.close_names import did_you_mean


class HelpRequested(Exception):
    """``-h`` was given: ``text`` is the page to show."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class CommandParser(argparse.ArgumentParser):
    """An `ArgumentParser` of a dataclass of options that raises instead of leaving the process.

    ``prog`` is the command as typed (``%ernie_finetune`` or ``paddle-lab finetune``), ``about``
    says what it does and ``examples`` are whole lines. What is not given has its default, or
    None where it is computed; with ``layered``, stored options are None then, since a file may
    still give them.

    Raises :class:`UsageError` for what it does not understand, with the closest option, and
    :class:`HelpRequested` for ``-h``.
    """

    def __init__(
        self,
        prog: str,
        declared: type,
        about: Text,
        examples: Sequence[str],
        *,
        layered: bool = False,
    ) -> None:
        super().__init__(prog=prog, add_help=False, allow_abbrev=False, exit_on_error=False)
        self.declared = declared
        self.about = about
        self.examples = tuple(examples)
        self.layered = layered
        self.add_argument("-h", "--help", action="store_true")
        self.add_argument(HELP_ALL, action="store_true")
        for option in options_of(declared):
            if not option.positional:
                self._add(option)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The values by name. Options and arguments may stand in any order; after ``--`` all words
        are arguments.
        """
        words = list(args)
        end = words.index("--") if "--" in words else len(words)
        try:
            parsed, others = self.parse_known_args(words[:end], namespace)
        except argparse.ArgumentError as error:
            raise self._misused(error) from error
        if parsed.help or parsed.help_all:
            raise HelpRequested(self._help(everything=parsed.help_all))
        del parsed.help, parsed.help_all
        for word in others:
            if _is_option(word):
                raise self._unknown(word)
        self._refuse_unpacked(words[:end])
        self._place(parsed, [*others, *words[end + 1 :]])
        return parsed

    def error(self, message: str) -> NoReturn:
        """Never leave the kernel."""
        raise UsageError(
            T("{prog}: {message}", "{prog}：{message}", prog=self.prog, message=message),
            fix=self._see_help(),
            code="usage.arguments",
        )

    def format_help(self) -> str:
        """The page of ``--help-all``."""
        return self._help(everything=True)

    def options(self) -> list[str]:
        """Every long option, in the order of the help: for completion and suggestions."""
        named = [one.flag for one in options_of(self.declared) if not one.positional]
        return ["--help", HELP_ALL, *named]

    def option_at(self, flag: str) -> Option | None:
        """The option that ``flag`` names and that takes a value."""
        found = (one for one in options_of(self.declared) if flag in one.flags)
        return next((one for one in found if one.kind != "bool"), None)

    def arguments(self) -> list[Option]:
        """What stands on the line without a flag, in order."""
        return [one for one in options_of(self.declared) if one.positional]

    def _add(self, option: Option) -> None:
        default = self._default(option)
        if option.kind == "bool":
            self.add_argument(
                *option.flags,
                dest=option.name,
                action="store_const",
                const=not option.default,
                default=default,
            )
        elif option.kind == "dict":
            self.add_argument(
                *option.flags,
                dest=option.name,
                type=lambda word: assignment(option, word),
                action=_Assign,
                default=default,
            )
        elif option.kind == "tuple":
            self.add_argument(
                *option.flags,
                dest=option.name,
                type=lambda word: from_word(option, word),
                action=_Collect,
                default=default,
            )
        else:
            self.add_argument(
                *option.flags,
                dest=option.name,
                type=lambda word: from_word(option, word),
                nargs="?" if option.bare is not None else None,
                const=option.bare,
                default=default,
            )

    def _default(self, option: Option) -> Any:
        untold = option.required or option.computed or (self.layered and option.stored)
        return None if untold else option.default

    def _place(self, parsed: argparse.Namespace, words: list[str]) -> None:
        """Give the words without a flag to the arguments, in order."""
        for option in self.arguments():
            if option.kind == "tuple":
                value: Any = [from_word(option, word) for word in words]
                words = []
            elif words:
                value = from_word(option, words.pop(0))
            else:
                value = self._default(option)
                if option.required and not self.layered:
                    raise self._missing(option)
            setattr(parsed, option.name, value)
        if words:
            raise self._unknown(words[0])

    def _unknown(self, word: str) -> UsageError:
        if not _is_option(word):
            return UsageError(
                T("{prog} does not know what to do with '{word}'.", "{prog} 不理解“{word}”。",
                  prog=self.prog, word=word),
                fix=self._several_files(word) or self._see_help(),
                code="usage.unexpected",
            )  # fmt: skip
        name = word.partition("=")[0]
        return UsageError(
            T("{name} is not an option of {prog}.", "{prog} 没有选项 {name}。",
              name=name, prog=self.prog),
            fix=did_you_mean(name, self.options(), cutoff=0.5) or self._see_help(),
            code="usage.unknown_option",
        )  # fmt: skip

    def _several_files(self, word: str) -> Text | None:
        """What to do where the shell made several files of a pattern, or somebody named them."""
        if "." not in word or all(one.values != "data" for one in self.arguments()):
            return None
        return T("Several files as one: a pattern in quotation marks, such as 'data/*.csv'",
                 "要把多个文件作为一份数据：用引号括起模式，例如 'data/*.csv'")  # fmt: skip

    def _refuse_unpacked(self, words: list[str]) -> None:
        """``train.csv --add more/*.csv``, of which the shell made several files: the second would
        silently become another part of the data.
        """
        for index, (flag, value, word) in enumerate(zip(words, words[1:], words[2:], strict=False)):
            option = self.option_at(flag)
            if option is None or option.kind != "tuple" or option.values != "data":
                continue
            if _is_option(value) or _is_option(word) or not self._begun(words[:index]):
                continue
            raise UsageError(
                T("{word} stands behind {flag} {value}.", "{word} 位于 {flag} {value} 之后。",
                  word=word, flag=flag, value=value),
                T("It cannot be told whether it is to be added, too, or is a part of the data.",
                  "无法判断它也要加入，还是数据的一个部分。"),
                T("To add it: {flag} {word}, or a pattern in quotation marks: {flag} 'more/*.csv'. "
                  "A part of the data stands before the options.",
                  "如要加入：{flag} {word}，或用引号括起模式：{flag} 'more/*.csv'。"
                  "数据的各部分应写在选项之前。", flag=flag, word=word),
                code="usage.unexpected",
            )  # fmt: skip

    def _begun(self, words: list[str]) -> bool:
        """Whether an argument stands among these words: one that is no option and no value."""
        valued = [self.option_at(word) is not None for word in words]
        return any(
            not _is_option(word) and not (index and valued[index - 1])
            for index, word in enumerate(words)
        )

    def _misused(self, error: argparse.ArgumentError) -> UsageError:
        """argparse tells which option; what is wrong with it follows from the option."""
        flag = (error.argument_name or "").split("/")[-1]
        option = self.option_at(flag)
        example = option.usage if option is not None else None
        return UsageError(
            T("{flag} needs a value.", "{flag} 需要一个值。", flag=flag)
            if option is not None
            else T("{flag} takes no value.", "{flag} 不接受值。", flag=flag),
            fix=T("For example: {example}", "例如：{example}", example=example)
            if example
            else self._see_help(),
            code="usage.value",
        )

    def _missing(self, option: Option) -> UsageError:
        example = self.examples[0] if self.examples else self.prog
        return UsageError(
            T("{prog} needs {name}: {help}.", "{prog} 需要 {name}：{help}。",
              prog=self.prog, name=option.shown, help=option.help),
            fix=T("For example: {example}", "例如：{example}", example=example),
            code="usage.missing",
        )  # fmt: skip

    def _see_help(self) -> Text:
        return T("See {prog} --help", "用法见 {prog} --help", prog=self.prog)

    def _help(self, *, everything: bool) -> str:
        # The widths of all characters take a while to import, and few lines ask for help.
        from paddle_lab.options.help import help_page

        options = options_of(self.declared)
        return help_page(self.prog, self.about, self.examples, options, everything=everything)


class _Assign(argparse.Action):
    """Collects NAME=VALUE."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        name, value = values
        setattr(namespace, self.dest, {**(getattr(namespace, self.dest) or {}), name: value})


class _Collect(argparse.Action):
    """Collects what an option that may be given several times is given."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, (*(getattr(namespace, self.dest) or ()), values))


def _is_option(word: str) -> bool:
    """``-`` alone is standard input, ``-5`` a number."""
    return len(word) > 1 and word[0] == "-" and not word[1:].replace(".", "", 1).isdigit()
