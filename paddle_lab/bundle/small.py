"""A small bundle: the words that the domain uses, 8-bit weights, and no program of Paddle.

It is a bundle of its own beside the proven one that it is made of, and is judged as a whole on the
evaluation rows; what each step alone costs and gains is measured in the same run.
"""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.card import write_card
from paddle_lab.bundle.convert import FEWER_WORDS
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
from paddle_lab.bundle.locate import failure_report
from paddle_lab.bundle.manifest import (
    CARD_FILE,
    FIRST_RUNTIME,
    PROOF_ROWS_FILE,
    TOKENIZER_FILE,
    Manifest,
    file_entry,
    load_manifest,
    write_manifest,
)
from paddle_lab.bundle.older_small import MADE_OF, made_of
from paddle_lab.bundle.onnx_session import FLOAT32_FILE, INT8_FILE
from paddle_lab.bundle.pace import paces_of
from paddle_lab.bundle.predictor import Predictor, open_bundle
from paddle_lab.bundle.problems import CheckFailed, too_much_lost, without_paddle
from paddle_lab.bundle.proof import Expected
from paddle_lab.bundle.staging import StagingDir, install, staging_dir
from paddle_lab.bundle.vocabulary import trimmed_words, unknown_share
from paddle_lab.runs.events import finite
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import Rows

#: The steps that are measured: the bundle itself, each step alone, and both.
EIGHT_BITS: Final = "onnx-int8"
SMALL: Final = "fewer-words + onnx-int8"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SmallProof:
    """``steps`` as they were measured, the whole bundle first and the small one last.

    ``words`` of the vocabulary before and after; ``unknown`` is the share of the evaluation rows'
    tokens that each does not know.
    """

    steps: tuple[RuntimeProof, ...]
    words: tuple[int, int]
    unknown: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """For ``--json`` and the manifest."""
        return {
            "steps": [step.to_json() for step in self.steps],
            "words": list(self.words),
            "unknown": [round(share, 6) for share in self.unknown],
        }


def make_small(
    folder: Path,
    destination: Path,
    seen: Rows,
    rows: EvaluationRows,
    *,
    most_lost: float = MOST_LOST,
    threads: int,
    progress: Progress | None = None,
    anchor: Path | None = None,
) -> SmallProof:
    """Make the small bundle of the one in ``folder`` at ``destination``.

    ``seen`` are the rows whose words stay: those of the training. The small bundle may lose
    ``most_lost`` points of the task's first metric on ``rows``. It is installed whole, or not at
    all. Raises BundleError when it loses more, when the bundle is damaged or without Paddle's
    program, or when it cannot be written; EnvError where a tool is not installed.
    """
    report = progress or (lambda phase, done, total: None)
    manifest = in_place(folder, lambda: load_manifest(folder))
    if not manifest.with_paddle:
        raise without_paddle(folder)
    with staging_dir(destination, anchor) as staging:
        work = _Shrinking(folder, manifest, staging, destination, rows, threads)
        report("convert", 0, 2)
        work.convert(seen)
        report("measure", 1, 2)
        proof = work.measured()
        why = loses_too_much(proof.steps[-1], most_lost)
        if why is not None:
            raise too_much_lost(folder, why)
        work.seal(proof)
        install(staging, destination)
    return proof


