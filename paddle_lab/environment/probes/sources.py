"""The sources of Paddle's stack, and which names each of them imports."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import Any

from paddle_lab.environment.probes.kept import keep, key_of, recall
from paddle_lab.environment.probes.packages import Distribution, distributions
from paddle_lab.environment.probes.records import read_record
from paddle_lab.environment.probes.requires import needed, requirements

BUDGET_SECONDS = 2.5  # of the processor
MOST_FILES = 24  # of one name are kept
_LARGEST_SOURCE = 3_000_000  # bytes
_NOT_RUN = re.compile(r"(?:^|/)(?:tests?|testing|examples?|benchmarks?|docs?|demos?)/")

#: Name and version of a distribution, its site and a file below that.
Source = tuple[str, str, str, str]


def imported(path: list[str] | None, names: set[str]) -> dict[str, list[Source]]:
    """Of ``names`` those that sources of the stack import, each with the nearest of them.

    All sources are read once for a set of records; what is edited afterwards is not read again,
    but whoever asks looks into the sources that it is given.
    """
    installed = list(distributions(path))
    key = key_of(installed)
    index = _checked(recall("importers", key))
    if index is None:
        index, complete = _index(installed)
        if complete:
            keep("importers", key, index)
    return _chosen(index, names)


def known_to_import_none(path: list[str] | None, names: set[str]) -> bool:
    """Is it known, without reading a source, that the stack imports none of ``names``?"""
    index = _checked(recall("importers", key_of(list(distributions(path)))))
    return index is not None and not names & index["names"].keys()


def _chosen(index: dict[str, Any], names: set[str]) -> dict[str, list[Source]]:
    sources = [tuple(line.split("\t")) for line in index["sources"]]
    return {
        name: [sources[number] for number in index["names"][name]]
        for name in sorted(names & index["names"].keys())
    }


def _index(installed: list[Distribution]) -> tuple[dict[str, Any], bool]:
    """Imported names with the numbers of their sources; False when there was no time for all."""
    used: dict[Source, int] = {}
    names: dict[str, list[int]] = {}
    deadline = time.process_time() + BUDGET_SECONDS
    complete = True
    for source in _sources(installed):
        if time.process_time() > deadline:
            complete = False
            break
        for name in imported_names(content_of(os.path.join(*source[2:]))):
            if name.isidentifier() and len(numbers := names.setdefault(name, [])) < MOST_FILES:
                numbers.append(used.setdefault(source, len(used)))
    return {"sources": ["\t".join(source) for source in used], "names": names}, complete


def _checked(index: dict[str, Any] | None) -> dict[str, Any] | None:
    """An index whose every part has its type; anything else is none."""
    sources, names = ((index or {}).get(part) for part in ("sources", "names"))
    if not (isinstance(sources, list) and isinstance(names, dict)):
        return None
    right = all(isinstance(line, str) and line.count("\t") == 3 for line in sources) and all(
        isinstance(numbers, list)
        and all(isinstance(number, int) and 0 <= number < len(sources) for number in numbers)
        for numbers in names.values()
    )
    return index if right else None


def _sources(found: list[Distribution]) -> Iterator[Source]:
    """Name, version, site and file of every importable source of the stack, the nearest first."""
    items: dict[str, tuple[str, str, list[str]]] = {}
    installed: dict[str, Distribution] = {}
    for item in found:
        installed.setdefault(item.name, item)
    for name in needed(requirements(list(dict.fromkeys(item.site for item in found)))):
        if name not in installed:
            continue
        item = installed[name]
        record = read_record(item) or []
        files = {entry[0] for entry in record if entry[0][-3:] == ".py"}
        items[name] = (item.version, item.site, [f for f in sorted(files) if _importable(f, files)])
    for name, (version, site, names) in items.items():
        for file in names:
            yield name, version, site, file


def _importable(file: str, files: set[str]) -> bool:
    folder = file.rpartition("/")[0]
    return not folder or (f"{folder}/__init__.py" in files and not _NOT_RUN.search(file))


def content_of(path: str) -> bytes:
    """The source, or nothing when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST_SOURCE)
    except OSError:  # missing or closed: `files` says so
        return b""


def imported_names(source: bytes) -> set[str]:
    """First parts of the names that a source imports absolutely, wherever in it.

    Words behind "import" in texts and comments are among them: whoever asks looks again.
    """
    parts = source.split(b"import ")
    found: set[bytes] = set()
    for number in range(len(parts) - 1):
        before, after = parts[number], parts[number + 1]
        line = before[before.rfind(b"\n") + 1 :].strip()
        if not line or line[-1:] in b";:":
            listed = after.split(b"\n", 1)[0].split(b"#", 1)[0].split(b";", 1)[0]
            for word in listed.split(b","):
                found.add(word.split(b" as ", 1)[0].split(b".", 1)[0].strip())
        elif line[:5] == b"from ":
            found.add(line[5:].split(b".", 1)[0].strip())
    return {name.decode("ascii", "replace") for name in found if name}
