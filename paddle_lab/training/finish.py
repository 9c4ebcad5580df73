"""What follows the training: the report, and the bundle with its proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.bundle import Trained, export_bundle
from paddle_lab.data import Dataset
from paddle_lab.errors import BundleError
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.api import Training
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.files import write_report
from paddle_lab.training.batches import Encoded
from paddle_lab.training.reporter import Reporter

if TYPE_CHECKING:
    from paddle_lab.training.fit import Fit
    from paddle_lab.training.session import Material

PROOF_ROWS: Final = 48
_TRAIN_SAMPLE: Final = 512


def report_run(
    folder: RunFolder, spec: RunSpec, reporter: Reporter, material: Material, fit: Fit
) -> dict[str, Any] | None:
    """Evaluate the best weights on the test part (else dev), write ``report/``, return it.

    None when the person stopped it. Raises RunError when the disk will not take the report.
    """
    task = get_task(spec.task)
    data = material.prepared
    part, rows = ("test", data.test) if data.test is not None else ("dev", data.dev)
    encoded = material.test if material.test is not None else material.dev
    reporter.phase("report", total=len(rows))
    logits = fit.logits(encoded)
    if logits is None:
        return None
    evaluation = Evaluation(part, rows.texts, rows.lines, encoded.labels, logits, data.labels)
    baseline = None
    if spec.baseline:
        baseline = task.baseline(data.train.texts, material.train.labels, rows.texts)
    blocks = task.report(evaluation, baseline=baseline, training=_training(spec, material, fit))
    metrics = task.metrics(evaluation.logits, evaluation.gold)
    report = report_json(part, len(rows), metrics, blocks)
    write_report(folder, report, task.tables(evaluation))
    return report


def export_run(
    folder: RunFolder,
    spec: RunSpec,
    reporter: Reporter,
    material: Material,
    fit: Fit,
    report: dict[str, Any] | None,
) -> bool:
    """Export the best weights with their proof; False, told as an event, when that fails."""
    told = ""

    def progress(phase: str, done: int, total: int) -> None:
        nonlocal told
        reporter.look()
        reporter.control.raise_if_aborted()
        if phase != told:
            reporter.phase(phase, done=done, total=total)
            told = phase

    trained = trained_model(folder, spec, material, fit.model, (report or {}).get("metrics") or {})
    try:
        proof = export_bundle(trained, folder.bundle, progress=progress, make_parents=False)
    except BundleError as error:
        reporter.write("export", durable=True, ok=False, bundle=None, error=error.to_json())
        reporter.notice("error", "export-failed", error.what)
        return False
    reporter.write(
        "export",
        durable=True,
        ok=True,
        bundle=str(folder.bundle),
        rows=proof.rows,
        answers_equal=proof.answers_equal,
        max_abs_diff=proof.max_abs_diff,
        tolerance=proof.tolerance,
        latency_ms=proof.latency_ms,
        size_mb=proof.size_mb,
        paddlenlp_in_fresh_process=proof.paddlenlp_in_fresh_process,
    )
    return True


def trained_model(
    folder: RunFolder, spec: RunSpec, material: Material, model: Any, metrics: dict[str, Any]
) -> Trained:
    """The model with all that its bundle must know."""
    data, resolved = material.prepared, material.resolved
    rows = data.test if data.test is not None else data.dev
    notice = resolved.licence_notice
    return Trained(
        model=model,
        tokenizer=material.tokenizer,
        labels=data.labels,
        max_len=spec.max_len,
        rows=proof_rows(rows),
        task=spec.task,
        metrics=metrics,
        source={"run": folder.id, "name": spec.name, "data": data.fingerprint},
        base_model={
            "name": resolved.name,
            "licence": resolved.licence,
            "notice": notice.to_json() if notice is not None else None,
            "source": resolved.source,
            "sha256": resolved.sha256,
        },
    )


def proof_rows(dataset: Dataset) -> list[str]:
    """Real texts of all lengths, the longest among them."""
    texts = dataset.texts
    order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), texts[place]))
    places = np.unique(np.linspace(0, len(order) - 1, min(PROOF_ROWS, len(order))).astype(int))
    return [texts[order[place]] for place in places]


def _training(spec: RunSpec, material: Material, fit: Fit) -> Training:
    """What the report's advice may use of the training."""
    train = material.train
    some = Encoded(train.ids[:_TRAIN_SAMPLE], train.labels[:_TRAIN_SAMPLE], train.pad_id)
    logits = fit.logits(some)
    metrics = None if logits is None else get_task(spec.task).metrics(logits, some.labels)
    best, hooks = fit.hooks.best, fit.hooks
    return Training(
        metric=spec.metric,
        rows_by_label=np.bincount(train.labels, minlength=len(material.prepared.labels)).tolist(),
        train_metrics=metrics,
        model=spec.model,
        epochs=spec.epochs,
        lr=spec.lr,
        still_improving=best.step == hooks.step if hooks.evaluations > 1 else None,
    )