class _Shrinking:
    """The small bundle in its staging directory; what it is compared with stands in ``check``."""

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        staging: StagingDir,
        destination: Path,
        rows: EvaluationRows,
        threads: int,
    ) -> None:
        self._folder, self._manifest, self._staging = folder, manifest, staging
        self._destination = destination
        self._rows, self._threads = rows, threads
        self._task = get_task(manifest.task)
        self._whole = self._open(folder, FIRST_RUNTIME, manifest)
        self._tokenizer = (folder / TOKENIZER_FILE).read_text(encoding="utf-8")

    def convert(self, seen: Rows) -> None:
        """Write the model of each step: all words in 8 bits, fewer in 32, and fewer in 8."""
        check = self._staging.check
        source = check / "source"
        source.mkdir()
        self._copy_with_paddle_alone(source)
        convert_in_fresh_process(source, check, EIGHT_BITS)
        eight_bits = self._step(check / "eight-bits", source / INT8_FILE, self._tokenizer)
        windows = self._whole.codec.encode(seen, self._task.long_text)
        self._words = trimmed_words(self._tokenizer, windows)
        kept = check / "kept.json"
        kept.write_text(json.dumps(self._words.kept.tolist()), encoding="utf-8")
        convert_in_fresh_process(source, check, FEWER_WORDS, kept=kept)
        fewer = self._words.tokenizer_json
        self._steps = {
            FIRST_RUNTIME: self._whole,
            EIGHT_BITS: eight_bits,
            FEWER_WORDS: self._step(check / "fewer-words", source / FLOAT32_FILE, fewer),
            SMALL: self._step(self._staging.bundle, source / INT8_FILE, fewer),
        }

    def _copy_with_paddle_alone(self, to: Path) -> None:
        """What the other models are made of; runtimes that the bundle has already stay behind."""
        paddle = self._manifest.runtimes[FIRST_RUNTIME]
        names = (*paddle, TOKENIZER_FILE, PROOF_ROWS_FILE)
        for name in names:
            shutil.copyfile(self._folder / name, to / name)
        manifest = dataclasses.replace(
            self._manifest,
            files={name: self._manifest.files[name] for name in names},
            runtimes={FIRST_RUNTIME: paddle},
            runtime_proofs={},
            runtime=FIRST_RUNTIME,
        )
        write_manifest(to, manifest)

    def _step(self, folder: Path, model: Path, tokenizer_json: str) -> Predictor:
        """The predictor of one step, in a folder of its own."""
        folder.mkdir(exist_ok=True)
        model.rename(folder / model.name)
        (folder / TOKENIZER_FILE).write_text(tokenizer_json, encoding="utf-8")
        runtime = "onnx" if model.name == FLOAT32_FILE else EIGHT_BITS
        manifest = dataclasses.replace(
            self._manifest, runtimes={runtime: (model.name,)}, runtime=runtime, runtime_proofs={}
        )
        return self._open(folder, runtime, manifest)

    def _open(self, folder: Path, runtime: str, manifest: Manifest) -> Predictor:
        return open_bundle(folder, manifest, device="cpu", threads=self._threads, runtime=runtime)

    def measured(self) -> SmallProof:
        """Every step beside the whole bundle."""
        paces = paces_of(self._steps, self._rows.data.given)
        before = evaluated(self._whole, self._rows)
        proofs = []
        for name, predictor in self._steps.items():
            after = before if name == FIRST_RUNTIME else evaluated(predictor, self._rows)
            exact = name == FIRST_RUNTIME
            proof = RuntimeProof(name, exact, _size_mb(predictor), threads=self._threads)
            proof = compared(proof, self._task, before, after)
            if not math.isfinite(proof.max_abs_diff or 0.0):  # other tokens, other outputs
                proof = dataclasses.replace(proof, max_abs_diff=None)
            proofs.append(dataclasses.replace(proof, **dataclasses.asdict(paces[name])))
        self._metrics: dict[str, float | None] = finite(self._task.measure(after))
        return SmallProof(
            tuple(proofs),
            (self._words.before, len(self._words.kept)),
            (
                unknown_share(self._tokenizer, before.windows),
                unknown_share(self._words.tokenizer_json, after.windows),
            ),
        )

    def seal(self, proof: SmallProof) -> None:
        """Write what else a bundle holds, and check it in a fresh process."""
        folder, predictor = self._staging.bundle, self._steps[SMALL]
        rows = predictor.codec.neutral_rows()
        windows = predictor.codec.encode(rows, self._task.long_text)
        ids = [one.tolist() for one in windows.ids]
        Expected(rows, predictor.run(windows), ids).write(folder / PROOF_ROWS_FILE)
        small = proof.steps[-1]
        figures = {**proof.to_json(), MADE_OF: made_of(self._manifest)}
        names = (INT8_FILE, TOKENIZER_FILE, PROOF_ROWS_FILE)
        manifest = dataclasses.replace(
            predictor.manifest,
            files={name: file_entry(folder / name) for name in names},
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            metrics=self._metrics,
            source={**self._manifest.source, "small": figures},
            runtime_proofs={EIGHT_BITS: small.to_json()},
            proof=None,
        )
        write_manifest(folder, manifest)
        fresh = check_in_fresh_process(
            folder, self._staging.check, unproven=True, runtime=EIGHT_BITS
        )
        if (why := fresh.failure()) is not None:
            raise CheckFailed(why, failure_report(self._destination), fresh.to_json())
        manifest = dataclasses.replace(manifest, proof=fresh.to_json())
        write_card(folder, manifest)
        files = {**manifest.files, CARD_FILE: file_entry(folder / CARD_FILE)}
        write_manifest(folder, dataclasses.replace(manifest, files=files))


def _size_mb(predictor: Predictor) -> float:
    """What predicting reads: the model and the tokenizer."""
    names = (*predictor.manifest.runtimes[predictor.runtime], TOKENIZER_FILE)
    return round(sum((predictor.folder / name).stat().st_size for name in names) / 1e6, 3)
