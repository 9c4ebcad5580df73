"""What a run asks for against what its model and rows allow: told before anything is trained."""

from __future__ import annotations

from pathlib import Path

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.runs.spec import RunSpec
from paddle_lab.training.batches import batches_in


def steps_of(spec: RunSpec, rows: int) -> int:
    """Optimiser steps of the whole run. Raises UsageError when ``--epochs`` makes none."""
    each = batches_in(rows, spec.batch_size)
    steps = int(each * spec.epochs)
    if steps < 1:
        raise UsageError(
            T("--epochs {n:g} is less than one step.", "--epochs {n:g} 不足一步。", n=spec.epochs),
            T("An epoch of {rows} rows in batches of {batch} has {each} steps.",
              "{rows} 行、每批 {batch} 行，一轮共 {each} 步。",
              rows=rows, batch=spec.batch_size, each=each),
            T("Give --epochs 1, or a smaller --batch-size.",
              "请使用 --epochs 1，或更小的 --batch-size。"),
            code="usage.no_step",
        )  # fmt: skip
    return steps


def check_length(spec: RunSpec, model: Path) -> None:
    """Raise UsageError when ``--max-len`` is more than the model in folder ``model`` reads.

    Raises ModelError when the folder's ``config.json`` cannot be used.
    """
    from paddle_lab.models.config import ernie_config, read_config

    most = int(ernie_config(read_config(model))["max_position_embeddings"])
    if spec.max_len > most:
        raise UsageError(
            T("--max-len {n} is more than {model} reads.", "--max-len {n} 超过 {model} 的上限。",
              n=spec.max_len, model=spec.model),
            T("It has positions for {most} tokens.", "它最多支持 {most} 个词元。", most=most),
            T("Give --max-len {most} or less; what is longer is cut.",
              "请使用 --max-len {most} 或更小的值；更长的文本会被截断。", most=most),
            code="usage.max_len",
        )  # fmt: skip
