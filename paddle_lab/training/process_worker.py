"""What works on a run in another process, as the process that launched it holds it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from typing import Final

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder
from paddle_lab.runs.events import EventTail
from paddle_lab.training.standing import error_of, record_end
from paddle_lab.untrusted import open_to_append

_LONGEST_START_S: Final = 60.0
_POLL_S: Final = 0.02


class ProcessWorker:
    """Runs ``command``, which works on the run's folder and writes its output into its log."""

    def __init__(self, folder: RunFolder, command: Sequence[str]) -> None:
        self._folder = folder
        self.command = list(command)
        self._aborted = False
        self._size_before = self._log_size()
        self._tail = EventTail(folder.events_path, self._size_before)
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Start the process. Raises OSError; UnusableFile when log.txt is no regular file."""
        with os.fdopen(open_to_append(self._folder.log_path), "ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=dict(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_begun(self) -> None:
        """Return once it has written its first event, or has ended.

        Until then the log names the process that started it: were that to end now, the run would
        count as crashed, and could be taken up a second time.
        """
        deadline = time.monotonic() + _LONGEST_START_S
        while self._started.poll() is None and time.monotonic() < deadline:
            if self._tail.read():
                return
            time.sleep(_POLL_S)

    def work(self) -> PaddleLabError | None:
        """Wait for its end; the error that its last event says, or that it left without a word."""
        code = self._started.wait()
        end = self._folder.state().end
        if end is not None:
            return error_of(end)
        error = _died(code, self._folder)
        if self._log_size() == self._size_before:
            # It left no mark by which others could tell that it is gone.
            record_end(self._folder, "failed", error)
        return error

    def stop(self) -> None:
        """By a request in the run's folder."""
        self._folder.ask("stop", "step", "interrupt")

    def abort(self) -> None:
        """Ask the process to leave at once."""
        self._aborted = True
        if self._process is not None:
            self._process.terminate()

    @property
    def aborted(self) -> bool:
        """Whether the process was asked to leave."""
        return self._aborted

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "begin() comes first"
        return self._process

    def _log_size(self) -> int:
        try:
            return self._folder.events_path.stat().st_size
        except FileNotFoundError:
            return 0


def _died(code: int, folder: RunFolder) -> RunError:
    return RunError(
        T(
            "The run's process ended without a word (exit code {code}).",
            "运行进程意外结束（退出码 {code}）。",
            code=code,
        ),
        T(
            "Killed from outside or out of memory, most often; its log is {log}.",
            "多半是被外部终止或内存不足；日志见 {log}。",
            log=folder.log_path,
        ),
        T(
            "Go on from its last checkpoint: %ernie_finetune --resume {id}",
            "从最近的检查点继续：%ernie_finetune --resume {id}",
            id=folder.id,
        ),
        code="run.process_died",
    )
