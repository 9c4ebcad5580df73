"""Files that Python would import in place of an installed module or one of its own."""

from __future__ import annotations

import importlib.machinery
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from paddle_lab.environment.probes.apart import apart
from paddle_lab.environment.probes.importers import Importer, importers
from paddle_lab.environment.probes.packages import Distribution, distributions, normal
from paddle_lab.environment.probes.records import read_record, record_text
from paddle_lab.environment.probes.requires import ROOTS
from paddle_lab.environment.probes.sources import known_to_import_none
from paddle_lab.environment.redact import clean

_MOST_ENTRIES = 5000
_MOST_FOUND = 50
_MOST_FOLDERS = 20
_SITES = ("site-packages", "dist-packages")


class Candidate(NamedTuple):
    """A module that an import of ``name`` would run, in a folder that comes before the others."""

    name: str
    path: str
    folder: str
    where: str  # "working folder", "PYTHONPATH" or "path"


def hiding(path: list[str] | None = None) -> dict[str, Any]:
    """The sections ``hiding`` and ``shadows``.

    ``hiding``: ``module``, ``path``, ``where``, ``owner`` and ``version`` of what is hidden
    ("Python" for the standard library, "" for a name that nothing installed has but a package tries
    to import), and ``imported_by``: the fields of an :class:`Importer`, or None. ``shadows``:
    those of them that stand in the way of Paddle, with ``module`` and ``path``.
    """
    path = sys.path if path is None else path
    standard, installed, owners = _standard(), _installed(path), Owners(path)
    candidates = [
        candidate
        for candidate in _candidates(path)
        if not _unhidable(candidate.name) and not _own_checkout(candidate, owners)
    ]
    names = {candidate.name for candidate in candidates}
    used = importers(names, names & standard, names & installed, path)
    found = []
    for candidate in candidates:
        by = used.get(candidate.name)
        known = candidate.name in standard or candidate.name in installed
        if known or (by is not None and by.at_import):
            own = candidate.name in standard
            owner = None if own else owners.of(candidate.name)
            found.append(_told(candidate, by, owner, standard=own))
    found = [entry for entry in found if entry["owner"] != "Python" or entry["imported_by"]]
    return {
        "hiding": found[:_MOST_FOUND],
        "shadows": [
            {"module": entry["module"], "path": entry["path"]}
            for entry in found[:_MOST_FOUND]
            if in_the_way(entry)
        ],
    }


def hidden() -> dict[str, Any]:
    """:func:`hiding` of this process, asked of another one where there is something to look into.

    That one is started with none of the modules that may be hidden here; mostly it is known at once
    that nothing imports what lies in the working folder.
    """
    names = {candidate.name for candidate in _candidates(sys.path)}
    names = {name for name in names if not _unhidable(name)}
    known = _standard() | _installed(sys.path)
    if not names or (not names & known and known_to_import_none(sys.path, names)):
        return {"hiding": [], "shadows": []}
    return apart("hiding", "hiding")


def in_the_way(entry: dict[str, Any]) -> bool:
    """Does an import of Paddle or PaddleNLP meet what is hidden?"""
    by = entry["imported_by"]
    return bool(entry["owner"]) and (
        normal(entry["owner"]) in ROOTS or bool(by and by["at_import"])
    )


def _told(
    candidate: Candidate, by: Importer | None, owner: Distribution | None, *, standard: bool
) -> dict[str, Any]:
    return {
        "module": candidate.name,
        "path": clean(candidate.path),
        "where": candidate.where,
        "owner": "Python" if standard else owner.name if owner else "",
        "version": "" if owner is None else owner.version,
        "imported_by": by._asdict() if by else None,
    }


def _standard() -> frozenset[str]:
    names = getattr(sys, "stdlib_module_names", None)  # from Python 3.10 on
    if names is None:
        root = sysconfig.get_path("stdlib")
        names = {name.partition(".")[0] for name in _entries(root) if not name.startswith("_")}
        names -= set(_SITES)
    return frozenset(names)


def _unhidable(name: str) -> bool:
    """Built into the interpreter, or part of its start: found before any folder is looked at."""
    if name in sys.builtin_module_names or name in ("__main__", "conftest", "setup"):
        return True
    return importlib.machinery.FrozenImporter.find_spec(name) is not None


