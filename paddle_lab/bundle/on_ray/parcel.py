"""What of a bundle travels to the nodes of a cluster: one runtime's files, as bytes.

A node compares every byte with the manifest, and the manifest with that of the machine that asks,
before anything is loaded; loading is that of every bundle, which executes nothing of it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.manifest import (
    CARD_FILE,
    MANIFEST_FILE,
    load_manifest,
    parse_manifest,
)
from paddle_lab.bundle.predictor import Predictor, open_bundle
from paddle_lab.bundle.problems import damaged, exchanged_meanwhile
from paddle_lab.paths import atomic_write_bytes
from paddle_lab.untrusted import UnusableFile, read_bytes, reason_of


@dataclass(frozen=True)
class Parcel:
    """A bundle with what one runtime reads: its manifest as JSON, its files by name."""

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    runtime: str


def packed(predictor: Predictor) -> Parcel:
    """The bundle that a predictor was loaded from.

    Raises BundleError where another stands there now, or a damaged one.
    """
    folder, runtime = predictor.folder, predictor.runtime

    def read() -> Parcel:
        manifest = load_manifest(folder)
        if manifest != predictor.manifest:
            raise exchanged_meanwhile(folder)
        lean = manifest.with_one_runtime(runtime)
        files = {
            name: _content(folder, name, known.bytes)
            for name, known in lean.files.items()
            if name != CARD_FILE
        }
        return Parcel(lean.to_json(), files, runtime)

    return in_place(folder, read)


def _content(folder: Path, name: str, size: int) -> bytes:
    try:
        return read_bytes(folder / name, size)
    except (OSError, UnusableFile) as error:
        raise damaged(folder, name, reason_of(error)) from error


def opened(parcel: Parcel, *, threads: int = 1) -> Predictor:
    """The predictor of a bundle that has arrived; nothing of it is left on the disk.

    Raises BundleError for bytes that are not those of the manifest, and what loading raises.
    """
    with tempfile.TemporaryDirectory(prefix="paddle-lab-") as work:
        folder = Path(work)
        # Its names are checked before they become files.
        known = parse_manifest(parcel.manifest, folder).files
        for name, content in parcel.files.items():
            if name in known:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        atomic_write_bytes(folder / MANIFEST_FILE, json.dumps(parcel.manifest).encode("utf-8"))
        manifest = load_manifest(folder)
        return open_bundle(folder, manifest, device="cpu", threads=threads, runtime=parcel.runtime)
