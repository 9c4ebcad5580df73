"""TypeScript folds, thins and writes numbers exactly as Python does."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import run_writer

from paddle_lab.i18n import T
from paddle_lab.runs import ProcessMark, RunFolder, RunState
from paddle_lab.runs.curve import decimate
from paddle_lab.runs.events import read_events
from paddle_lab.runs.report_form import current_form
from paddle_lab.runs.snapshot import snapshot
from paddle_lab.text.numbers import amount, duration, figure, megabytes, number, roughly, smooth
from paddle_lab.views.words import in_order

REPO = Path(__file__).parents[2]
SCRIPTS = REPO / "labextension" / "scripts"
NUMBERS = [0, 1, -2.5, 0.00012, 5e-5, 0.12345, 9.99995, 12.3456, 1234.56, 1e9, None]
AMOUNTS = [2.1234, 24.4, 812.4, 0.349, 8, None]
SECONDS = [0, 0.4, 2.5, 59.4, 59.6, 61, 150, 3599, 3600, 7384, None]
FIGURES: list[tuple[str, Any]] = [
    ["accuracy", 0.8436],
    ["eval_f1", 1],
    ["em", 84.4],
    ["f1", None],
    ["loss", 0.5],
    ["n", 17319],
]
METRICS = ["f1", "loss", "zeta", "accuracy", "alpha", "macro_f1", "recall"]
MEGABYTES = [0, 812.4, 999, 1000, 4096, None]


@pytest.fixture(scope="module")
def node() -> str:
    """Node with the front end's packages, as a build leaves them."""
    sys.path.insert(0, str(REPO / "tools"))
    try:
        import frontend
    finally:
        sys.path.pop(0)
    if not (REPO / "labextension" / "node_modules" / "esbuild").is_dir():
        pytest.skip("the front end's packages are not installed: python tools/develop.py")
    found = shutil.which("node", path=frontend.node_environment()["PATH"])
    assert found is not None
    return found


@pytest.fixture
def resumed(make_run: Callable[..., RunFolder]) -> RunFolder:
    """A run with everything: a pause, an end, a resume, kinds and keys of a later version."""
    folder = make_run()
    with folder.open_log() as log:
        log.append("phase", phase="queued")
        log.append("phase", phase="train", total_steps=60, epochs=3.0)
        for step in range(1, 41):
            fields = run_writer.step_fields(step, 60)
            log.append("step", **{**fields, "loss": None if step == 7 else fields["loss"]})
            if step % 10 == 0:
                metrics = {"accuracy": step / 100}
                log.append("eval", step=step, split="dev", metrics=metrics, best=step != 30)
                log.append("checkpoint", step=step, path=f"step-{step}", best=False)
        log.append("phase", phase="paused")
        log.append("phase", phase="train")
        log.append("export", ok=False, bundle=None)
        log.append("end", state="aborted", step=40)
        log.append("phase", phase="queued", process=ProcessMark.of_this_process().to_json())
        log.append("phase", phase="train", from_step=20, total_steps=60)
        for step in range(21, 61):
            log.append("step", **run_writer.step_fields(step, 60), later_key=1)
        for _ in range(2):
            log.append("notice", level="warning", code="x", text=T("a", "b").to_json())
        log.append("notice", level="warning", code="x", text=T("c", "d").to_json())
    with folder.events_path.open("a", encoding="utf-8") as file:
        last = read_events(folder.events_path)[-1]["seq"]
        file.write(json.dumps({"seq": last + 1, "t": 1.0, "kind": "of-a-later-version"}) + "\n")
    return folder


def typescript(node: str, folder: RunFolder, losses: list[Any]) -> Any:
    given = {
        "snapshot": snapshot(folder, state=RunState(), log_lines=0),
        "events": read_events(folder.events_path),
        "oldReport": run_writer.old_report(),
        "numbers": NUMBERS,
        "amounts": AMOUNTS,
        "seconds": SECONDS,
        "megabytes": MEGABYTES,
        "figures": FIGURES,
        "metrics": METRICS,
        "losses": losses,
        "limit": 25,
    }
    done = subprocess.run(
        [node, str(SCRIPTS / "agree.mjs")],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_both_languages_see_the_same_run(node: str, resumed: RunFolder) -> None:
    draw = random.Random(3)
    losses = [None if draw.random() < 0.1 else draw.random() for _ in range(500)]
    seen = typescript(node, resumed, losses)

    state = RunState()
    for event in read_events(resumed.events_path):
        state.fold(event)
    expected = snapshot(resumed, state=state, log_lines=0)
    assert expected["columns"]["step"] == list(range(1, 61))
    assert seen["snapshot"]["checkpoints"][-3:] == expected["checkpoints"]
    for key in expected.keys() - {"report", "checkpoints"}:
        assert seen["snapshot"][key] == expected[key], key
    assert seen["report"] == current_form(run_writer.old_report())
    assert seen["decimated"] == decimate(state.columns, 25)

    assert seen["numbers"] == [number(value) for value in NUMBERS]
    assert seen["amounts"] == [amount(value) for value in AMOUNTS]
    for name, written in (("seconds", duration), ("roughly", roughly)):
        said = [written(value, lang) for value in SECONDS for lang in ("en", "zh")]
        assert seen[name] == said
    assert seen["figures"] == [figure(name, value) for name, value in FIGURES]
    assert seen["ordered"] == in_order(METRICS, METRICS[0])
    assert seen["megabytes"] == [megabytes(value) for value in MEGABYTES]
    assert seen["smooth"] == pytest.approx(smooth(losses))


def test_the_shared_types_and_words_are_current(node: str) -> None:
    checked = subprocess.run(
        [node, str(SCRIPTS / "run-types.mjs"), "--check"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
