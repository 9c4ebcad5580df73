"""The weights that a person's own Trainer saved for a run, and their model for an export."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle import ExportSource
from paddle_lab.devices import import_paddle
from paddle_lab.errors import ModelError, RunError
from paddle_lab.i18n import T, Text
from paddle_lab.models import build_tokenizer, load_for_classification, resolve_model
from paddle_lab.models.config import config_file_in, read_config
from paddle_lab.models.load import put_weights
from paddle_lab.models.store import head_weights, weights_file_in
from paddle_lab.paths import expanded
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.settings import load_settings
from paddle_lab.training.finish import base_model_facts
from paddle_lab.training.quiet import import_paddlenlp, logging_to
from paddle_lab.untrusted import UnusableFile, read_object

_EXPORTED: Final = re.compile(r"(Ernie|Bert)ForSequenceClassification")
_CHECKPOINT: Final = re.compile(r"checkpoint-(\d{1,12})")
_UNNAMED: Final = re.compile(r"LABEL_\d+")
_LONGEST: Final = 512
_CLOCK_S: Final = 2.0  # disks that count time in steps of two seconds


@dataclass(frozen=True)
class OwnWeights:
    """A folder with the weights of a run; ``step`` is that of its checkpoint, where it is one."""

    folder: Path
    step: int | None = None


def find_weights(
    folder: RunFolder, facts: Mapping[str, Any], given: str | None = None
) -> OwnWeights:
    """What the Trainer saved in its ``output_dir`` while the run was trained, or since.

    The weights that ``trainer.save_model()`` wrote come first, then the Trainer's best checkpoint,
    then the newest. ``given`` is a folder that a person names in its place: what lies there is
    taken as theirs. Raises RunError that says what to give.
    """
    if given is not None:
        place = expanded(given).absolute()
        found = _candidates(place)
        if not found:
            raise _none_in(folder, place)
        return found[0]
    place = Path(str(facts.get("output_dir", "")))
    begun = float(folder.info()["created"]) - _CLOCK_S
    found = _candidates(place)
    fresh = [one for one in found if _written(one) >= begun]
    if not fresh:
        raise _none_of(folder, place, found)
    other = _later_training(folder, place, _written(fresh[0]))
    if other is not None:
        raise _not_certain(folder, fresh[0], other)
    return fresh[0]


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


def _candidates(place: Path) -> list[OwnWeights]:
    """Folders with weights in ``place``, the likeliest first."""
    found = [OwnWeights(place)] if weights_file_in(place) is not None else []
    try:
        names = [path.name for path in place.iterdir()] if place.is_dir() else []
    except OSError:
        names = []
    steps = sorted(
        (int(m[1]) for name in names if (m := _CHECKPOINT.fullmatch(name))), reverse=True
    )
    checkpoints = [
        OwnWeights(path, step)
        for step in steps
        if weights_file_in(path := place / f"checkpoint-{step}") is not None
    ]
    best = _best_of(checkpoints[0].folder) if checkpoints else None
    checkpoints.sort(key=lambda one: one.folder.name != best)
    return [*found, *checkpoints]


def _best_of(newest: Path) -> str | None:
    """The name of the Trainer's best checkpoint, as its newest one has it."""
    try:
        best = read_object(newest / "trainer_state.json").get("best_model_checkpoint")
    except (OSError, UnusableFile):
        return None
    return re.split(r"[/\\]", best)[-1] if isinstance(best, str) else None


def _written(weights: OwnWeights) -> float:
    file = weights_file_in(weights.folder)
    try:
        return file.stat().st_mtime if file is not None else 0.0
    except OSError:  # removed meanwhile
        return 0.0


def _later_training(folder: RunFolder, place: Path, written: float) -> str | None:
    """The name of a run that trained into the same folder before the weights were written."""
    created = float(folder.info()["created"])
    for ref in Registry().list():
        if not created < ref.created <= written:
            continue
        try:
            facts = ref.folder.info().get("trainer")
        except RunError:
            continue
        if isinstance(facts, dict) and facts.get("output_dir") == str(place):
            return ref.folder.path.name
    return None


def _labels(folder: Path, head: Mapping[str, Any], architecture: str) -> list[str]:
    """The names of the classes: ``id2label`` of config.json, else their numbers."""
    if "classifier.weight" not in head or head["classifier.weight"].shape[1] < 2:
        raise _no_classifier(folder, architecture)
    count = head["classifier.weight"].shape[1]
    try:
        named = read_object(config_file_in(folder)).get("id2label")
    except (OSError, UnusableFile):
        named = None
    found = [named.get(str(i)) for i in range(count)] if isinstance(named, dict) else []
    labels = [label for label in found if isinstance(label, str) and label.strip()]
    if len(set(labels)) != count or all(_UNNAMED.fullmatch(label) for label in labels):
        return [str(i) for i in range(count)]
    return labels


def _metrics(folder: RunFolder, step: int | None) -> dict[str, float]:
    """Those of the Trainer's evaluation at the step of the weights, where it made one."""
    evals = [event for event in folder.state().evals if event["step"] == step]
    return dict(evals[-1]["metrics"]) if evals else {}


def _give(folder: RunFolder, place: Path) -> Text:
    return T(
        'Save them there: trainer.save_model("{place}"), then export again. Or name the folder '
        "that holds them: %ernie_export {id} --weights FOLDER",
        '请先保存：trainer.save_model("{place}")，然后再次导出；或指明权重所在的目录：'
        "%ernie_export {id} --weights 目录",
        place=place,
        id=folder.id,
    )


def _none_of(folder: RunFolder, place: Path, older: list[OwnWeights]) -> RunError:
    why = (
        T("Those in {place} are older than it.", "{place} 中的权重早于本次运行。", place=place)
        if older
        else T("Its weights are the Trainer's, which saved none in {place}.",
               "权重由 Trainer 保存，而 {place} 中没有。", place=place)
    )  # fmt: skip
    return RunError(
        T("There are no weights of {name}, which your own Trainer trained.",
          "没有运行 {name} 的权重，它由您自己的 Trainer 训练。", name=folder.path.name),
        why,
        _give(folder, place),
        code="run.no_weights",
    )  # fmt: skip


def _none_in(folder: RunFolder, place: Path) -> RunError:
    return RunError(
        T("There are no weights in {place}.", "{place} 中没有权重。", place=place),
        T("Looked for model.safetensors and model_state.pdparams there, and in checkpoint-N.",
          "在其中及 checkpoint-N 中查找过 model.safetensors 和 model_state.pdparams。"),
        T('Save them: trainer.save_model("{place}"), then export again.',
          '请先保存：trainer.save_model("{place}")，然后再次导出。', place=place),
        code="run.no_weights",
    )  # fmt: skip


def _not_certain(folder: RunFolder, weights: OwnWeights, other: str) -> RunError:
    return RunError(
        T("Which run the weights in {folder} are of is not certain.",
          "无法确定 {folder} 中的权重属于哪次运行。", folder=weights.folder),
        T("{other} began to train into the same folder before they were written.",
          "在它们写入之前，{other} 已开始向同一目录训练。", other=other),
        T("If they are those of {name}: %ernie_export {id} --weights {folder}",
          "如果它们属于 {name}：%ernie_export {id} --weights {folder}",
          name=folder.path.name, id=folder.id, folder=weights.folder),
        code="run.no_weights",
    )  # fmt: skip


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
