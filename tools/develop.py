"""Install the checkout into the current environment for development.

Builds the front end, installs the package as editable, links the lab extension and enables the
server extension. Run again after changing TypeScript; Python changes need nothing.

    python tools/develop.py            build when sources changed, then link
    python tools/develop.py --force    build in any case
    python tools/develop.py --check    lint, type-check and unit-test the front end's sources
    python tools/develop.py --remove   take the links away again
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import frontend

PREFIX = Path(sys.prefix)
LINK = PREFIX / "share" / "jupyter" / "labextensions" / "paddle-lab"
CONFIG = PREFIX / "etc" / "jupyter" / "jupyter_server_config.d" / "paddle_lab.json"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def main() -> None:
    """Parse the options and do the work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    parser.add_argument("--check", action="store_true", help="only check the sources")
    parser.add_argument("--remove", action="store_true", help="take the links away")
    options = parser.parse_args()
    if Path(sys.base_prefix) == PREFIX:
        parser.error("this Python is not a virtual environment")
    if options.check:
        sys.exit(0 if frontend.check() else 1)
    if options.remove:
        remove()
        return
    built = frontend.build(force=options.force)
    install()
    print(f"front end {'built' if built else 'is current'}; linked into {PREFIX}")


def install() -> None:
    """Install the package as editable, then link what an editable install leaves out."""
    if not is_editable():
        editable = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--editable"]
        subprocess.check_call([*PIP, *editable, str(frontend.HERE)])
    unlink()
    LINK.parent.mkdir(parents=True, exist_ok=True)
    try:
        LINK.symlink_to(frontend.LABEXTENSION, target_is_directory=True)
    except OSError:  # Windows without the right to make links
        shutil.copytree(frontend.LABEXTENSION, LINK)
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(frontend.HERE / "jupyter-config" / "paddle_lab.json", CONFIG)


def is_editable() -> bool:
    """Whether this environment's paddle-lab already is this checkout."""
    try:
        found = distribution("paddle-lab").read_text("direct_url.json")
    except PackageNotFoundError:
        return False
    return found is not None and json.loads(found)["url"] == frontend.HERE.as_uri()


def remove() -> None:
    """Undo :func:`install`."""
    unlink()
    subprocess.check_call([*PIP, "uninstall", "--quiet", "--yes", "paddle-lab"])


def unlink() -> None:
    """Take the lab extension's link and the server's configuration away."""
    if LINK.is_symlink():
        LINK.unlink()
    elif LINK.exists():
        shutil.rmtree(LINK)
    CONFIG.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
