"""Which release of a package has which names: makes ``environment/release_names.txt.gz``.

    python tools/release_names.py WORK_FOLDER            # all packages of release_packages.py
    python tools/release_names.py WORK_FOLDER numpy six  # these; then the table of all there is

For each minor release of the packages a wheel is downloaded with pip's client, or the archive of
sources where it has none. The sources (and type stubs) are parsed, never run, and the names that
each module binds are written down. What changed between two releases stands in the table, with the
Pythons that the releases are for, and nothing else: facts of interfaces, no code.
``WORK_FOLDER`` keeps what was read, so that a second call only reads what is new.
"""

from __future__ import annotations
import __future__

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from names_of_release import names_of_release
from package_index import PackageIndex, Published, configured_index
from packaging.version import Version
from pythons_of_release import bounds, until, widest
from release_packages import CLOSELY, COMPILED, MOST, PACKAGES, WIDE
from release_sources import unpack_sources, unpack_wheel

from paddle_lab.environment.release_names import TABLE

AT_ONCE: Final = 5
_MAJORS: Final = 8  # more than these are years, or said to be new each month
Names = dict[str, list[str] | None]
#: Of a release that was read from its sources: there stands nothing of what is compiled.
_FROM_SOURCES: Final = ""
#: What these have stands in another module, too.
_SAID_TWICE: Final = ("transformers.models", "keras.api.", "keras.src.")
#: Names that sources bind for themselves.
_OF_NO_PACKAGE: Final = frozenset({*__future__.all_feature_names, "TYPE_CHECKING"})


def chosen(package: str, files: Iterable[Published]) -> dict[Version, tuple[Published, str]]:
    """Of each minor version the first release: its best file, and the Pythons of that minor's
    releases; the newest of all, too.

    Of packages with many releases every second or third, but both sides of each change of Pythons,
    and of each major version where those are few.
    """
    oldest, releases = Version(PACKAGES.get(package, "0")), dict[Version, list[Published]]()
    for one in files:
        if not one.version.is_prerelease and one.version >= oldest:
            releases.setdefault(one.version, []).append(one)
    pythons: dict[tuple[int, ...], str] = {}
    first: dict[tuple[int, ...], Version] = {}
    for version in sorted(releases):
        minor = version.release[:2]
        first.setdefault(minor, version)
        own = pythons_of(releases[version], compiled=package in COMPILED)
        pythons[minor] = widest((pythons[minor], own)) if minor in pythons else own
    wanted = list(first.values())
    if len(wanted) > MOST and package not in CLOSELY:
        majors = len({one.major for one in wanted}) <= _MAJORS
        told = [(one, pythons[one.release[:2]]) for one in wanted]
        apart = [i for i in range(1, len(wanted)) if _apart(told[i - 1], told[i], majors)]
        step = -(-len(wanted) // MOST)
        kept = {*range(len(wanted) - 1, -1, -step), *apart, *(i - 1 for i in apart)}
        wanted = [wanted[i] for i in sorted(kept)]
    wanted += [max(releases)] * bool(releases)
    return {
        version: (min(releases[version], key=lambda one: one.rank), pythons[version.release[:2]])
        for version in dict.fromkeys(wanted)
    }


def pythons_of(files: Iterable[Published], *, compiled: bool) -> str:
    """The Pythons that one of the files of a release is for: by what the release says, and by the
    wheels where there are no others, nor sources that are built without compilers."""
    files = list(files)
    own = widest(bounds(one.python) for one in files)
    wheels = [one.newest for one in files if one.is_wheel]
    whole = compiled or len(wheels) == len(files)
    newest = [one for one in wheels if one is not None]
    return until(own, max(newest)) if whole and newest and len(newest) == len(wheels) else own


def _apart(one: tuple[Version, str], other: tuple[Version, str], by_major: bool) -> bool:
    return one[1] != other[1] or (by_major and one[0].major != other[0].major)


def read_release(published: Published, package: str, index: PackageIndex, kept: Path) -> None:
    """The names of one release into the file ``kept``, where it is not there yet."""
    if kept.exists():
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "modules")
        folder.mkdir()
        file = index.fetch(published, Path(name))
        if published.is_wheel:
            unpack_wheel(file, folder)
        else:
            unpack_sources(file, folder, package)
        names: Names = names_of_release(folder)
    if names:
        if not published.is_wheel:
            names[_FROM_SOURCES] = None
        kept.write_text(json.dumps(names), "utf-8")


def read_package(package: str, work: Path, index: PackageIndex) -> str:
    """All releases of a package into ``work``; what was found, in a line."""
    releases = chosen(package, index.files(package))
    if not releases:
        return f"{package}: nothing found"
    folder, failed = work / package, 0
    folder.mkdir(parents=True, exist_ok=True)
    for version, (published, _) in releases.items():
        try:
            read_release(published, package, index, folder / f"{version}.json")
        except Exception as error:  # whatever is wrong with one file of the index
            print(f"{published.name}: {error!r}", flush=True)
            failed += 1
    pythons = {str(version): python for version, (_, python) in releases.items()}
    (work / f"{package}.json").write_text(json.dumps(pythons), "utf-8")
    return f"{package}: {len(releases)} releases, {failed} not read"


