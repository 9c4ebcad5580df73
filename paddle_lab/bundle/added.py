"""Runtimes added to a proven bundle, each judged before it is kept: outputs, answers, cost, speed.

The bundle's own Paddle program, proven against the trained model, is what the others are compared
with: in a fresh process with the rows that the bundle carries, and here on the evaluation rows.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from paddle_lab.bundle.card import write_card
from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.fresh import check_in_fresh_process, convert_in_fresh_process
from paddle_lab.bundle.judging import (
    MOST_LOST,
    EvaluationRows,
    RuntimeProof,
    compared,
    evaluated,
    loses_too_much,
)
from paddle_lab.bundle.manifest import (
    CARD_FILE,
    FIRST_RUNTIME,
    Manifest,
    file_entry,
    load_manifest,
    write_manifest,
)
from paddle_lab.bundle.pace import paces_of
from paddle_lab.bundle.predictor import Predictor, open_bundle
from paddle_lab.bundle.problems import without_paddle
from paddle_lab.bundle.proof import TOLERANCE
from paddle_lab.bundle.runtimes import RUNTIMES, refused_here
from paddle_lab.bundle.staging import StagingDir, install, staging_dir
from paddle_lab.errors import BundleError, PaddleLabError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks import get_task

Progress = Callable[[str, int, int], None]


def add_runtimes(
    folder: Path,
    names: Sequence[str],
    rows: EvaluationRows | None,
    *,
    most_lost: float = MOST_LOST,
    choose: bool = False,
    threads: int,
    progress: Progress | None = None,
    anchor: Path | None = None,
) -> list[RuntimeProof]:
    """Convert the bundle in ``folder`` for the runtimes, and keep those that pass.

    Each must give finite outputs in a fresh process, with the bundle's own rows. One that is exact
    must give Paddle's outputs within the tolerance of the proof there and on all ``rows``; another
    may lose ``most_lost`` points of the task's first metric on them. Without ``rows`` what such a
    one costs is not known: it is not kept. With ``choose`` the fastest in batches, Paddle's own
    among them, becomes the one that loading takes, of those that run on any machine. The bundle is
    exchanged whole, or stays.

    Returns what was found, Paddle's program first. Raises BundleError for a bundle that is damaged
    or cannot be written, UsageError for a runtime that nobody knows, EnvError when none of those
    asked for is installed.
    """
    report = progress or (lambda phase, done, total: None)
    for name in names:
        RUNTIMES.get(name)
    manifest = in_place(folder, lambda: load_manifest(folder))
    if not manifest.with_paddle:
        raise without_paddle(folder)
    with staging_dir(folder, anchor) as staging:
        in_place(folder, lambda: _copy(folder, manifest, staging.bundle))
        work = _Adding(staging, folder, manifest, rows, most_lost, threads)
        for done, name in enumerate(names):
            report("convert", done, len(names))
            work.add(name)
        report("measure", 0, 1)
        proofs = work.timed()
        if any(proof.kept for proof in proofs[1:]) or choose:
            work.seal(proofs, choose)
            install(staging, folder)
    return proofs


def _copy(folder: Path, manifest: Manifest, to: Path) -> None:
    for name in manifest.files:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, to / name)
    write_manifest(to, manifest)


class _Adding:
    """The bundle in its staging directory, and what was found of each runtime so far."""

    def __init__(
        self,
        staging: StagingDir,
        original: Path,
        manifest: Manifest,
        rows: EvaluationRows | None,
        most_lost: float,
        threads: int,
    ) -> None:
        self._staging, self._folder, self._original = staging, staging.bundle, original
        self._manifest = manifest
        self._rows, self._most_lost, self._threads = rows, most_lost, threads
        self._task = get_task(manifest.task)
        self._loaded = {FIRST_RUNTIME: self._load(FIRST_RUNTIME)}
        self._reference = None if rows is None else evaluated(self._loaded[FIRST_RUNTIME], rows)
        self._proofs = {FIRST_RUNTIME: self._of_paddle()}

    def add(self, name: str) -> None:
        """Convert for one runtime, check and judge it."""
        exact = RUNTIMES.get(name).exact
        if (refused := refused_here(name)) is not None:
            why = refused.why or refused.what
            self._proofs[name] = RuntimeProof(name, exact, 0.0, why_not=why)
            return
        try:
            files = convert_in_fresh_process(self._folder, self._staging.check, name)
        except BundleError as error:
            self._proofs[name] = RuntimeProof(name, exact, 0.0, why_not=error.why or error.what)
            return
        entries = {file: file_entry(self._folder / file) for file in files}
        before = self._manifest
        self._manifest = dataclasses.replace(
            before,
            runtimes={**before.runtimes, name: files},
            files={**before.files, **entries},
        )
        write_manifest(self._folder, self._manifest)
        size = sum(entry.bytes for entry in entries.values()) / 1e6
        try:
            proof = self._judged(name, exact, round(size, 3))
        except PaddleLabError as error:
            proof = RuntimeProof(name, exact, round(size, 3), why_not=error.what)
        self._proofs[name] = proof
        if not proof.kept:
            self._manifest = before
            write_manifest(self._folder, before)
            for file in files:
                if file in before.files:  # of an earlier time, which stays
                    shutil.copyfile(self._original / file, self._folder / file)
                else:
                    (self._folder / file).unlink()

    def _judged(self, name: str, exact: bool, size_mb: float) -> RuntimeProof:
        proof = RuntimeProof(name, exact, size_mb, threads=self._threads)
        fresh = check_in_fresh_process(self._folder, self._staging.check, runtime=name)
        if (why := fresh.failure()) is not None:
            return dataclasses.replace(proof, why_not=why)
        self._loaded[name] = self._load(name)
        if self._rows is None or self._reference is None:
            proof = dataclasses.replace(proof, max_abs_diff=fresh.max_abs_diff)
            return proof if exact else dataclasses.replace(proof, why_not=_NO_ROWS)
        proof = compared(
            proof, self._task, self._reference, evaluated(self._loaded[name], self._rows)
        )
        return dataclasses.replace(proof, why_not=self._why_not(proof))

    def _why_not(self, proof: RuntimeProof) -> Text | None:
        if proof.exact and (proof.max_abs_diff is None or proof.max_abs_diff > TOLERANCE):
            return T("an output differs by {found:.1e}, {most:.0e} allowed",
                     "输出相差 {found:.1e}，允许 {most:.0e}",
                     found=proof.max_abs_diff, most=TOLERANCE)  # fmt: skip
        return None if proof.exact else loses_too_much(proof, self._most_lost)

    def timed(self) -> list[RuntimeProof]:
        """All proofs, with the milliseconds a text of those that are kept, measured in turn."""
        kept = {name: self._loaded[name] for name, proof in self._proofs.items() if proof.kept}
        data = self._rows.data.given if self._rows is not None else None
        paces = paces_of(kept, data)
        return [
            dataclasses.replace(proof, **dataclasses.asdict(paces[name]))
            if name in paces
            else proof
            for name, proof in self._proofs.items()
        ]

    def seal(self, proofs: Sequence[RuntimeProof], choose: bool) -> None:
        """Write the manifest with the proofs, and the card."""
        kept = [proof for proof in proofs if proof.kept]
        anywhere = [proof for proof in kept if RUNTIMES.get(proof.runtime).anywhere]
        chosen = min(anywhere, key=lambda proof: proof.ms_batched or float("inf")).runtime
        manifest = dataclasses.replace(
            self._manifest,
            runtime_proofs={
                **self._manifest.runtime_proofs,
                **{proof.runtime: proof.to_json() for proof in kept},
            },
            runtime=chosen if choose else self._manifest.runtime,
        )
        write_card(self._folder, manifest)
        files = {**manifest.files, CARD_FILE: file_entry(self._folder / CARD_FILE)}
        write_manifest(self._folder, dataclasses.replace(manifest, files=files))

    def _load(self, name: str) -> Predictor:
        device = "cpu" if RUNTIMES.get(name).anywhere else "auto"
        return open_bundle(
            self._folder, self._manifest, device=device, threads=self._threads, runtime=name
        )

    def _of_paddle(self) -> RuntimeProof:
        files = self._manifest.runtimes[FIRST_RUNTIME]
        size = sum(self._manifest.files[file].bytes for file in files) / 1e6
        proof = RuntimeProof(FIRST_RUNTIME, True, round(size, 3), threads=self._threads)
        if self._reference is None:
            return proof
        return compared(proof, self._task, self._reference, self._reference)


_NO_ROWS: Final = T(
    "what it costs is not known: the evaluation rows of the run are not here",
    "无法得知其代价：此处没有该运行的评估数据",
)
