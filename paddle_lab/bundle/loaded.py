"""A bundle's program without its tokenizer: padded batches in, outputs out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.bundle.manifest import Manifest, load_manifest
from paddle_lab.bundle.runtimes import RUNTIMES, LoadedProgram, load_program
from paddle_lab.cgroup import usable_cores
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T


@dataclass(frozen=True)
class Loaded:
    """The program of a bundle on one runtime and device."""

    manifest: Manifest
    program: LoadedProgram
    runtime: str
    device: str

    def run_batch(self, inputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """The outputs of one padded batch, by name."""
        return self.program.run(inputs)


def open_program(
    folder: Path,
    manifest: Manifest,
    *,
    device: str = "auto",
    threads: int | None = None,
    runtime: str | None = None,
) -> Loaded:
    """The program of a bundle whose manifest was already read and checked.

    ``device``, ``threads`` and ``runtime`` as in :func:`paddle_lab.load_bundle`. Raises UsageError
    for a wrong one of them, BundleError for a program that cannot be loaded.
    """
    if threads is not None and threads < 1:
        raise UsageError(
            T(
                "threads must be at least 1, not {threads}.",
                "线程数至少为 1，而不是 {threads}。",
                threads=threads,
            ),
            fix=T("Give 1 or more.", "请给出 1 或更大的值。"),
            code="usage.value",
        )
    runtime = manifest.runtime if runtime is None else runtime
    device = RUNTIMES.get(runtime).choose_device(device)
    program = load_program(folder, manifest, runtime, device, int(threads or usable_cores()))
    return Loaded(manifest, program, runtime, device)


def load_program_of(
    path: str | Path,
    *,
    device: str = "auto",
    threads: int | None = None,
    runtime: str | None = None,
) -> Loaded:
    """The program of a bundle, every file of which is compared with its manifest first.

    For a process that is given tokens: its tokenizer takes memory and is not made. Raises as
    :func:`paddle_lab.load_bundle` does.
    """
    folder = find_bundle(path)

    def load() -> Loaded:
        manifest = load_manifest(folder)
        return open_program(folder, manifest, device=device, threads=threads, runtime=runtime)

    return in_place(folder, load)
