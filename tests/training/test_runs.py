"""Runs of the real engine: the same weights every time, nothing lost, every failure explained."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from kernel import events_of

from paddle_lab.data import Prepared, fingerprint
from paddle_lab.errors import DataError, EnvError, ModelError, RunError, UsageError
from paddle_lab.runs import Registry
from paddle_lab.training.run import Run
from paddle_lab.training.tables import prepare_for, tables_of

pytestmark = pytest.mark.slow

Finetune = Callable[..., Run]


def run_rows(run: Run) -> Prepared:
    return prepare_for(run.folder.spec(), tables_of(run.folder))


def test_a_run_tells_its_whole_life(finetune: Finetune) -> None:
    run = finetune()
    state = run.state
    assert state.state == "finished"
    assert state.step == state.total_steps
    assert state.columns["step"][0] == 1
    assert [event["epoch"] for event in state.evals] == [1.0, 2.0]
    assert sum(event["best"] for event in state.evals) == 1
    phases = [event["phase"] for event in events_of(run.folder) if event["kind"] == "phase"]
    assert phases[0] == "load" and "data" in phases and "model" in phases and phases[-1] == "report"
    assert 0.0 <= run.metrics["accuracy"] <= 1.0
    assert run.report is not None and run.report["split"] == "dev"
    kept = state.end["kept"]
    assert "(accuracy " in kept["en"] and "（准确率 " in kept["zh"]
    assert (run.folder.data_facts() or {})["evaluated"] == fingerprint([run_rows(run).evaluated])
    assert "PaddleNLP" not in (run.folder.path / "events.jsonl").read_text("utf-8")
    assert "Running training" in run.folder.log_path.read_text("utf-8")


def test_the_first_point_comes_within_a_second_of_the_first_step(finetune: Finetune) -> None:
    events = events_of(finetune().folder)
    train = next(e["t"] for e in events if e["kind"] == "phase" and e["phase"] == "train")
    first = next(e for e in events if e["kind"] == "step")
    assert first["step"] == 1
    assert first["t"] >= train


def test_two_runs_at_once_queue_up(finetune: Finetune) -> None:
    from paddle_lab import api

    source = finetune(epochs=0.2).folder.spec().train
    common = {
        "max_len": 32,
        "batch_size": 16,
        "epochs": 1.0,
        "show": False,
        "export": False,
        "baseline": False,
    }
    first = api.launch(source, name="first", **common)
    second = api.launch(source, name="second", **common)
    third = api.launch(source, name="third", **common)
    third.stop()
    for run in (first, second, third):
        run.wait()
    assert [run.state.state for run in (first, second, third)] == [
        "finished",
        "finished",
        "stopped",
    ]
    # Paddle is loaded where a run is begun; then it waits.
    phases = [event["phase"] for event in events_of(second.folder) if event["kind"] == "phase"]
    assert phases[:2] == ["load", "queued"]
    assert events_of(second.folder)[-1]["t"] > events_of(first.folder)[-1]["t"]


def test_memory_running_out_halves_the_rows_and_says_so(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.training.lab_trainer import LabTrainer

    honest = LabTrainer.compute_loss

    def greedy(self: LabTrainer, model: object, inputs: dict, **options: object) -> object:
        if len(inputs["labels"]) > 8:
            raise MemoryError("(ResourceExhausted) Fail to alloc memory of 123 size")
        return honest(self, model, inputs, **options)

    monkeypatch.setattr(LabTrainer, "compute_loss", greedy)
    run = finetune(epochs=1.0)
    told = [event for event in events_of(run.folder) if event["kind"] == "notice"]
    assert [event["code"] for event in told].count("memory-halved") == 1
    assert run.state.state == "finished"
    assert run.state.step == run.state.total_steps


def test_memory_that_never_suffices_is_explained(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.training.lab_trainer import LabTrainer

    def full(*_: object, **__: object) -> object:
        raise MemoryError("(ResourceExhausted) Fail to alloc memory of 123 size")

    monkeypatch.setattr(LabTrainer, "compute_loss", full)
    with pytest.raises(RunError) as caught:
        finetune()
    assert "one row at a time" in str(caught.value) and "--max-len" in str(caught.value)
    assert caught.value.code == "run.out_of_memory"


def test_a_diverged_loss_stops_with_step_and_advice(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.training.lab_trainer import LabTrainer

    honest = LabTrainer.compute_loss

    def diverging(self: LabTrainer, model: object, inputs: dict, **options: object) -> object:
        loss = honest(self, model, inputs, **options)
        return loss * float("nan") if self.state.global_step == 3 else loss

    monkeypatch.setattr(LabTrainer, "compute_loss", diverging)
    with pytest.raises(RunError) as caught:
        finetune()
    message = str(caught.value)
    assert "diverged at step 4" in message and "--lr 0.0001" in message
    assert caught.value.code == "run.diverged"
    run = Registry().find("last").folder
    assert run.state().state == "failed"
    assert all(loss is not None for loss in run.state().columns["loss"])


def test_a_run_killed_after_it_stopped_early_takes_no_step_more(
    finetune: Finetune,
) -> None:
    run = finetune(epochs=30.0, lr=1e-8, early_stopping=2)
    whole, report = run.state.step, run.report
    with run.folder.open_log() as log:  # as if it had been killed in its report
        log.append("end", state="failed", step=whole)
    (run.folder.report / "report.json").unlink()
    resumed = finetune(resume=run.id)
    assert resumed.state.end["step"] == whole and resumed.report == report


def test_a_run_of_less_than_an_epoch_killed_after_its_last_step_takes_no_step_more(
    finetune: Finetune,
) -> None:
    run = finetune(epochs=0.5)
    total = run.state.total_steps
    with run.folder.open_log() as log:
        log.append("end", state="failed", step=total)
    resumed = finetune(resume=run.id)
    assert (resumed.state.state, resumed.state.end["step"]) == ("finished", total)


def test_early_stopping_stops_when_nothing_improves(finetune: Finetune) -> None:
    run = finetune(epochs=30.0, lr=1e-8, early_stopping=2)
    assert run.state.step < run.state.total_steps
    assert run.state.state == "finished"
    codes = [e["code"] for e in events_of(run.folder) if e["kind"] == "notice"]
    assert "early-stopping" in codes


def test_the_best_weights_are_the_ones_kept(finetune: Finetune) -> None:
    run = finetune(epochs=3.0)
    best = run.state.best
    assert best is not None
    assert run.metrics["accuracy"] == pytest.approx(best["metrics"]["accuracy"], abs=1e-6)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"train": "no-such-file.tsv"}, DataError, "no file"),
        ({"model": "ernie-lab-minni"}, ModelError, "ernie-lab-mini"),
        ({"lr": 7.0}, UsageError, "out of range"),
        ({"epochs": 0.0}, UsageError, "--epochs"),
        ({"metric": "f1000"}, UsageError, "macro_f1"),
        ({"device": "gpu"}, EnvError, "no GPU"),
        ({"extra": {"no_such_field": 1}}, UsageError, "does nothing"),
        ({"epochs": 0.01}, UsageError, "less than one step"),
        ({"max_len": 2048}, UsageError, "positions for 512"),
    ],
)
def test_bad_input_gets_its_own_clear_error(
    finetune: Finetune, options: dict[str, object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as caught:
        finetune(**options)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 8


def test_an_unwritable_place_for_runs_is_told(finetune: Finetune, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="cannot be written"):
        finetune(out=str(tmp_path / "file"))


def test_the_kernel_is_left_in_dynamic_mode(finetune: Finetune) -> None:
    finetune(epochs=0.2)
    import paddle

    layer = paddle.nn.Linear(2, 2)
    layer(paddle.ones([1, 2])).sum().backward()
    assert np.isfinite(layer.weight.grad.numpy()).all()
    assert os.environ.get("TQDM_DISABLE") is None


def test_a_run_is_exported_proven_and_predicts(finetune: Finetune, tmp_path: Path) -> None:
    run = finetune(export=True, epochs=1.0)
    export = run.state.export
    assert export is not None and export["ok"] and export["answers_equal"]
    assert export["max_abs_diff"] <= 1e-4
    assert export["paddlenlp_in_fresh_process"] is False
    answers = run.predict(["质量很好，很满意", "太差了"])
    assert len(answers) == 2 and all(0.0 <= answer.probability <= 1.0 for answer in answers)


def test_a_run_without_a_bundle_is_exported_afterwards(finetune: Finetune, tmp_path: Path) -> None:
    from paddle_lab.commands import Context, export

    run = finetune(epochs=1.0)
    assert run.bundle is None
    with pytest.raises(RunError, match="no bundle"):
        run.predict(["好"])
    args = export.build_parser("x").parse_args([run.id, "--out", str(tmp_path / "model")])
    result = export.execute(args, Context())
    assert result.json["ok"] and (tmp_path / "model" / "manifest.json").is_file()


def test_a_plain_trainer_gets_the_live_view_by_one_callback(
    finetune: Finetune, tmp_path: Path
) -> None:
    import paddle_lab
    from paddle_lab.training.arguments import training_arguments

    run = finetune(epochs=0.2)
    from paddlenlp.trainer import Trainer

    from paddle_lab.models import load_for_classification, resolve_model
    from paddle_lab.training.inputs import load_inputs
    from paddle_lab.training.reporter import Reporter

    train = load_inputs(run.folder, run.folder.spec(), Reporter(run.folder)).train
    rows = [
        {"input_ids": ids, "token_type_ids": np.zeros_like(ids), "labels": label}
        for ids, label in zip(train.windows.ids, train.targets["labels"], strict=True)
    ]
    longest = max(len(row["input_ids"]) for row in rows)
    for row in rows:
        for name in ("input_ids", "token_type_ids"):
            row[name] = np.pad(row[name], (0, longest - len(row[name])))
    args = training_arguments(run.folder.spec(), run.folder, "cpu")
    callback = paddle_lab.LiveCallback(name="own", out=str(tmp_path / "own"), show=False)
    model = load_for_classification(resolve_model("ernie-lab-mini"), 2)
    Trainer(model=model, args=args, train_dataset=rows, callbacks=[callback]).train()
    state = callback.folder.state()
    assert state.state == "finished"
    assert state.columns["step"][0] == 1 and state.step == state.total_steps
    assert Registry().find("own").folder == callback.folder


def test_half_precision_without_a_gpu_is_said_to_be_off(finetune: Finetune) -> None:
    run = finetune(epochs=0.2, precision="fp16")
    told = [event["text"]["en"] for event in run.state.notices if event["code"] == "precision"]
    assert told == ["--precision fp16 needs a GPU: this run trains in fp32."]


def test_a_setting_that_paddlenlp_chokes_on_is_named_by_its_own_error(finetune: Finetune) -> None:
    with pytest.raises(RunError) as caught:
        finetune(extra={"adam_beta1": "much"})
    assert "clear_grad" not in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 4


def test_a_table_that_cannot_be_read_leaves_no_run_behind(
    finetune: Finetune, tmp_path: Path
) -> None:
    import pandas as pd

    frame = pd.DataFrame({"review": ["好", "坏"], "stars": [1, 0]})
    with pytest.raises(DataError, match="starz"):
        finetune(frame, text="review", label="starz")
    assert Registry().list() == []
    assert not any((tmp_path / "runs").glob("*")), "nor the folder of runs itself"


def test_waiting_for_a_run_of_another_process_waits(finetune: Finetune, small_model: str) -> None:
    from paddle_lab import api

    source = finetune(epochs=0.2).folder.spec().train
    options = {"model": small_model, "max_len": 32, "show": False, "export": False,
               "baseline": False, "epochs": 1.0}  # fmt: skip
    apart = api.launch(source, isolate=True, **options)
    while apart.state.process is None:
        time.sleep(0.05)
    seen = Run.find(apart.id).wait()
    assert seen.state.state == "finished"
    apart.wait()


def test_hostile_names_go_through_a_whole_run_and_do_no_harm(
    finetune: Finetune, tmp_path: Path
) -> None:
    from paddle_lab.views import frozen_bundle

    labels = ["<img src=x onerror=alert(1)>", "../../x", "quo\"te's", "\u202eevil", "emoji😀"]
    rows = [
        f"第{i}条{chr(0x4E00 + 7 * i + j)}的内容\t{label}"
        for i in range(12)
        for j, label in enumerate(labels)
    ]
    source = tmp_path / "<img onerror=x> \u202e'.tsv"
    source.write_text("\n".join(rows), encoding="utf-8")
    name = '../../<img onerror=1>\n"x\u202e😀'
    run = finetune(str(source), name=name, export=True, baseline=True, epochs=1.0)
    assert run.state.state == "finished" and run.bundle is not None
    assert run.folder.path.parent == tmp_path / "runs"
    assert {answer.label for answer in run.predict(["文本", "内容"])} <= set(labels)
    shown = frozen_bundle(run.folder)["text/html"]
    assert "<img src=x" not in shown and "<img onerror" not in shown
