"""The model that a run starts from: one of :mod:`paddle_lab.models`, or an earlier run's weights.

A run is named as everywhere (``last``, a name, its folder); what the new run keeps of it is the
folder of one checkpoint, so that the start stays the same whatever becomes of the earlier run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from paddle_lab.errors import ModelError, RunError
from paddle_lab.i18n import T, Text
from paddle_lab.models import Resolved, known_names, resolve_model
from paddle_lab.models.convert import ENCODER_PREFIXES
from paddle_lab.models.fewer_layers import with_layers
from paddle_lab.models.load import put_weights
from paddle_lab.models.resolve import model_on_hub
from paddle_lab.models.store import Progress, prepare_trained
from paddle_lab.paths import expanded
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.runs.model_name import model_name
from paddle_lab.training.best_checkpoint import best_checkpoint
from paddle_lab.training.checkpoint import MODEL_FILE, Checkpoint, read_checkpoint
from paddle_lab.training.own_training import trainer_facts
from paddle_lab.training.own_weights import find_weights
from paddle_lab.untrusted import UnusableFile, read_object, sha256_of

_LONGEST_CHAIN: Final = 16
_MOST_LABELS: Final = 5


@dataclass(frozen=True)
class EarlierRun:
    """A checkpoint of an earlier run, as a start."""

    run: RunFolder
    checkpoint: Checkpoint


def frozen_model(model: str) -> tuple[str, dict[str, Any] | None]:
    """What a new run keeps of ``--model``, whatever folder one stands in later.

    A name of the catalogue or of a hub stays; a folder becomes absolute; an earlier run becomes the
    folder of its best checkpoint, or the weights that its own Trainer saved, and is told as the
    second: id, name and step for ``run.json``. Raises RunError for a run without weights.
    """
    model = model.strip()
    if model in known_names():
        return model, None
    run = _run_named(model)
    if run is None:
        folder = expanded(model)
        return (str(folder.absolute()) if folder.is_dir() else model), None
    state = run.state()
    if state.live:
        raise _still_trained(run)
    facts = trainer_facts(run)
    told = {"run": run.id, "name": run.path.name}
    if facts is not None:
        weights = find_weights(run, facts)
        return str(weights.folder), {**told, "step": weights.step}
    checkpoint = best_checkpoint(run)
    return str(checkpoint.path.absolute()), {**told, "step": checkpoint.step}


def resolve_start(
    model: str,
    *,
    trust: bool = False,
    offline: bool | None = None,
    progress: Progress | None = None,
    layers: int | None = None,
) -> Resolved:
    """As :func:`paddle_lab.models.resolve_model`, also for what :func:`frozen_model` gives.

    ``layers``: with so many of its layers alone.
    """
    return with_layers(_resolve(model, trust, offline, progress, _LONGEST_CHAIN), layers)


def _resolve(
    model: str, trust: bool, offline: bool | None, progress: Progress | None, left: int
) -> Resolved:
    earlier = earlier_run(model)
    if earlier is None:
        return resolve_model(model, trust=trust, offline=offline, progress=progress)
    if left == 0:
        raise _too_long(model)
    spec = earlier.run.spec()
    base = with_layers(_resolve(spec.model, trust, offline, progress, left - 1), spec.layers)
    name = model_name(model)
    arrays = earlier.checkpoint.arrays(MODEL_FILE)
    digest = sha256_of(earlier.checkpoint.path / MODEL_FILE)
    prepared = prepare_trained(base.folder, arrays, name, digest)
    return replace(
        base,
        name=name,
        folder=prepared.folder,
        source="run",
        sha256=digest,
        weights_format=prepared.weights_format,
        revision=None,
        notice=None,
    )


def earlier_run(model: str) -> EarlierRun | None:
    """The checkpoint that ``model`` names as a folder, None when it names something else.

    Raises RunError when the checkpoint is not whole any more.
    """
    path = expanded(model)
    run = RunFolder(path.parent.parent)
    try:
        found = path.parent.name == "checkpoints" and path.is_dir() and run.info_path.is_file()
    except (OSError, ValueError):  # a name too long, a NUL
        return None
    return EarlierRun(run, read_checkpoint(path)) if found else None


def base_model(model: str) -> str:
    """The name whose card advises options: of an earlier run that of the model it started from."""
    for _ in range(_LONGEST_CHAIN):
        model = model.strip()
        if model in known_names():
            break
        run = _run_named(model)
        try:
            earlier = None if run is not None else earlier_run(model)
            run = earlier.run if earlier is not None else run
            if run is None:
                break
            model = run.spec().model
        except RunError:
            break
    return model


def put_head(model: Any, earlier: EarlierRun, codec: dict[str, Any]) -> Text:
    """Give ``model`` the earlier run's head where its labels are the same; says what was done.

    ``codec`` is the new run's, as JSON: heads of other labels are left out.
    """
    name = model_name(str(earlier.checkpoint.path))
    before = _codec_of(earlier.run)
    if _of_head(before) != _of_head(codec):
        return T(
            "Starts from the encoder of {name}; its head is left out, for it was made for {what}.",
            "从 {name} 的编码器开始；未使用其分类头，因为它对应{what}。",
            name=name,
            what=_labels(before, codec),
        )
    head = {
        key: array
        for key, array in earlier.checkpoint.arrays(MODEL_FILE).items()
        if not key.startswith(ENCODER_PREFIXES)
    }
    put_weights(model, head, str(earlier.checkpoint.path))
    return T(
        "Starts from the weights of {name}, its head included: the labels are the same.",
        "从 {name} 的权重开始，包括其分类头：标签相同。",
        name=name,
    )


def _of_head(codec: dict[str, Any]) -> dict[str, Any]:
    """What a head is made for: its labels may be numbers in one file and texts in another."""
    return {key: value for key, value in codec.items() if key != "values"}


def _labels(before: dict[str, Any], codec: dict[str, Any]) -> Text:
    labels = before.get("labels")
    if not isinstance(labels, list) or labels == codec.get("labels"):
        return T("another task or other settings", "其他任务或设置")
    shown = ", ".join(str(label) for label in labels[:_MOST_LABELS])
    return T("other labels: {labels}{more}", "其他标签：{labels}{more}", labels=shown,
             more=" …" if len(labels) > _MOST_LABELS else "")  # fmt: skip


def _codec_of(run: RunFolder) -> dict[str, Any]:
    try:
        return {**read_object(run.path / "codec.json"), "task": run.spec().task}
    except (OSError, UnusableFile):
        return {}


def _run_named(model: str) -> RunFolder | None:
    """The run that ``model`` names; None for a folder of a model, a hub's name, or nothing."""
    path = expanded(model)
    try:
        if path.is_dir():
            return RunFolder.open(path) if (path / "run.json").is_file() else None
    except (OSError, ValueError):
        return None
    if model_on_hub(model) is not None:
        return None
    try:
        return Registry().find(model).folder
    except RunError as error:
        if error.code != "run.not_found":
            raise
        return None


def _still_trained(run: RunFolder) -> RunError:
    return RunError(
        T("Run {name} is still running.", "运行 {name} 仍在进行。", name=run.path.name),
        T("What it ends with is not known yet.", "它最终的权重尚未确定。"),
        T("Wait for it, or stop it: %ernie_stop {id}",
          "请等待，或停止它：%ernie_stop {id}", id=run.id),
        code="run.active",
    )  # fmt: skip


def _too_long(model: str) -> ModelError:
    return ModelError(
        T("{model} starts from a run that starts from a run, and so on.",
          "{model} 的起点是一次又一次的运行。", model=model_name(model)),
        T("More than {n} lie behind it, or they name each other.",
          "超过 {n} 层，或它们互相引用。", n=_LONGEST_CHAIN),
        T("Start from a model.", "请从一个模型开始。"),
        code="model.not_found",
    )  # fmt: skip
