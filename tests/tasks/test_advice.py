"""What is advised: by the task for a model, by the model's card, by the sample; people go first."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.tasks import TASKS
from paddle_lab.training.options import resolve_spec


def spec(**given: Any) -> Any:
    return resolve_spec({"train": "train.tsv", "model": "m3e-small", **given})


def test_each_task_has_a_rate_of_its_own() -> None:
    assert spec(task="classify").lr == 2e-4
    several = spec(task="multilabel")
    assert (several.lr, several.epochs) == (3e-4, 4.0)


def test_the_sample_that_the_cards_advice_was_chosen_on_keeps_it() -> None:
    assert spec(train="reviews", task="classify").lr == 5e-5


def test_a_person_goes_before_all_advice() -> None:
    assert spec(task="multilabel", lr=1e-5, epochs=1.0).lr == 1e-5


def test_what_the_task_does_not_say_is_the_cards() -> None:
    assert spec(task="multilabel").batch_size == 32
    assert spec(task="multilabel", model="ernie-lab-mini").dropout == 0.0


@pytest.mark.parametrize("task", TASKS.names())
@pytest.mark.parametrize("model", ["m3e-small", "ernie-lab-mini", "ernie-3.0-nano-zh", "unknown"])
def test_all_advice_can_be_followed(task: str, model: str) -> None:
    advised = TASKS.get(task).advised(model)
    given = spec(task=task, model=model)
    assert {name: getattr(given, name) for name in advised} == dict(advised)
