"""The weights that a person's own Trainer saved for a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.models.shards import weights_file_in
from paddle_lab.paths import expanded
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.untrusted import UnusableFile, read_object

_CHECKPOINT: Final = re.compile(r"checkpoint-(\d{1,12})")
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
