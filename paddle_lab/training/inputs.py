"""What a run trains on: its rows as windows of tokens, its codec, and its model's folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from paddle_lab.data import Dataset, Prepared, fingerprint
from paddle_lab.errors import RunError
from paddle_lab.hubs.licences import Licence
from paddle_lab.i18n import T
from paddle_lab.models import Resolved, build_tokenizer
from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.settings import load_settings
from paddle_lab.tasks import Task, get_task
from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.recognition import DEFAULT_TASK
from paddle_lab.tasks.settings import own_options
from paddle_lab.training.batches import Encoded
from paddle_lab.training.checkpoint import Checkpoint
from paddle_lab.training.hub_pins import notices_of
from paddle_lab.training.licences import data_of, level_of, notices
from paddle_lab.training.limits import check_length, steps_of
from paddle_lab.training.moved import refuse_other_rows
from paddle_lab.training.reporter import Reporter
from paddle_lab.training.soft import SoftRows, kept_soft, soft_rows
from paddle_lab.training.starting_model import resolve_start
from paddle_lab.training.tables import prepare_for, tables_of
from paddle_lab.training.vocabulary import unread_by

DATA_FILE: Final = "data.json"


@dataclass(frozen=True)
class TrainingInputs:
    """What training works on: rows, tokens, the task's codec, and the model's folder.

    ``own`` are the task's options.
    """

    prepared: Prepared
    resolved: Resolved
    tokenizer: Any
    codec: Codec
    train: Encoded
    dev: Encoded
    test: Encoded | None
    own: Any = None


def load_inputs(
    folder: RunFolder,
    spec: RunSpec,
    reporter: Reporter,
    *,
    trust: bool = False,
    prepared: Prepared | None = None,
    keep: bool = True,
    offline: bool = False,
) -> TrainingInputs:
    """Read the data, unless they are ``prepared``, find the model, and turn texts into ids.

    ``keep``: the run's folder keeps what is known of the data and the codec. ``offline``: the model
    is taken from this machine alone.
    """
    if prepared is None:
        prepared = prepare_for(spec, tables_of(folder))
    resumed = (folder.path / DATA_FILE).exists()
    if keep:
        _remember_data(folder, prepared)
    soft = soft_rows(spec, prepared, kept_soft(folder, spec))
    rows = len(prepared.train) + (0 if soft is None else len(soft))
    steps_of(spec, rows)
    task = get_task(spec.task)
    own = own_options(task, spec.extra)
    if task.name != DEFAULT_TASK:
        said = T("The task is {name}: {title}.", "任务是 {name}：{title}。",
                 name=task.name, title=task.title)  # fmt: skip
        reporter.notice("info", "task", said)
    for text in prepared.report.notices:
        reporter.notice("info", "data", text)
    if soft is not None:
        reporter.notice("info", "soft", soft.told())
    reporter.phase("model")
    resolved = resolve_start(
        spec.model,
        trust=trust,
        offline=offline or load_settings().offline,
        progress=lambda text: reporter.phase("model", detail=text.to_json()),
        layers=spec.layers,
    )
    for text in notices_of(folder, again=resumed):
        reporter.notice("info", "hub", text)
    if resolved.licence_notice is not None:
        level = level_of(Licence(resolved.licence))
        reporter.notice(level, "licence", resolved.licence_notice)
    for level, text in notices(data_of(prepared.provenance)):
        reporter.notice(level, "licence", text)
    if resolved.notice is not None:
        reporter.notice("warning", "model", resolved.notice)
    reporter.phase("tokenize", rows=rows)
    check_length(spec, resolved.folder)
    tokenizer = build_tokenizer(resolved.folder)
    unread = unread_by(tokenizer.to_str(), spec, prepared)
    prepared = replace(prepared, report=prepared.report.with_unread(unread))
    for text in unread.notices():
        reporter.notice("info", "vocabulary", text)
    codec = task.codec(tokenizer.to_str(), spec.max_len, prepared.train, own)
    if keep:
        atomic_write_json(folder.path / DATA_FILE, _data_facts(prepared))
        atomic_write_json(codec_path(folder), codec.to_json())
    return TrainingInputs(
        prepared,
        resolved,
        tokenizer,
        codec,
        encode_beside(task, codec, prepared.train, own, soft),
        encode(task, codec, prepared.dev),
        encode(task, codec, prepared.test) if prepared.test is not None else None,
        own,
    )


def encode_beside(
    task: Task, codec: Codec, train: Dataset, own: Any, soft: SoftRows | None
) -> Encoded:
    """The windows of the training rows, and of texts that a larger model has answered."""
    if soft is None or task.soft_target is None:
        return encode_trained(task, codec, train, own)
    encoded = encode_trained(task, codec, soft.beside(train), own)
    wanted = soft.probabilities_beside(train, codec.to_json()["labels"])
    targets = {**encoded.targets, task.soft_target: wanted[encoded.windows.owner]}
    return replace(encoded, targets=targets)


def encode_trained(task: Task, codec: Codec, data: Dataset, own: Any) -> Encoded:
    """The windows of the training rows that the task trains on."""
    encoded = encode(task, codec, data)
    chosen = task.trained(encoded.windows, encoded.targets, own)
    return encoded if chosen is None else encoded.take(chosen)


def encode(task: Task, codec: Codec, data: Dataset) -> Encoded:
    """The rows as windows of tokens, with what the loss compares them with."""
    windows = codec.encode(data.given, task.long_text)
    targets = task.encode_targets(codec, windows, data)
    return Encoded(windows, targets, task.targets, codec.pad_id)


def codec_from_state(
    task: Task, tokenizer_json: str, max_len: int, checkpoint: Checkpoint
) -> Codec | None:
    """The codec that was kept with a checkpoint's weights; None where there is nothing of its own.

    Raises RunError for a damaged one.
    """
    content = checkpoint.state.get("codec")
    if content is None:
        return None
    try:
        return task.codec_from(tokenizer_json, max_len, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(
            T("The checkpoint {path} is damaged.", "检查点 {path} 已损坏。", path=checkpoint.path),
            T("Its codec: {error}", "其中的编解码信息：{error}", error=error),
            T("Start the run again.", "请重新开始运行。"),
            code="run.checkpoint",
        ) from error


def codec_path(folder: RunFolder) -> Path:
    """Where a run keeps what its codec is rebuilt from, for a later export."""
    return folder.path / "codec.json"


def _remember_data(folder: RunFolder, prepared: Prepared) -> None:
    """Write the fingerprint of the data, or refuse data that changed since the run began."""
    path = folder.path / DATA_FILE
    if path.exists():
        if folder.fingerprint() != prepared.fingerprint:
            refuse_other_rows(folder, prepared)
            raise RunError(
                T("The data of this run cannot be compared.", "无法比较本次运行的数据。"),
                T("data.json is damaged.", "data.json 已损坏。"),
                T("Start a new run.", "请开始新的运行。"),
                code="run.data_changed",
            )
        return
    atomic_write_json(path, _data_facts(prepared))


def _data_facts(prepared: Prepared) -> dict[str, Any]:
    return {
        "fingerprint": prepared.fingerprint,
        "evaluated": fingerprint([prepared.evaluated]),
        "labels": prepared.labels,
        "rows": {"train": len(prepared.train), "dev": len(prepared.dev)},
        "provenance": prepared.provenance,
        "report": prepared.report.to_json(),
    }
