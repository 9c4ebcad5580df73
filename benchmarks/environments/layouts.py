"""The layouts in which people have their packages, made from the interpreter that runs this."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from environments.place import KEPT, Place, Skipped, link_tree, own

PROJECT = Path(__file__).resolve().parents[2]
MINOR = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_RUNTIME = ("site-packages", "dist-packages", "test", "idlelib", "turtledemo", "config-*")


def make(root: Path, layout: str) -> Place:
    """A healthy environment of this layout in ``root``, with Paddle Lab installed in it."""
    for name in ("home", "work", "tmp", "tools"):
        (root / name).mkdir(parents=True)
    if uv := find_uv():
        (root / "tools" / "uv").symlink_to(uv)
    prefix = root / "environment"
    site = LAYOUTS[layout](prefix)
    _fill(prefix, site)
    _install_project(prefix, site)
    place = Place(root, layout, prefix, prefix / "bin" / "python", site, _terminal(root, prefix))
    if layout in ("uv", "venv"):
        place.environ["VIRTUAL_ENV"] = str(prefix)
    if layout == "conda":
        place.environ.update(CONDA_PREFIX=str(prefix), CONDA_DEFAULT_ENV="study")
    _scripts(prefix, site)
    return place


def _terminal(root: Path, prefix: Path) -> dict[str, str]:
    """The variables of a terminal with the environment active."""
    old = Path.home()
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    return {
        "UV_CACHE_DIR": str(old / ".cache" / "uv"),
        "PIP_CACHE_DIR": str(old / ".cache" / "pip"),
        **kept,
        "UV_LINK_MODE": "hardlink",
        "PATH": f"{prefix / 'bin'}:/usr/local/bin:/usr/bin:/bin:{root / 'tools'}",
        "HOME": str(root / "home"),
        "TMPDIR": str(root / "tmp"),
        "LANG": "C.UTF-8",
        "TERM": "xterm",
    }


def find_uv() -> str | None:
    """uv on the PATH, or beside this Python."""
    return shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))


def _uv(prefix: Path) -> Path:
    uv = find_uv()
    if uv is None:
        raise Skipped("uv is not installed")
    command = [uv, "venv", "-q", "--python", sys.executable, str(prefix)]
    subprocess.run(command, check=True, capture_output=True)
    return prefix / "lib" / MINOR / "site-packages"


def _venv(prefix: Path) -> Path:
    base = Path(sys.base_prefix) / "bin" / MINOR
    subprocess.run([str(base), "-m", "venv", "--without-pip", str(prefix)], check=True)
    return prefix / "lib" / MINOR / "site-packages"


def _moved(prefix: Path) -> Path:
    """A whole Python of its own, as conda, an image of Docker or a system has it."""
    base = Path(sys.base_prefix)
    library = Path(sysconfig.get_path("stdlib"))
    link_tree(library, prefix / "lib" / MINOR, _RUNTIME)
    for shared in base.glob("lib/libpython*.so*"):
        shutil.copy2(shared, prefix / "lib" / shared.name, follow_symlinks=False)
    (prefix / "bin").mkdir(exist_ok=True)
    shutil.copy2(base / "bin" / MINOR, prefix / "bin" / MINOR)
    for name in ("python", "python3"):
        (prefix / "bin" / name).symlink_to(MINOR)
    return prefix / "lib" / MINOR / "site-packages"


def _conda(prefix: Path) -> Path:
    site = _moved(prefix)
    (prefix / "conda-meta").mkdir()
    (prefix / "conda-meta" / "history").write_text("==> 2026-01-01 10:00:00 <==\n", "utf-8")
    return site


def _system(prefix: Path) -> Path:
    """The system's own Python of the same version, moved: packages stand in dist-packages."""
    base = Path("/usr/bin") / MINOR
    library = Path("/usr/lib") / MINOR
    if not base.is_file() or not (library / "EXTERNALLY-MANAGED").is_file():
        raise Skipped("the system has no Python of this version that it manages itself")
    link_tree(library, prefix / "lib" / MINOR, _RUNTIME)
    (prefix / "bin").mkdir()
    shutil.copy2(base, prefix / "bin" / MINOR)
    for name in ("python", "python3"):
        (prefix / "bin" / name).symlink_to(MINOR)
    return prefix / "lib" / "python3" / "dist-packages"


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "uv": _uv,
    "venv": _venv,
    "conda": _conda,
    "system": _system,
    "docker": _moved,  # root, no virtual environment, packages beside Python itself
}


