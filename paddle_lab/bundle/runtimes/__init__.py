"""Runtimes: ways to execute a bundle's program, one module each; a manifest names those it holds.

A bundle always holds Paddle's program, which the export writes first. Other runtimes convert it
to files of their own beside it, and each is proven against the trained model before it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy.typing as npt

from paddle_lab.bundle.manifest import Manifest
from paddle_lab.bundle.problems import without_runtime
from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.plugins import Plugins
from paddle_lab.tasks.codec import Signature


class LoadedProgram(Protocol):
    """A program that is ready to run; from any thread: calls go one after the other."""

    def run(self, inputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """The outputs of one padded batch, by name; ``inputs`` holds every input [rows, ...]."""
        ...

    def clone(self) -> LoadedProgram:
        """Another one that shares the weights: one for each thread that must not wait."""
        ...


class Runtime(Protocol):
    """What a module here gives as ``RUNTIME``; others use the group ``paddle_lab.runtimes``.

    Importing the module must not import what it runs on. Its files have the same names in every
    bundle, and it opens no others: a manifest chooses none.
    """

    @property
    def exact(self) -> bool:
        """Whether its outputs must be the trained model's within the tolerance of the proof.

        One that is not exact is judged by what it costs on the evaluation rows.
        """
        ...

    @property
    def anywhere(self) -> bool:
        """Whether it runs on any machine that has what it is made for installed.

        One that asks for a certain processor is taken only where somebody names it: the bundle is
        copied to machines that nobody has seen.
        """
        ...

    def convert(self, folder: Path, signature: Signature) -> tuple[str, ...]:
        """Write its files beside Paddle's program in ``folder``; returns the names of all it needs.

        Raises BundleError when the program cannot be converted; OSError when its files did not get
        whole onto the disk.
        """
        ...

    def choose_device(self, wanted: str) -> str:
        """Where it computes when ``wanted`` (auto, cpu, gpu, gpu:1) is asked for.

        Raises UsageError for what is no device of it, EnvError for one that is not there.
        """
        ...

    def load(self, folder: Path, manifest: Manifest, device: str, threads: int) -> LoadedProgram:
        """The program of a bundle whose files were found whole.

        ``device`` is what :meth:`choose_device` gave; ``threads`` are for the CPU. Nothing of the
        folder may be executed but calculations. Raises BundleError when it cannot be loaded or is
        not what the manifest says; EnvError where what it runs on is not installed.
        """
        ...


RUNTIMES: Final = Plugins[Runtime](
    "paddle_lab.bundle.runtimes",
    "paddle_lab.runtimes",
    "RUNTIME",
    T("runtime", "运行时"),
    hyphens=True,
)


def refused_here(name: str) -> PaddleLabError | None:
    """Why a runtime that asks for a certain machine does not run on this one; None where it does.

    Raises UsageError for a runtime that nobody knows.
    """
    runtime = RUNTIMES.get(name)
    if not runtime.anywhere:
        try:
            runtime.choose_device("auto")
        except PaddleLabError as error:
            return error
    return None


def load_program(
    folder: Path, manifest: Manifest, runtime: str, device: str, threads: int
) -> LoadedProgram:
    """The program of the bundle, ready to run.

    Raises UsageError for a runtime that nobody knows; BundleError when the bundle was not made
    for it, or when it cannot be loaded.
    """
    chosen = RUNTIMES.get(runtime)
    if runtime not in manifest.runtimes:
        raise without_runtime(folder, runtime, manifest.runtimes)
    return chosen.load(folder, manifest, device, threads)
