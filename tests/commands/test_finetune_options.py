"""One parser for both front ends: options, help, the cell's YAML, and errors that help."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.commands import Context
from paddle_lab.commands.finetune import build_parser, given_options
from paddle_lab.errors import UsageError
from paddle_lab.options import HelpRequested
from paddle_lab.options.paddlenlp import training_argument_names
from paddle_lab.runs import RunSpec
from paddle_lab.runs.reproduce import commands


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


def options(line: str, cell: str | None = None) -> dict[str, Any]:
    return given_options(build_parser().parse_args(shlex.split(line)), Context(cell=cell))


def test_what_is_not_given_is_not_there() -> None:
    assert options("reviews") == {"train": "reviews"}


def test_every_kind_of_option() -> None:
    given = options(
        "a.tsv b.tsv --epochs=2 --lr 3e-4 --no-export --set max_grad_norm=0.5 "
        "--set adam_beta2=0.98 --skip-bad --metric macro_f1"
    )
    assert given == {
        "train": "a.tsv",
        "dev": "b.tsv",
        "epochs": 2.0,
        "lr": 3e-4,
        "export": False,
        "metric": "macro_f1",
        "extra": {"max_grad_norm": 0.5, "adam_beta2": 0.98},
        "skip_bad": True,
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
        ("reviews --epochs three", "--epochs takes a number, not 'three'"),
        ("reviews --limit 2.5", "--limit takes a whole number, not '2.5'"),
        ("reviews --lr fast", "--lr takes a number, not 'fast'"),
        ("a b c", "does not know what to do with 'c'"),
        ("reviews --set max_grad_nrom=1", "Did you mean max_grad_norm?"),
        ("reviews --set novalue", "NAME=VALUE"),
        ("reviews --config no-such.yaml", "cannot be read"),
    ],
)
def test_a_wrong_option_gets_one_helpful_line(line: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        options(line)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("epoch: 3", "Did you mean epochs?"),
        ("epochs: many", "expected: number"),
        ("epochs: [1]", "expected: number"),
        ("epochs: true", "expected: number"),
        ("batch_size: 2.5", "expected: whole number"),
        ("limit: .inf", "expected: whole number"),
        ("limit: .nan", "expected: whole number"),
        ("skip_bad: 'no'", "expected: true or false"),
        ("set: 5", "expected: mapping"),
        ("set: {max_grad_nrom: 1}", "Did you mean max_grad_norm?"),
        ("background: true", "%%ernie_finetune --background"),
        ("dry-run: true", "%%ernie_finetune --dry-run"),
        ("just text", "holds no options"),
        ("a: [", "not valid YAML"),
        ("lr: 1e-4\nlr: 1e-3", "'lr' stands twice in cell"),
        ("batch-size: 8\nbatch_size: 16", "'batch_size' stands twice in cell"),
        ("export: perhaps", "expected: true or false"),
    ],
)
def test_a_wrong_cell_is_told(cell: str, words: str) -> None:
    with pytest.raises(UsageError, match=None) as caught:
        options("reviews", cell)
    assert words in str(caught.value)


def resolved(line: str) -> RunSpec:
    return specify_(options(line))


def test_auto_is_as_when_left_out() -> None:
    plain = resolved("reviews")
    assert resolved("reviews --lr auto --batch-size auto") == plain
    assert specify_(options("reviews", "lr: auto\nbatch_size: auto")) == plain
    # On the line it takes back what the cell says.
    assert specify_(options("reviews --lr auto", "lr: 0.1")) == plain
    with pytest.raises(UsageError, match="expected: whole number"):
        options("reviews", "max_len: auto")


def specify_(given: dict[str, Any]) -> RunSpec:
    from paddle_lab.api import specify

    return specify(given.pop("train", None), given.pop("dev", None), {}, given)[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a.tsv --lr nan", "more than 0"),
        ("a.tsv --lr -1", "--lr"),
        ("a.tsv --lr 0", "--lr"),
        ("a.tsv --epochs inf", "--epochs"),
        ("a.tsv --epochs 0", "--epochs"),
        ("a.tsv --batch-size 0", "--batch-size"),
        ("a.tsv --max-len 5000", "--max-len"),
        ("a.tsv --device tpu", "gpu:1"),
        ("a.tsv --device gpu:", "gpu:1"),
        ("a.tsv --set learning_rate=1", "Use --lr."),
        ("a.tsv --set gradient_accumulation_steps=4", "Use --batch-size."),
        ("a.tsv --set dataloader_num_workers=2", "Leave it out"),
    ],
)
def test_a_value_that_cannot_be_is_told_before_anything_begins(line: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolved(line)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epoch": 3}, "Did you mean epochs?"),
        ({"epochs": "three"}, "expected: number"),
        ({"precision": "fp8"}, "fp32"),
        ({"task": "clasify"}, "Did you mean classify?"),
        ({"export": "no"}, "expected: true or false"),
        ({"extra": [1]}, "expected: mapping"),
    ],
)
def test_python_gets_the_same_answers(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        specify_({"train": "a.tsv", **given})
    assert words in str(caught.value)


def test_numbers_may_be_numpys_and_text_may_be_a_number() -> None:
    import numpy as np

    spec = specify_(
        {"train": "a.tsv", "batch_size": np.int64(8), "lr": np.float32(0.5), "label": 1}
    )
    assert (spec.batch_size, spec.lr, spec.label) == (8, 0.5, "1")
    assert type(spec.batch_size) is int and type(spec.lr) is float


@pytest.mark.parametrize(
    "line",
    [
        "reviews",
        "reviews --epochs 3 --lr 5e-5 --batch-size 32 --max-len 128 --dropout 0.1",
        "reviews --limit 100 --evals-per-epoch 1",
        "a.tsv b.tsv --test c.tsv --skip-bad --set max_grad_norm=0.5 --no-export",
        "'my data.tsv' --name=-x --sep '\t' --label '评 价' --early-stopping 2",
        'a.tsv --name "it\'s <b>" --metric macro_f1 --precision fp32 --random-init',
        "a.tsv --model ernie-3.0-nano-zh --out '../../x y'",
    ],
)
@pytest.mark.parametrize("form", ["magic", "cli", "yaml", "python"])
def test_the_command_of_a_run_starts_the_same_run(line: str, form: str) -> None:
    spec = resolved(line)
    text = commands(spec)[form]
    if form == "yaml":
        again = specify_(given_options(build_parser().parse_args([]), Context(cell=text)))
    elif form == "python":
        again = specify_(_arguments(text))
    else:
        again = resolved(text.partition("finetune ")[2])
    assert again == spec


def _arguments(code: str) -> dict[str, Any]:
    call = ast.parse(code).body[-1].value
    given = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    names = ("train", "dev")
    return given | {n: ast.literal_eval(a) for n, a in zip(names, call.args, strict=False)}


def test_a_resumed_run_takes_no_other_options() -> None:
    from paddle_lab.commands.finetune import dry_run, start

    for line, words in [
        ("--resume last --epochs 5", "takes no --epochs"),
        ("--resume last --skip-bad", "takes no --skip-bad"),
    ]:
        with pytest.raises(UsageError, match=words):
            start(build_parser().parse_args(shlex.split(line)), Context())
    with pytest.raises(UsageError, match="goes on with one"):
        dry_run(build_parser().parse_args(["--resume", "last", "--dry-run"]), Context())


def test_help_comes_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "zh")
    with pytest.raises(HelpRequested) as asked:
        build_parser().parse_args(["-h"])
    assert "训练轮数" in asked.value.text and "例如" in asked.value.text


def test_the_fields_of_paddlenlp_are_known_without_importing_it() -> None:
    import sys

    had = "paddlenlp" in sys.modules
    names = training_argument_names()
    assert {"max_grad_norm", "adam_epsilon", "lr_scheduler_type"} <= set(names)
    assert had or "paddlenlp" not in sys.modules
