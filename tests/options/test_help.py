"""The help of every command: examples first, then what people use; everything on request."""

from __future__ import annotations

import pytest

from paddle_lab.commands.catalog import COMMANDS
from paddle_lab.options import CommandParser, HelpRequested, options_of
from paddle_lab.text.width import width

PARSERS = [command.build_parser(command.shown) for command in COMMANDS]
FINETUNE = next(parser for parser in PARSERS if parser.prog == "%ernie_finetune")
each_command = pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)


def page(parser: CommandParser, flag: str = "--help") -> str:
    with pytest.raises(HelpRequested) as asked:
        parser.parse_args([flag])
    return asked.value.text


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PADDLE_LAB_LANG", request.param)
    return request.param


@each_command
def test_all_options_are_explained_with_an_example_of_each_value(
    parser: CommandParser, language: str
) -> None:
    text = page(parser, "--help-all")
    for option in options_of(parser.declared):
        assert option.help.en and option.help.zh, option.name
        assert f" {option.shown}" in text, option.name
        if option.kind != "bool" and not option.positional:
            assert option.usage and option.usage.split()[-1] in text, option.name
    assert ("示例" in text) is (language == "zh")


@each_command
def test_no_line_is_wider_than_the_terminal(
    parser: CommandParser, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    explained = page(parser, "--help-all").partition(
        "\n\n" + ("示例" if language == "zh" else "ex")
    )
    for line in explained[2].split("\n\n", 1)[1].splitlines():
        assert width(line) <= 80, line


def test_a_command_of_many_options_shows_examples_then_ten_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    text = page(FINETUNE)
    assert 0 < text.index("%ernie_finetune reviews\n") < text.index("--model MODEL")
    common = [option for option in options_of(FINETUNE.declared) if option.common]
    assert len(common) == 10
    assert all(option.flag in text for option in common)
    assert "--weight-decay" not in text
    others = sum(not option.positional for option in options_of(FINETUNE.declared)) - 10
    assert f"{others} more options: %ernie_finetune --help-all" in text


def test_what_a_command_does_not_show_at_once_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    short = []
    for parser in PARSERS:
        text = page(parser, "-h")
        if text == page(parser, "--help-all"):
            continue
        short.append(parser.prog)
        named = [option for option in options_of(parser.declared) if not option.positional]
        common = [option for option in named if option.common]
        assert len(common) == 10, f"{parser.prog}: the ten options that people use"
        assert all(option.flag in text for option in common)
        assert f"{len(named) - 10} more options: {parser.prog} --help-all" in text
    assert short == ["%ernie_finetune", "%ernie_search", "%ernie_serve"]


@each_command
def test_every_command_answers_in_the_same_forms(parser: CommandParser) -> None:
    args = parser.parse_args(
        ["--json", "-q", "--lang", "zh", "-o", "kept", *["x"] * _needed(parser)]
    )
    assert (args.json, args.quiet, args.lang, args.output) == (True, True, "zh", "kept")
    assert parser.parse_args(["--output", "kept", *["x"] * _needed(parser)]).output == "kept"


def _needed(parser: CommandParser) -> int:
    return sum(option.required for option in parser.arguments())
