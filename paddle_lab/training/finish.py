"""What follows the training: the report, and the bundle with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.bundle import ExportSource, export_bundle
from paddle_lab.bundle.older_small import SMALL_FOLDER, older_small
from paddle_lab.data import Dataset
from paddle_lab.errors import BundleError
from paddle_lab.hubs.licences import Licence
from paddle_lab.models import Resolved
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.api import Training, Untrained
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.codec import Rows
from paddle_lab.tasks.coverage import coverage_of, marked
from paddle_lab.tasks.files import write_report
from paddle_lab.tasks.label_issues import (
    FILE,
    ROWS_OF_REPORT,
    blocks_of,
    issues_of_evaluation,
    issues_of_rows,
    table_of,
)
from paddle_lab.training.batches import Encoded
from paddle_lab.training.inputs import TrainingInputs, encode
from paddle_lab.training.job import REPORT_SAMPLE
from paddle_lab.training.licences import data_of, with_advice
from paddle_lab.training.reporter import Reporter
from paddle_lab.training.teacher import compared

if TYPE_CHECKING:
    from paddle_lab.training.loop import TrainingLoop
from paddle_lab.training.vocabulary import advised

PROOF_ROWS: Final = 48


def report_run(
    folder: RunFolder, spec: RunSpec, reporter: Reporter, inputs: TrainingInputs, loop: TrainingLoop
) -> dict[str, Any] | None:
    """Evaluate the best weights on the test part (else dev), write ``report/``, return it.

    None when the person stopped it. Raises RunError when the disk will not take the report.
    """
    task = get_task(spec.task)
    data = inputs.prepared
    part, rows = ("test", data.test) if data.test is not None else ("dev", data.dev)
    encoded = inputs.test if inputs.test is not None else inputs.dev
    sample, sampled = _train_sample(spec, inputs)
    total = len(encoded) + len(sampled)
    reporter.phase("report", done=0, total=total)
    evaluation = loop.evaluate(part, rows, encoded, (0, total))
    if evaluation is None:
        return None
    seen = loop.evaluate("train", sample, sampled, (len(encoded), total))
    training = _training(spec, inputs, loop, seen)
    if spec.baseline:
        reporter.phase("compare")
    baseline = task.baseline(data.train, rows, loop.codec) if spec.baseline else None
    metrics = task.measure(evaluation)
    reporter.control.raise_if_left()
    if spec.baseline:
        if task.asked_untrained(data.train, rows):
            reporter.job.enter("alternatives")
        tokenizer_json = inputs.tokenizer.to_str()
        untrained = Untrained(inputs.resolved, tokenizer_json, spec.max_len, spec.random_init)
        alternatives = task.alternatives(data.train, rows, loop.codec, untrained)
        training = replace(training, alternatives=alternatives)
        reporter.control.raise_if_left()
    blocks = task.report(evaluation, metrics, baseline=baseline, training=training)
    blocks = advised(blocks, data.report.unread)
    used = [one.licence.notice(one.name) for one in data_of(data.provenance)]
    blocks = with_advice(
        blocks, [one for one in (inputs.resolved.licence_notice, *used) if one is not None]
    )
    if loop.start is not None and loop.start.lost:
        blocks = with_advice(blocks, [loop.start.text])
    suspect = [issues_of_evaluation(evaluation)]
    if spec.baseline:
        suspect.append(issues_of_rows(task, "train", data.train, data.labels, ROWS_OF_REPORT))
    issues = [one for one in suspect if one is not None]
    lacking = coverage_of(task, rows, data.labels)
    report = report_json(
        part,
        len(rows),
        metrics,
        [*marked(blocks, task, lacking), *blocks_of(issues)],
        None if lacking is None else lacking.to_json(),
    )
    tables = task.tables(evaluation)
    if issues:
        tables[FILE] = table_of(issues, list(rows.given))
    write_report(folder, report, tables, rows)
    return report


def export_run(
    folder: RunFolder,
    spec: RunSpec,
    reporter: Reporter,
    inputs: TrainingInputs,
    loop: TrainingLoop,
    report: dict[str, Any] | None,
) -> bool:
    """Export the best weights with their proof; False, told as an event, when that fails."""
    told = ""

    def progress(phase: str, done: int, total: int) -> None:
        nonlocal told
        reporter.look()
        reporter.control.raise_if_left()
        # The check counts seconds up to the longest that it may take: nothing to wait for.
        counted = {"done": done, "total": total} if phase == "export" else {}
        if phase != told:
            reporter.phase(phase, **counted)
            told = phase
        elif counted:
            reporter.tell(done, total)

    source = export_source(
        folder,
        spec,
        inputs.resolved,
        model=loop.model,
        tokenizer=inputs.tokenizer,
        codec=loop.codec.to_json(),
        rows=proof_rows(inputs.prepared.evaluated),
        fingerprint=inputs.prepared.fingerprint,
        report=report,
    )
    try:
        proof = export_bundle(source, folder.bundle, progress=progress, anchor=folder.info_path)
    except BundleError as error:
        reporter.write("export", durable=True, ok=False, bundle=None, error=error.to_json())
        reporter.notice("error", "export-failed", error.what)
        return False
    reporter.write("export", durable=True, **proof.event())
    older = older_small(folder.bundle.with_name(SMALL_FOLDER))
    if older is not None:
        reporter.notice("warning", "older-small", older)
    if report is not None:
        metrics = report["metrics"]
        beside = compared(folder, spec, metrics, inputs.prepared.fingerprint)
        if beside is not None:
            reporter.notice("info", "distilled", beside)
    return True


def export_source(
    folder: RunFolder,
    spec: RunSpec,
    resolved: Resolved,
    *,
    model: Any,
    tokenizer: Any,
    codec: Mapping[str, Any],
    rows: Rows,
    fingerprint: str,
    report: Mapping[str, Any] | None,
) -> ExportSource:
    """The model with all that its bundle must know; ``report`` is the run's, None without one."""
    found = report or {}
    return ExportSource(
        model=model,
        tokenizer=tokenizer,
        codec=codec,
        max_len=spec.max_len,
        rows=rows,
        task=spec.task,
        metrics=found.get("metrics") or {},
        coverage=found.get("coverage"),
        source={
            "run": folder.id,
            "name": spec.name,
            "data": fingerprint,
            "columns": _columns(folder),
            "licences": [one.to_json() for one in data_of(_provenance(folder))],
        },
        base_model=base_model_facts(resolved),
    )


