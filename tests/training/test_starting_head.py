"""A run goes on with a checkpoint's own classifier, or says why it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_lab.models import resolve_model
from paddle_lab.models.heads import ONE_LABEL, SEVERAL_LABELS, Classifier
from paddle_lab.tasks import get_task
from paddle_lab.training import starting_head
from paddle_lab.training.best_checkpoint import best_checkpoint
from paddle_lab.training.checkpoint import MODEL_FILE

FOUND = Classifier(
    ("好评", "差评"), ONE_LABEL, np.float32([[1, 2], [3, 4], [5, 6]]), np.float32([7, 8])
)
OF_TASKS = {
    "classify": {"labels": ["差评", "好评"]},
    "pair": {"labels": ["差评", "好评"]},
    "multilabel": {"labels": ["差评", "好评"], "thresholds": [0.5, 0.5]},
    "tag": {"types": ["差评", "好评"]},
}


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, np.ndarray]]:
    """What a model was given."""
    given: list[dict[str, np.ndarray]] = []
    monkeypatch.setattr(starting_head, "put_weights", lambda _, head, __: given.append(head))
    return given


def start(task: str, found: Classifier, content: dict[str, Any] | None = None) -> Any:
    from paddle_lab.models import build_tokenizer

    resolved = resolve_model("ernie-lab-mini")
    tokenizer = build_tokenizer(resolved.folder).to_str()
    codec = get_task(task).codec_from(tokenizer, 16, content or OF_TASKS[task])
    return starting_head.put_classifier(None, found, get_task(task), codec, resolved)


def test_the_same_classes_in_another_order_are_gone_on_with(
    put: list[dict[str, np.ndarray]],
) -> None:
    said = start("classify", FOUND)
    assert not said.lost
    assert "with its classifier" in said.text.in_language("en")
    (head,) = put
    assert head["classifier.bias"].tolist() == [8, 7]
    assert head["classifier.weight"].tolist() == [[2, 1], [4, 3], [6, 5]]


@pytest.mark.parametrize(
    ("task", "problem", "taken"),
    [
        ("classify", ONE_LABEL, True), ("pair", ONE_LABEL, True), ("multilabel", ONE_LABEL, False),
        ("tag", ONE_LABEL, False), ("multilabel", SEVERAL_LABELS, True),
        ("classify", SEVERAL_LABELS, False),
    ],
)  # fmt: skip
def test_a_classifier_serves_the_tasks_of_its_kind(
    put: list[dict[str, np.ndarray]], task: str, problem: str, taken: bool
) -> None:
    said = start(task, replace(FOUND, problem=problem))
    assert said.lost is not taken
    assert len(put) == int(taken)
    assert taken or task in said.text.in_language("en")


@pytest.mark.parametrize("labels", [["差评", "好评", "一般"], ["0", "1"], ["差评", "好评 "]])
def test_other_classes_leave_it_out_and_are_named(
    put: list[dict[str, np.ndarray]], labels: list[str]
) -> None:
    said = start("classify", FOUND, {"labels": labels})
    assert said.lost
    assert not put
    for language in ("en", "zh"):
        text = said.text.in_language(language)
        assert "好评, 差评" in text
        assert labels[-1].strip() in text


@pytest.mark.slow
def test_a_run_begins_with_the_checkpoints_answers_or_reports_why_not(
    finetune: Any, tmp_path: Path, reviews_tsv: Path
) -> None:
    import json

    from models.test_heads import checkpoint

    head = {"classifier.weight": np.zeros((2, 8), np.float32),
            "classifier.bias": np.float32([-9, 9])}  # fmt: skip
    names = {"same": {"0": "positive", "1": "negative"}, "other": {"0": "a", "1": "b"}}
    for kind, named in names.items():
        folder = checkpoint(tmp_path / kind, head, id2label=named)
        run = finetune(
            str(reviews_tsv), model=str(folder), epochs=0.5, lr=1e-6, max_len=16, limit=60
        )
        (said,) = [event for event in run.state.notices if event["code"] == "start"]
        report = json.loads((run.folder.path / "report" / "report.json").read_text("utf-8"))
        told = json.dumps(report, ensure_ascii=False)
        if kind == "same":
            assert "with its classifier" in said["text"]["en"]
            bias = best_checkpoint(run.folder).arrays(MODEL_FILE)["classifier.bias"]
            np.testing.assert_allclose(bias, [9, -9], atol=1e-4)
        else:
            assert "a, b" in said["text"]["en"]
            assert said["text"]["zh"] in told
