"""Labels that the other rows contradict are found without training, and judged by a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classify_data import prepare
from tasks.classify_evaluations import evaluation_of

from paddle_lab.data import Dataset
from paddle_lab.data.dropped import confirmed_rows
from paddle_lab.tasks import get_task
from paddle_lab.tasks.files import write_report
from paddle_lab.tasks.folds import FOLDS, folds_of
from paddle_lab.tasks.label_issues import (
    FILE,
    blocks_of,
    issues_of_evaluation,
    issues_of_rows,
    table_of,
)

CLASSIFY = get_task("classify")
GOOD, BAD = "很好喜欢满意推荐值得", "很差失望退货糟糕后悔"


def reviews(rows: int = 200) -> Dataset:
    """Texts that say what they are."""
    random = np.random.default_rng(1)
    texts, labels = [], []
    for n, kind in enumerate(random.integers(0, 2, rows)):
        texts.append("".join(random.choice(list((GOOD, BAD)[kind]), 6)) + f"{n}号")
        labels.append(("好", "差")[kind])
    return Dataset.of_texts("reviews.tsv", texts, labels, list(range(1, rows + 1)))


def with_wrong(data: Dataset, rows: list[int]) -> Dataset:
    labels = list(data.labels)
    for row in rows:
        labels[row] = {"好": "差", "差": "好"}[labels[row]]
    return replace(data, targets=labels)


def issues(data: Dataset, **how: Any) -> Any:
    return issues_of_rows(CLASSIFY, "train", data, ["好", "差"], how.get("most", 1000))


def test_wrong_labels_are_listed_with_line_and_suggestion_the_surest_first() -> None:
    wrong = with_wrong(reviews(), [10, 51, 180])
    found = issues(wrong)
    assert {issue.line for issue in found.items[:3]} == {11, 52, 181}
    first = next(issue for issue in found.items if issue.line == 11)
    assert (first.label, first.suggested) == (wrong.labels[10], reviews().labels[10])
    assert first.probability > 0.5
    assert first.given == (reviews().texts[10],)


def test_the_order_of_rows_does_not_matter() -> None:
    data = with_wrong(reviews(), [10, 51, 180])
    turned = data.take(range(len(data) - 1, -1, -1))
    assert [i.line for i in issues(data).items] == [i.line for i in issues(turned).items]


def test_equal_texts_stand_in_one_fold_and_cannot_vouch_for_each_other() -> None:
    texts = [f"文本{n % 50}" for n in range(200)]
    fold = folds_of(texts, np.arange(200) % 2)
    assert all(len({fold[row] for row in range(n, 200, 50)}) == 1 for n in range(50))
    assert set(fold) == set(range(FOLDS))
    data = with_wrong(reviews(), [10])
    twice = data.take([*range(len(data)), *[10] * 5])
    assert [issue.line for issue in issues(twice).items[:6]] == [11] * 6


def test_folds_hold_each_class_evenly() -> None:
    given = np.array([0] * 100 + [1] * 10)
    fold = folds_of([str(n) for n in range(110)], given)
    assert np.bincount(fold[given == 1]).tolist() == [2] * FOLDS


def test_of_very_many_rows_some_are_looked_at_and_keep_their_number() -> None:
    data = replace(with_wrong(reviews(), [100, 101, 102, 103]), lines=[None] * 200)
    found = issues(data, most=100)
    assert (found.looked, found.rows) == (100, 200)
    assert {issue.line for issue in found.items[:2]} <= {101, 102, 103, 104}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(replace(reviews(), targets=["好", "差", "差", "好"] * 50), id="no signal"),
        pytest.param(replace(reviews(), targets=["好"] * 199 + ["差"]), id="one row of a class"),
        pytest.param(replace(reviews(), given={"text": [" "] * 200}), id="nothing to read"),
    ],
)
def test_a_model_that_tells_nothing_apart_contradicts_nothing(data: Dataset) -> None:
    assert issues(data) is None


def test_pairs_are_looked_at_as_pairs() -> None:
    firsts = [f"怎么办理{chr(0x4E00 + n)}业务" for n in range(200)]
    seconds = [first if n % 2 else "完全不相干的另一句话" for n, first in enumerate(firsts)]
    labels = [str(n % 2) for n in range(200)]
    labels[40] = "1"
    data = Dataset("pairs", {"text": firsts, "text2": seconds}, labels, list(range(1, 201)))
    found = issues_of_rows(get_task("pair"), "train", data, ["0", "1"], 1000)
    assert found is not None
    assert found.items[0].line == 41 and found.items[0].given == (firsts[40], seconds[40])


@pytest.mark.parametrize("task", ["multilabel", "tag", "regress", "answer"])
def test_tasks_without_one_label_have_none(task: str) -> None:
    assert get_task(task).features(reviews()) is None


# -- in a report --------------------------------------------------------------------------------


def evaluated(constant: bool = False) -> Any:
    gold = [0, 1] * 20
    logits = np.full((40, 2), -2.0, dtype=np.float32)
    logits[np.arange(40), gold] = 2.0
    logits[6] = [-3.0, 3.0]
    if constant:
        logits[:] = [-1.0, 1.0]
    texts = [f"第{n}条" for n in range(40)]
    return evaluation_of("test", texts, [*range(1, 41)], gold, logits, ["差", "好"])


def test_the_trained_model_contradicts_labels_of_rows_it_was_not_trained_on() -> None:
    found = issues_of_evaluation(evaluated())
    assert found is not None
    assert [(i.line, i.label, i.suggested) for i in found.items] == [(7, "差", "好")]


def test_a_model_that_always_answers_the_same_contradicts_nothing() -> None:
    assert issues_of_evaluation(evaluated(constant=True)) is None


def test_the_report_shows_both_and_says_what_a_person_can_do() -> None:
    both = [issues_of_evaluation(evaluated()), issues(with_wrong(reviews(), [10]))]
    table, advice = (block.to_json() for block in blocks_of([one for one in both if one]))
    assert [row[1] for row in table["rows"][:2]] == ["test 7", "train 11"]
    assert "--drop-issues" in advice["items"][0]["en"]
    assert "--drop-issues" in advice["items"][0]["zh"]
    assert blocks_of([]) == []


def test_the_file_beside_the_report_can_be_confirmed_and_dropped(tmp_path: Path) -> None:
    data = with_wrong(reviews(), [10, 51])
    found = [issues(data)]

    class Folder:
        report = tmp_path

    report = {"split": "dev", "rows": 1, "blocks": []}
    write_report(Folder(), report, {FILE: table_of(found, ["text"])}, data)  # type: ignore[arg-type]
    path = tmp_path / f"{FILE}.csv"
    content = path.read_text("utf-8-sig")
    path.write_text(content.replace(",,", ",yes,"), encoding="utf-8-sig")
    assert {row.given[0] for row in confirmed_rows(CLASSIFY, str(path)).rows} >= {
        data.texts[10], data.texts[51],
    }  # fmt: skip
    left = prepare(data, drop_issues=str(path))
    assert data.texts[10] not in [*left.train.texts, *left.dev.texts]
