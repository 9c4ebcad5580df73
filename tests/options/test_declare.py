"""One declaration is all that a new option needs: proven by adding one in this file alone."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from paddle_lab.commands.finetune import FinetuneOptions
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options import CommandParser, find_option, option, options_of, typed
from paddle_lab.options.docs import options_table
from paddle_lab.options.files import read_options
from paddle_lab.options.help import explained
from paddle_lab.options.paddlenlp import check_settings, native_arguments, training_argument_names
from paddle_lab.runs import RunSpec
from paddle_lab.runs.reproduce import commands
from paddle_lab.training.options import resolve_spec


@dataclass(frozen=True, kw_only=True)
class Clipped(RunSpec):
    clip: float = option(
        1.0,
        T("longest gradient", "梯度的最大范数"),
        example="0.5",
        above=0,
        at_most=100,
        native="max_grad_norm",
    )


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


def test_a_new_option_is_on_the_line_in_yaml_in_python_and_in_the_help() -> None:
    parser = CommandParser("%x", Clipped, T("X.", "X。"), [], layered=True)
    assert parser.parse_args(["a.tsv", "--clip", "0.5"]).clip == 0.5
    assert read_options(Clipped, "clip: 5e-1", "cell", "%x") == {"clip": 0.5}
    assert typed(Clipped, "clip", "0.5") == 0.5
    assert "longest gradient (default 1), e.g. --clip 0.5" in " ".join(parser.format_help().split())


def test_it_is_checked_completed_documented_and_repeated() -> None:
    parser = CommandParser("%x", Clipped, T("X.", "X。"), [], layered=True)
    assert "--clip" in parser.options()
    with pytest.raises(UsageError, match="more than 0 and at most 100"):
        resolve_spec({"train": "a.tsv", "clip": 0}, Clipped)
    spec = resolve_spec({"train": "a.tsv", "clip": 0.5}, Clipped)
    assert "--clip 0.5" in commands(spec)["cli"] and "clip: 0.5" in commands(spec)["yaml"]
    assert any("`--clip`" in line for line in options_table(Clipped, "en", keys=True))


def test_it_reaches_paddlenlp_and_no_setting_goes_behind_its_back() -> None:
    spec = resolve_spec({"train": "a.tsv", "clip": 0.5}, Clipped)
    assert native_arguments(spec)["max_grad_norm"] == 0.5
    with pytest.raises(UsageError, match="Use --clip"):
        check_settings(Clipped, ["max_grad_norm"])


def test_it_is_kept_in_the_run() -> None:
    spec = Clipped(train="a.tsv", clip=0.5)
    assert spec.to_json()["clip"] == 0.5
    assert RunSpec.from_json(spec.to_json()) == RunSpec(train="a.tsv"), "and passed over before it"


def test_every_field_is_an_option_and_those_of_a_run_are_stored() -> None:
    names = {one.name for one in options_of(FinetuneOptions)}
    assert names == {field.name for field in fields(FinetuneOptions)}
    stored = {one.name for one in options_of(FinetuneOptions) if one.stored}
    assert stored == {field.name for field in fields(RunSpec)}


def test_trust_is_stored_nowhere_and_taken_from_no_file() -> None:
    trust = find_option(FinetuneOptions, "trust")
    assert not trust.stored and trust.refuse_in_file is not None


def test_what_is_said_of_paddlenlp_is_true() -> None:
    known = set(training_argument_names())
    for one in options_of(FinetuneOptions):
        assert {one.native, *one.covers} - {None} <= known, one.name


@pytest.mark.parametrize("one", options_of(FinetuneOptions), ids=lambda one: one.name)
def test_the_example_of_each_option_is_one_of_its_values(one) -> None:
    if one.kind in ("bool", "dict") or one.example is None:
        return
    parser = CommandParser("%x", FinetuneOptions, T("X.", "X。"), [], layered=True)
    words = [one.example] if one.positional else [one.flag, one.example]
    assert getattr(parser.parse_args(["reviews", *words][one.name == "train" :]), one.name)
    assert one.example in str(explained(one))


def test_a_default_is_a_value_of_its_option() -> None:
    resolve_spec({one.name: one.default for one in options_of(RunSpec)} | {"train": "reviews"})
