"""The record of a distribution: which files its wheel brought, with size and hash."""

from __future__ import annotations

import csv
import os

from paddle_lab.environment.probes.packages import Distribution

_LARGEST_RECORD = 40_000_000  # bytes; that of the largest wheel known has 3 million


#: Path below site-packages (with "/"), hash ("sha256=..." or ""), bytes (-1: not recorded).
Entry = tuple[str, str, int]


def read_record(item: Distribution) -> list[Entry] | None:
    """The files of a distribution below its site-packages; None when it has no record.

    Installers of systems, conda's older packages and development installs leave none. Scripts
    outside of site-packages and bytecode are left out: the first are rewritten for their place,
    the second is made anew at will.
    """
    text = record_text(item)
    if not text:
        return None
    found = []
    for line in text.splitlines():
        # Most lines hold no quotes; splitting from the right is then the same and much faster.
        parts = next(csv.reader([line])) if line[:1] == '"' else line.rsplit(",", 2)
        if len(parts) != 3:
            continue
        name, digest, size = parts
        if name[:1] in (".", "/", "") or name[-4:] == ".pyc" or "/../" in name or "\\" in name:
            continue
        found.append((name, digest, int(size) if size.isdecimal() else -1))
    return found


def record_text(item: Distribution) -> str:
    """The record as it stands; empty when there is none that can be read."""
    path = os.path.join(item.folder, "RECORD")
    try:
        if os.path.getsize(path) > _LARGEST_RECORD:
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:  # installers of systems leave none
        return ""
