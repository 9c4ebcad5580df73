"""Rows added to a run's data: corrections replace, others join training, none leaks into dev."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.data import Dataset, prepare, read
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task

GOOD, BAD = "好评", "差评"


def write(path: Path, rows: Mapping[str, str]) -> Path:
    lines = ["text\tlabel", *(f"{text}\t{label}" for text, label in rows.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def prepared(tmp_path: Path, *added: Any, **options: Any) -> Any:
    """Six rows of training and two of dev, with what is added."""
    rows = {f"第{n}条很{'好' if n % 2 else '差'}": GOOD if n % 2 else BAD for n in range(8)}
    texts = list(rows)
    train = write(tmp_path / "train.tsv", {text: rows[text] for text in texts[:6]})
    dev = write(tmp_path / "dev.tsv", {text: rows[text] for text in texts[6:]})
    return prepare(get_task("classify"), train, dev, add=added, **options)


def labels(part: Dataset) -> dict[str, Any]:
    return dict(zip(part.texts, part.labels, strict=True))


def said(data: Any) -> str:
    return "\n".join(notice.in_language("en") for notice in data.report.notices)


def test_a_new_text_is_trained_on(tmp_path: Path) -> None:
    data = prepared(tmp_path, write(tmp_path / "corrections.tsv", {"物流太慢": BAD}))
    assert labels(data.train)["物流太慢"] == BAD
    assert len(data.train) == 7
    assert "corrections.tsv: 1 new rows added to training." in said(data)


@pytest.mark.parametrize("written", ["第1条很好", "  第1条很好 ", "第1条 很好"])
def test_a_text_of_training_gets_the_corrected_label(tmp_path: Path, written: str) -> None:
    data = prepared(tmp_path, write(tmp_path / "corrections.tsv", {written: BAD}))
    same = written.strip() == "第1条很好"
    assert labels(data.train)["第1条很好"] == (BAD if same else GOOD)
    assert len(data.train) == (6 if same else 7)
    assert ("1 rows of train had another label" in said(data)) == same


def test_a_text_of_dev_is_corrected_there_and_not_trained_on(tmp_path: Path) -> None:
    data = prepared(tmp_path, write(tmp_path / "corrections.tsv", {"第7条很好": BAD}))
    assert labels(data.dev)["第7条很好"] == BAD
    assert "第7条很好" not in labels(data.train)
    assert "1 rows stand in dev; their label is corrected there" in said(data)


def test_no_row_changes_its_part_by_what_is_added(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv", {f"第{n}条": (GOOD, BAD)[n % 2] for n in range(60)})
    task = get_task("classify")
    before = prepare(task, train)
    other = {text: BAD if label == GOOD else GOOD for text, label in labels(before.train).items()}
    after = prepare(task, train, add=[write(tmp_path / "corrections.tsv", other)])
    assert after.train.texts == before.train.texts
    assert after.dev.texts == before.dev.texts
    assert labels(after.train) == other
    assert labels(after.dev) == labels(before.dev)


def test_the_last_correction_of_a_text_counts_in_a_file_and_among_files(tmp_path: Path) -> None:
    first = tmp_path / "first.tsv"
    first.write_text("text\tlabel\n物流太慢\t好评\n物流太慢\t差评\n很划算\t差评\n", "utf-8")
    second = write(tmp_path / "second.tsv", {"很划算": GOOD})
    found = labels(prepared(tmp_path, first, second).train)
    assert (found["物流太慢"], found["很划算"]) == (BAD, GOOD)


def test_a_label_that_training_does_not_know_is_left_out_and_told(tmp_path: Path) -> None:
    data = prepared(tmp_path, write(tmp_path / "corrections.tsv", {"进球了": "体育", "慢": BAD}))
    assert set(data.labels) == {GOOD, BAD}
    assert "慢" in labels(data.train)
    assert "1 of 2 rows are left out" in said(data)
    assert "corrections.tsv line 2: 体育" in said(data)


def test_what_was_added_is_in_fingerprint_and_provenance(tmp_path: Path) -> None:
    plain = prepared(tmp_path)
    data = prepared(tmp_path, write(tmp_path / "corrections.tsv", {"第1条很好": BAD, "慢": BAD}))
    assert data.fingerprint != plain.fingerprint
    added = data.provenance["train"]["added"]
    assert (added["rows"], added["new"], added["replaced"]) == (2, 1, {"train": 1, "dev": 0})
    assert added["sources"][0]["file"] == str(tmp_path / "corrections.tsv")


def test_limit_bounds_the_training_rows_but_not_what_is_added(tmp_path: Path) -> None:
    corrections = write(tmp_path / "corrections.tsv", {"慢": BAD, "快": GOOD})
    assert len(prepared(tmp_path, corrections, limit=4).train) == 6


def test_columns_are_those_of_training_where_the_names_say_nothing(tmp_path: Path) -> None:
    train = tmp_path / "named.tsv"
    rows = "".join(f"第{n}条\t{n}\t{'好差'[n % 2]}\n" for n in range(40))
    train.write_text("comment\tnumber\tsentiment\n" + rows, encoding="utf-8")
    asked = {"text": "comment", "label": "sentiment"}
    own = tmp_path / "own.tsv"
    own.write_text("comment\tnumber\tsentiment\n慢\t1\t差\n", encoding="utf-8")
    corrections = write(tmp_path / "corrections.tsv", {"快": "好"})
    data = prepare(get_task("classify"), train, columns=asked, add=[own, corrections])
    found = labels(data.train)
    assert (found["慢"], found["快"]) == ("差", "好")


def test_a_question_about_a_document_of_dev_is_not_trained_on(tmp_path: Path) -> None:
    task = get_task("answer")
    contexts = {"a": "李明住在北京。", "b": "王红住在上海。"}

    def rows(name: str, question: str, answer: str) -> Dataset:
        table = [{"question": question, "context": contexts[name], "answer": answer}]
        return read(task, table)

    train, dev = rows("a", "谁住在北京？", "李明"), rows("b", "谁住在上海？", "王红")
    data = prepare(task, train, dev, add=[rows("b", "王红住在哪里？", "上海")])
    assert len(data.train) == 1
    assert "1 rows are left out: their document stands in dev or test" in said(data)
    data = prepare(task, train, dev, add=[rows("a", "李明住在哪里？", "北京")])
    assert len(data.train) == 2


def test_rows_of_another_kind_are_refused(tmp_path: Path) -> None:
    task = get_task("regress")
    train = [{"text": f"第{n}条", "score": n / 3} for n in range(8)]
    pairs = [{"text1": "甲", "text2": "乙", "score": 0.5}]
    with pytest.raises(DataError) as refused:
        prepare(task, train, train, add=[pairs])
    assert refused.value.code == "data.added"
