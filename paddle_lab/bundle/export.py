"""Export a trained model as a bundle that was proven, in a fresh process, to answer as it does."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle import program
from paddle_lab.bundle.card import write_card
from paddle_lab.bundle.fresh import TIMEOUT_S, check_in_fresh_process
from paddle_lab.bundle.locate import failure_report
from paddle_lab.bundle.manifest import (
    CARD_FILE,
    FIRST_RUNTIME,
    PROOF_ROWS_FILE,
    TOKENIZER_FILE,
    Manifest,
    file_entry,
    write_manifest,
)
from paddle_lab.bundle.problems import CheckFailed, cannot_write
from paddle_lab.bundle.proof import TOLERANCE, Expected, ExportProof
from paddle_lab.bundle.runtimes import RUNTIMES
from paddle_lab.bundle.staging import StagingDir, check_replaceable, install, staging_dir
from paddle_lab.errors import BundleError
from paddle_lab.paths import atomic_write_json
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import Codec, Rows
from paddle_lab.tasks.encoding import plain_json
from paddle_lab.versions import versions

MOST_ROWS: Final = 64
_SPARE_BYTES: Final = 16 << 20
_SECONDS_PER_MILLION: Final = 5.0

# Hears ("export" | "verify", done, total); for "verify" these are seconds. May raise to give up.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ExportSource:
    """A trained model with all that its bundle must know.

    ``model`` is the live PaddleNLP model. ``tokenizer`` is the one it was trained with: a Rust
    `Tokenizer`, its JSON, or the path of its JSON. ``codec`` is the JSON that the task's codec is
    rebuilt from (for ``classify`` ``{"labels": [...]}`` in the order of the logits); ``max_len`` in
    tokens. ``rows`` are real rows for the check, as columns by role: they are compared and timed,
    and never written into the bundle. ``coverage`` says which classes ``metrics`` leave out, None
    for none. ``source`` (run id, data fingerprint) and ``base_model``
    (name, licence, notice as ``{"en", "zh"}``, source, sha256) go into the manifest as they are.
    """

    model: Any
    tokenizer: Any
    codec: Mapping[str, Any]
    max_len: int
    rows: Rows
    task: str = "classify"
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    coverage: Mapping[str, Any] | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    base_model: Mapping[str, Any] = field(default_factory=dict)


def export_bundle(
    trained: ExportSource,
    destination: Path,
    *,
    progress: Progress | None = None,
    tolerance: float = TOLERANCE,
    timeout_s: float | None = None,
    anchor: Path | None = None,
) -> ExportProof:
    """Write, check and install the bundle at ``destination``; returns the proof.

    May be called from a worker thread, between training steps: the model comes back in the mode it
    was in, with its parameters untouched. Nothing else may use Paddle's dynamic mode meanwhile.

    The bundle appears only when, reloaded in a fresh process, its tokens and answers equal the
    model's and no logit differs by more than ``tolerance``. The process has ``timeout_s`` (default:
    ten minutes, more for large models). Otherwise BundleError says why,
    ``<destination>-failed.json`` holds the evidence, and an older bundle stays as it was. A folder
    that is no bundle is refused before anything is written.

    ``anchor`` is a file beside the destination that belongs there, ``run.json`` of a run: when
    somebody has removed it meanwhile with its folder, the folder is not made again. Without one,
    the folders above the destination are made.
    """
    report = progress or (lambda phase, done, total: None)
    destination = destination.absolute()
    check_replaceable(destination)
    try:
        if anchor is None:
            _make_parents(destination)
        with staging_dir(destination, anchor) as staging:
            seconds = timeout_s or _patience(trained.model)
            proof = _make(trained, staging, destination, report, tolerance, seconds)
            install(staging, destination)
    except BundleError as error:
        if anchor is None or anchor.exists():
            _keep_evidence(destination, error)
        raise
    with contextlib.suppress(OSError):  # what it says is over: the bundle is there
        failure_report(destination).unlink(missing_ok=True)
    return dataclasses.replace(proof, bundle=str(destination))


def _make(
    trained: ExportSource,
    staging: StagingDir,
    destination: Path,
    report: Progress,
    tolerance: float,
    timeout_s: float,
) -> ExportProof:
    """Put the whole bundle together in the staging directory, proof and all."""
    steps = 4
    report("export", 0, steps)
    tokenizer_json = _tokenizer_json(trained.tokenizer)
    pad_id, vocabulary = _tokenizer_facts(tokenizer_json)
    program.check_exportable(
        trained.model,
        max_len=trained.max_len,
        vocabulary=vocabulary,
    )
    _check_room(trained.model, destination)
    codec = get_task(trained.task).codec_from(tokenizer_json, trained.max_len, trained.codec)
    neutral = _expected(trained, codec.neutral_rows(), codec)
    program.save_program(trained.model, codec.signature, staging.bundle)
    runtimes = {FIRST_RUNTIME: RUNTIMES.get(FIRST_RUNTIME).convert(staging.bundle, codec.signature)}
    report("export", 1, steps)
    (staging.bundle / TOKENIZER_FILE).write_text(tokenizer_json, encoding="utf-8")
    neutral.write(staging.bundle / PROOF_ROWS_FILE)
    report("export", 2, steps)
    expected = staging.check / "expected.json"
    rows = {role: list(values)[:MOST_ROWS] for role, values in trained.rows.items()}
    if not all(rows.values()) or not rows:
        rows = {role: list(values) for role, values in codec.neutral_rows().items()}
    _expected(trained, rows, _training_codec(trained)).write(expected)
    report("export", 3, steps)
    manifest = _manifest(trained, codec, staging.bundle, pad_id, runtimes)
    write_manifest(staging.bundle, manifest)
    report("export", steps, steps)
    proof = check_in_fresh_process(
        staging.bundle,
        staging.check,
        expected=expected,
        tolerance=tolerance,
        timeout_s=timeout_s,
        heartbeat=lambda seconds: report("verify", int(seconds), int(timeout_s)),
        unproven=True,
    )
    why = proof.failure()
    if why is not None:
        raise CheckFailed(why, failure_report(destination), proof.to_json())
    return _seal(manifest, proof, staging.bundle)


def _seal(manifest: Manifest, proof: ExportProof, folder: Path) -> ExportProof:
    """Add the model card and the proof; the manifest is written last."""
    size = sum(entry.bytes for entry in manifest.files.values())
    proof = dataclasses.replace(proof, size_mb=round(size / 1e6, 3))
    proven = dataclasses.replace(manifest, proof=proof.to_json())
    write_card(folder, proven)
    files = {**manifest.files, CARD_FILE: file_entry(folder / CARD_FILE)}
    write_manifest(folder, dataclasses.replace(proven, files=files))
    return proof


def _manifest(
    trained: ExportSource,
    codec: Codec,
    folder: Path,
    pad_id: int,
    runtimes: Mapping[str, tuple[str, ...]],
) -> Manifest:
    names = dict.fromkeys(name for files in runtimes.values() for name in files)
    names |= dict.fromkeys((TOKENIZER_FILE, PROOF_ROWS_FILE))
    return Manifest(
        task=trained.task,
        codec=codec.to_json(),
        signature=codec.signature,
        max_len=trained.max_len,
        pad_id=pad_id,
        tokenizer=TOKENIZER_FILE,
        proof_rows=PROOF_ROWS_FILE,
        files={name: file_entry(folder / name) for name in names},
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        metrics=dict(trained.metrics),
        coverage=None if trained.coverage is None else dict(trained.coverage),
        source=dict(trained.source),
        base_model=dict(trained.base_model),
        versions=versions(),
        parameters=program.count_parameters(trained.model),
        runtimes=dict(runtimes),
    )


def _expected(trained: ExportSource, rows: Rows, codec: Codec) -> Expected:
    windows = codec.encode(rows, get_task(trained.task).long_text)
    outputs = program.eager_outputs(trained.model, codec.signature, windows)
    return Expected(rows, outputs, [ids.tolist() for ids in windows.ids])


def _training_codec(trained: ExportSource) -> Codec:
    """The codec with the tokenizer as it was given, before it went through the bundle's file."""
    given = trained.tokenizer
    text = given.to_str() if hasattr(given, "to_str") else _text(given)
    return get_task(trained.task).codec_from(text, trained.max_len, trained.codec)


