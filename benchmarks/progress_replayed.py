"""How far the time left would have been from what then came, in runs that were recorded.

``python benchmarks/progress_replayed.py FOLDER ...`` gives the events of finished runs (their
folders) to the estimate of this code, as on a machine that remembers no run, and judges it as
``benchmarks/progress_of_runs.py`` does. Two versions are so compared on the same runs, on a machine
that is busy with other things, too. Events say nothing of when a checkpoint was written or the
untrained model asked: runs of pairs are judged worse than they were.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from progress_of_runs import judged

from paddle_lab.models import build_tokenizer
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.runs.events import read_events
from paddle_lab.tasks import get_task
from paddle_lab.tasks.settings import own_options
from paddle_lab.training import job as jobs
from paddle_lab.training.batches import batches_in
from paddle_lab.training.inputs import encode, encode_trained
from paddle_lab.training.starting_model import resolve_start
from paddle_lab.training.tables import prepare_for

COUNTED = ("evaluate", "report")


def inputs_of(spec: RunSpec) -> Any:
    """The rows of a run as windows of tokens: what the estimate asks of its inputs."""
    prepared, task = prepare_for(spec, {}), get_task(spec.task)
    resolved = resolve_start(spec.model, trust=False, offline=True, layers=spec.layers)
    own = own_options(task, spec.extra)
    tokenizer_json = build_tokenizer(resolved.folder).to_str()
    codec = task.codec(tokenizer_json, spec.max_len, prepared.train, own)
    return SimpleNamespace(
        prepared=prepared,
        resolved=resolved,
        train=encode_trained(task, codec, prepared.train, own),
        dev=encode(task, codec, prepared.dev),
        test=None if prepared.test is None else encode(task, codec, prepared.test),
    )


def replayed(folder: RunFolder) -> list[dict[str, Any]]:
    """The run's events, with the share and the time left that would be told now."""
    spec, events = folder.spec(), read_events(folder.events_path)
    inputs, now = inputs_of(spec), 0.0
    job = jobs.RunJob(spec, inputs.prepared)
    job._clock, job._counted_at = lambda: now, 0.0
    phase, told = "", []
    begun = computed = 0.0
    for event in events:
        now = event["t"] - events[0]["t"]
        if event["kind"] == "phase":
            if phase == "load" == event["phase"]:
                job.imported(now)
            if event["phase"] == "train" and phase != "evaluate":
                job.know_inputs(inputs, int(batches_in(len(inputs.train), spec.batch_size)))
            if phase == "evaluate" and event["phase"] == "train":
                job.evaluated(computed - begun, now - computed)
                job.count_here(len(inputs.dev))
            phase, begun = event["phase"], now
            job.enter(phase)
        elif event["kind"] == "step":
            job.count(event["step"])
        elif "done" in event and phase in COUNTED:
            computed = now
            job.count_here(event["done"] * (job.computing_share() if phase == "evaluate" else 1.0))
        standing = job.now()
        told.append({"t": event["t"], "share": standing.share, "left_s": standing.left_s})
    return told


def main() -> None:
    print(f"{'run':32}{'seconds':>9}{'fell':>6}{'largest':>9}{'median':>8}")
    with mock.patch.object(jobs, "read_speeds", dict):
        for name in sys.argv[1:]:
            folder = RunFolder.open(Path(name))
            seconds, fell, largest, median = judged(replayed(folder))
            row = f"{folder.path.name:32}{seconds:>9.0f}{'yes' if fell else 'no':>6}"
            print(f"{row}{largest:>9.0%}{median:>8.0%}", flush=True)


if __name__ == "__main__":
    main()
