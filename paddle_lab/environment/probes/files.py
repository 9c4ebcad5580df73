"""Every installed file against the record of its distribution: is it there, is it whole?

Existence and size only, one listing a folder, so that tens of thousands of files take a fraction of
a second; what differs in size is looked into.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from functools import cached_property
from typing import Any

from paddle_lab.environment.probes.damage import (
    harmless_name,
    is_library,
    is_metadata,
    is_test,
    state_of,
)
from paddle_lab.environment.probes.kept import keep, recall
from paddle_lab.environment.probes.packages import Distribution, distributions
from paddle_lab.environment.probes.records import Entry, read_record
from paddle_lab.environment.probes.requires import needed, requirements
from paddle_lab.environment.probes.unchanged import Seen, found_then, key_of_files, size_of
from paddle_lab.environment.redact import clean

BUDGET_SECONDS = 4.0  # of the processor, which a busy machine gives slowly
_LONGEST = 3.0  # times as long by the clock: on a network file system it may take minutes
# conda and systems build packages out of a wheel's files, change them, and keep its record.
_REBUILDERS = frozenset(["conda", "debian", "rpm", ""])
_MOST_EXAMPLES = 8
_MOST_DISTRIBUTIONS = 60


class _Owner:
    """A distribution with the files that its record names, and what was found of them."""

    def __init__(self, item: Distribution, entries: list[Entry]) -> None:
        self.item = item
        self.entries = entries
        self.found: dict[str, list[dict[str, Any]]] = {"damaged": [], "changed": []}
        self.count = {"damaged": 0, "changed": 0}
        self.others = 0  # files of another version of the same distribution

    def add(self, entry: Entry, state: str, size: int | None) -> None:
        kind = "changed" if state == "changed" else "damaged"
        self.count[kind] += 1
        if len(self.found[kind]) < _MOST_EXAMPLES:
            self.found[kind].append(
                {"path": entry[0][:300], "state": state, "size": size, "recorded": entry[2]}
            )

    @cached_property
    def installer(self) -> str:
        """The tool that installed it, in small letters."""
        return _installer(self.item)

    @property
    def key(self) -> tuple[str, str]:
        """A name stands once in a folder, unless its metadata stand there twice."""
        return self.item.name, self.item.site

    def told(self, kind: str) -> dict[str, Any]:
        return {
            "version": self.item.version,
            "site": clean(self.item.site),
            "count": self.count[kind],
            "of": sum(".dist-info/" not in entry[0] for entry in self.entries),
            "files": self.found[kind],
        }


_Claim = tuple[_Owner, Entry]


def files(budget_s: float = BUDGET_SECONDS) -> dict[str, Any]:
    """What the records name and the disk lacks or holds in another size.

    ``checked``: number of files; ``damaged`` and ``changed``: distribution to ``version``,
    ``site``, ``count``, ``of`` (files of the package) and the first few ``files`` (``path`` below
    ``site``, ``state``, ``size`` and ``recorded`` in bytes); ``overlaps``: files that several
    distributions own with different contents; ``doubles``: distributions whose metadata stand twice
    in one folder, each ``version`` with the number of files that are ``wrong``; ``unowned``:
    packages beside them that no record names; ``complete``: False when ``budget_s`` was over before
    all were looked at.

    While no record changes and every file has the size that it had, so is what was found.
    """
    installed = list(distributions())
    key = key_of_files(installed)
    known = found_then(recall("files", key))
    if known is not None:
        return known
    seen = Seen()
    found = _looked(installed, budget_s, seen)
    if found["complete"]:
        keep("files", key, seen.memory(found))
    return found


def _looked(installed: list[Distribution], budget_s: float, seen: Seen) -> dict[str, Any]:
    processor, clock = time.thread_time() + budget_s, time.monotonic() + _LONGEST * budget_s
    owners, without = _owners(installed)
    places = _places(owners)
    counts = Counter(owner.key for owner in owners)
    checked, complete = 0, True
    shared: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for at, names in places.items():
        if not names:
            continue
        if time.thread_time() > processor or time.monotonic() > clock:
            complete = False
            break
        checked += len(names)
        sizes = {name: size_of(f"{at}/{name}") for name in names}
        odd = [name for name, claims in names.items() if _differs(claims, sizes[name])]
        seen.add(at, sizes, odd)
        for name, claims in names.items():
            size = sizes[name]
            if len(claims) > 1:
                _share(shared, claims, size)
                _count_others(claims, size)
            elif size == claims[0][1][2]:
                continue
            _compare(f"{at}/{name}", claims, size)
    single = [owner for owner in owners if counts[owner.key] == 1]
    return {
        "checked": checked,
        "distributions": len(owners),
        "without_record": without,
        "complete": complete,
        "damaged": _told(single, "damaged"),
        "changed": _told(single, "changed"),
        "doubles": _doubles(owners),
        "unowned": _unowned(owners, places),
        "overlaps": [
            {"names": list(names), "count": len(examples), "files": examples[:_MOST_EXAMPLES]}
            for names, examples in sorted(shared.items())
        ][:_MOST_DISTRIBUTIONS],
    }


def _differs(claims: list[_Claim], size: int | None) -> bool:
    return any(entry[2] != size for _, entry in claims)


def _count_others(claims: list[_Claim], size: int | None) -> None:
    for owner, entry in claims:
        if entry[2] not in (size, -1):
            owner.others += 1


def _unowned(owners: list[_Owner], places: dict[str, dict[str, list[_Claim]]]) -> list[str]:
    """Packages that stand beside recorded ones and that no record names: without metadata."""
    found: list[str] = []
    for site in sorted({owner.item.site for owner in owners}):
        for name, entry in sorted(_listing(site).items()):
            init = os.path.join(site, name, "__init__.py")
            if f"{site}/{name}" not in places and entry.is_dir() and os.path.isfile(init):
                found.append(name)
    return found[:_MOST_DISTRIBUTIONS]


def _doubles(owners: list[_Owner]) -> dict[str, list[dict[str, Any]]]:
    """Names whose metadata stand twice in one folder, with what each version lacks of its files."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for owner in owners:
        wrong = owner.count["damaged"] + owner.count["changed"] + owner.others
        found.setdefault(owner.key, []).append(
            {
                "version": owner.item.version,
                "folder": clean(owner.item.folder),
                "wrong": wrong,
                "of": len(owner.entries),
            }
        )
    return {name: entries for (name, _), entries in found.items() if len(entries) > 1}


