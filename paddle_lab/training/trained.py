"""The trained model of a run that has ended, rebuilt from its best checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from paddle_lab.bundle import ExportSource
from paddle_lab.bundle.judging import EvaluationRows
from paddle_lab.devices import import_paddle
from paddle_lab.errors import DataError, RunError, UsageError
from paddle_lab.i18n import T
from paddle_lab.models import build_tokenizer
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.settings import load_settings
from paddle_lab.tasks import get_task
from paddle_lab.tasks.api import ModelOptions
from paddle_lab.tasks.codec import Rows
from paddle_lab.tasks.settings import own_options
from paddle_lab.training.best_checkpoint import best_checkpoint
from paddle_lab.training.finish import export_source, proof_rows
from paddle_lab.training.inputs import codec_from_state, codec_path
from paddle_lab.training.own_export import load_own
from paddle_lab.training.own_training import trainer_facts
from paddle_lab.training.quiet import import_paddlenlp, logging_to
from paddle_lab.training.starting_model import resolve_start
from paddle_lab.training.tables import prepare_for, tables_of
from paddle_lab.untrusted import UnusableFile, read_object, reason_of


def load_trained(
    folder: RunFolder, *, trust: bool = False, weights: str | None = None
) -> ExportSource:
    """The model with its best weights, and all that its bundle must know.

    ``weights`` names the folder where a person's own Trainer saved them; without it they are looked
    for in the Trainer's ``output_dir``.

    Real rows for the proof are read from the run's data where these are still there. ``trust`` as
    in :func:`paddle_lab.models.resolve_model`.
    Raises RunError when the run kept no whole checkpoint, ModelError when its base model is gone.
    """
    facts = trainer_facts(folder)
    if facts is not None:
        return load_own(folder, facts, weights, trust=trust)
    if weights is not None:
        raise _not_of_a_trainer(folder)
    spec = folder.spec()
    checkpoint = best_checkpoint(folder)
    content, fingerprint = _codec_content(folder), str(_facts(folder)["fingerprint"])
    own = own_options(get_task(spec.task), spec.extra)
    resolved = resolve_start(
        spec.model, trust=trust, offline=load_settings().offline, layers=spec.layers
    )
    task = get_task(spec.task)
    import_paddle()
    import_paddlenlp(folder.log_path)
    with logging_to(folder.log_path):
        from paddle.utils import unique_name

        from paddle_lab.training.lab_trainer import restore_model

        tokenizer = build_tokenizer(resolved.folder)
        tokenizer_json = tokenizer.to_str()
        codec = codec_from_state(task, tokenizer_json, spec.max_len, checkpoint)
        codec = codec or task.codec_from(tokenizer_json, spec.max_len, content)
        options = ModelOptions(spec.dropout, spec.random_init, own)
        with unique_name.guard():
            model = task.model(resolved, codec, options)
        restore_model(model, checkpoint)
    return export_source(
        folder,
        spec,
        resolved,
        model=model,
        tokenizer=tokenizer,
        codec=codec.to_json(),
        rows=_rows(folder, spec),
        fingerprint=fingerprint,
        report=folder.report_data(),
    )


def _not_of_a_trainer(folder: RunFolder) -> UsageError:
    return UsageError(
        T("--weights is for runs that your own Trainer made.",
          "--weights 只用于由您自己的 Trainer 产生的运行。"),
        T("Run {name} keeps its weights in its own checkpoints.",
          "运行 {name} 的权重保存在其检查点中。", name=folder.path.name),
        T("Leave it out: %ernie_export {id}", "请去掉它：%ernie_export {id}", id=folder.id),
        code="usage.conflict",
    )  # fmt: skip


def _codec_content(folder: RunFolder) -> dict[str, Any]:
    """What the codec is rebuilt from; runs of older versions kept the labels with their data."""
    try:
        if codec_path(folder).exists():
            return read_object(codec_path(folder))
    except (OSError, UnusableFile) as error:
        raise _unknown(folder, "codec.json", reason_of(error)) from error
    return {"labels": _facts(folder)["labels"]}


def _facts(folder: RunFolder) -> dict[str, Any]:
    facts = folder.data_facts()
    if facts is None or "labels" not in facts:
        raise _unknown(folder, "data.json", "no labels")
    return facts


def _unknown(folder: RunFolder, file: str, reason: str) -> RunError:
    return RunError(
        T(
            "What run {name} has learnt to answer is not known.",
            "运行 {name} 的答案类别未知。",
            name=folder.path.name,
        ),
        T(
            "{file} is absent or damaged ({error}).",
            "{file} 不存在或已损坏（{error}）。",
            file=file,
            error=reason,
        ),
        T("Start the run again.", "请重新运行。"),
        code="run.codec_unreadable",
    )


@dataclass(frozen=True)
class RowsOfRun:
    """The rows that a run was trained on, and those that its report is made of."""

    train: Rows
    evaluation: EvaluationRows


def rows_of_run(folder: RunFolder) -> RowsOfRun | None:
    """Read again; None where they are gone.

    Also for a run of a person's own Trainer, whose data nobody knows.
    """
    if trainer_facts(folder) is not None:
        return None
    spec = folder.spec()
    try:
        prepared = prepare_for(spec, tables_of(folder))
    except DataError:
        return None
    part = "dev" if prepared.test is None else "test"
    own = own_options(get_task(spec.task), spec.extra)
    return RowsOfRun(prepared.train.given, EvaluationRows(part, prepared.evaluated, own))


def _rows(folder: RunFolder, spec: RunSpec) -> Rows:
    try:
        prepared = prepare_for(spec, tables_of(folder))
    except DataError:
        # The files have moved: the export falls back to its own neutral sentences.
        return {}
    return proof_rows(prepared.evaluated)