def base_model_facts(resolved: Resolved) -> dict[str, Any]:
    """What a bundle says of the model that its training began with."""
    notice = resolved.licence_notice
    return {
        "name": resolved.name,
        "licence": resolved.licence,
        "use": Licence(resolved.licence).use,
        "revision": resolved.revision,
        "endpoint": resolved.endpoint,
        "notice": notice.to_json() if notice is not None else None,
        "source": resolved.source,
        "sha256": resolved.sha256,
        "layers": resolved.layers,
    }


def _columns(folder: RunFolder) -> dict[str, str]:
    """Which columns the training rows had, by role: tables to predict have the same."""
    columns = (_provenance(folder).get("train") or {}).get("columns")
    return dict(columns) if isinstance(columns, dict) else {}


def _provenance(folder: RunFolder) -> dict[str, Any]:
    found = (folder.data_facts() or {}).get("provenance")
    return dict(found) if isinstance(found, dict) else {}


def proof_rows(dataset: Dataset) -> Rows:
    """Real rows of all lengths, the longest among them, as columns by role."""
    sizes = [
        sum(len(str(value)) for value in row) for row in zip(*dataset.given.values(), strict=True)
    ]
    order = sorted(range(len(sizes)), key=lambda index: (sizes[index], dataset.row_key(index)))
    chosen = np.unique(np.linspace(0, len(order) - 1, min(PROOF_ROWS, len(order))).astype(int))
    return dataset.take([order[index] for index in chosen]).given


def _train_sample(spec: RunSpec, inputs: TrainingInputs) -> tuple[Dataset, Encoded]:
    """Training rows that the report looks at, and their windows."""
    task, train = get_task(spec.task), inputs.prepared.train
    sample = train.take(range(min(REPORT_SAMPLE, len(train))))
    encoded = encode(task, inputs.codec, sample)
    if len(encoded) > REPORT_SAMPLE:  # rows of several windows: fewer of them
        sample = sample.take(range(max(1, int(encoded.windows.owner[REPORT_SAMPLE]))))
        encoded = encode(task, inputs.codec, sample)
    return sample, encoded


def _training(
    spec: RunSpec, inputs: TrainingInputs, loop: TrainingLoop, evaluation: Evaluation | None
) -> Training:
    """What the report's advice may use of the training; ``evaluation`` is of its sample."""
    task, train = get_task(spec.task), inputs.prepared.train
    best, hooks = loop.hooks.best, loop.hooks
    return Training(
        metric=spec.metric,
        train=train,
        train_metrics=None if evaluation is None else task.measure(evaluation),
        model=spec.model,
        epochs=spec.epochs,
        lr=spec.lr,
        still_improving=best.step == hooks.step if hooks.evaluations > 1 else None,
    )
