"""Runtimes added to a proven bundle, each judged before it is kept: outputs, answers, cost, speed.

The bundle's own Paddle program, proven against the trained model, is what the others are compared
with: in a fresh process with the rows that the bundle carries, and here on the evaluation rows.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.bundle.card import write_card
from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.fresh import check_in_fresh_process, convert_in_fresh_process
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
from paddle_lab.bundle.proof import TOLERANCE, compare
from paddle_lab.bundle.runtimes import RUNTIMES
from paddle_lab.bundle.staging import StagingDir, install, staging_dir
from paddle_lab.errors import BundleError, PaddleLabError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks import get_task
from paddle_lab.tasks.api import Evaluation, MetricSpec, Task

if TYPE_CHECKING:
    from paddle_lab.data import Dataset

#: Points of the task's metric that a runtime may lose.
MOST_LOST: Final = 0.5

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class EvaluationRows:
    """The rows that judge: of the part called ``part``, with their targets; the task's options."""

    part: str
    data: Dataset
    options: Any = None


@dataclass(frozen=True)
class RuntimeProof:
    """What was found of one runtime; ``why_not`` says why it was not kept, None when it was.

    ``rows`` evaluation rows were answered; ``answers_equal`` is the share of them with the answer
    of Paddle's program, None of a task that answers with measures; ``max_abs_diff`` is the largest
    difference of their outputs. ``before`` and ``after`` are the ``metric`` with Paddle's program
    and with this one, ``lost`` the difference in points, positive where it got worse. ``ms_alone``
    and ``ms_batched`` are milliseconds a text, one by one and in batches of similar length, on
    ``threads`` of the CPU of this machine.
    """

    runtime: str
    exact: bool
    size_mb: float
    rows: int = 0
    answers_equal: float | None = None
    max_abs_diff: float | None = None
    metric: str | None = None
    before: float | None = None
    after: float | None = None
    lost: float | None = None
    ms_alone: float | None = None
    ms_batched: float | None = None
    threads: int | None = None
    why_not: Text | None = None

    @property
    def kept(self) -> bool:
        """Whether it is in the bundle now."""
        return self.why_not is None

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it."""
        content = dataclasses.asdict(self)
        content["why_not"] = None if self.why_not is None else self.why_not.to_json()
        return content


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
    among them, becomes the one that loading takes. The bundle is exchanged whole, or stays.

    Returns what was found, Paddle's program first. Raises BundleError for a bundle that is damaged
    or cannot be written, UsageError for a runtime that nobody knows, EnvError when none of those
    asked for is installed.
    """
    report = progress or (lambda phase, done, total: None)
    for name in names:
        RUNTIMES.get(name)
    manifest = in_place(folder, lambda: load_manifest(folder))
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
        self._reference = None if rows is None else self._evaluated(FIRST_RUNTIME, rows)
        self._proofs = {FIRST_RUNTIME: self._of_paddle()}

    def add(self, name: str) -> None:
        """Convert for one runtime, check and judge it."""
        exact = RUNTIMES.get(name).exact
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
        proof = self._compared(proof, self._reference, self._evaluated(name, self._rows))
        return dataclasses.replace(proof, why_not=self._why_not(proof))

    def _why_not(self, proof: RuntimeProof) -> Text | None:
        if proof.exact and (proof.max_abs_diff is None or proof.max_abs_diff > TOLERANCE):
            return T("an output differs by {found:.1e}, {most:.0e} allowed",
                     "输出相差 {found:.1e}，允许 {most:.0e}",
                     found=proof.max_abs_diff, most=TOLERANCE)  # fmt: skip
        if not proof.exact and (proof.lost is None or proof.lost > self._most_lost):
            return T("it loses {lost:.2f} points of {metric}, {most:g} allowed (--max-drop)",
                     "{metric} 下降 {lost:.2f} 个百分点，允许 {most:g}（--max-drop）",
                     lost=proof.lost if proof.lost is not None else float("nan"),
                     metric=proof.metric, most=self._most_lost)  # fmt: skip
        return None

    def _compared(self, proof: RuntimeProof, before: Evaluation, after: Evaluation) -> RuntimeProof:
        difference = compare(
            after.codec, after.data.given, after.windows, before.outputs, after.outputs, TOLERANCE
        )
        metric: MetricSpec = self._task.metrics[0]
        one, other = (self._task.measure(each)[metric.name] for each in (before, after))
        lost = 100 * (one - other if metric.higher_is_better else other - one)
        return dataclasses.replace(
            proof,
            rows=len(after.data),
            max_abs_diff=difference.largest,
            answers_equal=share_equal(self._task, before, after),
            metric=metric.name,
            before=one,
            after=other,
            lost=lost,
        )

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
        chosen = min(kept, key=lambda proof: proof.ms_batched or float("inf")).runtime
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
        return open_bundle(
            self._folder, self._manifest, device="cpu", threads=self._threads, runtime=name
        )

    def _evaluated(self, name: str, rows: EvaluationRows) -> Evaluation:
        predictor = self._loaded[name]
        windows = predictor.codec.encode(rows.data.given, self._task.long_text)
        return Evaluation(
            rows.part, rows.data, predictor.codec, windows, predictor.run(windows), rows.options
        )

    def _of_paddle(self) -> RuntimeProof:
        files = self._manifest.runtimes[FIRST_RUNTIME]
        size = sum(self._manifest.files[file].bytes for file in files) / 1e6
        proof = RuntimeProof(FIRST_RUNTIME, True, round(size, 3), threads=self._threads)
        if self._reference is None:
            return proof
        return self._compared(proof, self._reference, self._reference)


def share_equal(task: Task, before: Evaluation, after: Evaluation) -> float | None:
    """The share of rows with the same answer; None where answers are measures, never equal."""
    answers = [
        [task.beside(answer).get("prediction") for answer in _answers(one)]
        for one in (before, after)
    ]
    if all(type(answer) is float for answer in answers[0]):
        return None
    return float(np.mean([one == other for one, other in zip(*answers, strict=True)]))


def _answers(evaluation: Evaluation) -> Sequence[Any]:
    return evaluation.codec.decode(evaluation.data.given, evaluation.windows, evaluation.outputs)


_NO_ROWS: Final = T(
    "what it costs is not known: the evaluation rows of the run are not here",
    "无法得知其代价：此处没有该运行的评估数据",
)
