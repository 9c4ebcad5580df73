"""PaddleNLP's arguments for a run. Imports paddle: for functions only."""

from __future__ import annotations

from typing import Any

import paddle
from paddlenlp.trainer import TrainingArguments

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.options.paddlenlp import check_settings, native_arguments
from paddle_lab.options.paddlenlp_fields import check_format
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.tasks import get_task
from paddle_lab.tasks.settings import native_settings


def training_arguments(spec: RunSpec, folder: RunFolder, device: str) -> TrainingArguments:
    """PaddleNLP's arguments for a run; ``--set`` reaches any of them by name.

    Raises UsageError for one that the run itself must hold: run.json may come from anyone.
    """
    settings = native_settings(get_task(spec.task), spec.extra)
    check_settings(type(spec), settings)
    precision = choose_precision(spec.precision, device)
    for name in settings:
        check_format(name, precision, device.startswith("gpu"))
    options: dict[str, Any] = {
        "output_dir": str(folder.path / "trainer"),
        "device": device.split(":", maxsplit=1)[0],
        "logging_strategy": "no",
        "evaluation_strategy": "no",
        "save_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
        "dataloader_num_workers": 0,
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        **native_arguments(spec),
        **settings,
    }
    try:
        return TrainingArguments(**options)
    except (TypeError, ValueError, AssertionError) as error:
        raise RunError(
            T("PaddleNLP refuses these training arguments.", "PaddleNLP 不接受这些训练参数。"),
            T("{error}", "{error}", error=error),
            T("Look at what --set gives.", "请检查 --set 的取值。"),
            code="run.training_arguments",
        ) from error


def choose_precision(wanted: str, device: str) -> str:
    """Paddle's own number format: ``auto`` is bf16 on GPUs that have it, else fp32.

    On the CPU Paddle's bf16 gains nothing and stays off; there the fast kernels have their own.
    """
    if device == "cpu":
        return "fp32"
    if wanted != "auto":
        return wanted
    if device.startswith("gpu") and paddle.device.cuda.get_device_capability()[0] >= 8:
        return "bf16"
    return "fp32"
