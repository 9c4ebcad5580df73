"""The trained model of a run that has ended, rebuilt from its best checkpoint."""

from __future__ import annotations

import json
from typing import Any

from paddle_lab.bundle import Trained
from paddle_lab.errors import DataError, RunError
from paddle_lab.i18n import T
from paddle_lab.models import resolve_model
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.settings import load_settings
from paddle_lab.tasks import get_task
from paddle_lab.training.checkpoint import (
    Checkpoint,
    checkpoint_path,
    latest_checkpoint,
    read_checkpoint,
)
from paddle_lab.training.finish import proof_rows
from paddle_lab.training.quiet import import_paddle, import_paddlenlp, logging_to
from paddle_lab.training.tables import prepare_for, tables_of


def load_trained(folder: RunFolder, *, trust: bool = False) -> Trained:
    """The model with its best weights, and all that its bundle must know.

    Real rows for the proof are read from the run's data where these are still there. ``trust`` as
    in :func:`paddle_lab.models.resolve_model`.
    Raises RunError when the run kept no whole checkpoint, ModelError when its base model is gone.
    """
    spec = folder.spec()
    checkpoint = _best_checkpoint(folder)
    facts = _data_facts(folder)
    resolved = resolve_model(spec.model, trust=trust, offline=load_settings().offline)
    task = get_task(spec.task)
    import_paddle()
    import_paddlenlp(folder.log_path)
    with logging_to(folder.log_path):
        from paddle.utils import unique_name

        from paddle_lab.training.lab_trainer import restore_model

        with unique_name.guard():
            model = task.build_model(resolved, facts["labels"])
        restore_model(model, checkpoint)
    notice = resolved.licence_notice
    return Trained(
        model=model,
        tokenizer=task.tokenizer(resolved.folder, spec.max_len),
        labels=facts["labels"],
        max_len=spec.max_len,
        rows=_rows(folder, spec),
        task=spec.task,
        metrics=((folder.report_data() or {}).get("metrics") or {}),
        source={"run": folder.id, "name": spec.name, "data": facts["fingerprint"]},
        base_model={
            "name": resolved.name,
            "licence": resolved.licence,
            "notice": notice.to_json() if notice is not None else None,
            "source": resolved.source,
            "sha256": resolved.sha256,
        },
    )


def _best_checkpoint(folder: RunFolder) -> Checkpoint:
    state = folder.state()
    ended_with = (state.end or {}).get("weights_step")
    step = ended_with if ended_with is not None else (state.best or {}).get("step")
    if step is not None:
        path = checkpoint_path(folder.checkpoints, int(step))
        if path.is_dir():
            return read_checkpoint(path)
    newest = latest_checkpoint(folder.checkpoints)
    if newest is None:
        raise RunError(
            T(
                "Run {name} kept no checkpoint.",
                "运行 {name} 没有保留检查点。",
                name=folder.path.name,
            ),
            T("It ended before the first one was written.", "它在写入第一个检查点之前就结束了。"),
            T(
                "Go on with it: %ernie_finetune --resume {id}",
                "请继续该运行：%ernie_finetune --resume {id}",
                id=folder.id,
            ),
        )
    return newest


def _data_facts(folder: RunFolder) -> dict[str, Any]:
    """Labels and fingerprint, as the run wrote them down."""
    try:
        facts = json.loads((folder.path / "data.json").read_text(encoding="utf-8"))
        return {"labels": list(facts["labels"]), "fingerprint": str(facts["fingerprint"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            T(
                "The labels of run {name} are not known.",
                "运行 {name} 的标签未知。",
                name=folder.path.name,
            ),
            T(
                "data.json is absent or damaged ({error}).",
                "data.json 不存在或已损坏（{error}）。",
                error=error,
            ),
            T("Start the run again.", "请重新运行。"),
        ) from error


def _rows(folder: RunFolder, spec: RunSpec) -> list[str]:
    try:
        prepared = prepare_for(spec, tables_of(folder))
    except DataError:
        # The files have moved: the export falls back to its own neutral sentences.
        return []
    return proof_rows(prepared.test if prepared.test is not None else prepared.dev)
