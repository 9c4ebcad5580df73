"""The process that an isolated run has for itself: its beginning, and its unexplained end."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable
from typing import Any, Final

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder
from paddle_lab.runs.events import EventTail
from paddle_lab.runs.reserve import Reserve
from paddle_lab.training.standing import stand_as_before
from paddle_lab.untrusted import open_to_append

_LONGEST_START_S: Final = 60.0
_POLL_S: Final = 0.02


class IsolatedProcess:
    """A worker process of a run. It goes on when the one that started it ends.

    Raises OSError when it cannot be started, UnusableFile when its log.txt is no regular file.
    """

    def __init__(self, folder: RunFolder, command: list[str], environment: dict[str, str]) -> None:
        self._folder = folder
        self._size_before = self._log_size()
        self._tail = EventTail(folder.events_path, self._size_before)
        with os.fdopen(open_to_append(folder.log_path), "ab") as log:
            self._process = subprocess.Popen(
                command,
                env=environment,
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
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._tail.read():
                return
            time.sleep(_POLL_S)

    def terminate(self) -> None:
        """Ask it to leave at once, with its checkpoints whole."""
        self._process.terminate()

    def wait(self) -> RunError | None:
        """Wait for its end; the error of one that ended without a word, else None."""
        code = self._process.wait()
        if self._folder.state().end is not None:
            return None
        error = _died(code, self._folder)
        if self._log_size() == self._size_before:
            # It left no mark by which others could tell that it is gone.
            record_end(self._folder, "failed", error)
        return error

    def _log_size(self) -> int:
        try:
            return self._folder.events_path.stat().st_size
        except FileNotFoundError:
            return 0


def record_end(folder: RunFolder, state: str, error: PaddleLabError | None = None) -> None:
    """Write the end of a run that never began: nobody waits for it, and it can be resumed.

    One that was taken up again and failed stands as it did before.
    """
    now = folder.state()
    events: Iterable[tuple[str, dict[str, Any]]]
    if error is not None and now.before is not None:
        events = stand_as_before(now.before, now.step, error)
    else:
        fields = {} if error is None else {"error": error.to_json()}
        events = [("end", {"state": state, "step": now.step, **fields})]
    try:
        with folder.open_log() as log:
            for kind, content in events:
                log.append(kind, durable=kind == "end", **content)
    except (OSError, RunError):
        # The disk takes nothing; the error itself reaches the person who called.
        pass
    Reserve(folder.reserve_path).release()


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
    )