def _told(owners: list[_Owner], kind: str) -> dict[str, Any]:
    found = {owner.item.name: owner.told(kind) for owner in owners if owner.count[kind]}
    return dict(list(found.items())[:_MOST_DISTRIBUTIONS])


def _owners(installed: list[Distribution]) -> tuple[list[_Owner], int]:
    """Distributions with a record, those that Paddle needs first; and how many have none."""
    order = {name: number for number, name in enumerate(needed(requirements()))}
    owners: list[_Owner] = []
    without = 0
    for item in installed:
        entries = read_record(item)
        if entries is None:
            without += 1
            continue
        owners.append(_Owner(item, entries))
    return sorted(owners, key=lambda owner: order.get(owner.item.name, len(order))), without


def _installer(item: Distribution) -> str:
    try:
        with open(os.path.join(item.folder, "INSTALLER"), encoding="utf-8") as file:
            return file.read(100).strip().lower()
    except (OSError, UnicodeDecodeError):  # optional, and its absence says nothing
        return ""


def _places(owners: list[_Owner]) -> dict[str, dict[str, list[_Claim]]]:
    """Folder to file name to who recorded it; of files that nobody misses only the folder."""
    places: dict[str, dict[str, list[_Claim]]] = {}
    for owner in owners:
        site = owner.item.site
        last, names, passed, metadata = None, {}, False, False
        for entry in owner.entries:
            folder, _, name = entry[0].rpartition("/")
            if folder != last:  # most entries stand beside the one before
                last = folder
                names = places.setdefault(f"{site}/{folder}" if folder else site, {})
                metadata, passed = is_metadata(folder), is_test(folder)
            if metadata:
                if name != "METADATA":
                    continue
            elif passed or (name[-3:] != ".py" and harmless_name(name)):  # mostly .py
                continue
            if name in names:
                names[name].append((owner, entry))
            else:
                names[name] = [(owner, entry)]
    return places


def _listing(folder: str) -> dict[str, os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return {entry.name: entry for entry in listing}
    except OSError:  # gone or closed: each of its files is then looked at by itself
        return {}


def _compare(path: str, claims: list[_Claim], size: int | None) -> None:
    if size is not None and any(entry[2] in (size, -1) for _, entry in claims):
        return  # as one of its owners installed it; who lost it to another stands in `overlaps`
    for owner, entry in claims:
        if owner.installer in _REBUILDERS and size != 0:
            continue
        state = state_of(path, entry[2], size)
        # Certificates, settings, word lists: they are there to be changed.
        if state != "changed" or path.endswith(".py") or is_library(path):
            owner.add(entry, state, size)


def _share(
    shared: dict[tuple[str, ...], list[dict[str, Any]]],
    claims: list[_Claim],
    size: int | None,
) -> None:
    """Note a file that several distributions installed with different contents."""
    if len({entry[1] for _, entry in claims}) < 2:
        return
    names = tuple(sorted({owner.item.name for owner, _ in claims}))
    if len(names) > 1:
        fits = sorted({owner.item.name for owner, entry in claims if entry[2] == size})
        shared.setdefault(names, []).append({"path": claims[0][1][0][:300], "from": fits})
