"""The folder of a search, which lies beside those of its runs, and how it is found again.

```
paddle_runs/<name>-search-<id>/
  search.json      written once: what is the same for all trials, what varies, how it is judged
  trials.json      how it stands: rewritten whole after each change; all that a view reads
  study.journal    Optuna's own memory, which proposes the next trial; all that work on it write it
  study.db         the same of a search of before, which is taken over when it goes on
  workers/         a file for each process that joined: its trials, and that it lives
  requests.jsonl   append-only, as that of a run
  claim.lock       locked while a process takes the search up
  data/            rows of notebook variables, so that another process can go on
```
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_json, data_dir, runs_dir, safe_name
from paddle_lab.runs import ProcessMark, RunFolder
from paddle_lab.runs.registry import folder_named
from paddle_lab.runs.requests import Request, RequestWatcher, append_request, requests_size
from paddle_lab.search.plan import CHECK_PLAN, SearchPlan
from paddle_lab.search.stands import CHECK_TRIALS
from paddle_lab.text.close_names import did_you_mean
from paddle_lab.text.short import shortened
from paddle_lab.untrusted import MEGABYTE, UnusableFile, read_object, reason_of

_LARGEST: Final = 16 * MEGABYTE
_MOST_HERE: Final = 10_000
#: More than clocks of machines that work together differ by.
_SILENT_S: Final = 600.0


@dataclass(frozen=True)
class SearchFolder:
    """A search on disk. Cheap to make; nothing is read before it is asked for."""

    path: Path

    @property
    def plan_path(self) -> Path:
        """``search.json``, written once."""
        return self.path / "search.json"

    @property
    def study_path(self) -> Path:
        """``study.journal``."""
        return self.path / "study.journal"

    @property
    def older_study_path(self) -> Path:
        """``study.db``, which earlier versions wrote."""
        return self.path / "study.db"

    @property
    def workers_path(self) -> Path:
        """``workers/``, for those that join."""
        return self.path / "workers"

    @property
    def claim_path(self) -> Path:
        """``claim.lock``, held by the process that takes the search up."""
        return self.path / "claim.lock"

    @property
    def data(self) -> RunFolder:
        """Where rows of notebook variables lie, as in a run's folder."""
        return RunFolder(self.path)

    @classmethod
    def create(cls, root: Path, **asked: Any) -> SearchFolder:
        """Make a folder ``<name>-search-<id>`` below ``root``; ``asked`` is the plan's.

        Raises RunError when it cannot be written.
        """
        found = secrets.token_hex(4)
        plan = SearchPlan(id=found, created=time.time(), **asked)
        folder = cls((root / f"{safe_name(plan.name)}-search-{found}").absolute())
        try:
            folder.path.mkdir(parents=True)
            atomic_write_json(folder.plan_path, plan.to_json())
            pointer = {"id": found, "folder": str(folder.path)}
            atomic_write_json(_registry() / f"{found}.json", pointer)
        except (OSError, ValueError) as error:
            raise _not_writable(folder.path, error) from error
        return folder

    def run(self, name: str) -> RunFolder:
        """The run of a trial, which lies beside the search, wherever both were moved.

        A search that came from elsewhere names no run in another place. Raises RunError.
        """
        plain = Path(name).name == name
        return RunFolder.open(self.path.parent / (name if plain else "-"))

    def plan(self) -> SearchPlan:
        """What was asked for. Raises RunError (``run.unreadable``) when it cannot be read."""
        return SearchPlan.from_json(self._read(self.plan_path, CHECK_PLAN))

    def trials(self) -> dict[str, Any]:
        """How it stands, as ``trials.json`` has it; its state ``crashed`` when nobody is at work.

        Before the first trial there is none. Raises RunError when the file is damaged.
        """
        if not self.path.joinpath("trials.json").exists():
            return {"state": "stopped", "seconds": 0.0, "trials": []}
        found = self._read(self.path / "trials.json", CHECK_TRIALS)
        if found["state"] == "running":
            process = ProcessMark.from_json(found.get("process"))
            lives = False if process is None else process.lives()
            if lives is None:  # on another machine: it writes every second while it lives
                lives = self._age() < _SILENT_S
            if not lives:
                found["state"] = "crashed"
        return found

    def process(self) -> ProcessMark | None:
        """The process that wrote ``trials.json`` last; None where that cannot be read."""
        try:
            return ProcessMark.from_json(self.trials().get("process"))
        except RunError:
            return None

    def _age(self) -> float:
        """Seconds since ``trials.json`` was written, by clocks that may differ."""
        try:
            return time.time() - (self.path / "trials.json").stat().st_mtime
        except OSError:
            return 0.0

    def keep_trials(self, content: Mapping[str, Any]) -> None:
        """Rewrite ``trials.json``. Raises OSError."""
        atomic_write_json(self.path / "trials.json", dict(content), make_parents=False)

    @property
    def live(self) -> bool:
        """Whether a process is at work on it, as far as can be told."""
        try:
            return bool(self.trials()["state"] == "running")
        except RunError:
            return False

    def ask_to_stop(self, source: str) -> Request:
        """Ask the search to stop. Raises RunError when the folder takes no files."""
        return append_request(self.path / "requests.jsonl", "stop", source=source)

    def requests(self) -> RequestWatcher:
        """Watches what is asked from now on."""
        path = self.path / "requests.jsonl"
        return RequestWatcher(path, requests_size(path))

    def _read(self, path: Path, check: Any) -> dict[str, Any]:
        try:
            data = read_object(path, _LARGEST)
            reason = check(data)
        except (OSError, UnusableFile) as error:
            data, reason = {}, reason_of(error)
        if reason is None:
            return data
        raise RunError(
            T("This is not the folder of a search: {path}", "这不是一个搜索目录：{path}",
              path=self.path),
            T("{file}: {reason}", "{file}：{reason}", file=path.name, reason=reason),
            T("See all of them: %ernie_search --list", "查看全部：%ernie_search --list"),
            code="run.unreadable",
        )  # fmt: skip


