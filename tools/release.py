"""Build what is published, and check it; nothing is uploaded.

    python tools/release.py --bump 0.2.0    write a new version everywhere, date the changelog
    python tools/release.py                 build the sdist and the wheel into dist/ and check them

The version stands in ``paddle_lab/_version.py``; ``labextension/package.json`` and ``CITATION.cff``
repeat it. Building refuses a tree with changes, places that disagree, and a version that the
changelog does not know.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from serving_wheel import serving_wheel

ROOT = Path(__file__).resolve().parents[1]
VERSION = r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?"
#: Where the version stands: the file, and the pattern around it.
PLACES = {
    "paddle_lab/_version.py": rf'(?m)(?<=^__version__ = "){VERSION}(?="$)',
    "labextension/package.json": rf'(?m)(?<=^  "version": "){VERSION}(?=",$)',
    "CITATION.cff": rf"(?m)(?<=^version: ){VERSION}$",
}
CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## [Unreleased]\n"


class ReleaseError(Exception):
    """Why no release can be made now."""


def versions(root: Path) -> dict[str, str]:
    """The version in each of :data:`PLACES`. Raises ReleaseError where none is found."""
    found = {}
    for name, pattern in PLACES.items():
        match = re.search(pattern, (root / name).read_text(encoding="utf-8"))
        if match is None:
            raise ReleaseError(f"{name} holds no version")
        found[name] = match[0]
    return found


def bump(root: Path, version: str, today: datetime.date) -> None:
    """Write ``version`` everywhere and give it the entries under *Unreleased*.

    Raises ReleaseError for what is no version, and when the changelog has it already or has nothing
    new.
    """
    if not re.fullmatch(VERSION, version):
        raise ReleaseError(f"{version!r} is not a version like 0.2.0 or 0.2.0rc1")
    log = (root / CHANGELOG).read_text(encoding="utf-8")
    before, unreleased, after = log.partition(UNRELEASED)
    if f"## [{version}]" in log:
        raise ReleaseError(f"{CHANGELOG} already has {version}")
    if not unreleased or not after.partition("\n## ")[0].strip():
        raise ReleaseError(f"{CHANGELOG} has nothing under Unreleased")
    versions(root)
    dated = f"{before}{UNRELEASED}\n## [{version}] - {today.isoformat()}\n{after}"
    (root / CHANGELOG).write_text(dated, encoding="utf-8")
    for name, pattern in PLACES.items():
        text = (root / name).read_text(encoding="utf-8")
        (root / name).write_text(re.sub(pattern, version, text), encoding="utf-8")


def agreed_version(root: Path) -> str:
    """The one version of the tree. Raises ReleaseError when places or changelog disagree."""
    found = versions(root)
    if len(set(found.values())) != 1:
        raise ReleaseError(
            "the versions differ: " + ", ".join(f"{v} in {n}" for n, v in found.items())
        )
    version = next(iter(found.values()))
    log = (root / CHANGELOG).read_text(encoding="utf-8")
    if not re.search(rf"(?m)^## \[{re.escape(version)}\]", log):
        raise ReleaseError(f"{CHANGELOG} has no heading for {version}")
    return version


def build(root: Path) -> list[Path]:
    """Build sdist and wheel into ``dist/`` and check them.

    Raises ReleaseError, or CalledProcessError when a tool fails, which has said why itself.
    """
    status = ["git", "status", "--porcelain"]
    if subprocess.run(status, cwd=root, check=True, capture_output=True).stdout:
        raise ReleaseError("the tree has changes that are not committed")
    version = agreed_version(root)
    out = root / "dist"
    shutil.rmtree(out, ignore_errors=True)
    python = [sys.executable, "-m"]
    subprocess.run([*python, "build", "--no-isolation", "--outdir", str(out)], cwd=root, check=True)
    made = sorted(out.iterdir())
    names = [f"paddle_lab-{version}-py3-none-any.whl", f"paddle_lab-{version}.tar.gz"]
    if [path.name for path in made] != names:
        raise ReleaseError(f"expected {names}, found {[path.name for path in made]}")
    made.append(serving_wheel(out / names[0], out))
    subprocess.run([*python, "twine", "check", "--strict", *map(str, made)], check=True)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the options and do the work; 1 when no release can be made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bump", metavar="VERSION", help="write this version, and build nothing")
    options = parser.parse_args(argv)
    try:
        if options.bump:
            bump(ROOT, options.bump, datetime.datetime.now(datetime.timezone.utc).date())
            print(f"{options.bump} is written; commit it, then: make release")
        else:
            for path in build(ROOT):
                print(path.relative_to(ROOT))
    except ReleaseError as error:
        print(f"No release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
