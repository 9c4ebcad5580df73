"""The error of a run that failed in a way that nobody had foreseen."""

from __future__ import annotations

from pathlib import Path

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder
from paddle_lab.text.short import last_line
from paddle_lab.training.memory import is_out_of_memory


def unexpected(error: Exception, folder: RunFolder, log: Path | None = None) -> RunError:
    """What is said of it; its traceback is in ``log``, or the run's own."""
    log = log or folder.log_path
    return RunError(
        T(
            "The run failed: {kind}: {error}",
            "运行失败：{kind}：{error}",
            kind=type(error).__name__,
            error=last_line(error),
        ),
        T(
            "This was not foreseen; the full traceback is in {log}.",
            "这是未预料到的错误；完整信息见 {log}。",
            log=log,
        ),
        T(
            "%paddle_env --explain {log} may know it.",
            "可用 %paddle_env --explain {log} 诊断。",
            log=log,
        ),
        code="run.out_of_memory" if is_out_of_memory(error) else "run.unexpected",
    )
