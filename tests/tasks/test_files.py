"""The report's files: whole, readable in Excel, and harmless there."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from tasks.classify_evaluations import evaluation_of

from paddle_lab.errors import RunError
from paddle_lab.runs import RunFolder
from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.files import write_report

HOSTILE = [
    '=HYPERLINK("http://x",1)',
    "+1",
    "-1",
    "@SUM(A1)",
    " =1+1",
    "＝1",
    "\t=1",
    '好\r\n换行,逗号"引号',
    "\x00\x08零",
]


def written(path: Path) -> tuple[RunFolder, dict[str, object], Evaluation]:
    labels = ["=负", "正|<b>"]
    rows = evaluation_of(
        "test",
        HOSTILE,
        list(range(len(HOSTILE))),
        [0] * len(HOSTILE),
        np.tile(np.array([[0.0, 1.0]], dtype=np.float32), (len(HOSTILE), 1)),
        labels,
    )
    folder = RunFolder(path)
    task = get_task("classify")
    metrics = task.measure(rows)
    report = report_json("test", len(HOSTILE), metrics, task.report(rows, metrics))
    write_report(folder, report, task.tables(rows), rows.data)
    return folder, report, rows


def read(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_views_find_exactly_the_report(tmp_path: Path) -> None:
    folder, report, _ = written(tmp_path)
    assert folder.report_data() == json.loads(json.dumps(report))
    assert not [path for path in folder.report.iterdir() if path.name.startswith(".")]


def test_excel_reads_chinese_and_runs_no_formula(tmp_path: Path) -> None:
    folder, _, _ = written(tmp_path)
    for name in ("mistakes.csv", "classes.csv", "confusion.csv"):
        assert (folder.report / name).read_bytes().startswith(b"\xef\xbb\xbf")
        for row in read(folder.report / name):
            for cell in row:
                assert not cell.strip().startswith(("=", "+", "@", "＝")), (name, cell)
    texts = {row[0] for row in read(folder.report / "mistakes.csv")[1:]}
    assert "'-1" in texts and '好\r\n换行,逗号"引号' in texts and "零" in texts


def test_tables_hold_every_class(tmp_path: Path) -> None:
    folder, _, _ = written(tmp_path)
    assert read(folder.report / "confusion.csv")[1] == ["'=负", "0", str(len(HOSTILE))]
    assert [row[0] for row in read(folder.report / "classes.csv")] == ["label", "'=负", "正|<b>"]


def test_markdown_holds_no_markup_of_the_data(tmp_path: Path) -> None:
    folder, _, _ = written(tmp_path)
    text = (folder.report / "report.md").read_text(encoding="utf-8")
    assert "<b>" not in text and "正\\|&lt;b&gt;" in text


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("a file in the way")
    with pytest.raises(RunError, match=r"cannot be written|无法把报告写入"):
        written(tmp_path)