def _installed(path: list[str]) -> set[str]:
    """Names that an import finds in the site-packages folders."""
    found = set()
    for entry in path:
        if entry.endswith(_SITES):
            for name in _entries(entry):
                stem = name.partition(".")[0]
                if stem.isidentifier() and not name.endswith((".dist-info", ".egg-info", ".pth")):
                    found.add(stem)
    return found


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder)[:_MOST_ENTRIES])
    except OSError:  # gone or closed: an import finds nothing in it either
        return []


def _folders(path: list[str]) -> Iterator[tuple[str, str]]:
    """Folders that come before site-packages when a script of the working folder runs."""
    library = os.path.realpath(sysconfig.get_path("stdlib") or "/nowhere")
    try:
        here = os.getcwd()
    except OSError:  # it was deleted: `process` says so
        here = ""
    given = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    before = []
    for entry in path:
        if entry.endswith(_SITES):
            break
        before.append(entry)
    seen = set()
    for where, folders in (("working folder", [here]), ("PYTHONPATH", given), ("path", before)):
        for folder in folders[:_MOST_FOLDERS]:
            whole = os.path.abspath(folder) if folder else ""
            real = os.path.realpath(whole) if whole else ""
            inside = real == library or real.startswith(library + os.sep)
            programs = os.path.basename(real) in ("bin", "Scripts") and where == "path"
            if whole and real not in seen and not inside and not programs:
                seen.add(real)
                if not whole.endswith(_SITES) and os.path.isdir(whole):
                    yield where, whole


def _candidates(path: list[str]) -> Iterator[Candidate]:
    suffixes = importlib.machinery.all_suffixes()
    for where, folder in _folders(path):
        names = _entries(folder)
        if any(name.endswith(".dist-info") for name in names):
            continue  # a folder that packages were installed into
        taken = set()
        for entry in names:
            whole = os.path.join(folder, entry)
            suffix = next((end for end in suffixes if entry.endswith(end)), None)
            name = entry[: -len(suffix)] if suffix else entry
            if suffix is None:
                whole = os.path.join(whole, "__init__.py")
            if name.isidentifier() and name not in taken and os.path.isfile(whole):
                taken.add(name)
                yield Candidate(name, whole, folder, where)


_PROJECT_NAME = re.compile(r"""^\s*name\s*=\s*["']?([A-Za-z0-9][\w.\-]*)""", re.M)
_SETUP_NAME = re.compile(r"""\bname\s*=\s*["']([A-Za-z0-9][\w.\-]*)""")


def _own_checkout(candidate: Candidate, owners: Owners) -> bool:
    """Is the folder the source of the very distribution that the module belongs to?

    A source that needs compiled parts cannot be imported from its folder: that hides the installed
    one after all.
    """
    for folder in (candidate.folder, os.path.dirname(candidate.folder)):
        for file in ("pyproject.toml", "setup.cfg", "setup.py"):
            try:
                with open(os.path.join(folder, file), encoding="utf-8", errors="replace") as opened:
                    text = opened.read(200_000)
            except OSError:  # no project file here
                continue
            pattern = _SETUP_NAME if file == "setup.py" else _PROJECT_NAME
            names = {normal(name) for name in pattern.findall(text)}
            owner = owners.of(candidate.name)
            if owner is not None and owner.name in names:
                return not _lacks_compiled_parts(candidate, owner)
            if owner is None and normal(candidate.name) in names:
                return True
    return False


def _lacks_compiled_parts(candidate: Candidate, owner: Distribution) -> bool:
    compiled = [
        entry[0]
        for entry in read_record(owner) or []
        if entry[0].startswith(f"{candidate.name}/") and entry[0].endswith((".so", ".pyd"))
    ]
    there = (os.path.exists(os.path.join(candidate.folder, file)) for file in compiled)
    return bool(compiled) and not any(there)


class Owners:
    """Which distribution has a module at its top, by the records of all."""

    def __init__(self, path: list[str]) -> None:
        self._path = path
        self._known: dict[str, Distribution | None] = {}

    @cached_property
    def _records(self) -> list[tuple[Distribution, str]]:
        return [(item, "\n" + record_text(item)) for item in distributions(self._path)]

    def of(self, name: str) -> Distribution | None:
        """The distribution that has the module ``name``; None when no record tells."""
        if name not in self._known:
            ways = (f"\n{name}/", f"\n{name}.")
            found = (item for item, text in self._records if any(way in text for way in ways))
            self._known[name] = next(found, None)
        return self._known[name]
