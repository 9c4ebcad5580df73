"""The run folder: where a run keeps everything, and the contract between all rooms."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_json, safe_name
from paddle_lab.runs.events import EventLog, read_events
from paddle_lab.runs.process import ProcessMark
from paddle_lab.runs.report_form import current_form
from paddle_lab.runs.requests import Request, RequestWatcher, append_request
from paddle_lab.runs.spec import RunSpec
from paddle_lab.runs.state import RunState

FORMAT = 1
# By then a run has written its first event, also on a machine that is busy.
_BEGIN_S = 120.0


@dataclass(frozen=True)
class RunFolder:
    """A run on disk. Cheap to make; nothing is read before it is asked for."""

    path: Path

    @property
    def info_path(self) -> Path:
        """``run.json``, written once."""
        return self.path / "run.json"

    @property
    def events_path(self) -> Path:
        """``events.jsonl``, append-only."""
        return self.path / "events.jsonl"

    @property
    def requests_path(self) -> Path:
        """``requests.jsonl``, append-only."""
        return self.path / "requests.jsonl"

    @property
    def claim_path(self) -> Path:
        """``claim.lock``, held by the process that takes the run up or away."""
        return self.path / "claim.lock"

    @property
    def reserve_path(self) -> Path:
        """``.reserve``, space kept back while the run is written."""
        return self.path / ".reserve"

    @property
    def log_path(self) -> Path:
        """``log.txt``: all that Paddle and PaddleNLP print."""
        return self.path / "log.txt"

    @property
    def checkpoints(self) -> Path:
        """Folder of whole checkpoints."""
        return self.path / "checkpoints"

    @property
    def report(self) -> Path:
        """Folder of the evaluation report."""
        return self.path / "report"

    @property
    def bundle(self) -> Path:
        """Folder of the exported inference model."""
        return self.path / "bundle"

    @classmethod
    def create(cls, spec: RunSpec, root: Path, **facts: Any) -> RunFolder:
        """Make a new folder ``<name>-<short id>`` below ``root`` and write ``run.json``.

        ``facts`` are added to ``run.json`` (data fingerprint, versions, host, kernel, notebook).
        Raises RunError when the folder cannot be written.
        """
        run_id = secrets.token_hex(4)
        folder = cls((root / f"{safe_name(spec.name)}-{run_id}").absolute())
        info = {
            "format": FORMAT,
            "id": run_id,
            "name": spec.name,
            "created": time.time(),
            "process": ProcessMark.of_this_process().to_json(),
            "spec": spec.to_json(),
            **facts,
        }
        try:
            folder.path.mkdir(parents=True)
            atomic_write_json(folder.info_path, info)
        except (OSError, ValueError) as error:
            raise _not_writable(folder.path, error) from error
        return folder

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """An existing run folder. Raises RunError when ``path`` is none."""
        folder = cls(Path(path).absolute())
        folder.info()
        return folder

    def info(self) -> dict[str, Any]:
        """``run.json``. Raises RunError when it is absent or damaged."""
        try:
            data = json.loads(self.info_path.read_text(encoding="utf-8"))
            if not isinstance(data["spec"], dict) or not isinstance(data["id"], str):
                raise ValueError("not a run")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(
                T("This is not a run folder: {path}", "这不是一个运行目录：{path}", path=self.path),
                T(
                    "run.json is absent or damaged ({error}).",
                    "run.json 不存在或已损坏（{error}）。",
                    error=error,
                ),
                T(
                    "`paddle-lab runs list` shows the runs.",
                    "用 `paddle-lab runs list` 查看所有运行。",
                ),
            ) from error
        return dict(data)

    @property
    def id(self) -> str:
        """The run's short id."""
        return str(self.info()["id"])

    def spec(self) -> RunSpec:
        """The run's specification."""
        return RunSpec.from_json(self.info()["spec"])

    def state(self) -> RunState:
        """The run's state now: its events folded, its process looked at."""
        state = RunState()
        for event in read_events(self.events_path):
            state.fold(event)
        state.check_liveness()
        if state.live and state.process is None and not self._may_begin():
            # Its process died before it could leave a mark in the events.
            state.state = "crashed"
        return state

    def _may_begin(self) -> bool:
        """Whether a run without events is still to come: the process that made it knows."""
        try:
            info = self.info()
            maker = ProcessMark.from_json(info.get("process"))
            lives = maker.lives() if maker is not None else None
            if lives is not None:
                return lives
            return float(info["created"]) >= time.time() - _BEGIN_S
        except (RunError, KeyError, TypeError, ValueError):
            return False

    def open_log(self) -> EventLog:
        """The event log, for the one process that runs the run.

        Raises RunError when the folder takes no files: not ours, read-only, or a full disk.
        """
        try:
            return EventLog(self.events_path)
        except OSError as error:
            raise _not_writable(self.path, error) from error

    def ask(
        self, ask: str, when: str = "step", source: str = "api", *, save: bool = True
    ) -> Request:
        """Ask the live run to stop, pause or resume; a stop without ``save`` makes nothing more."""
        return append_request(self.requests_path, ask, when, source, save=save)

    def watch_requests(self, since: int | None = None) -> RequestWatcher:
        """A watcher that sees requests made from now on, or from the place ``since`` in the file.

        Raises OSError.
        """
        return RequestWatcher(self.requests_path, since)

    def fingerprint(self) -> str | None:
        """SHA-256 of the rows that the run works on, None before it has read them."""
        try:
            data = json.loads((self.path / "data.json").read_text(encoding="utf-8"))
            return str(data["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def report_data(self) -> dict[str, Any] | None:
        """The evaluation report, or None when there is none yet."""
        try:
            data = json.loads((self.report / "report.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        try:
            return current_form(data) if isinstance(data, dict) else None
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def log_tail(self, lines: int = 200, limit: int = 16_384) -> list[str]:
        """The last lines of ``log.txt``, at most ``limit`` bytes of it."""
        try:
            with self.log_path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - limit))
                content = file.read()
        except OSError:
            return []
        tail = content.decode("utf-8", errors="replace").splitlines()
        return tail[1:][-lines:] if size > limit else tail[-lines:]


def removed_meanwhile(folder: RunFolder) -> RunError:
    """Another process has removed the run while this one worked on it."""
    return RunError(
        T("Run {name} was removed meanwhile.", "运行 {name} 已被删除。", name=folder.path.name),
        T("Another process removed {path}.", "另一个进程删除了 {path}。", path=folder.path),
        T("`paddle-lab runs list` shows the runs.", "用 `paddle-lab runs list` 查看所有运行。"),
        code="run.gone",
    )


def _not_writable(path: Path, error: OSError | ValueError) -> RunError:
    reason = getattr(error, "strerror", None) or error
    return RunError(
        T("The run's folder cannot be written.", "无法写入运行目录。"),
        T("{path}: {error}", "{path}：{error}", path=path, error=reason),
        T("Choose a writable folder with --out FOLDER.", "请用 --out 指定一个可写的目录。"),
    )
