"""A larger model's answers: read from a file, kept with the run, learnt beside its own rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_lab.api import specify
from paddle_lab.errors import DataError, UsageError
from paddle_lab.runs import RunFolder
from paddle_lab.training.plan import make_plan
from paddle_lab.training.preflight import read_first
from paddle_lab.training.soft import SoftRows, kept_soft, read_soft, soft_rows, write_soft
from paddle_lab.training.start import create_run
from paddle_lab.training.tables import check_sources, prepare_for, saved_names, tables_of

ROWS = [(f"第{n}条", "好差"[n % 2]) for n in range(40)]
HEAD = {"labels": ["差", "好"], "teacher": {"name": "larger"}}
NEW = {"text": "新的一条", "p": [0.25, 0.75]}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "lab"))
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.chdir(tmp_path)
    for name, rows in (("train.tsv", ROWS[:30]), ("dev.tsv", ROWS[30:])):
        Path(name).write_text("".join(f"{text}\t{label}\n" for text, label in rows), "utf-8")
    written([HEAD, NEW])
    return tmp_path


def written(lines: list[Any]) -> Path:
    path = Path("answers.jsonl")
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return path


def found(**options: Any) -> SoftRows | None:
    spec, _ = specify("train.tsv", "dev.tsv", {}, {"soft": "answers.jsonl", **options})
    return soft_rows(spec, prepare_for(spec, {}))


def test_what_is_written_is_read_again(here: Path) -> None:
    rows = SoftRows(
        ["很好", "很差"], ["0", "1"], np.float32([[0.1, 0.9], [0.7, 0.3]]), {"name": "a"}
    )
    write_soft(Path("made.jsonl"), rows)
    again = read_soft(Path("made.jsonl"))
    assert (again.texts, again.labels, again.teacher) == (rows.texts, rows.labels, rows.teacher)
    assert np.allclose(again.probabilities, rows.probabilities, atol=1e-6)


def test_texts_of_the_runs_own_rows_are_left_out_so_that_nothing_of_dev_is_learnt(
    here: Path,
) -> None:
    texts = [ROWS[0][0], f" {ROWS[35][0]} ", "新的一条", "新的一条 ", "另一条"]
    written([HEAD, *({"text": text, "p": [0.5, 0.5]} for text in texts)])
    rows = found()
    assert rows is not None
    assert (list(rows.texts), rows.left_out) == (["新的一条", "另一条"], 3)
    assert "2 texts; 3 more are left out" in str(rows.told())
    written([HEAD, NEW])
    alone = found()
    assert alone is not None and str(alone.told()).endswith("to 1 texts.")
    written([HEAD, {"text": ROWS[35][0], "p": [0, 1]}])
    with pytest.raises(DataError) as caught:
        found()
    assert caught.value.code == "data.soft_none"


def test_labelled_rows_are_certain_and_columns_are_in_the_order_of_the_codec(here: Path) -> None:
    rows = found()
    assert rows is not None
    spec, _ = specify("train.tsv", "dev.tsv", {}, {})
    train = prepare_for(spec, {}).train
    beside = rows.beside(train)
    assert (beside.texts[-1], beside.targets[-1], beside.lines[-1]) == ("新的一条", "好", None)
    wanted = rows.probabilities_beside(train, ["好", "差"])
    assert len(wanted) == len(beside) == 31
    assert wanted[0].tolist() == [1, 0] and wanted[1].tolist() == [0, 1]
    assert wanted[-1].tolist() == [0.75, 0.25]


def test_the_plan_counts_them(here: Path) -> None:
    written([HEAD, *({**NEW, "text": f"新{n}"} for n in range(70))])
    spec, tables = specify("train.tsv", "dev.tsv", {}, {"soft": "answers.jsonl", "batch_size": 10})
    assert make_plan(spec, tables).windows == 100


def test_the_run_keeps_its_own_copy_and_resumes_without_the_file(here: Path) -> None:
    spec, tables = specify("train.tsv", "dev.tsv", {}, {"soft": Path("answers.jsonl")})
    folder: RunFolder = create_run(spec, tables, read_first(spec, tables))
    assert folder.spec().soft == str(here / "answers.jsonl")
    Path("answers.jsonl").unlink()
    check_sources(folder.spec(), saved_names(folder, folder.spec()))
    prepared = prepare_for(folder.spec(), tables_of(folder))
    rows = soft_rows(folder.spec(), prepared, kept_soft(folder, folder.spec()))
    assert rows is not None and list(rows.texts) == ["新的一条"]
    with pytest.raises(DataError):
        create_run(spec, tables)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [NEW],
        [{"labels": ["好"], "teacher": {"name": "a"}}],
        [{"labels": ["好", "好"], "teacher": {"name": "a"}}],
        [{**HEAD, "teacher": {"name": "a", "bytes": "many"}}],
        [HEAD, {"text": "甲"}],
        [HEAD, {"text": " ", "p": [0.5, 0.5]}],
        [HEAD, {"text": "甲", "p": [0.5]}],
        [HEAD, {"text": "甲", "p": [1.5, -0.5]}],
        [HEAD, {"text": "甲", "p": [0.5, 0.1]}],
        [HEAD, {"text": "甲", "p": [True, False]}],
        [HEAD, ["甲"]],
    ],
)
def test_a_file_of_another_form_is_told_before_there_is_a_run(here: Path, lines: list[Any]) -> None:
    written(lines)
    with pytest.raises(DataError) as caught:
        found()
    assert caught.value.code == "data.soft"


def test_bytes_that_are_no_text_are_no_such_file(here: Path) -> None:
    Path("answers.jsonl").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(DataError, match="no texts with probabilities"):
        found()


def test_other_labels_and_other_tasks_are_refused(here: Path) -> None:
    written([{**HEAD, "labels": ["差", "中"]}, NEW])
    with pytest.raises(DataError) as labels:
        found()
    assert labels.value.code == "data.soft_labels"
    Path("train.tsv").write_text("".join(f"{t}\t{n}.5\n" for n, (t, _) in enumerate(ROWS)), "utf-8")
    spec, _ = specify("train.tsv", None, {}, {"soft": "answers.jsonl", "task": "regress"})
    with pytest.raises(UsageError) as task:
        read_first(spec, {})
    assert task.value.code == "usage.soft_task"
