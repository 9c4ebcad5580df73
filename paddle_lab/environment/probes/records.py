"""The record of a distribution: which files its wheel brought, with size and hash."""

from __future__ import annotations

import csv
import os
import re

from paddle_lab.environment.probes.packages import Distribution

_LARGEST_RECORD = 40_000_000  # bytes; that of the largest wheel known has 3 million
_NOT_PLAIN = frozenset(["", ".", "/", '"', "\r"])  # begins a quoted line, or a file elsewhere
_ODD = re.compile(r"^[./]|/\.\./|\\")

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
    lines = text.split("\n")
    # Most lines hold no quotes; splitting from the right is then the same and much faster.
    rows = [line.rsplit(",", 2) for line in lines if line[:1] not in _NOT_PLAIN]
    odd = "\\" in text or "/../" in text or '"' in text
    if '"' in text:
        rows += [next(csv.reader([line])) for line in lines if line[:1] == '"']
    if odd:
        rows = [row for row in rows if not _ODD.search(row[0])]
    return [
        (row[0], row[1], int(size) if (size := row[2].rstrip()).isdecimal() else -1)
        for row in rows
        if len(row) == 3 and row[0][-4:] != ".pyc"
    ]


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