def _fill(prefix: Path, site: Path) -> None:
    """The packages of the running environment, with what they put beside them."""
    ours = Path(sys.prefix)
    link_tree(Path(sysconfig.get_path("purelib")), site)
    for name in ("share", "etc"):
        if (ours / name).is_dir():
            link_tree(ours / name, prefix / name)


def _scripts(prefix: Path, site: Path) -> None:
    """The commands, started by this environment's Python, and the records that know their size."""
    folder = os.path.relpath(prefix / "bin", site).replace(os.sep, "/")
    old = f"#!{Path(sys.prefix) / 'bin' / 'python'}"
    for info in site.glob("*.dist-info"):
        record = info / "RECORD"
        if not record.is_file():
            continue
        rows = list(csv.reader(io.StringIO(record.read_text("utf-8"))))
        changed = False
        for row in rows:
            if not row or not row[0].startswith("../../../bin/"):
                continue
            name = row[0].rsplit("/", 1)[1]
            source = Path(sys.prefix) / "bin" / name
            if not source.is_file():
                continue
            content = source.read_bytes()
            if content.startswith(old.encode()):
                content = f"#!{prefix / 'bin' / 'python'}".encode() + content[len(old) :]
            target = prefix / "bin" / name
            if not target.exists():
                target.write_bytes(content)
                target.chmod(0o755)
            row[0:3] = [f"{folder}/{name}", *_recorded(content)]
            changed = True
        if changed:
            _write_record(own(record), rows)


def _recorded(content: bytes) -> list[str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return [f"sha256={digest}", str(len(content))]


def _write_record(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _install_project(prefix: Path, site: Path) -> None:
    """This checkout, copied as an installation would, in place of one that points to a folder."""
    ours = metadata.distribution("paddle-lab")
    version = ours.version
    for old in list(site.glob("paddle_lab*")) + list(site.glob("__editable__*paddle_lab*")):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(PROJECT / "paddle_lab", site / "paddle_lab", ignore=ignored)
    info = site / f"paddle_lab-{version}.dist-info"
    info.mkdir()
    for name in ("METADATA", "WHEEL", "entry_points.txt", "top_level.txt"):
        text = ours.read_text(name)
        if text is not None:
            (info / name).write_text(text, "utf-8")
    (info / "INSTALLER").write_text("pip\n", "utf-8")
    (prefix / "bin").mkdir(exist_ok=True)
    command = prefix / "bin" / "paddle-lab"
    command.write_text(
        f"#!{prefix / 'bin' / 'python'}\nimport sys\nfrom paddle_lab.cli import main\n"
        "if __name__ == '__main__':\n    sys.exit(main())\n",
        "utf-8",
    )
    command.chmod(0o755)
    rows = [[_relative(path, site), *_recorded(path.read_bytes())] for path in _files(site, info)]
    relative = os.path.relpath(command, site).replace(os.sep, "/")
    rows.append([relative, *_recorded(command.read_bytes())])
    rows.append([_relative(info / "RECORD", site), "", ""])
    _write_record(info / "RECORD", rows)


def _files(site: Path, info: Path) -> Iterator[Path]:
    for folder in (site / "paddle_lab", info):
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _relative(path: Path, site: Path) -> str:
    return path.relative_to(site).as_posix()
