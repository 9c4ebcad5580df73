"""``predict`` on variables and files, for each task: what stands beside the rows."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from bundle.table_model import table_predictor
from word_model import word_bundle, word_predictor

from paddle_lab.commands import Context, predict
from paddle_lab.commands.result import Result

GOOD, BAD = "质量很好，推荐！", "太差了，不会再买。"
LABELS = ["差评", "好评"]
TEXTS = {"编号": ["7", "8", "9"], "text": [GOOD, BAD, ""]}
PAIRS = {"编号": ["7", "8", "9"], "text": [GOOD, BAD, "一般"], "text2": [BAD, "还行", ""]}
QUESTIONS = {"编号": ["7", "8", "9"], "question": ["质量", "物流", "包装"],
             "context": [GOOD, "物流快，包装好", ""]}  # fmt: skip
CODECS: dict[str, dict[str, Any]] = {
    "pair": {"labels": LABELS},
    "multilabel": {"labels": ["物流", "质量", "客服"], "thresholds": [0.01, 0.5, 0.99]},
    "regress": {"pair": False, "mean": 3.0, "std": 1.5, "low": 1.0, "high": 5.0},
    "tag": {"types": ["物", "人"]},
    "answer": {"answer_length": 5, "threshold": None},
}
ROWS = {"pair": PAIRS, "answer": QUESTIONS}


def ask(
    task: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str, **context: Any
) -> Result:
    predictor = table_predictor(folder, task, CODECS[task])
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.setattr(predict, "_predictor", lambda wanted, runtime: predictor)
    args = predict.build_parser("%ernie_predict").parse_args(["last", *words])
    return predict.execute(args, Context(**context))


def is_pair(row: dict[str, Any]) -> bool:
    return row["prediction"] in LABELS and 0.5 <= row["probability"] <= 1


def is_multilabel(row: dict[str, Any]) -> bool:
    limits = dict(zip(CODECS["multilabel"]["labels"], [0.01, 0.5, 0.99], strict=True))
    chosen = dict(zip(row["prediction"], row["probability"], strict=True))
    return "物流" in chosen and all(chosen[label] >= limits[label] for label in chosen)


def is_regress(row: dict[str, Any]) -> bool:
    return isinstance(row["prediction"], float) and row["prediction"] != 3.0


def is_tag(row: dict[str, Any]) -> bool:
    return len(row["prediction"]) > 0 and all(
        span["label"] in ("物", "人") and row["text"][span["start"] : span["end"]] == span["text"]
        for span in row["prediction"]
    )


def is_answer(row: dict[str, Any]) -> bool:
    piece = row["context"][row["start"] : row["end"]]
    return 0 < len(piece) <= 5 and row["prediction"] == piece and 0 < row["probability"] <= 1


IS_RIGHT = {"pair": is_pair, "multilabel": is_multilabel, "regress": is_regress, "tag": is_tag,
            "answer": is_answer}  # fmt: skip
BESIDE = {
    "pair": ["prediction", "probability"],
    "multilabel": ["prediction", "probability"],
    "regress": ["prediction"],
    "tag": ["prediction"],
    "answer": ["prediction", "probability", "start", "end"],
}


@pytest.mark.parametrize("task", CODECS)
def test_a_file_of_any_task_is_written_with_the_answers_beside(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ROWS.get(task, TEXTS)
    table, out = tmp_path / "rows.csv", tmp_path / "answers.jsonl"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(given), *zip(*given.values(), strict=True)])
    result = ask(task, tmp_path / "bundle", monkeypatch, "--file", str(table), "--out", str(out))
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [list(row) for row in rows] == [[*given, *BESIDE[task], "note"]] * 3
    assert [{name: row[name] for name in given} for row in rows] == json.loads(
        json.dumps(
            [dict(zip(given, row, strict=True)) for row in zip(*given.values(), strict=True)]
        )
    )
    assert all(IS_RIGHT[task](row) for row in rows[:2])
    assert {rows[2][name] for name in BESIDE[task]} == {None} and "empty" in rows[2]["note"]
    assert result.json["rows"] == 3 and result.json["missing"] == 1
    # The same in a spreadsheet: lists are JSON in their cell.
    ask(task, tmp_path / "again", monkeypatch, "--file", str(table), "--out", f"{out}.csv")
    with Path(f"{out}.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *cells = csv.reader(file)
    first = dict(zip(header, cells[0], strict=True))["prediction"]
    said = rows[0]["prediction"]
    assert first == said if isinstance(said, str) else json.loads(first) == said


@pytest.mark.parametrize("task", CODECS)
def test_a_variable_of_any_task_is_its_rows(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(ROWS.get(task, TEXTS), index=[3, 5, 9])
    result = ask(task, tmp_path / "bundle", monkeypatch, "df", names={"df": frame})
    found = result.value.table()
    assert list(found.columns) == [*frame.columns, *BESIDE[task]]
    assert list(found.index) == [3, 5, 9] and found["编号"].tolist() == ["7", "8", "9"]
    assert all(IS_RIGHT[task](row) for row in found.to_dict("records")[:2])
    assert result.value[2] is None


@pytest.mark.parametrize("task", CODECS)
def test_what_decided_is_shown_for_any_task(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(ROWS.get(task, TEXTS))
    result = ask(task, tmp_path / "a", monkeypatch, "df", "--explain", names={"df": frame})
    assert "decided by" in result.text and "By occlusion" in result.text
    for row in result.json[:2]:
        assert row["decided_by"]
        for piece in row["decided_by"]:
            assert row[piece["role"]][piece["start"] : piece["end"]] == piece["text"]
    assert "decided_by" not in result.json[2], "a row without an answer"
    plain = ask(task, tmp_path / "b", monkeypatch, "df", names={"df": frame})
    assert "decided" not in plain.text and "decided_by" not in plain.json[0]


def test_the_deciding_word_comes_first_and_few_answers_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = word_predictor(word_bundle(tmp_path / "bundle"))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.setattr(predict, "_predictor", lambda wanted, runtime: predictor)

    def answered(*words: str) -> str:
        args = predict.build_parser("%ernie_predict").parse_args(["last", "--explain", *words])
        return predict.execute(args, Context()).text

    assert "差 +0." in answered("客服态度差，物流也慢")
    assert "the first 20" not in answered(*["物流快，包装好"] * 20)
    many = answered(*["物流快，包装好"] * 21)
    assert "Explained are the first 20 answers" in many and many.count("好 +0.") == 20
    long = "客服" * 40 + "差"
    assert "+0." not in answered(long, "--long-text", "windows"), "two ways of reading"