def _tokenizer_json(tokenizer: Any) -> str:
    if hasattr(tokenizer, "to_str"):
        return plain_json(tokenizer)
    from tokenizers import Tokenizer

    return plain_json(Tokenizer.from_str(_text(tokenizer)))


def _text(tokenizer: str | Path) -> str:
    """The JSON itself, or the content of the file that is named."""
    if isinstance(tokenizer, str) and tokenizer.lstrip().startswith("{"):
        return tokenizer
    return Path(tokenizer).read_text(encoding="utf-8")


def _tokenizer_facts(tokenizer_json: str) -> tuple[int, int]:
    """The id of the padding token, and one more than the largest id."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(tokenizer_json)
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    return int(vocabulary.get("[PAD]", 0)), max(vocabulary.values()) + 1


def _patience(model: Any) -> float:
    """Seconds that the check may take: enough for a busy machine, where a minute becomes ten."""
    return TIMEOUT_S + _SECONDS_PER_MILLION * program.count_parameters(model) / 1e6


def _check_room(model: Any, destination: Path) -> None:
    """Refuse before the work when the disk cannot hold the weights. Raises BundleError."""
    needed = 4 * program.count_parameters(model) + _SPARE_BYTES
    free = shutil.disk_usage(destination.parent).free
    if free < needed:
        raise cannot_write(destination, f"{needed >> 20} MiB needed, {free >> 20} MiB free")


def _make_parents(destination: Path) -> None:
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(destination, error) from error


def _keep_evidence(destination: Path, error: BundleError) -> None:
    """Write ``<destination>-failed.json``; on a full disk the error itself must do."""
    proof = error.proof if isinstance(error, CheckFailed) else None
    content = {"error": error.to_json(), "proof": proof, "versions": versions()}
    with contextlib.suppress(OSError):
        atomic_write_json(failure_report(destination), content, make_parents=False)
