"""A Jupyter of the tests' own: nothing of the person who runs them is read or written."""

from __future__ import annotations

from pathlib import Path

JUPYTER_FOLDERS = {
    "HOME": "home",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
    "PADDLE_LAB_DATA_DIR": "paddle-lab",
}


def jupyter_home(root: Path) -> dict[str, str]:
    """Environment variables that keep Jupyter and the registry of runs inside ``root``."""
    for name in JUPYTER_FOLDERS.values():
        (root / name).mkdir(parents=True, exist_ok=True)
    return {variable: str(root / name) for variable, name in JUPYTER_FOLDERS.items()}
