"""Which release of a package has which names: makes ``environment/release_names.txt.gz``.

    python tools/release_names.py WORK_FOLDER            # all packages of the list below
    python tools/release_names.py WORK_FOLDER numpy six  # these; then the table of all there is

For each minor release of the packages below the wheel is downloaded with uv, its sources (and type
stubs) are parsed, never run, and the names that each module binds are written down. What changed
between two releases stands in the table, and nothing else: facts of interfaces, no code.
``WORK_FOLDER`` keeps what was read, so that a second call only reads what is new.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from names_of_release import names_of_release
from packaging.version import InvalidVersion, Version

from paddle_lab.environment.release_names import TABLE

ROOT: Final = Path(__file__).resolve().parents[1]
AT_ONCE: Final = 5
PYTHONS: Final = ("3.11", "3.8")
#: Packages of the stack and of what stands beside it, and the oldest release that is looked at.
PACKAGES: Final = {
    "numpy": "1.16", "huggingface-hub": "0.10", "protobuf": "3.8", "transformers": "4.20",
    "six": "1.10", "setuptools": "50", "traitlets": "4.3", "jupyter-client": "5.3",
    "jupyterlab-server": "1.0", "jupyter-server": "1.0", "notebook": "5.0", "jupyterlab": "1.0",
    "ipykernel": "5.0", "jinja2": "2.10", "markupsafe": "1.0", "nbconvert": "5.3",
    "urllib3": "1.24", "typing-extensions": "3.7", "pydantic": "1.8", "packaging": "20.0",
    "datasets": "2.0", "aistudio-sdk": "0.1", "pillow": "7.0", "scipy": "1.5",
    "scikit-learn": "0.24", "pandas": "1.2", "langchain": "0.0.200", "importlib-metadata": "1.0",
    "httpx": "0.18", "werkzeug": "1.0", "flask": "1.1", "click": "7.0", "tornado": "5.1",
    "ipywidgets": "7.0", "ipython": "7.10", "paddlenlp": "2.3", "networkx": "2.4",
    "starlette": "0.20", "pyopenssl": "19.0", "cryptography": "35", "diffusers": "0.10",
    "peft": "0.4", "torchvision": "0.10", "gradio": "3.30", "openai": "0.27", "keras": "2.8",
    "attrs": "19.0", "fsspec": "2021.4", "requests": "2.20", "pyarrow": "8", "matplotlib": "3.3",
    "scikit-image": "0.18", "paddlepaddle": "2.4", "paddlex": "3.0", "albumentations": "1.0",
}  # fmt: skip
#: Releases of one package; of what is released each week one of two or three is looked at.
MOST: Final = 26
#: Of these the inner modules are hundreds, and nobody imports from them by name.
WIDE: Final = frozenset({"transformers", "diffusers", "paddlenlp", "peft", "scipy", "matplotlib"})
#: All releases of these, for their names are what others fail on.
CLOSELY: Final = frozenset({"huggingface-hub", "numpy", "protobuf"})


def releases(package: str, oldest: str) -> list[str]:
    """The first release of each minor version, ascending, and the newest of all."""
    found: set[Version] = set()
    for python in PYTHONS:
        command = [sys.executable, "-m", "pip", "index", "versions", package]
        command += ["--python-version", python, "--only-binary", ":all:"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        listed = re.search(r"Available versions: (.*)", done.stdout)
        for one in listed[1].split(", ") if listed else ():
            try:
                version = Version(one.strip())
            except InvalidVersion:
                continue
            if not version.is_prerelease and version >= Version(oldest):
                found.add(version)
    first: dict[tuple[int, ...], Version] = {}
    for version in sorted(found):
        first.setdefault(version.release[:2], version)
    chosen = {*first.values(), *([max(found)] if found else [])}
    if len(chosen) > MOST and package not in CLOSELY:
        chosen = set(sorted(chosen)[:: -(-len(chosen) // MOST)]) | {max(chosen)}
    return [str(one) for one in sorted(chosen)]


def read_release(package: str, version: str, work: Path) -> None:
    """The names of one release into ``work``; nothing where it has no wheel for any of PYTHONS."""
    kept = work / package / f"{version}.json"
    if kept.exists():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    for python in PYTHONS:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            command = [str(ROOT / ".uv/bin/uv"), "pip", "install", "--quiet", "--no-cache"]
            command += ["--no-deps", "--only-binary", ":all:", "--target", folder]
            command += ["--python-version", python]
            command += ["--python-platform", "x86_64-manylinux_2_28", f"{package}=={version}"]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                kept.write_text(json.dumps(names_of_release(Path(folder))), "utf-8")
                return


def read_package(package: str, work: Path) -> str:
    """All releases of a package into ``work``; what was found, in a line."""
    versions = releases(package, PACKAGES.get(package, "0"))
    for version in versions:
        read_release(package, version, work)
    return f"{package}: {len(versions)} releases"


def lines_of(package: str, work: Path) -> list[str]:
    """The table's lines of one package: its releases, then the names that came or went."""
    files = sorted((work / package).glob("*.json"), key=lambda one: Version(one.stem))
    if len(files) < 2:
        return []
    read = [json.loads(one.read_text("utf-8")) for one in files]
    lines = [f"={package} {' '.join(one.stem for one in files)}"]
    for module in sorted({name for one in read for name in one}):
        if module.count(".") > (2 if package in WIDE else 3):
            continue
        there = [index for index, one in enumerate(read) if module in one]
        if len(there) < len(read):
            lines.append(f"{module}\t{ranges(there)}")
        known = [index for index in there if read[index][module] is not None]
        names: dict[str, list[int]] = {}
        for index in known:
            for name in read[index][module]:
                names.setdefault(name, []).append(index)
        groups: dict[str, list[str]] = {}
        for name, have in names.items():
            if len(have) < len(known) and _kept(module, name, have, known):
                groups.setdefault(ranges(have, known), []).append(name)
        lines += [f"{module}\t{key}\t{' '.join(sorted(groups[key]))}" for key in sorted(groups)]
    return lines


def _kept(module: str, name: str, have: list[int], known: list[int]) -> bool:
    """Is it worth its place? Hardly anybody asks for what came late and is deep inside."""
    left = have[-1] != known[-1]
    if module.startswith("transformers.models.") or module.count(".") > 3:
        return False
    wide = module.partition(".")[0] in WIDE
    return module.count(".") <= 1 or (not wide and (left or module.count(".") <= 2))


def ranges(have: Iterable[int], known: Iterable[int] = ()) -> str:
    """``0-3,7``: the releases by number that have it, unknown ones in between taken as having."""
    have, known = list(have), list(known)
    gaps = set(known) - set(have)
    parts: list[list[int]] = []
    for index in have:
        if (
            parts
            and not any(parts[-1][1] < gap < index for gap in gaps)
            and (known or index == parts[-1][1] + 1)
        ):
            parts[-1][1] = index
        else:
            # Before the first release that could be read it is taken to have been there.
            parts.append([0 if known and index == known[0] else index, index])
    return ",".join(f"{a}-{b}" if a != b else str(a) for a, b in parts)


def main() -> None:
    """Read what is not read yet, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("packages", nargs="*")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for line in pool.map(
            partial(read_package, work=arguments.work), arguments.packages or PACKAGES
        ):
            print(line, flush=True)
    lines = [line for package in sorted(PACKAGES) for line in lines_of(package, arguments.work)]
    TABLE.write_bytes(gzip.compress("\n".join(lines).encode("utf-8"), 9, mtime=0))
    print(f"{len(lines)} lines, {TABLE.stat().st_size} bytes in {TABLE}")


if __name__ == "__main__":
    main()