def searches() -> list[SearchFolder]:
    """The searches of this user and those that lie where new runs are made, newest first."""
    found = {}
    for folder in (*_registered(), *_here()):
        try:
            found[folder.path] = folder.plan().created
        except RunError:
            continue
    return [SearchFolder(path) for path in sorted(found, key=lambda one: -found[one])]


def find_search(wanted: str) -> SearchFolder:
    """A search by ``last``, id, name, name of its folder, or path. Raises RunError."""
    known = searches()
    if wanted == "last" and known:
        return known[0]
    for folder in known:
        plan = folder.plan()
        if wanted in (plan.id, folder.path.name, str(folder.path), f"{plan.name}-search"):
            return folder
    path = folder_named(wanted)
    if path is not None and (path / "search.json").is_file():
        return SearchFolder(path.absolute())
    names = [folder.path.name for folder in known]
    raise RunError(
        T("No search '{wanted}'.", "没有名为“{wanted}”的搜索。", wanted=shortened(wanted, 80)),
        T("Known: {known}.", "已有：{known}。", known=", ".join(names[:3]) or "–"),
        did_you_mean(wanted, names)
        or T("See all of them: %ernie_search --list", "查看全部：%ernie_search --list"),
        code="run.not_found",
    )


def _registry() -> Path:
    return data_dir() / "searches"


def _registered() -> Iterator[SearchFolder]:
    try:
        paths = list(_registry().glob("*.json"))
    except OSError:
        return
    for path in paths[:_MOST_HERE]:
        try:
            folder = read_object(path, MEGABYTE // 16).get("folder")
        except (OSError, UnusableFile):
            continue
        if isinstance(folder, str):
            yield SearchFolder(Path(folder))


def _here() -> Iterator[SearchFolder]:
    root = runs_dir().absolute()
    try:
        names = [entry.name for entry in os.scandir(root) if "-search-" in entry.name]
    except OSError:
        return
    yield from (SearchFolder(root / name) for name in names[:_MOST_HERE])


def _not_writable(path: Path, error: OSError | ValueError) -> RunError:
    return RunError(
        T("The search's folder cannot be written.", "无法写入搜索目录。"),
        T("{path}: {error}", "{path}：{error}", path=path,
          error=getattr(error, "strerror", None) or error),
        T("Choose a writable folder with --out FOLDER.", "请用 --out 指定一个可写的目录。"),
        code="run.not_writable",
    )  # fmt: skip
