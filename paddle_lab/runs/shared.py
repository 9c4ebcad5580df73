"""The runs in folders of other people below one folder: a workshop's shared volume.

They are read and never written. Whoever may write there is not trusted: no link is followed, not
by the search and not to a file of a run; search, runs of one person and sizes are bounded, so that
one person's flood hides nobody else.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from paddle_lab.paths import USUAL_RUNS
from paddle_lab.runs.folder import RunFolder
from paddle_lab.runs.registry import RefReader, RunRef
from paddle_lab.untrusted import reason_of

#: It is searched for new runs this often, and at most for a twentieth of the time.
SEARCH_EVERY_S: Final = 5.0
_REST: Final = 20.0
#: Folders directly below the shared one: those of people, or runs themselves.
MOST_PEOPLE: Final = 1_000
MOST_RUNS_OF_ONE: Final = 12
#: Of each person's folder so many folders are looked into, down to this depth ...
MOST_FOLDERS: Final = 200
DEEPEST: Final = 4
#: ... and so many names of each.
MOST_NAMES: Final = 2_000


class SharedRuns:
    """Finds the runs below ``root``. Each gets an id of its own: copies of a run are many runs."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.root = root.absolute()
        #: Why ``root`` cannot be searched, in a few words; None when it can.
        self.trouble: str | None = None
        self._clock = clock
        self._reader = RefReader()
        self._found: Sequence[RunRef] = ()
        self._again_at = float("-inf")

    def list(self) -> Sequence[RunRef]:
        """The newest runs of each person, newest first. Blocking; call from a thread."""
        began = self._clock()
        if began >= self._again_at:
            self._found = self._search()
            ended = self._clock()
            self._again_at = ended + max(SEARCH_EVERY_S, _REST * (ended - began))
        return self._found

    def person_of(self, folder: str) -> str | None:
        """Whose run it is, by the folder below ``root`` that it lies in; None for nobody's."""
        try:
            parts = Path(folder).relative_to(self.root).parts
        except ValueError:
            return None
        return parts[0] if len(parts) > 1 else None

    def _search(self) -> Sequence[RunRef]:
        self.trouble = None
        try:
            people = _Listing(self.root, MOST_PEOPLE)
        except OSError as error:
            self.trouble = reason_of(error)
            return []
        found = []
        for name in people.folders:
            runs = [self._ref_of(path) for path in _run_folders(self.root / name)]
            known = sorted((ref for ref in runs if ref), key=lambda ref: ref.created, reverse=True)
            found += known[:MOST_RUNS_OF_ONE]
        self._reader.forget_but({ref.folder.path for ref in found})
        return sorted(found, key=lambda ref: ref.created, reverse=True)

    def _ref_of(self, path: Path) -> RunRef | None:
        ref = self._reader.ref_of(path)
        if ref is None:
            return None
        place = os.fsencode(path.relative_to(self.root))
        return replace(ref, id=hashlib.sha256(place).hexdigest()[:12])


class _Listing:
    """What lies in a folder: other folders, the newest first, and files. Raises OSError."""

    def __init__(self, path: Path, most: int = MOST_NAMES) -> None:
        self.files: set[str] = set()
        #: Links, devices, pipes: not followed, not opened.
        self.odd: set[str] = set()
        folders: dict[str, int] = {}
        with os.scandir(path) as entries:
            for entry in islice(entries, most):
                if entry.is_file(follow_symlinks=False):
                    self.files.add(entry.name)
                elif not entry.is_dir(follow_symlinks=False):
                    self.odd.add(entry.name)
                elif not entry.name.startswith("."):
                    with suppress(OSError):  # gone meanwhile
                        folders[entry.name] = entry.stat(follow_symlinks=False).st_mtime_ns
        self.folders = sorted(folders, key=folders.__getitem__, reverse=True)

    def is_run(self) -> bool:
        """Whether a run lies here, and none of the files that are read is a link."""
        run = RunFolder(Path())
        read = {path.name for path in (run.info_path, run.events_path, run.about_path)}
        return run.info_path.name in self.files and not read & self.odd


def _run_folders(top: Path) -> Iterator[Path]:
    """The folders of runs in ``top`` and below, those in the usual place first."""
    waiting = deque([(top, 0)])
    for _ in range(MOST_FOLDERS):
        if not waiting:
            return
        path, depth = waiting.popleft()
        try:
            listing = _Listing(path)
        except OSError:  # not ours to read, or gone meanwhile
            continue
        if listing.is_run():
            yield path
        elif depth < DEEPEST and path.name == USUAL_RUNS:
            waiting.extendleft((path / name, depth + 1) for name in reversed(listing.folders))
        elif depth < DEEPEST:
            for name in listing.folders:
                put = waiting.appendleft if name == USUAL_RUNS else waiting.append
                put((path / name, depth + 1))
