"""One parser for both doors: options, help, the cell's YAML, and errors that help."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.commands import Context, HelpAsked
from paddle_lab.commands.config import training_argument_names
from paddle_lab.commands.finetune import build_parser, options_of
from paddle_lab.errors import UsageProblem


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


def options(line: str, cell: str | None = None) -> dict[str, Any]:
    return options_of(build_parser().parse_args(shlex.split(line)), Context(cell=cell))


def test_what_is_not_given_is_not_there() -> None:
    assert options("reviews") == {"train": "reviews"}


def test_every_kind_of_option() -> None:
    given = options(
        "a.tsv b.tsv --epochs=2 --lr 3e-4 --no-export --trust --set max_grad_norm=0.5 "
        "--set adam_beta2=0.98 --skip-bad --metric macro_f1"
    )
    assert given == {
        "train": "a.tsv",
        "dev": "b.tsv",
        "epochs": 2.0,
        "lr": 3e-4,
        "export": False,
        "trust": True,
        "metric": "macro_f1",
        "extra": {"max_grad_norm": 0.5, "adam_beta2": 0.98, "skip_bad": True},
    }


def test_the_line_outranks_the_cell_and_the_cell_the_file(tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text("epochs: 9\nlr: 1e-3\nseed: 5\n", encoding="utf-8")
    given = options(f"reviews --epochs 1 --config {config}", "lr: 2e-3\nepochs: 3\n")
    assert given["epochs"] == 1.0 and given["lr"] == 2e-3 and given["seed"] == 5


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("reviews --epoch 3", "Did you mean --epochs?"),
        ("reviews --modle x", "Did you mean --model?"),
        ("reviews --metric acuracy", "Did you mean accuracy?"),
        ("reviews --epochs three", "--epochs"),
        ("a b c", "does not know what to do with 'c'"),
        ("reviews --set max_grad_nrom=1", "Did you mean max_grad_norm?"),
        ("reviews --set novalue", "NAME=VALUE"),
        ("reviews --config no-such.yaml", "cannot be read"),
    ],
)
def test_a_wrong_option_gets_one_helpful_line(line: str, words: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        options(line)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("epoch: 3", "Did you mean epochs?"),
        ("epochs: many", "no float"),
        ("just text", "holds no options"),
        ("a: [", "not valid YAML"),
        ("export: perhaps", "no bool"),
    ],
)
def test_a_wrong_cell_is_told(cell: str, words: str) -> None:
    with pytest.raises(UsageProblem, match=None) as caught:
        options("reviews", cell)
    assert words in str(caught.value)


def test_help_gives_an_example_for_every_option() -> None:
    parser = build_parser()
    with pytest.raises(HelpAsked) as asked:
        parser.parse_args(["--help"])
    for option in parser.options():
        assert option in asked.value.text
    valued = [action for action in parser._actions if action.option_strings and action.nargs != 0]
    for action in valued:
        if action.option_strings[0] != "-h":
            assert "e.g." in (action.help or ""), action.option_strings


def test_help_comes_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "zh")
    with pytest.raises(HelpAsked) as asked:
        build_parser().parse_args(["-h"])
    assert "训练轮数" in asked.value.text and "例如" in asked.value.text


def test_the_fields_of_paddlenlp_are_known_without_importing_it() -> None:
    import sys

    had = "paddlenlp" in sys.modules
    names = training_argument_names()
    assert {"max_grad_norm", "adam_epsilon", "lr_scheduler_type"} <= set(names)
    assert had or "paddlenlp" not in sys.modules
