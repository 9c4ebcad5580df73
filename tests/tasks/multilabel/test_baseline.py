"""The yardstick: the same each time, its threshold chosen on training rows alone."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_lab.tasks import tfidf
from paddle_lab.tasks.multilabel.baseline import fit_baseline
from paddle_lab.tasks.multilabel.scores import micro_f1

WORDS = {"屏幕": "屏幕清晰", "物流": "送货很快", "价格": "价钱便宜"}


def rows(count: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    gold = rng.random((count, len(WORDS))) < 0.4
    texts = [
        f"第{n}单，" + "，".join(t for t, holds in zip(WORDS.values(), row, strict=True) if holds)
        for n, row in enumerate(gold)
    ]
    return texts, gold


def test_it_learns_what_can_be_learnt_and_repeats_itself() -> None:
    texts, gold = rows(400)
    labels = list(WORDS)
    first, second = (fit_baseline(texts[:300], gold[:300], texts[300:], labels) for _ in range(2))
    assert first is not None and second is not None
    assert micro_f1(gold[300:], first.answers) > 0.95
    assert (first.answers == second.answers).all() and first.name == second.name
    assert first.rows == 300 and "threshold 0." in str(first.name)


def test_its_threshold_is_below_a_half_where_labels_are_rare() -> None:
    rng = np.random.default_rng(1)
    gold = rng.random((600, 4)) < 0.1
    shown = gold | (rng.random(gold.shape) < 0.15)
    texts = [
        f"{rng.integers(10**6)}" + "".join(c for c, h in zip("甲乙丙丁", row, strict=True) if h)
        for row in shown
    ]
    found = fit_baseline(texts[:500], gold[:500], texts[500:], list("甲乙丙丁"))
    assert found is not None
    assert float(str(found.name).rpartition(" ")[2]) < 0.5
    assert micro_f1(gold[500:], found.answers) > 0.3


def test_a_label_that_all_or_no_rows_have_needs_no_regression() -> None:
    texts, gold = rows(60)
    gold[:, 0], gold[:, 1] = True, False
    found = fit_baseline(texts, gold, texts[:10], list(WORDS))
    assert found is not None
    assert found.answers[:, 0].all() and not found.answers[:, 1].any()


def test_many_rows_are_sampled_and_the_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfidf, "MOST_ROWS", 100)
    texts, gold = rows(301)
    found = fit_baseline(texts, gold, texts[:10], list(WORDS))
    assert found is not None and found.rows == 100 and "(100 of 301 rows)" in str(found.name)


@pytest.mark.parametrize(
    ("texts", "gold", "others"),
    [
        ([""] * 10, [[True]] * 5 + [[False]] * 5, ["x"]),
        (["一", "二"], [[False], [False]], ["x"]),
        (["一", "二"], [[True], [False]], []),
    ],
    ids=["empty texts only", "no label", "nothing to predict"],
)
def test_where_nothing_can_be_fitted_there_is_no_baseline(
    texts: list[str], gold: list[list[bool]], others: list[str]
) -> None:
    assert fit_baseline(texts, np.array(gold), others, ["甲"]) is None
