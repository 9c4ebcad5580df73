"""``predict`` on tables and variables: the text column, row by row, the answers beside the rows."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bundle.making import rewrite
from bundle.tiny import LABELS

from paddle_lab.bundle import Predictor, load_bundle
from paddle_lab.bundle.tables import Answers
from paddle_lab.commands import Context, predict
from paddle_lab.commands.result import Result
from paddle_lab.errors import DataError, UsageError
from paddle_lab.runs import RunFolder

pytestmark = pytest.mark.slow

TEXTS = ["质量很好，推荐！", "", "太差了，不会再买。"]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")


@pytest.fixture
def run(make_run: Callable[..., RunFolder], exported: tuple[Path, Any]) -> RunFolder:
    """A finished run with a bundle whose labels were numbers in the training rows."""
    folder = make_run(name="trial")
    shutil.copytree(exported[0], folder.bundle)
    codec = {"labels": ["0", "1", "2"], "values": {"0": 0, "1": 1, "2": 2}}
    rewrite(folder.bundle, lambda content: content.update(codec=codec, labels=codec["labels"]))
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    rows = "".join(f"{1000 + n},{text},{n}\n" for n, text in enumerate(TEXTS))
    path.write_text("订单号,评论内容,label\n" + rows, encoding="utf-8")
    return path


def ask(*words: str, **context: Any) -> Result:
    args = predict.build_parser("%ernie_predict").parse_args(["trial", *words])
    return predict.execute(args, Context(**context))


def rows_in(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_table_is_answered_by_its_text_column(run: RunFolder, table: Path) -> None:
    result = ask("--file", str(table))
    assert [row["text"] for row in result.json] == TEXTS
    assert "column 评论内容" in result.text and "1000" not in result.text
    assert isinstance(result.value, Answers)
    assert [answer is None for answer in result.value] == [False, True, False]
    alone = load_bundle(run.path).predict(TEXTS[0])[0]
    assert result.value[0].probabilities == pytest.approx(alone.probabilities, abs=1e-5)


def test_answers_are_written_beside_the_rows(run: RunFolder, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    result = ask("--file", str(table), "--out", str(out))
    header, *rows = rows_in(out)
    assert header == ["订单号", "评论内容", "label", "prediction", "probability", "note"]
    assert [row[:3] for row in rows] == rows_in(table)[1:]
    assert rows[1][3:] == ["", "", "the text is empty"]
    assert rows[0][3] in ("0", "1", "2") and 0 < float(rows[0][4]) <= 1
    assert result.json["rows"] == 3 and result.json["missing"] == 1
    assert "Right by the column label" in result.text and "Written" in result.text


def test_nothing_is_written_over(run: RunFolder, table: Path, tmp_path: Path) -> None:
    before = table.read_bytes()
    with pytest.raises(DataError):
        ask("--file", str(table), "--out", str(table), "--force")
    out = tmp_path / "answers.csv"
    out.write_text("mine")
    with pytest.raises(DataError, match="--force"):
        ask("--file", str(table), "--out", str(out))
    assert table.read_bytes() == before and out.read_text() == "mine"
    ask("--file", str(table), "--out", str(out), "--force")
    with pytest.raises(UsageError, match="replaces the file of --out"):
        ask("--file", str(table), "--force")
    assert rows_in(out)[0][0] == "订单号"


def test_no_file_of_a_pattern_is_replaced_by_the_answers(
    run: RunFolder, table: Path, tmp_path: Path
) -> None:
    shutil.copy(table, tmp_path / "orders2.csv")
    before = table.read_bytes()
    for out in (table, tmp_path / "orders2.csv"):
        with pytest.raises(DataError, match="is the file that is read"):
            ask("--file", str(tmp_path / "orders*.csv"), "--out", str(out), "--force")
    assert table.read_bytes() == before


def test_json_lines_have_the_type_of_the_labels(
    run: RunFolder, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers.jsonl"
    ask("--file", str(table), "--out", str(out))
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert isinstance(rows[0]["prediction"], int) and rows[1]["prediction"] is None


def test_an_interrupt_tells_what_is_done_and_keeps_it(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "answers.csv"
    path.write_text("text\n" + "".join(f"很好{n}\n" for n in range(3000)), encoding="utf-8")
    stream = Predictor.stream

    def interrupted(self: Any, rows: Any, **how: Any) -> Iterator[list[Any]]:
        yield next(stream(self, rows, **how))
        raise KeyboardInterrupt

    monkeypatch.setattr(Predictor, "stream", interrupted)
    result = ask("--file", str(path), "--out", str(out), "--batch-size", "256")
    assert result.exit_code == 130 and not out.exists()
    assert "1024 of 3000 rows" in result.text and "answers.part.csv" in result.text
    assert len(rows_in(tmp_path / "answers.part.csv")) == 1025
    result = ask("--file", str(path))
    assert "1024 of 3000 rows" in result.text and result.value[1024] is None


@pytest.mark.parametrize("shape", ["frame", "series", "column", "list", "tuple", "array", "rows",
                                   "columns", "attribute"])  # fmt: skip
def test_a_name_that_is_a_variable_is_its_rows(run: RunFolder, shape: str) -> None:
    pd = pytest.importorskip("pandas")
    import numpy as np

    frame = pd.DataFrame({"id": [7, 8], "review": [TEXTS[0], TEXTS[2]], "n": [1, 2]})
    texts = frame["review"].tolist()
    values = {"frame": frame, "series": frame["review"], "list": texts, "tuple": tuple(texts),
              "array": np.array(texts), "rows": frame.to_dict("records"),
              "columns": {"review": texts, "id": [7, 8]}}  # fmt: skip
    word = {"column": "df[review]", "attribute": "df.review"}.get(shape, "df")
    result = ask(word, names={"df": values.get(shape, frame)})
    assert [row["text"] for row in result.json] == texts and "df" in result.text
    found = result.value.table()
    assert len(found) == 2 and found["prediction"].dtype == np.int64


def test_a_text_in_a_variable_is_that_text_and_other_names_are_told(run: RunFolder) -> None:
    result = ask("word", names={"word": "太差了"})
    assert result.json[0]["text"] == "太差了" and "is a variable" in result.text
    for name, value in (("print", print), ("n", 5)):
        result = ask(name, names={name: value})
        assert result.json[0]["text"] == name and "answered as a text" in result.text
    assert "variable" not in ask("好", names={"word": "x"}).text


def test_rows_of_one_source_and_no_unknown_columns(run: RunFolder, table: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"review": ["好"]})
    with pytest.raises(UsageError, match="beside"):
        ask("df", "好", names={"df": frame})
    with pytest.raises(UsageError, match="beside"):
        ask("好", "--file", str(table))
    with pytest.raises(DataError, match="review"):
        ask("df.reveiw", names={"df": frame})


def test_answers_compare_with_the_persons_own_labels(run: RunFolder) -> None:
    pd = pytest.importorskip("pandas")
    predictor = load_bundle(run.path)
    frame = pd.DataFrame({"text": [TEXTS[0], TEXTS[2], None], "label": [0, 1, 2]}, index=[3, 5, 9])
    found = predictor.table(frame)
    assert list(found.columns) == ["text", "label", "prediction", "probability"]
    assert list(found.index) == [3, 5, 9] and list(frame.columns) == ["text", "label"]
    known = found.dropna(subset=["prediction"])
    expected = [int(answer.label) for answer in predictor.predict([TEXTS[0], TEXTS[2]])]
    assert known["prediction"].tolist() == expected and len(known) == 2
    assert (known["prediction"] == pd.Series(expected, index=[3, 5])).all()
    again = predictor.table(found, columns={"text": "text"})
    assert "prediction_2" in again.columns


def test_lines_of_a_text_file_keep_their_places(run: RunFolder, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS) + "\n\n\n", encoding="utf-8")
    result = ask("--file", str(path))
    assert "one text a line" in result.text and [row["text"] for row in result.json] == TEXTS
    path.write_text("好,1\n差,0\n好,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="--lines"):
        ask("--file", str(path))
    assert len(ask("--file", str(path), "--lines").json) == 3
    assert [row["text"] for row in ask("--file", str(path), "--sep", ",").json] == [
        "好",
        "差",
        "好",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["好", "--text", "review"],
        ["好", "--encoding", "gb18030"],
        ["--file", "FILE", "--lines", "--text", "评论内容"],
        ["--file", "FILE", "--lines", "--sep", ","],
        ["--file", "FILE", "--lines", "--skip-bad"],
    ],
)
def test_an_option_of_tables_is_refused_where_none_is_read(
    run: RunFolder, table: Path, words: list[str]
) -> None:
    with pytest.raises(UsageError, match="says nothing beside") as refused:
        ask(*(str(table) if word == "FILE" else word for word in words))
    assert refused.value.code == "usage.conflict"


def test_several_files_are_one_table_and_never_one_text_a_line(
    run: RunFolder, table: Path, tmp_path: Path
) -> None:
    shutil.copy(table, tmp_path / "orders2.csv")
    assert len(ask("--file", str(tmp_path / "orders*.csv")).json) == 2 * len(TEXTS)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("质量很好\n太差了，真的\n", encoding="utf-8")
    with pytest.raises(UsageError, match="several files of texts"):
        ask("--file", str(tmp_path / "*.txt"))


def test_a_table_in_a_cell_is_no_text(run: RunFolder) -> None:
    result = ask(cell="评论\tlabel\n质量很好\t1\n太差了\t0\n")
    assert [row["text"] for row in result.json] == ["质量很好", "太差了"]
    assert len(ask(cell="质量很好\n太差了，真的\n").json) == 2


def test_labels_by_name_stay_texts(exported: tuple[Path, Any]) -> None:
    found = load_bundle(exported[0]).table(["质量很好", "太差了"])
    assert set(found["prediction"]) <= set(LABELS)
