"""The line of a command: any order, one helpful error, nothing of argparse's own words."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from typing import Any

import pytest

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options import AnswerOptions, CommandParser, option


@dataclass(frozen=True, kw_only=True)
class Bake(AnswerOptions):
    cake: str = option(help=T("what is baked", "烤什么"), positional=True, example="sponge")
    guests: tuple[str, ...] = option((), T("who eats", "谁吃"), positional=True, metavar="GUEST")
    minutes: int = option(30, T("how long", "多久"), at_least=1, at_most=90, example="45")
    sugar: float = option(0.5, T("how sweet", "多甜"), above=0, at_most=1, example="0.2", auto=True)
    oven: str = option("gas", T("which oven", "烤箱"), choices=("gas", "wood"), example="wood")
    note: str | None = option(None, T("to a file", "写入文件"), bare="-", example="a.txt")
    spices: dict[str, Any] = option(
        {}, T("how much of which", "用量"), word="spice", example="salt=1", keys=lambda: ["salt"]
    )
    add: tuple[str, ...] = option((), T("more", "更多"), values="data", example="nuts.csv")
    icing: bool = option(True, T("no icing", "不加糖霜"))


def parse(line: str, *, layered: bool = False) -> argparse.Namespace:
    about, examples = T("Bake a cake.", "烤蛋糕。"), ["%bake sponge Ann"]
    parser = CommandParser("%bake", Bake, about, examples, layered=layered)
    parsed: argparse.Namespace = parser.parse_args(shlex.split(line))
    return parsed


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


def test_what_is_not_given_has_its_default() -> None:
    args = parse("sponge")
    assert (args.minutes, args.sugar, args.oven, args.note) == (30, 0.5, "gas", None)
    assert (args.guests, args.spices, args.icing) == ([], {}, True)


def test_of_layers_what_is_not_given_stays_open() -> None:
    args = parse("", layered=True)
    assert {args.cake, args.minutes, args.sugar, args.icing, args.spices} == {None}
    assert args.json is False, "how this call answers is no layer's matter"


def test_every_kind_of_value() -> None:
    args = parse("sponge --minutes=45 --sugar 2e-1 --oven wood --note --spice salt=1.5 --no-icing")
    assert (args.minutes, args.sugar, args.oven, args.note) == (45, 0.2, "wood", "-")
    assert (args.spices, args.icing) == ({"salt": 1.5}, False)
    assert parse("sponge --note b.txt --sugar auto").note == "b.txt"


@pytest.mark.parametrize(
    "line",
    [
        "sponge Ann Bo --minutes 45",
        "--minutes 45 sponge Ann Bo",
        "sponge --minutes 45 Ann Bo",
        "sponge Ann --minutes 45 -- Bo",
    ],
)
def test_arguments_and_options_come_in_any_order(line: str) -> None:
    args = parse(line)
    assert (args.cake, args.guests, args.minutes) == ("sponge", ["Ann", "Bo"], 45)


def test_files_that_the_shell_made_of_a_pattern_become_no_other_argument() -> None:
    for line in ("sponge --add a.csv b.csv", "sponge --minutes 5 --add a.csv b.csv c.csv"):
        with pytest.raises(UsageError) as caught:
            parse(line)
        assert "b.csv stands behind --add a.csv" in str(caught.value)
        assert "--add b.csv" in str(caught.value) and "'more/*.csv'" in str(caught.value)
    args = parse("--add a.csv sponge Ann --add b.csv --minutes 5 Bo")
    assert (args.add, args.cake, args.guests) == (("a.csv", "b.csv"), "sponge", ["Ann", "Bo"])


def test_what_looks_like_an_option_can_be_an_argument() -> None:
    assert parse("sponge - -5 -0.5").guests == ["-", "-5", "-0.5"]
    assert parse("-- --minutes -x").guests == ["-x"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "needs CAKE: what is baked"),
        ("sponge --minute 5", "Did you mean --minutes?"),
        ("sponge --minute=5", "Did you mean --minutes?"),
        ("sponge -x", "-x is not an option of %bake"),
        ("sponge --minutes", "--minutes needs a value"),
        ("sponge --minutes --icing", "--minutes needs a value"),
        ("sponge --no-icing=1", "--no-icing takes no value"),
        ("sponge --minutes soon", "--minutes takes a whole number, not 'soon'"),
        ("sponge --minutes 4.5", "--minutes takes a whole number, not '4.5'"),
        ("sponge --minutes 0", "--minutes 0 is out of range"),
        ("sponge --minutes 91", "between 1 and 90"),
        ("sponge --sugar nan", "more than 0 and at most 1"),
        ("sponge --sugar much", "--sugar takes a number, not 'much'"),
        ("sponge --oven woods", "Did you mean wood?"),
        ("sponge --spice salt", "not NAME=VALUE"),
        ("sponge --spice sald=1", "Did you mean salt?"),
    ],
)
def test_each_mistake_gets_its_own_answer(line: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("line", ["", "sponge --minutes", "sponge --no-icing=1", "sponge --oven x"])
def test_a_reader_of_chinese_sees_no_english(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "zh")
    with pytest.raises(UsageError) as caught:
        parse(line)
    english = {"needs", "value", "expected", "invalid", "required"}
    assert not english & set(str(caught.value).split())
