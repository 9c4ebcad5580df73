"""The run folder: where a run keeps everything, and the contract between all packages."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from paddle_lab.cell import Cell
from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_json, safe_name
from paddle_lab.runs.checks import check_of
from paddle_lab.runs.events import EventLog, EventTail
from paddle_lab.runs.log_tail import last_lines
from paddle_lab.runs.process import ProcessMark
from paddle_lab.runs.report_form import current_form
from paddle_lab.runs.requests import Request, RequestWatcher, append_request
from paddle_lab.runs.reserve import Reserve
from paddle_lab.runs.spec import RunSpec
from paddle_lab.runs.state import RunState
from paddle_lab.untrusted import MEGABYTE, UnusableFile, read_object, reason_of

FORMAT = 1
#: Larger documents are not read: ``run.json`` has some two kilobytes.
LARGEST_INFO: Final = 4 * MEGABYTE
_SOURCES: Final = "sources.json"
_CELL: Final = "cell.json"
_PARTS: Final = ("train", "dev", "test")
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
    def about_path(self) -> Path:
        """``about.json``: what a person writes about the run."""
        return self.path / "about.json"

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
        if (reason := check_of("RunInfo")(info)) is not None:
            raise _not_made(reason)
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
        """``run.json``. Raises RunError (``run.unreadable``) when it is absent or damaged."""
        try:
            data = read_object(self.info_path, LARGEST_INFO)
        except (OSError, UnusableFile) as error:
            raise unreadable(self.path, "run.json", reason_of(error)) from error
        if (reason := check_of("RunInfo")(data)) is not None:
            raise unreadable(self.path, "run.json", reason)
        return data

    @property
    def id(self) -> str:
        """The run's short id."""
        return str(self.info()["id"])

    def spec(self) -> RunSpec:
        """The run's specification; data that were given anew are where they lie now."""
        spec = RunSpec.from_json(self.info()["spec"])
        try:
            moved = read_object(self.path / _SOURCES, LARGEST_INFO)
        except (OSError, UnusableFile):
            return spec
        parts = {part: moved[part] for part in _PARTS if isinstance(moved.get(part), str)}
        return replace(spec, **parts)

    def keep_sources(self, places: Mapping[str, str]) -> None:
        """Keep where parts of the data lie now. Raises RunError when the folder takes no files."""
        before = self.spec()
        known = {part: getattr(before, part) for part in _PARTS if (self.path / _SOURCES).exists()}
        content = {**known, **places}
        try:
            atomic_write_json(self.path / _SOURCES, content, make_parents=False)
        except OSError as error:
            raise _not_writable(self.path, error) from error

    def keep_cell(self, cell: Cell, language: str | None) -> None:
        """Keep which cell shows the run, in which language if one was chosen.

        Raises RunError when the folder takes no files.
        """
        content = {**cell.to_json(), "shown": time.time(), "language": language}
        try:
            atomic_write_json(self.path / _CELL, content, make_parents=False)
        except OSError as error:
            raise _not_writable(self.path, error) from error

    def shown_in(self) -> dict[str, Any] | None:
        """``cell.json``: the cell that shows the run, and since when; None where no cell does."""
        try:
            content = read_object(self.path / _CELL, MEGABYTE // 16)
        except (OSError, UnusableFile):
            return None
        return content if check_of("ShownIn")(content) is None else None

    def state(self) -> RunState:
        """The run's state now: its events folded, its process looked at.

        Raises RunError (``run.unreadable``) when the log is too large, or no log.
        """
        state = RunState()
        tail = EventTail(self.events_path)
        try:
            for event in tail.events():
                state.fold(event)
        except (OSError, UnusableFile) as error:
            raise unreadable(self.path, "events.jsonl", reason_of(error)) from error
        state.passed_over = tail.passed_over
        self.check_liveness(state)
        return state

    def check_liveness(self, state: RunState) -> None:
        """Look whether a run that seems active has lost its process, or never had one."""
        state.check_liveness()
        if state.live and state.process is None and not self._may_begin():
            # Its process died before it could leave a mark in the events.
            state.state = "crashed"

    def _may_begin(self) -> bool:
        """Whether a run without events is still to come: the process that made it knows."""
        try:
            info = self.info()
        except RunError:
            return False
        maker = ProcessMark.from_json(info.get("process"))
        lives = maker.lives() if maker is not None else None
        return lives if lives is not None else info["created"] >= time.time() - _BEGIN_S

    def reserve_space(self) -> None:
        """Keep back what the end of the run needs. Raises RunError when the disk is full."""
        try:
            Reserve(self.reserve_path).take()
        except OSError as error:
            raise _not_writable(self.path, error) from error

    def open_log(self) -> EventLog:
        """The event log, for the one process that runs the run.

        Raises RunError when the folder takes no files: not ours, read-only, or a full disk.
        """
        try:
            return EventLog(self.events_path)
        except (OSError, UnusableFile) as error:
            raise _not_writable(self.path, error) from error

    def ask(
        self, ask: str, when: str = "step", source: str = "api", *, save: bool = True
    ) -> Request:
        """Ask the live run to stop, pause or resume; a stop without ``save`` makes nothing more."""
        return append_request(self.requests_path, ask, when, source, save=save)

    def watch_requests(self, since: int | None = None) -> RequestWatcher:
        """A watcher that sees requests made from now on, or from the offset ``since`` in the file.

        Raises OSError.
        """
        return RequestWatcher(self.requests_path, since)

    def fingerprint(self) -> str | None:
        """SHA-256 of the rows that the run works on, None before it has read them."""
        facts = self.data_facts()
        return None if facts is None else str(facts["fingerprint"])

    def has_bundle(self) -> bool:
        """Whether there is a bundle; its content is not looked at."""
        return os.path.lexists(self.bundle / "manifest.json")

    def lacks_bundle(self, export: dict[str, Any] | None) -> bool:
        """Whether the run's ``export`` event tells of a failure that nobody made good since."""
        return export is not None and not export["ok"] and not self.has_bundle()

    def data_facts(self) -> dict[str, Any] | None:
        """``data.json``: what the run knows of its rows; None when it is absent or damaged."""
        try:
            facts = read_object(self.path / "data.json", LARGEST_INFO)
        except (OSError, UnusableFile):
            return None
        return facts if check_of("DataFacts")(facts) is None else None

    def report_data(self) -> dict[str, Any] | None:
        """The evaluation report, or None when there is none yet, or none that can be shown."""
        try:
            report = current_form(read_object(self.report / "report.json"))
        except (OSError, KeyError, TypeError, ValueError, AttributeError):
            return None
        return report if check_of("Report")(report) is None else None

    def log_tail(self, lines: int = 200, limit: int = 16_384) -> list[str]:
        """The last lines of ``log.txt``, at most ``limit`` bytes of it."""
        return last_lines(self.log_path, lines, limit)


def unreadable(folder: Path, file: str, reason: str) -> RunError:
    """A file of a run cannot be read, or is not what it should be."""
    return RunError(
        T("This is not a run folder: {path}", "这不是一个运行目录：{path}", path=folder)
        if file == "run.json"
        else T("The run {path} cannot be read.", "无法读取运行 {path}。", path=folder),
        T("{file}: {reason}", "{file}：{reason}", file=file, reason=reason),
        T("`paddle-lab runs list` shows the runs.", "用 `paddle-lab runs list` 查看所有运行。"),
        code="run.unreadable",
    )


def removed_meanwhile(folder: RunFolder) -> RunError:
    """Another process has removed the run while this one worked on it."""
    return RunError(
        T("Run {name} was removed meanwhile.", "运行 {name} 已被删除。", name=folder.path.name),
        T("Another process removed {path}.", "另一个进程删除了 {path}。", path=folder.path),
        T("`paddle-lab runs list` shows the runs.", "用 `paddle-lab runs list` 查看所有运行。"),
        code="run.gone",
    )


def _not_made(reason: str) -> RunError:
    return RunError(
        T("The run cannot be made.", "无法创建运行。"),
        T("run.json: {reason}", "run.json：{reason}", reason=reason),
        code="run.not_writable",
    )


def _not_writable(path: Path, error: OSError | ValueError) -> RunError:
    reason = getattr(error, "strerror", None) or error
    return RunError(
        T("The run's folder cannot be written.", "无法写入运行目录。"),
        T("{path}: {error}", "{path}：{error}", path=path, error=reason),
        T("Choose a writable folder with --out FOLDER.", "请用 --out 指定一个可写的目录。"),
        code="run.not_writable",
    )
