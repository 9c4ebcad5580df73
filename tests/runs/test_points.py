"""Every point of a curve as CSV: nothing thinned, repeated steps once, no formula is run."""

from __future__ import annotations

import csv
import io

import pytest
import run_writer

from paddle_lab.runs.points import points_csv
from paddle_lab.untrusted import UnusableFile


def table(*runs):
    text = "".join(points_csv(runs))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_every_step_and_evaluation_of_a_long_run_is_there(make_run):
    folder = make_run()
    run_writer.write_run(folder, 5000)
    rows = table(("评论", folder))
    steps = [row for row in rows if row["kind"] == "step"]
    assert [int(row["step"]) for row in steps] == list(range(1, 5001))
    assert float(steps[9]["loss"]) == run_writer.step_fields(10, 5000)["loss"]
    evals = [row for row in rows if row["kind"] == "eval"]
    assert (evals[0]["step"], evals[0]["split"]) == ("1250", "dev")
    assert float(evals[0]["eval_accuracy"]) == pytest.approx(0.7325)
    assert {row["run"] for row in rows} == {"评论"}


def test_steps_that_a_resumption_repeats_are_told_once(make_run):
    folder = make_run()
    with folder.open_log() as log:
        for step in (1, 2, 3):
            log.append("step", step=step, loss=float(step))
        log.append("eval", step=3, split="dev", metrics={"accuracy": 0.1}, best=True)
        log.append("phase", phase="train", from_step=2)
        log.append("step", step=3, loss=-0.5)
    rows = table(("a", folder))
    assert [(row["step"], row["loss"]) for row in rows] == [
        ("1", "1.0"),
        ("2", "2.0"),
        ("3", "-0.5"),
    ]


@pytest.mark.parametrize(
    "evil", ["=1+1", "@SUM(A1)", "+1", "-cmd", "＝1", "\t=1", ' =HYPERLINK("x")']
)
def test_text_is_never_a_formula(make_run, evil):
    folder = make_run()
    with folder.open_log() as log:
        log.append("eval", step=1, split=evil, metrics={evil: -1.5}, best=True)
    text = "".join(points_csv([(evil, folder)]))
    for line in csv.reader(io.StringIO(text[1:])):
        for cell in line:
            assert not cell.lstrip(" \n").startswith(("=", "+", "@", "\t", "＝", "-c")), cell
    (row,) = table((evil, folder))
    assert row["eval_" + evil] == "-1.5", "a number is no formula"


def test_several_runs_stand_below_each_other(make_run):
    one, two = make_run(name="one"), make_run(name="two")
    for folder in (one, two):
        run_writer.write_run(folder, 4)
    rows = table(("one", one), ("two", two))
    assert [row["run"] for row in rows if row["kind"] == "step"] == ["one"] * 4 + ["two"] * 4


def test_a_run_without_events_has_its_head_alone(make_run):
    assert table(("empty", make_run())) == []


def test_what_is_no_log_is_told(make_run):
    folder = make_run()
    folder.events_path.mkdir()
    with pytest.raises((OSError, UnusableFile)):
        next(points_csv([("x", folder)]))
