"""The trained model of a person's own Trainer, rebuilt from what that saved, for its bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle import ExportSource
from paddle_lab.devices import import_paddle
from paddle_lab.errors import ModelError, RunError
from paddle_lab.i18n import T
from paddle_lab.models import build_tokenizer, load_for_classification, resolve_model
from paddle_lab.models.config import config_file_in, read_config
from paddle_lab.models.heads import labels_of
from paddle_lab.models.load import put_weights
from paddle_lab.models.store import head_weights
from paddle_lab.runs import RunFolder
from paddle_lab.settings import load_settings
from paddle_lab.training.finish import base_model_facts
from paddle_lab.training.own_weights import find_weights
from paddle_lab.training.quiet import import_paddlenlp, logging_to
from paddle_lab.untrusted import UnusableFile, read_object

_EXPORTED: Final = re.compile(r"(Ernie|Bert)ForSequenceClassification")
_LONGEST: Final = 512


def load_own(
    folder: RunFolder, facts: Mapping[str, Any], given: str | None, *, trust: bool = False
) -> ExportSource:
    """The trained model of a person's own Trainer, with all that its bundle must know.

    Raises RunError where the weights are not there or of a model that is not exported, ModelError
    where they are damaged.
    """
    architecture = str(facts.get("architecture"))
    if not _EXPORTED.fullmatch(architecture):
        raise _other_architecture(folder, architecture)
    weights = find_weights(folder, facts, given)
    import_paddle()
    import_paddlenlp(folder.log_path)
    try:
        resolved = resolve_model(str(weights.folder), trust=trust, offline=load_settings().offline)
        tokenizer = build_tokenizer(resolved.folder)
    except ModelError as error:
        if error.code == "model.vocabulary":
            raise _no_vocabulary(folder, weights.folder, error) from error
        raise
    head = head_weights(weights.folder, trust=trust)
    labels = _labels(weights.folder, head, architecture)
    with logging_to(folder.log_path):
        from paddle.utils import unique_name

        with unique_name.guard():
            model = load_for_classification(resolved, len(labels))
        classifier = {name: array for name, array in head.items() if name.startswith("classifier.")}
        put_weights(model, classifier, str(weights.folder))
    spec = folder.spec()
    return ExportSource(
        model=model,
        tokenizer=tokenizer,
        codec={"labels": labels},
        max_len=min(_LONGEST, read_config(resolved.folder)["max_position_embeddings"]),
        rows={},
        task="classify",
        metrics=_metrics(folder, weights.step),
        source={"run": folder.id, "name": spec.name, "weights": str(weights.folder)},
        base_model={
            **base_model_facts(resolved),
            "name": str(facts.get("started_from") or weights.folder.name),
        },
    )


def _labels(folder: Path, head: Mapping[str, Any], architecture: str) -> list[str]:
    """The names of the classes: ``id2label`` of config.json, else their numbers."""
    if "classifier.weight" not in head or head["classifier.weight"].shape[1] < 2:
        raise _no_classifier(folder, architecture)
    count = head["classifier.weight"].shape[1]
    try:
        said = read_object(config_file_in(folder))
    except (OSError, UnusableFile):
        said = {}
    return labels_of(said, count)


def _metrics(folder: RunFolder, step: int | None) -> dict[str, float]:
    """Those of the Trainer's evaluation at the step of the weights, where it made one."""
    evals = [event for event in folder.state().evals if event["step"] == step]
    return dict(evals[-1]["metrics"]) if evals else {}


def _no_vocabulary(folder: RunFolder, place: Path, error: ModelError) -> RunError:
    return RunError(
        T("The weights in {place} come without their tokenizer.",
          "{place} 中的权重没有配套的分词器。", place=place),
        error.what,
        T('Save it there: tokenizer.save_pretrained("{place}") - or copy vocab.txt and '
          "tokenizer_config.json of the model that the training began with. Then export again.",
          '请保存到该目录：tokenizer.save_pretrained("{place}")；或复制训练起点模型的 vocab.txt 和 '
          "tokenizer_config.json。然后再次导出。", place=place),
        code="run.no_weights",
    )  # fmt: skip


def _other_architecture(folder: RunFolder, architecture: str) -> RunError:
    return RunError(
        T("Run {name} was trained by your own Trainer.", "运行 {name} 由您自己的 Trainer 训练。",
          name=folder.path.name),
        T("Its model is {kind}; of such runs only ErnieForSequenceClassification and "
          "BertForSequenceClassification are exported.",
          "其模型为 {kind}；此类运行只能导出 ErnieForSequenceClassification 和 "
          "BertForSequenceClassification。", kind=architecture),
        T("Save the model yourself with paddle.jit.save, or train it with %ernie_finetune.",
          "请用 paddle.jit.save 自行保存模型，或用 %ernie_finetune 训练。"),
        code="run.own_architecture",
    )  # fmt: skip


def _no_classifier(folder: Path, architecture: str) -> RunError:
    return RunError(
        T("The weights in {folder} hold no classifier of two classes or more.",
          "{folder} 中的权重没有两个或更多类别的分类器。", folder=folder),
        T("The run's model was {kind}.", "该运行的模型为 {kind}。", kind=architecture),
        T("Name the folder that the Trainer saved the whole model in: --weights FOLDER",
          "请指明 Trainer 保存完整模型的目录：--weights 目录"),
        code="run.no_weights",
    )  # fmt: skip
