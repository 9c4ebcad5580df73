"""The whole of a run in one object, held against the schema that TypeScript reads too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import paddle_lab.runs
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.runs.curve import decimate
from paddle_lab.runs.reproduce import changed, commands
from paddle_lab.runs.snapshot import snapshot
from paddle_lab.runs.state import COLUMNS


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    path = Path(paddle_lab.runs.__file__).with_name("schema.json")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def check(schema: dict[str, Any], name: str, value: Any) -> None:
    jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", **schema}).validate(value)


def test_a_snapshot_is_what_the_schema_says(tmp_path: Path, schema: dict[str, Any]) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv", name="<b>"), tmp_path)
    check(schema, "Snapshot", snapshot(folder))
    with folder.open_log() as log:
        log.append("phase", phase="train", total_steps=10, epochs=1.0)
        log.append("step", step=1, epoch=0.1, loss=float("nan"), lr=1e-4)
        log.append("eval", step=1, epoch=0.1, split="dev", metrics={"accuracy": 0.5}, best=True)
        log.append("checkpoint", step=1, path="step-00000001", best=True)
        log.append("notice", level="info", code="x", text={"en": "a", "zh": "b"})
        log.append("export", ok=True, bundle="bundle", max_abs_diff=1e-6)
        log.append("end", state="finished", step=1, kept=None, metrics={}, train_seconds=1.0)
    whole = snapshot(folder)
    check(schema, "Snapshot", whole)
    assert whole["columns"]["loss"] == [None]
    assert whole["state"] == "finished"


def test_the_schema_itself_refuses_what_is_wrong(schema: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(schema, "Event", {"seq": 0, "t": 1, "kind": "step", "step": "one", "loss": 1})


def columns_of(losses: list[Any]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [None] * len(losses) for name in COLUMNS}
    columns["step"] = list(range(1, len(losses) + 1))
    columns["loss"] = losses
    return columns


def test_decimation_keeps_ends_and_spikes() -> None:
    losses: list[float | None] = [1.0] * 200_000
    losses[123_456] = 9.0
    losses[77_777] = 0.1
    losses[5] = None
    thin = decimate(columns_of(losses), 1000)
    assert len(thin["step"]) <= 1000
    assert thin["step"][0] == 1 and thin["step"][-1] == 200_000
    assert {9.0, 0.1} <= set(thin["loss"])
    assert thin["step"] == sorted(thin["step"])


def test_short_curves_are_left_whole() -> None:
    columns = columns_of([0.5, None, 0.3])
    assert decimate(columns, 1000) == columns


def test_a_curve_of_nulls_can_be_decimated() -> None:
    assert len(decimate(columns_of([None] * 5000), 100)["step"]) == 2


def test_the_commands_start_the_same_run_again() -> None:
    import shlex

    import yaml

    from paddle_lab.commands.context import Context
    from paddle_lab.commands.finetune import build_parser, given_options

    spec = RunSpec(
        train="my data.tsv",
        dev="dev.tsv",
        lr=3e-4,
        epochs=2.0,
        name="it's <b>",
        export=False,
        save_memory=True,
        extra={"max_grad_norm": 0.5},
    )
    forms = commands(spec)
    parsed = build_parser("x").parse_args(shlex.split(forms["cli"])[2:])
    options = given_options(parsed, Context())
    rebuilt = RunSpec(**{"train": "", **options})
    assert rebuilt == spec
    assert forms["magic"].startswith("%ernie_finetune ")
    assert yaml.safe_load(forms["yaml"])["lr"] == 3e-4
    compile(forms["python"], "python", "exec")
    assert "name" in changed(spec) and "seed" not in changed(spec)
