"""The runs that are known: pointers in Jupyter's data folder, and those that lie where one stands.

By the pointers any view finds the runs of any notebook. Runs in ``./paddle_runs`` need none: they
came with the folder, from another machine, another home or another user.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_json, data_dir, expanded, runs_dir
from paddle_lab.runs.about import read_about
from paddle_lab.runs.checks import check_of
from paddle_lab.runs.folder import RunFolder, unreadable
from paddle_lab.text.close_names import close_names
from paddle_lab.text.short import shortened
from paddle_lab.untrusted import MEGABYTE, UnusableFile, read_object

_MOST_AHEAD_S: Final = 2 * 86_400.0
_TICK_S: Final = 1e-3
_LARGEST_ENTRY: Final = MEGABYTE // 16
_MOST_HERE: Final = 10_000


@dataclass(frozen=True)
class RunRef:
    """A registered run: enough to list it without opening its folder."""

    id: str
    name: str
    created: float
    folder: RunFolder

    def __repr__(self) -> str:
        """Short, for lists of them."""
        return f"<RunRef {self.folder.path.name}>"


class RefReader:
    """Finds the run in a folder; its ``run.json`` is read again only when it has changed."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[int, RunRef]] = {}

    def ref_of(self, path: Path) -> RunRef | None:
        """The run in a folder; None where there is none, or none that can be read."""
        folder = RunFolder(path)
        try:
            stamp = folder.info_path.stat().st_mtime_ns
            before = self._read.get(path)
            if before is not None and before[0] == stamp:
                return before[1]
            info = folder.info()
        except (OSError, RunError):
            return None
        ref = RunRef(info["id"], info["name"], float(info["created"]), folder)
        self._read[path] = stamp, ref
        return ref

    def forget_but(self, paths: Collection[Path]) -> None:
        """Keep in memory only what was read of ``paths``."""
        self._read = {path: read for path, read in self._read.items() if path in paths}


class Registry:
    """The runs known to this user, and those below ``here``. Others may add or remove runs always.

    Without a ``root`` the registry is that of the user, and ``here`` is where new runs are made.
    Nothing is written to list or find a run that lies there. Of two folders of one id, a run and
    its copy, the one that lies there is meant: what is done to it does nothing to the other.
    """

    def __init__(self, root: Path | None = None, here: Path | None = None) -> None:
        self.root = root if root is not None else data_dir() / "runs"
        self._here = runs_dir() if root is None and here is None else here
        self._reader = RefReader()
        self._entries_read: dict[str, tuple[tuple[int, ...] | None, RunRef | None]] = {}

    def add(self, folder: RunFolder) -> RunRef:
        """Register a run folder. Raises OSError when the registry cannot be written.

        An id that already names another folder, still there, is left to it: a copied or made-up
        ``run.json`` takes no entry away.
        """
        info = folder.info()
        ref = RunRef(info["id"], info["name"], float(info["created"]), folder)
        entry = {"id": ref.id, "name": ref.name, "created": ref.created, "folder": str(folder.path)}
        if (reason := check_of("Entry")(entry)) is not None:
            raise unreadable(folder.path, "run.json", reason)
        path = self.root / f"{ref.id}.json"
        other = _entry(path)
        if other is None or other.folder == folder or not _is_there(other.folder):
            atomic_write_json(path, entry)
        return ref

    def list(self) -> list[RunRef]:
        """Runs whose folder still exists, newest first."""
        return sorted(self._entries(), key=lambda ref: ref.created, reverse=True)

    def get(self, run_id: str) -> RunRef | None:
        """The run with exactly this id."""
        return next((ref for ref in self._entries() if ref.id == run_id), None)

    def find(self, wanted: str) -> RunRef:
        """A run by ``last``, number in the list (1 is the newest), id, name, folder name or path.

        Raises RunError, with close matches, when there is none.
        """
        return self._find(wanted, self.list())

    def find_all(self, wanted: Iterable[str]) -> Sequence[RunRef]:
        """As :meth:`find`, each run once; all numbers are positions in one and the same list."""
        runs = self.list()
        found = (self._find(word, runs) for word in wanted)
        return list({ref.id: ref for ref in found}.values())

    def _find(self, wanted: str, runs: Sequence[RunRef]) -> RunRef:
        if wanted == "last" and runs:
            return runs[0]
        if re.fullmatch(r"[1-9][0-9]{0,3}", wanted) and int(wanted) <= len(runs):
            return runs[int(wanted) - 1]
        for ref in runs:
            name = read_about(ref.folder).name or ref.name
            if wanted in (ref.id, name, ref.folder.path.name, str(ref.folder.path)):
                return ref
        path = folder_named(wanted)
        # A path is meant as one, and told when no run is in it; a word may be a folder's by chance.
        if path is not None and (_has_info(path) or "/" in wanted or "\\" in wanted):
            return self.adopt(RunFolder.open(path))
        raise _no_such_run(wanted, runs)

    def adopt(self, folder: RunFolder) -> RunRef:
        """Register a run that was made elsewhere; no error where the registry cannot be written.

        Raises RunError when its ``run.json`` cannot be read.
        """
        info = folder.info()
        try:
            return self.add(folder)
        except OSError:
            return RunRef(info["id"], info["name"], float(info["created"]), folder)

    def remove(self, ref: RunRef) -> None:
        """Forget a run; its folder stays. Another folder that has its id stays known."""
        path = self.root / f"{ref.id}.json"
        entry = _entry(path)
        if entry is None or entry.folder == ref.folder:
            path.unlink(missing_ok=True)

    def forget_gone(self, parent: Path) -> None:
        """Forget the runs whose folder was in ``parent`` and is there no more.

        Only for a folder that is seen: a disk that went away brings its runs back with it.
        """
        for path, ref in self._all_entries():
            if ref.folder.path.parent == parent and not os.path.lexists(ref.folder.path):
                path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[RunRef]:
        registered = [ref for _, ref in self._all_entries() if _is_there(ref.folder)]
        here = self._runs_here({ref.folder.path: ref for ref in registered})
        yield from (ref for ref in registered if ref.id not in here)
        yield from here.values()

    def _runs_here(self, known: Mapping[Path, RunRef]) -> dict[str, RunRef]:
        """The runs in the folder where new ones are made, by id; of those known nothing is read."""
        if self._here is None:
            return {}
        try:
            names = [entry.name for entry in islice(os.scandir(self._here), _MOST_HERE)]
        except OSError:  # there is none, or it is another user's
            return {}
        root = self._here.absolute()
        found = {}
        for path in (root / name for name in names if not name.startswith(".")):
            ref = known.get(path) or self._reader.ref_of(path)
            if ref is not None:
                found[ref.id] = ref
        return found

    def _all_entries(self) -> Iterator[tuple[Path, RunRef]]:
        """Every entry and its file; one that has not changed is not read again."""
        seen = _files_of(self.root)
        for found in seen:
            path, stamp = Path(found.path), _stamp(found)
            known = self._entries_read.get(found.name)
            ref = known[1] if known is not None and known[0] == stamp else _entry(path)
            self._entries_read[found.name] = stamp, ref
            if ref is not None:
                yield path, ref
        for gone in self._entries_read.keys() - {found.name for found in seen}:
            self._entries_read.pop(gone, None)

    def next_moment(self) -> float:
        """The time at which a new run is made: after that of every run, so that it is the last.

        A clock that was set back would make it older. A run that is more than two days ahead says
        nothing of the clock.
        """
        now = time.time()
        ahead = [ref.created for ref in self._entries() if now <= ref.created < now + _MOST_AHEAD_S]
        return max(ahead, default=now - _TICK_S) + _TICK_S


