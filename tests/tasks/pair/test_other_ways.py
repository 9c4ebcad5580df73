"""The ways beside the model: overlap and TF-IDF, and the cosine of vectors without training."""

from __future__ import annotations

import numpy as np
import pytest
from tasks.pair.evaluations import TOKENIZER, pairs

from paddle_lab.tasks import get_task
from paddle_lab.tasks.pair.baseline import fit_baseline
from paddle_lab.tasks.pair.cosine import best_threshold
from paddle_lab.tasks.pair_features import PairFeatures, overlaps

PAIR = get_task("pair")
WORDS = ["花呗", "借呗", "余额宝", "信用卡", "医保", "公积金"]


def alike(count: int, seed: int) -> tuple[list[tuple[str, str]], list[str]]:
    """Pairs about one thing, and pairs about two."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for n in range(count):
        one, other = rng.choice(len(WORDS), 2, replace=False)
        second = WORDS[one] if n % 2 else WORDS[other]
        texts.append((f"怎么开通{WORDS[one]}", f"{second}如何办理"))
        labels.append(str(n % 2))
    return texts, labels


def test_overlap_is_counted_in_characters_pairs_and_triples() -> None:
    (row,) = overlaps(["ａＢ c"], ["abcd"])
    assert row.tolist() == pytest.approx([3 / 4, 1, 3 / 4, 2 / 3, 1, 2 / 3, 1 / 2, 1, 1 / 2, 3 / 4])
    assert overlaps([""], [""]).tolist() == [[0.0] * 10]


def test_features_know_which_text_a_word_is_of() -> None:
    features = PairFeatures(["能退款", "不能退款"], ["能退款", "能退款"])
    turned = features.of(["不能退款"], ["能退款"]) - features.of(["能退款"], ["不能退款"])
    assert abs(turned).sum() > 0


def test_the_baseline_learns_what_overlap_can_tell() -> None:
    (train, labels), (test, gold) = alike(200, 1), alike(60, 2)
    found = fit_baseline(
        tuple(map(list, zip(*train, strict=True))), np.array(list(map(int, labels))),
        tuple(map(list, zip(*test, strict=True))), 2,
    )  # fmt: skip
    assert found is not None and found.rows == 200
    assert (found.answers.predicted == np.array(list(map(int, gold)))).mean() > 0.95
    data, rows = pairs(labels, train), pairs(gold, test)
    again = PAIR.baseline(data, rows, PAIR.codec(TOKENIZER, 16, data, None))
    assert again is not None
    assert np.array_equal(again.answers.scores, found.answers.scores), "nothing here is random"


def test_nothing_to_learn_from_gives_none() -> None:
    one = (["a", "b"], ["c", "d"])
    assert fit_baseline(one, np.array([1, 1]), one, 2) is None
    assert fit_baseline((["", ""], ["", ""]), np.array([0, 1]), one, 2) is None
    assert fit_baseline(one, np.array([0, 1]), ([], []), 2) is None


@pytest.mark.parametrize(
    ("values", "alike", "low", "high"),
    [([0.9, 0.8, 0.3, 0.1], [1, 1, 0, 0], 0.3, 0.8), ([0.9, 0.5, 0.5, 0.1], [1, 1, 1, 0], 0.1, 0.5),
     ([0.2, 0.9], [1, 0], -1.0, 1.0)],
)  # fmt: skip
def test_the_threshold_parts_the_kinds(
    values: list[float], alike: list[int], low: float, high: float
) -> None:
    limit = best_threshold(np.array(values), np.array(alike, dtype=bool))
    assert low <= limit <= high


def test_the_threshold_is_the_best_of_all() -> None:
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(0)
    values = np.round(rng.normal(size=60), 1)
    kinds = values + rng.normal(size=60) > 0.8
    limit = best_threshold(values, kinds)

    def score(at: float) -> float:
        return float(f1_score(kinds, values >= at, average="macro"))

    assert score(limit) == pytest.approx(max(score(at) for at in [*values, values.min() - 1]))


@pytest.mark.slow
def test_vectors_without_training_tell_pairs_apart() -> None:
    from paddle_lab.models import build_tokenizer, resolve_model
    from paddle_lab.tasks.pair.cosine import NAME, compare_vectors

    resolved = resolve_model("ernie-lab-mini")
    tokenizer_json = build_tokenizer(resolved.folder).to_str()
    (train, labels), (test, gold) = alike(80, 1), alike(40, 2)
    known = np.array(list(map(int, labels)))
    sides = [tuple(map(list, zip(*rows, strict=True))) for rows in (train, test)]
    found = compare_vectors(resolved, tokenizer_json, 32, sides[0], known, sides[1])
    assert found is not None and str(found.name).startswith(str(NAME)) and found.rows == 80
    right = found.answers.predicted == np.array(list(map(int, gold)))
    assert right.mean() > 0.6
    turned = compare_vectors(resolved, tokenizer_json, 32, sides[0], 1 - known, sides[1])
    assert turned is not None
    assert np.array_equal(turned.answers.predicted, 1 - found.answers.predicted)
    assert compare_vectors(resolved, tokenizer_json, 32, sides[0], known * 0, sides[1]) is None
