"""A run's curve also as a VisualDL log, for those who compare runs there.

VisualDL (github.com/PaddlePaddle/VisualDL) comes with paddlenlp. PaddleNLP's own callback for it
fails with today's protobuf, which takes no truth value for a number; here only scalars are written.
Its ``LogWriter`` writes in a thread that dies on a full disk, whereupon training waits for it
without end; so its records are written here, one after the other.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T

_OF_STEPS: Final = ("loss", "lr", "samples_per_s")


class VisualDlLog:
    """Takes events as they are written. Raises RunError where no log can be begun.

    Later it raises nothing: at the first error of the disk ``lost`` is told, and no more written.
    """

    def __init__(self, folder: Path, lost: Callable[[OSError], None]) -> None:
        if importlib.util.find_spec("visualdl") is None:
            raise RunError(
                T("VisualDL is not installed.", "没有安装 VisualDL。"),
                T("--report-to visualdl writes its log.", "--report-to visualdl 需要用它写日志。"),
                T("Run: pip install visualdl", "请运行：pip install visualdl"),
                code="run.no_visualdl",
            )
        from visualdl.component.base_component import meta_data
        from visualdl.writer.record_writer import RecordWriter

        self._lost = lost
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # A resumed run begins a file of its own; VisualDL joins those of a folder.
            file = (folder / f"vdlrecords.{time.time_ns()}.log").open("wb", buffering=0)
            self._records: Any = RecordWriter(file)
            # VisualDL knows its files by this first record.
            self._records.write(meta_data(walltime=_now()).SerializeToString())
        except OSError as error:
            raise RunError(
                T("The VisualDL log cannot be written.", "无法写入 VisualDL 日志。"),
                T("{folder}: {error}", "{folder}：{error}", folder=folder, error=error),
                T("Free some space, or leave out --report-to.",
                  "请释放磁盘空间，或去掉 --report-to。"),
                code="run.visualdl_not_written",
            ) from error  # fmt: skip

    def __call__(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Write the numbers of an event of training or evaluation; the last one closes the log."""
        if self._records is None:
            return
        try:
            self._take(kind, fields)
        except OSError as error:
            self._records = None
            self._lost(error)

    def _take(self, kind: str, fields: Mapping[str, Any]) -> None:
        if kind == "step":
            self._add("train", {name: fields[name] for name in _OF_STEPS}, fields["step"])
        elif kind == "eval":
            self._add(fields["split"], fields["metrics"], fields["step"])
        elif kind == "end":
            self._records.close()

    def _add(self, part: str, numbers: Mapping[str, float | None], step: int) -> None:
        from visualdl.component.base_component import scalar

        for name, value in numbers.items():
            if value is not None:
                record = scalar(f"{part}/{name}", float(value), step, _now())
                self._records.write(record.SerializeToString())


def _now() -> int:
    """Milliseconds since the epoch, as VisualDL counts."""
    return round(time.time() * 1000)