def _files_of(root: Path) -> list[os.DirEntry[str]]:
    """The registry's files; none where there is no registry or it is another user's."""
    try:
        return [found for found in os.scandir(root) if found.name.endswith(".json")]
    except OSError:
        return []


def _stamp(found: os.DirEntry[str]) -> tuple[int, ...] | None:
    """What changes with a file, as entries are exchanged whole; None for one that went away."""
    try:
        about = found.stat()
    except OSError:
        return None
    return about.st_ino, about.st_size, about.st_mtime_ns


def _entry(path: Path) -> RunRef | None:
    """The run that a registry's file names, or None: a file that names another than its own id
    would let two runs be taken for one.
    """
    try:
        entry = read_object(path, _LARGEST_ENTRY)
    except (OSError, UnusableFile):
        return None
    if check_of("Entry")(entry) is not None or entry["id"] != path.stem:
        return None
    folder = RunFolder(Path(entry["folder"]))
    return RunRef(entry["id"], entry["name"], float(entry["created"]), folder)


def _is_there(folder: RunFolder) -> bool:
    """Whether there is a run to list, also one that cannot be read.

    A disk that went away must not hide the runs on others.
    """
    try:
        folder.info_path.lstat()
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EPERM, errno.ELOOP)
    return True


def _has_info(path: Path) -> bool:
    try:
        return (path / "run.json").is_file()
    except OSError:  # another user's
        return False


def folder_named(wanted: str) -> Path | None:
    """The folder that a person's word names, or None: a word may be anything, also a long text."""
    try:
        path = expanded(wanted)
        return path if path.is_dir() else None
    except (OSError, ValueError):  # a name too long, a NUL
        return None


def _no_such_run(wanted: str, runs: Sequence[RunRef]) -> RunError:
    if not runs:
        return RunError(
            T("There is no run yet.", "还没有任何运行。"),
            fix=T("Start one: %ernie_finetune reviews", "先开始一次：%ernie_finetune reviews"),
            code="run.not_found",
        )
    names = [name for ref in runs for name in (ref.name, ref.folder.path.name)]
    close = close_names(wanted, names, most=3)
    known = ", ".join(close or [ref.folder.path.name for ref in runs[:3]])
    return RunError(
        T("No run '{wanted}'.", "没有名为“{wanted}”的运行。", wanted=shortened(wanted, 80)),
        T("Known: {known}.", "已有：{known}。", known=known),
        T(
            "`last`, a number, a name, an id or a folder will do; %ernie_runs list shows all.",
            "可用 last、编号、名称、短 id 或目录；%ernie_runs list 列出全部。",
        ),
        code="run.not_found",
    )
