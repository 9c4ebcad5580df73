"""``%ernie_distill``: a run's model answers texts, and a smaller one learns from the answers."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kernel import write_reviews

from paddle_lab import api
from paddle_lab.commands import Context, distill
from paddle_lab.errors import PaddleLabError
from paddle_lab.runs import RunFolder
from paddle_lab.runs.answers import answers_path
from paddle_lab.runs.spec import OWN_TRAINER
from paddle_lab.training import teacher
from paddle_lab.training.soft import SoftRows, write_soft
from paddle_lab.training.start import create_run
from paddle_lab.training.tables import prepare_for, tables_of


def asked(line: str, **context: Any) -> Any:
    return distill.execute(distill.build_parser().parse_args(shlex.split(line)), Context(**context))


@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        ("", "a run"),
        ("last --student ernie-lab-mini", "texts"),
        ("last --texts more.txt", "a smaller model"),
    ],
)
def test_a_line_that_lacks_something_is_told_what(line: str, lacking: str) -> None:
    with pytest.raises(PaddleLabError, match=lacking) as caught:
        asked(line)
    assert caught.value.code == "usage.distill"


def test_runs_that_cannot_teach_are_refused(make_run: Callable[..., RunFolder]) -> None:
    for options, code in (
        ({"train": OWN_TRAINER}, "usage.distill"),
        ({"task": "tag"}, "usage.soft_task"),
        ({}, "bundle.absent"),
    ):
        make_run(**options)
        with pytest.raises(PaddleLabError) as caught:
            asked("last --texts more.txt --layers 2")
        assert caught.value.code == code


def test_the_student_takes_the_runs_rows_and_its_own_training(
    make_run: Callable[..., RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(
        name="first", train="/data/train.tsv", text="review", max_len=64, seed=7, epochs=9.0,
        lr=1e-5, extra={"label_names": "names.txt", "max_grad_norm": 0.5},
    )  # fmt: skip
    given: dict[str, Any] = {}
    monkeypatch.setattr(api, "launch", lambda train, dev, **how: given.update(how, train=train))
    monkeypatch.setattr("paddle_lab.bundle.locate.find_bundle", lambda wanted: tmp_path)
    monkeypatch.setattr(distill, "_texts", lambda args, context, bundle: ["一条"])
    monkeypatch.setattr(teacher, "answers_file", lambda *given: tmp_path / "answers.jsonl")
    words = shlex.split("last --texts more.txt --layers 2 --epochs 4 --text review2")
    distill.start(distill.build_parser().parse_args(words), Context())
    assert (given["train"], given["text"], given["max_len"]) == ("/data/train.tsv", "review", 64)
    assert (given["layers"], given["epochs"], given["name"]) == (2, 4.0, "first-distilled")
    assert given["extra"] == {"label_names": "names.txt"}
    assert given["soft"] == str(tmp_path / "answers.jsonl")
    assert not {"lr", "seed", "batch_size"} & given.keys()


def test_rows_of_a_variable_and_added_ones_come_from_the_run_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATA", "RUNS"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    Path("more.tsv").write_text("又一条\t好\n", "utf-8")
    rows = [(f"第{n}条", "好差"[n % 2]) for n in range(40)]
    spec, tables = api.specify(rows, None, {}, {"add": ["more.tsv"], "name": "first"})
    first = create_run(spec, tables)
    Path("more.tsv").unlink()
    written = Path("answers.jsonl")
    write_soft(written, SoftRows(["新的"], ["好", "差"], np.float32([[0.5, 0.5]]), {"name": "a"}))
    monkeypatch.setattr("paddle_lab.bundle.locate.find_bundle", lambda wanted: tmp_path)
    monkeypatch.setattr(distill, "_texts", lambda args, context, bundle: ["新的"])
    monkeypatch.setattr(teacher, "answers_file", lambda *given: written)
    monkeypatch.setattr("paddle_lab.training.start.begin", lambda folder, **how: folder)
    words = shlex.split("first --texts more.txt --layers 2 --quiet")
    second: Any = distill.start(distill.build_parser().parse_args(words), Context())
    before, after = (prepare_for(run.spec(), tables_of(run)) for run in (first, second))
    assert len(after.train) + len(after.dev) == 41
    assert after.fingerprint == before.fingerprint


@pytest.mark.slow
def test_a_smaller_model_learns_from_a_runs_answers_and_is_told_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATA", "CACHE", "RUNS"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.chdir(tmp_path)
    lines = write_reviews(Path("all.tsv"), 160).read_text("utf-8").splitlines(keepends=True)
    Path("train.tsv").write_text("".join(lines[:100]), "utf-8")
    Path("more.csv").write_text(
        "id,review\n" + "".join(f'{n},"{text.split(chr(9))[0]}"\n'
                                for n, text in enumerate(lines[90:])), "utf-8")  # fmt: skip
    first = api.finetune("train.tsv", name="first", epochs=1.0, max_len=32, baseline=False,
                         show=False)  # fmt: skip
    said: list[str] = []
    line = "first --texts more.csv --text review --layers 2 --epochs 1 --quiet"
    run = asked(line, say=lambda text: said.append(str(text))).value
    assert f"{first.folder.path.name} answers" in " ".join(said)
    assert run.state.state == "finished" and run.bundle is not None
    assert run.folder.spec().layers == 2 and run.folder.path.name.startswith("first-distilled-")
    told = {notice["code"]: notice["text"]["en"] for notice in run.state.notices}
    assert f"the answers of {first.folder.path.name} to" in told["soft"]
    teachers, students = told["distilled"].split(". This model: ")
    assert teachers.startswith(f"{first.folder.path.name}: accuracy ")
    assert students.startswith("accuracy ") and students.count("MB") == students.count("%") == 1
    shown = asked(f"{line} --no-export", notebook=True, say=lambda text: said.append(str(text)))
    assert shown.text == f"The smaller model is that of run {shown.value.folder.path.name}."
    assert "has answered these texts before" in said[-1]


def test_how_far_the_answering_is_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 100, 6))
    monkeypatch.setattr(teacher.time, "monotonic", lambda: float(next(seconds)))
    monkeypatch.setattr(teacher, "_AT_ONCE", 2)
    asked: list[list[str]] = []

    class Predictor:
        def answers(self, rows: Any) -> list[str]:
            asked.append(rows["text"])
            return [text.upper() for text in rows["text"]]

    said: list[str] = []
    found = teacher._answered(
        Predictor(), list("abcde"), lambda text: said.append(text.in_language("en"))
    )
    assert found == list("ABCDE") and asked == [["a", "b"], ["c", "d"], ["e"]]
    assert said == [
        "2 of 5 texts answered, about 9 s left",
        "4 of 5 texts answered, about 3 s left",
    ]


def test_an_interrupt_while_it_answers_leaves_no_file(
    make_run: Callable[..., RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(rows: Any) -> None:
        raise KeyboardInterrupt

    run = make_run(name="larger")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "manifest.json").write_text("{}")
    monkeypatch.setattr(
        teacher, "load_bundle", lambda *given, **how: SimpleNamespace(answers=interrupted)
    )
    with pytest.raises(KeyboardInterrupt):
        teacher.answers_file(run, bundle, ["一条"], lambda said: None)
    assert not list(answers_path(run.path, "0" * 64).parent.glob("*"))
