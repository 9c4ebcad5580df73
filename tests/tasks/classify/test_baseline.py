"""The yardstick: quick, the same each time, and honest about what it looked at."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_lab.tasks import tfidf
from paddle_lab.tasks.classify.baseline import fit_baseline

GOOD, BAD = (
    ["质量很好", "非常喜欢", "推荐购买", "物流很快"],
    ["质量很差", "非常失望", "不要购买", "物流太慢"],
)


def rows(count: int) -> tuple[list[str], np.ndarray]:
    texts = [(GOOD if i % 2 else BAD)[i // 2 % 4] + f"第{i}单" for i in range(count)]
    return texts, np.array([i % 2 for i in range(count)])


def test_it_learns_what_can_be_learnt_and_repeats_itself() -> None:
    texts, gold = rows(400)
    first, second = (fit_baseline(texts[:300], gold[:300], texts[300:]) for _ in range(2))
    assert first is not None and second is not None
    assert (first.answers == gold[300:]).mean() > 0.95
    assert (first.answers == second.answers).all()
    assert first.rows == 300 and str(first.name) == "TF-IDF + logistic regression"


def test_many_rows_are_sampled_and_the_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfidf, "MOST_ROWS", 100)
    texts, gold = rows(301)
    found = fit_baseline(texts, gold, texts[:10])
    assert found is not None and found.rows == 100 and "(100 of 301 rows)" in str(found.name)


def test_huge_texts_are_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, gold = rows(40)
    found = fit_baseline([text + "嗯" * 100_000 for text in texts], gold, ["很好" * 60_000])
    assert found is not None and len(found.answers) == 1


def test_many_classes_bound_the_weights() -> None:
    texts = [f"{chr(0x4E00 + i % 300)}类{i}" for i in range(1500)]
    found = fit_baseline(texts, np.arange(1500) % 300, texts[:300])
    assert found is not None and (found.answers == np.arange(300)).mean() > 0.9


@pytest.mark.parametrize(
    ("texts", "gold", "others"),
    [
        ([""] * 10, [0, 1] * 5, ["x"]),
        (["一", "二"], [1, 1], ["x"]),
        (["一", "二"], [0, 1], []),
    ],
    ids=["empty texts only", "one class", "nothing to predict"],
)
def test_where_nothing_can_be_fitted_there_is_no_baseline(
    texts: list[str], gold: list[int], others: list[str]
) -> None:
    assert fit_baseline(texts, np.array(gold), others) is None
