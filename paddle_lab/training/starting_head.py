"""The head that a run starts with: an earlier run's or a checkpoint's own, where it fits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.i18n import T, Text
from paddle_lab.models import Resolved
from paddle_lab.models.heads import SEVERAL_LABELS, Classifier, stored_classifier
from paddle_lab.models.load import put_weights
from paddle_lab.models.resolve import displayed
from paddle_lab.runs import RunSpec
from paddle_lab.runs.model_name import model_name
from paddle_lab.tasks.api import Task
from paddle_lab.tasks.codec import Codec
from paddle_lab.training.starting_model import earlier_run, put_head

_MOST_LABELS: Final = 5


@dataclass(frozen=True)
class Start:
    """What is said of the head that a run starts with; ``lost``: one of the model is left out."""

    text: Text
    lost: bool = False


def take_head(
    model: Any, spec: RunSpec, task: Task, codec: Codec, resolved: Resolved
) -> Start | None:
    """Give ``model`` the head of what it starts from, where it fits; None: there is none.

    Raises ModelError when it is damaged.
    """
    if spec.random_init:
        return None
    if (earlier := earlier_run(spec.model)) is not None:
        content = json.loads(json.dumps({**codec.to_json(), "task": spec.task}))
        return Start(put_head(model, earlier, content))
    found = stored_classifier(resolved.folder)
    return None if found is None else put_classifier(model, found, task, codec, resolved)


def put_classifier(
    model: Any, found: Classifier, task: Task, codec: Codec, resolved: Resolved
) -> Start:
    """Give ``model`` a checkpoint's classifier where its classes are the run's, in their order."""
    labels: Any = codec.to_json().get("labels")
    name = displayed(model_name(resolved.name))
    why = _misfit(found, task, labels)
    if why is not None:
        return Start(
            T("The classifier in {name} is left out, and the run's own begins anew: {why}",
              "未使用 {name} 中的分类器，本次运行的分类器重新开始：{why}", name=name, why=why),
            lost=True,
        )  # fmt: skip
    put_weights(model, found.ordered(labels), str(resolved.folder))
    return Start(
        T("Starts from {name} with its classifier: its classes are those of the data ({labels}).",
          "从 {name} 开始，包括其分类器：其类别与数据的类别相同（{labels}）。", name=name,
          labels=_shown(labels))
    )  # fmt: skip


def _misfit(found: Classifier, task: Task, labels: Any) -> Text | None:
    """Why a classifier cannot be gone on with; None where it can."""
    if task.problem_type != found.problem or not isinstance(labels, list):
        several = found.problem == SEVERAL_LABELS
        return T("it gives a text {given}, and the task of this run is {task}.",
                 "它为每条文本给出{given}，而本次运行的任务是 {task}。", task=task.name,
                 given=T("several labels", "多个标签") if several
                 else T("one label", "一个标签"))  # fmt: skip
    if set(labels) != set(found.labels):
        return T("its classes are {theirs}; those of the data are {ours}.",
                 "它的类别为 {theirs}；数据的类别为 {ours}。", theirs=_shown(list(found.labels)),
                 ours=_shown(labels))  # fmt: skip
    return None


def _shown(labels: list[str]) -> Text:
    shown = [displayed(label, 30) for label in labels[:_MOST_LABELS]]
    more = len(labels) - len(shown)
    if not more:
        return T("{labels}", "{labels}", labels=", ".join(shown))
    return T("{labels} and {n} more", "{labels} 等 {all} 个", labels=", ".join(shown), n=more,
             all=len(labels))  # fmt: skip