def lines_of(package: str, work: Path) -> list[str]:
    """The table's lines of one package: its releases, then the names that came or went."""
    listed = work / f"{package}.json"
    pythons: dict[str, str] = json.loads(listed.read_text("utf-8")) if listed.exists() else {}
    files = [one for one in (work / package).glob("*.json") if not pythons or one.stem in pythons]
    files.sort(key=lambda one: Version(one.stem))
    if len(files) < 2:
        return []
    read: list[Names] = [json.loads(one.read_text("utf-8")) for one in files]
    _fill_in_compiled(read)
    lines = [f"={package} {' '.join(_told([one.stem for one in files], pythons))}"]
    modules = {name: _having(read, name) for one in read for name in one}
    for module, there in sorted(modules.items()):
        if module.count(".") > (2 if module.partition(".")[0] in WIDE else 3):
            continue
        if len(there) < len(read):
            lines.append(f"{module}\t{ranges(there)}")
        known = [index for index in there if read[index][module] is not None]
        names: dict[str, list[int]] = {}
        for index in known:
            for name in read[index][module] or ():
                names.setdefault(name, []).append(index)
        groups: dict[str, list[str]] = {}
        for name, have in names.items():
            told, inner = ranges(have, known, there), modules.get(f"{module}.{name}", there)
            changed = len(have) < len(known) and _kept(module, name, left=have[-1] != known[-1])
            # Of a module within, its own line tells, but where the name is also something else.
            if changed if inner is there else told != ranges(inner) and len(inner) < len(read):
                groups.setdefault(told, []).append(name)
        lines += [f"{module}\t{key}\t{' '.join(sorted(groups[key]))}" for key in sorted(groups)]
    return lines


def _having(read: list[Names], module: str) -> list[int]:
    return [index for index, one in enumerate(read) if module in one]


def _told(versions: list[str], pythons: Mapping[str, str]) -> list[str]:
    """``1.0>3.6 1.1 2.0>3.8<3.12``: each release, and its Pythons where they are others than those
    of the one before."""
    before, told = "", []
    for version in versions:
        python = pythons.get(version, "")
        told.append(version if python == before else f"{version}>{python}")
        before = python
    return told


def _fill_in_compiled(read: list[Names]) -> None:
    """Of what is compiled sources show nothing: the nearest release with a wheel tells of it."""
    sources = [index for index, one in enumerate(read) if one.pop(_FROM_SOURCES, 0) is None]
    wheels = [index for index in range(len(read)) if index not in sources]
    for index in sources if wheels else ():
        nearest = read[min(wheels, key=lambda one: abs(one - index))]
        for module in [name for name, names in nearest.items() if names is None]:
            parent, _, last = module.rpartition(".")
            inner = read[index].get(parent)
            if module not in read[index] and parent in read[index]:
                read[index][module] = None
                if inner is not None and last not in inner:
                    inner.append(last)


def _kept(module: str, name: str, *, left: bool) -> bool:
    """Is it worth its place? Hardly anybody asks for what came late and is deep inside."""
    depth = module.count(".")
    if module.startswith(_SAID_TWICE) or name in _OF_NO_PACKAGE:
        return False
    if depth > (1 if module.partition(".")[0] in WIDE else 2):
        return False
    public = not name.startswith("_") and name not in sys.stdlib_module_names
    return left or depth == 0 or public


def ranges(have: Iterable[int], known: Iterable[int] = (), there: Iterable[int] = ()) -> str:
    """``0-3,7?9``: the releases by number that have it, unknown ones in between taken as having.

    ``?9``: of those from 8 to 9 nothing is known, and the next one has it not. Nothing else is
    known of the releases ``there`` before the first of ``known`` and behind the last: they have it
    if those have.
    """
    have, known, there = list(have), list(known), list(there)
    lacking = sorted(set(known) - set(have))
    parts: list[list[int]] = []
    for index in have:
        goes_on = known or (parts and index == parts[-1][1] + 1)
        if parts and goes_on and not any(parts[-1][1] < one < index for one in lacking):
            parts[-1][1] = index
        else:
            parts.append([there[0] if there and index == known[0] else index, index])
    if there and parts[-1][1] == known[-1]:
        parts[-1][1] = there[-1]
    told = []
    for first, last in parts:
        end = next((one for one in lacking if one > last), last + 1) - 1
        told.append((f"{first}-{last}" if first != last else str(first)) + f"?{end}" * (end > last))
    return ",".join(told)


def main() -> None:
    """Read what is not read yet, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("packages", nargs="*")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    with configured_index() as index, ThreadPoolExecutor(AT_ONCE) as pool:
        read = partial(read_package, work=arguments.work, index=index)
        for line in pool.map(read, arguments.packages or PACKAGES):
            print(line, flush=True)
    lines = [line for package in sorted(PACKAGES) for line in lines_of(package, arguments.work)]
    TABLE.write_bytes(gzip.compress("\n".join(lines).encode("utf-8"), 9, mtime=0))
    print(f"{len(lines)} lines, {TABLE.stat().st_size} bytes in {TABLE}")


if __name__ == "__main__":
    main()
