"""A run's curve also as a VisualDL log, for those who compare runs there.

VisualDL (github.com/PaddlePaddle/VisualDL) comes with paddlenlp. PaddleNLP's own callback for it
fails with today's protobuf, which takes no truth value for a number; here only scalars are written.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T

_OF_STEPS: Final = ("loss", "lr", "samples_per_s")


class VisualDlLog:
    """Takes events as they are written. Raises RunError where no log can be begun."""

    def __init__(self, folder: Path) -> None:
        if importlib.util.find_spec("visualdl") is None:
            raise RunError(
                T("VisualDL is not installed.", "没有安装 VisualDL。"),
                T("--report-to visualdl writes its log.", "--report-to visualdl 需要用它写日志。"),
                T("Run: pip install visualdl", "请运行：pip install visualdl"),
            )
        from visualdl import LogWriter

        try:
            self._writer = LogWriter(logdir=str(folder))
        except OSError as error:
            raise RunError(
                T("The VisualDL log cannot be written.", "无法写入 VisualDL 日志。"),
                T("{folder}: {error}", "{folder}：{error}", folder=folder, error=error),
                T("Free some space, or leave out --report-to.",
                  "请释放磁盘空间，或去掉 --report-to。"),
            ) from error  # fmt: skip

    def __call__(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Write the numbers of an event of training or evaluation; the last one closes the log."""
        if kind == "step":
            self._add("train", {name: fields[name] for name in _OF_STEPS}, fields["step"])
        elif kind == "eval":
            self._add(fields["split"], fields["metrics"], fields["step"])
        elif kind == "end":
            self._writer.close()

    def _add(self, part: str, numbers: Mapping[str, float | None], step: int) -> None:
        for name, value in numbers.items():
            if value is not None:
                self._writer.add_scalar(tag=f"{part}/{name}", step=step, value=float(value))
