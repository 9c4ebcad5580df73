"""Scores in the files that people have, and what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_lab.data import prepare, read
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.recognition import choose_task
from paddle_lab.tasks.regress.scale import bounds_of, range_of

REGRESS = get_task("regress")
ONE = [f"第{n}位顾客觉得这家店还可以" for n in range(24)]
TWO = [f"有{n}个人在操场上跑步锻炼" for n in range(24)]
SCORES = [round(n * 5 / 23, 2) for n in range(24)]


def write(path: Path, rows: list[list[Any]], header: str = "") -> str:
    lines = ([header] if header else []) + ["\t".join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def rows(order: str, scores: list[Any] = SCORES) -> list[list[Any]]:
    columns = {"a": ONE, "b": TWO, "s": scores, "i": list(range(24))}
    return [[columns[one][n] for one in order] for n in range(24)]


def refused(source: str, **options: Any) -> DataError:
    with pytest.raises(DataError) as found:
        read(REGRESS, source, **options)
    return found.value


@pytest.mark.parametrize(
    ("order", "header"),
    [("abs", ""), ("sab", ""), ("iabs", ""), ("abs", "sentence1\tsentence2\tscore"),
     ("iabs", "id\tsentence1\tsentence2\tsimilarity"), ("abs", "text_a\ttext_b\tlabel")],
)  # fmt: skip
def test_two_texts_with_a_score(order: str, header: str, tmp_path: Path) -> None:
    source = write(tmp_path / "sts.tsv", rows(order), header)
    assert choose_task(source) == "regress"
    found = read(REGRESS, source)
    assert found.given == {"text": ONE, "text2": TWO} and found.targets == SCORES


@pytest.mark.parametrize(
    "header", ["", "text\tscore", "review\trating", "评论\t评分", "text\tlabel"]
)
def test_one_text_with_a_score(header: str, tmp_path: Path) -> None:
    source = write(tmp_path / "stars.tsv", rows("as"), header)
    assert choose_task(source) == "regress"
    found = read(REGRESS, source)
    assert found.given == {"text": ONE} and found.targets == SCORES


def test_the_separator_of_the_chinese_sts_benchmark(tmp_path: Path) -> None:
    lines = "\n".join(f"sts-{n}||{ONE[n]}||{TWO[n]}||{SCORES[n]}" for n in range(24))
    (tmp_path / "sts.txt").write_text(lines, encoding="utf-8")
    for sep in (None, "||"):
        found = read(REGRESS, str(tmp_path / "sts.txt"), sep=sep)
        assert found.given["text2"] == TWO and found.targets == SCORES


def test_whole_stars_look_like_classes_and_are_scores_when_asked(tmp_path: Path) -> None:
    stars = [n % 5 + 1 for n in range(24)]
    source = write(tmp_path / "stars.tsv", rows("as", stars))
    assert choose_task(source) == "classify"
    found = read(REGRESS, source)
    assert found.targets == [float(star) for star in stars]
    notices = REGRESS.notices({"train": found}, {"train": ONE})
    said = " ".join(notice.in_language("en") for notice in notices)
    assert "1 to 5" in said and "--task classify" in said
    pairs = write(tmp_path / "sts.tsv", rows("abs", stars))
    assert choose_task(pairs) == "pair"
    assert read(REGRESS, pairs).given["text2"] == TWO
    told = prepare(get_task("pair"), pairs, split=0.3).report.notices
    assert any("1 to 5" in one.in_language("en") and "--task regress" in one.in_language("en")
               for one in told)  # fmt: skip


def test_a_certainty_beside_a_class_is_no_score_to_learn(tmp_path: Path) -> None:
    labelled = [[ONE[n], "好评" if n % 2 else "差评", SCORES[n] / 5] for n in range(24)]
    for header in ("", "text\tlabel\tconfidence", "text\tlabel\tscore"):
        source = write(tmp_path / "t.tsv", labelled, header)
        assert choose_task(source) == "classify", header


def test_numbers_of_rows_are_no_scores_unless_somebody_says_so(tmp_path: Path) -> None:
    source = write(tmp_path / "test.tsv", rows("ia"), "id\ttext")
    assert choose_task(source) == "classify"
    assert read(REGRESS, source, columns={"score": "id"}).targets[3] == 3.0


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("很好", "the score '很好' is not a number"), ("inf", "the score 'inf' is not finite"),
     ("nan", "the score 'nan' is not finite"), ("-1e999", "is not finite"),
     ("", "the score is missing"), ("1_000", "is not a number"), ("4,5", "is not a number")],
)  # fmt: skip
def test_what_is_no_score_is_a_bad_row_by_its_line(cell: str, reason: str, tmp_path: Path) -> None:
    scores: list[Any] = list(SCORES)
    scores[6] = cell
    source = write(tmp_path / "t.tsv", rows("as", scores), "text\tscore")
    error = refused(source)
    said = error.what.in_language("en")
    assert "line 8" in said and reason in said and error.code == "data.bad_rows"
    assert "分数" in error.what.in_language("zh")
    assert len(read(REGRESS, source, skip_bad=True)) == 23


def test_missing_values_and_truth_values_of_a_variable() -> None:
    frame = {"text": ONE, "score": [*SCORES[:22], float("nan"), True]}
    with pytest.raises(DataError) as found:
        read(REGRESS, "df", names={"df": frame})
    assert "row 23: the score is missing" in found.value.what.in_language("en")
    assert found.value.why is not None
    assert "a bool, not a number" in found.value.why.in_language("en")


def test_an_empty_side_is_a_bad_row(tmp_path: Path) -> None:
    made = rows("abs")
    made[4][1] = " "
    error = refused(write(tmp_path / "t.tsv", made))
    assert "line 5: the second text: the text is empty" in error.what.in_language("en")


def test_words_in_place_of_scores_name_the_other_tasks(tmp_path: Path) -> None:
    source = write(tmp_path / "t.tsv", rows("as", ["好", "差"] * 12), "text\tlabel")
    error = refused(source)
    assert error.code == "data.other_task" and error.fix is not None
    assert "--task classify" in error.fix.in_language("en")


def test_no_column_of_numbers_or_no_text(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.tsv", rows("ab"))).code == "data.columns"
    assert refused(write(tmp_path / "b.tsv", rows("si"))).code == "data.columns"


def test_one_score_only_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "t.tsv", rows("as", [2.5] * 24))
    with pytest.raises(DataError) as found:
        prepare(REGRESS, source)
    assert found.value.code == "data.one_value"
    assert "one score only: 2.5" in found.value.what.in_language("en")


def test_scores_too_large_to_compute_with_are_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "t.tsv", rows("as", [1e300 * (n + 1.5) for n in range(24)]))
    with pytest.raises(DataError) as found:
        prepare(REGRESS, source)
    assert found.value.code == "data.score_too_large"


def test_parts_of_another_number_of_texts_are_refused(tmp_path: Path) -> None:
    train = write(tmp_path / "train.tsv", rows("abs"))
    dev = write(tmp_path / "dev.tsv", rows("as"))
    with pytest.raises(DataError):
        prepare(REGRESS, train, dev)


def test_a_split_keeps_the_scale_in_proportion_and_the_report_counts_it(tmp_path: Path) -> None:
    many = [[f"{text}，第{n}次", n % 50 / 10] for n, text in enumerate(ONE * 20)]
    found = prepare(REGRESS, write(tmp_path / "t.tsv", many), split=0.2)
    share = len(found.dev) / (len(found.dev) + len(found.train))
    assert share == pytest.approx(0.2, abs=0.02)
    low = sum(score < 1 for score in found.dev.targets) / len(found.dev)
    assert low == pytest.approx(0.2, abs=0.03)
    assert found.report.parts["train"].classes["[4, 5)"] > 0
    assert any("0 to 4.9" in notice.in_language("en") for notice in found.report.notices)


def test_odd_scores_are_told(tmp_path: Path) -> None:
    scores = [*([1.5, 2.5] * 11), 2.0, 4000.0]
    made = rows("as", scores)
    made[1] = [ONE[0], 4000.0]
    found = prepare(REGRESS, write(tmp_path / "t.tsv", made * 3), write(tmp_path / "d.tsv", [
        ["从未见过的一条", 9000.5], ["另一条没见过的", 1.5]]))  # fmt: skip
    said = " ".join(notice.in_language("en") for notice in found.report.notices)
    assert "lie outside" in said and "far apart" in said


@pytest.mark.parametrize(
    ("value", "ends"),
    [(0.0, (0, 0.1)), (0.3, (0.3, 0.4)), (0.35, (0.3, 0.4)), (1.0, (1, 2)), (4.99, (4, 5)),
     (10.0, (10, 20)), (345.6, (300, 400)), (-0.5, (-0.5, -0.4)), (-3.2, (-4, -3)),
     (1e-9, (0, 0.1))],
)  # fmt: skip
def test_ranges_are_by_the_first_digit(value: float, ends: tuple[float, float]) -> None:
    assert bounds_of(value) == pytest.approx(ends)
    assert range_of(4.2) == "[4, 5)"
