"""Where the metric asked for means nothing on the dev rows, another one chooses the weights."""

from __future__ import annotations

import math
from typing import Any

import pytest

from paddle_lab.i18n import T
from paddle_lab.runs import RunSpec
from paddle_lab.tasks.coverage import Coverage

pytestmark = pytest.mark.slow  # imports PaddleNLP's Trainer


class Heard:
    """What a run tells, kept."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.evals: list[dict[str, Any]] = []

    def notice(self, level: str, code: str, text: object) -> None:
        self.notices.append(code)

    def write(self, kind: str, **fields: Any) -> None:
        self.evals.append(fields)


def hooks(heard: Heard, coverage: Coverage | None = None, task: str = "classify") -> Any:
    from paddle_lab.training.callbacks import RunHooks

    spec = RunSpec(train="x.tsv", task=task, metric="macro_f1")
    return RunHooks(heard, spec, 1, lambda epoch: None, coverage)  # type: ignore[arg-type]


def test_accuracy_chooses_where_macro_f1_is_of_one_class() -> None:
    heard = Heard()
    watched = hooks(heard, Coverage(1, 2, ("b",), T("classes", "类别")))
    for step, accuracy in ((1, 0.8), (2, 0.9), (3, 0.7)):
        watched.take_evaluation(step, 1.0, {"accuracy": accuracy, "macro_f1": math.nan})
    assert watched.best.step == 2
    assert heard.notices == ["metric-undefined"], "said once"
    assert heard.evals[0]["metrics"] == {"accuracy": 0.8, "macro_f1": None}
    assert heard.evals[0]["coverage"]["absent"] == ["b"]
    state = watched.checkpoint_state()
    assert state["best"]["metrics"]["macro_f1"] is None
    assert state["metric"] == "accuracy", "a resumed run says by what its best weights are best"


def test_the_metric_asked_for_chooses_where_it_means_something() -> None:
    heard = Heard()
    watched = hooks(heard)
    watched.take_evaluation(1, 1.0, {"accuracy": 0.5, "macro_f1": 0.9})
    watched.take_evaluation(2, 2.0, {"accuracy": 0.9, "macro_f1": 0.5})
    assert watched.best.step == 1
    assert heard.notices == []
    assert "coverage" not in heard.evals[0]
