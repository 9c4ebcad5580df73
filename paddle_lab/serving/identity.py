"""Which bundle lies in a folder, and whether it is still that one."""

from __future__ import annotations

from pathlib import Path

from paddle_lab.bundle.manifest import MANIFEST_FILE, Manifest


def identity_of(manifest: Manifest) -> str:
    """The same for the same bundle, in every process: its files and all that is said of them."""
    return str(manifest.to_json()["checksum"])


def looks_of(folder: Path) -> tuple[int, ...] | None:
    """What tells cheaply that a folder was exchanged; None while there is no bundle in it."""
    try:
        status = (folder / MANIFEST_FILE).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
