"""Thresholds: chosen on dev, one for all, and of a label's own only where that pays elsewhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from tasks.multilabel.evaluations import evaluation_of, logit

from paddle_lab.tasks import get_task
from paddle_lab.tasks.multilabel.options import MultiLabelOptions
from paddle_lab.tasks.multilabel.thresholds import best_threshold, choose_thresholds

MULTILABEL = get_task("multilabel")


def rows(limits: list[float], count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that tell labels apart exactly at ``limits``, with the right labels."""
    rng = np.random.default_rng(seed)
    gold = rng.random((count, len(limits))) < 0.5
    gap = rng.uniform(0.02, 0.1, gold.shape)
    return np.where(gold, np.array(limits) + gap, np.array(limits) - gap), gold


def test_the_threshold_that_tells_labels_apart_is_found() -> None:
    probabilities, gold = rows([0.3, 0.3], 200)
    assert abs(best_threshold(probabilities, gold) - 0.3) < 0.03


def test_of_equal_thresholds_the_one_next_to_a_half_is_taken() -> None:
    gold = np.array([[True], [False]])
    assert best_threshold(np.array([[0.99], [0.01]]), gold) == 0.5
    assert best_threshold(np.array([[0.9], [0.1]]), np.zeros((2, 1), bool)) == 0.5


def test_labels_get_one_of_their_own_where_it_pays_on_rows_that_did_not_choose_it() -> None:
    probabilities, gold = rows([0.2, 0.7], 400)
    chosen = choose_thresholds(probabilities, gold)
    assert chosen.own and abs(chosen.thresholds[0] - 0.2) < 0.04
    assert abs(chosen.thresholds[1] - 0.7) < 0.04


def test_a_label_with_few_rows_keeps_the_shared_one() -> None:
    probabilities, gold = rows([0.5, 0.5, 0.2], 400)
    rare = np.flatnonzero(gold[:, 2])[40:]
    gold[rare, 2] = False
    probabilities[rare, 2] = 0.1
    chosen = choose_thresholds(probabilities, gold)
    assert chosen.thresholds[2] == max(set(chosen.thresholds), key=chosen.thresholds.count)


def test_noise_gives_no_label_a_threshold_of_its_own() -> None:
    own = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        gold = rng.random((300, 6)) < 0.3
        spread = rng.normal(0, 0.15, gold.shape)
        probabilities = np.clip(np.where(gold, 0.6, 0.35) + spread, 0.01, 0.99)
        own += choose_thresholds(probabilities, gold).own
    assert own <= 14, "an honest comparison finds no gain about half of the time"


def test_learning_keeps_them_in_the_codec_unless_a_person_fixed_one() -> None:
    probabilities, gold = rows([0.3, 0.3], 200)
    targets = [[name for name, holds in zip("甲乙", row, strict=True) if holds] for row in gold]
    given: Any = evaluation_of(targets, logit(probabilities), ["甲", "乙"])
    model = SimpleNamespace()
    learnt = MULTILABEL.learn(given.codec, model, given).to_json()["thresholds"]
    assert learnt[0] == learnt[1] and abs(learnt[0] - 0.3) < 0.03
    fixed = evaluation_of(
        targets, logit(probabilities), ["甲", "乙"], options=MultiLabelOptions(threshold=0.6)
    )
    assert MULTILABEL.learn(fixed.codec, model, fixed).to_json()["thresholds"] == [0.5, 0.5]
    train = given.data
    own = MULTILABEL.codec(given.codec._json, 16, train, MultiLabelOptions(threshold=0.6))
    assert own.to_json()["thresholds"] == [0.6, 0.6]
