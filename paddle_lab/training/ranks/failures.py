"""Which rank was the first to fail, and of what: said by itself, or by how its process ended."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import RunFolder
from paddle_lab.runs.checks import check_of
from paddle_lab.training.ranks.agreement import log_of
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_regular, read_object

#: How a rank ends that has only lost the others.
LOST_OTHERS: Final = 75
_TAIL: Final = 8192
_LOOK_S: Final = 0.1


@dataclass(frozen=True)
class Ended:
    """A rank whose process has ended: ``code`` as subprocess has it, below zero for a signal."""

    rank: int
    code: int


def error_path(folder: RunFolder, rank: int) -> Path:
    """Where a rank writes the error that it ends with."""
    return folder.path / "logs" / f"rank-{rank}.error.json"


def write_error(folder: RunFolder, rank: int, error: PaddleLabError) -> None:
    """Keep a rank's error for its supervisor; a full disk is survived."""
    try:
        atomic_write_json(error_path(folder, rank), error.to_json())
    except OSError:
        return


def read_error(folder: RunFolder, rank: int) -> RunError | None:
    """The error that a rank has written; None where it wrote none that can be read."""
    try:
        content = read_object(error_path(folder, rank), MEGABYTE)
    except (OSError, UnusableFile):
        return None
    return RunError.from_json(content) if check_of("Error")(content) is None else None


def told_elsewhere(folder: RunFolder, size: int, here: int, patience_s: float) -> RunError | None:
    """The error of a rank of another machine, from number ``here`` on; waited for a while."""
    deadline = time.monotonic() + patience_s
    while True:
        for rank in range(here, size):
            told = read_error(folder, rank)
            if told is not None:
                return told
        if time.monotonic() > deadline:
            return None
        time.sleep(_LOOK_S)


def forget_errors(folder: RunFolder, size: int) -> None:
    """Remove what ranks of an earlier attempt have written."""
    for rank in range(size):
        error_path(folder, rank).unlink(missing_ok=True)


def culprit(ended: list[Ended]) -> Ended | None:
    """The rank that failed by itself: of those that ended, in their order, not for the others."""
    failed = [one for one in ended if one.code != 0]
    own = [one for one in failed if one.code != LOST_OTHERS]
    return next(iter([*own, *failed]), None)


def error_of_rank(folder: RunFolder, one: Ended, size: int) -> RunError:
    """What a run says of the rank that failed: its own error, else how its process ended."""
    told = read_error(folder, one.rank)
    if told is not None:
        return told
    if one.code == LOST_OTHERS:
        return _lost(folder, size)
    why = _how(one.code)
    last = _last_line(log_of(folder, one.rank)) if one.code > 0 else ""
    return RunError(
        T("Process {rank} of the run's {size} has ended: {how}.",
          "本次运行的 {size} 个进程中，进程 {rank} 已结束：{how}。",
          rank=one.rank, size=size, how=why),
        T("{line}", "{line}", line=last) if last else
        T("Killed from outside or out of memory, most often; its log is {log}.",
          "多半是被外部终止或内存不足；日志见 {log}。", log=log_of(folder, one.rank)),
        T("Go on from its last checkpoint: %ernie_finetune --resume {id}",
          "从最近的检查点继续：%ernie_finetune --resume {id}", id=folder.id),
        code="run.process_died",
    )  # fmt: skip


def _lost(folder: RunFolder, size: int) -> RunError:
    return RunError(
        T("The {size} processes of the run have lost each other.",
          "本次运行的 {size} 个进程失去了彼此的连接。", size=size),
        T("One stood still for more than 30 seconds, or the network between them failed; the log "
          "is {log}.", "某个进程停顿超过 30 秒，或它们之间的网络出现故障；日志见 {log}。",
          log=folder.log_path),
        T("Go on from its last checkpoint: %ernie_finetune --resume {id}",
          "从最近的检查点继续：%ernie_finetune --resume {id}", id=folder.id),
        code="run.processes_lost",
    )  # fmt: skip


def _how(code: int) -> Text:
    if code < 0:
        return T("killed by signal {n} ({name})", "被信号 {n}（{name}）终止",
                 n=-code, name=_signal_name(-code))  # fmt: skip
    return T("exit code {code}", "退出码 {code}", code=code)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "?"


def _last_line(log: Path) -> str:
    """The last line of a log that says anything: of a traceback, the error itself."""
    try:
        with open_regular(log) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            content = file.read(_TAIL).decode("utf-8", errors="replace")
    except (OSError, UnusableFile):
        return ""
    lines = [line.strip() for line in content.splitlines()]
    return next((line for line in reversed(lines) if line), "")[:400]
