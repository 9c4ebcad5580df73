"""A person's own Trainer with our callback: it trains, logs and evaluates exactly as without it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from own_trainer import own_trainer, weights_of, without_times

import paddle_lab
from paddle_lab.errors import RunError
from paddle_lab.runs import Registry, RunFolder

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own to train in."""
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("PADDLE_LAB_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def live(**options: Any) -> Any:
    return paddle_lab.LiveCallback(**{"show": False, **options})


def logs_heard() -> tuple[Any, list[dict[str, Any]]]:
    """A callback of the person's, and what it hears."""
    from paddlenlp.trainer import TrainerCallback

    heard: list[dict[str, Any]] = []

    class Hears(TrainerCallback):
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            heard.append(without_times(logs))

    return Hears(), heard


def everything(place: Path, callbacks: list[Any], **options: Any) -> dict[str, Any]:
    """What a script sees that evaluates and predicts before, between and after two trainings."""
    hears, heard = logs_heard()
    trainer = own_trainer(place, [*callbacks, hears], **options)
    seen: dict[str, Any] = {}
    for moment in ("before", "between", "after"):
        seen[f"{moment} evaluate"] = without_times(trainer.evaluate())
        answers = trainer.predict(trainer.eval_dataset)
        seen[f"{moment} predict"] = answers.predictions.tobytes()
        if moment != "after":
            output = trainer.train()
            seen[f"{moment} train"] = without_times(output.metrics), output.global_step
    saved = sorted(path.name for path in place.glob("checkpoint-*"))
    return {**seen, "weights": weights_of(trainer), "logs": heard, "checkpoints": saved}


KINDS: dict[str, dict[str, Any]] = {
    "logs every few steps": {},
    "logs never": {"logging_strategy": "no"},
    "logs at each step": {"logging_steps": 1, "logging_first_step": True},
    "evaluates and saves each epoch": {
        "max_steps": -1, "num_train_epochs": 2, "evaluation_strategy": "epoch",
        "save_strategy": "epoch",
    },
    "evaluates and saves by steps": {
        "evaluation_strategy": "steps", "eval_steps": 2, "save_strategy": "steps", "save_steps": 2,
    },
    "adds gradients up": {"gradient_accumulation_steps": 2},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_weights_metrics_and_logs_are_those_of_a_training_without_the_callback(
    kind: str, place: Path
) -> None:
    without = everything(place / "without", [], **KINDS[kind])
    callback = live()
    assert everything(place / "with", [callback], **KINDS[kind]) == without
    runs = [ref.folder.state() for ref in Registry().list()]
    assert [state.state for state in runs] == ["finished", "finished"]
    state = callback.folder.state()
    assert state.columns["step"][0] == 1 and state.step == state.total_steps
    assert all(isinstance(loss, float) for loss in state.columns["loss"])


def test_the_curve_is_the_mean_loss_between_its_points(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.training.reporter.SECONDS_BETWEEN_POINTS", 0.0)
    hears, heard = logs_heard()
    own_trainer(place / "each", [hears], logging_steps=1).train()
    callback = live()
    own_trainer(place / "some", [callback], logging_steps=3).train()
    steps = [logs["loss"] for logs in heard if "loss" in logs]
    assert callback.folder.state().columns["loss"] == pytest.approx(steps, abs=1e-5)


@pytest.mark.parametrize("first", [True, False])
def test_the_order_of_callbacks_does_not_matter(first: bool, place: Path) -> None:
    from paddlenlp.trainer import TrainerCallback

    class Logs(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            control.should_log = True
            return control

    callbacks = [live(), Logs()] if first else [Logs(), live()]
    own_trainer(place / "out", callbacks).train()
    columns = Registry().find("last").folder.state().columns
    assert columns["step"] == sorted(set(columns["step"])) and columns["step"][-1] == 7


def broken_disk(callback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("paddle_lab.runs.folder.atomic_write_json", full)


def removed_folder(callback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    at_first_step(monkeypatch, lambda: shutil.rmtree(callback.folder.path))


def closed_log(callback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def close() -> None:
        callback._training.reporter._log.close()

    at_first_step(monkeypatch, close)


def odd_metrics(callback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(*_: Any) -> None:
        raise TypeError("unhashable type: 'dict'")

    monkeypatch.setattr("paddle_lab.training.own_training.OwnTraining.evaluated", odd)


def no_registry(callback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", "/dev/null/nowhere")


def broken_view(callback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class View:
        def show(self) -> None:
            raise RuntimeError("no display")

    callback._show = True
    monkeypatch.setattr("paddle_lab.training.live_callback.open_display", lambda *_, **__: View())


def view_that_breaks_later(callback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def tick() -> None:
        raise RuntimeError("the browser is gone")

    view = SimpleNamespace(show=lambda: None, tick=tick, freeze=tick)
    callback._show = True
    monkeypatch.setattr("paddle_lab.training.live_callback._TICK_S", 0.001)
    monkeypatch.setattr("paddle_lab.training.live_callback.open_display", lambda *_, **__: view)


def strange_arguments(callback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paddle_lab.training.own_training._spec_of", lambda *_: 1 / 0)


def at_first_step(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    from paddle_lab.training.own_training import OwnTraining

    ended = OwnTraining.step_ended

    def step_ended(self: OwnTraining, state: Any, *more: Any) -> None:
        if state.global_step == 1:
            happens()
        ended(self, state, *more)

    monkeypatch.setattr(OwnTraining, "step_ended", step_ended)


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (broken_disk, "cannot be written"),
        (removed_folder, None),
        (closed_log, "closed file"),
        (odd_metrics, "unhashable"),
        (no_registry, None),
        (broken_view, "no display"),
        (view_that_breaks_later, "browser is gone"),
        (strange_arguments, "division by zero"),
    ],
)
def test_whatever_fails_in_ours_is_said_once_and_the_training_is_the_same_to_the_bit(
    breaks: Any,
    told: str | None,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = {"evaluation_strategy": "steps", "eval_steps": 2}
    without = own_trainer(place / "without", [], **options)
    before = without.train()
    capsys.readouterr()
    callback = live()
    breaks(callback, monkeypatch)
    trainer = own_trainer(place / "with", [callback], **options)
    after = trainer.train()
    assert weights_of(trainer) == weights_of(without)
    assert without_times(after.metrics) == without_times(before.metrics)
    said = [line for line in capsys.readouterr().err.splitlines() if "paddle_lab:" in line]
    assert len(said) == (0 if told is None else 1), said
    if told is not None:
        assert told in said[0] and "The training goes on" in said[0]


def test_a_training_whose_stderr_is_closed_goes_on(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    callback = live(show=True)
    closed = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    closed.close()
    trainer = own_trainer(place / "out", [callback])
    strange_arguments(callback, monkeypatch)
    monkeypatch.setattr("sys.stderr", closed)
    assert trainer.train().global_step == 7


def test_a_second_training_makes_a_second_run_and_one_from_a_checkpoint_goes_on_there(
    place: Path,
) -> None:
    from paddle.utils import unique_name

    callback = live(name="own")
    options = {"save_strategy": "steps", "save_steps": 3}
    with unique_name.guard():  # as in a process of its own
        own_trainer(place / "out", [callback], **options).train()
    first = callback.folder
    with unique_name.guard():
        checkpoint = str(place / "out" / "checkpoint-6")
        own_trainer(place / "out", [callback], **options).train(resume_from_checkpoint=checkpoint)
    second = callback.folder
    assert [ref.folder for ref in Registry().list()] == [second, first]
    assert first.state().columns["step"][0] == 1
    assert second.state().columns["step"] == [7]


def test_a_training_that_raised_has_failed_when_the_next_begins(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddlenlp.trainer import Trainer

    step = Trainer.training_step

    def raises(self: Any, *more: Any, **also: Any) -> Any:
        if self.state.global_step == 2:
            raise RuntimeError("my own bug")
        return step(self, *more, **also)

    callback = live()
    trainer = own_trainer(place / "out", [callback])
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "training_step", raises)
        with pytest.raises(RuntimeError, match="my own bug"):
            trainer.train()
    first = callback.folder
    trainer.train()
    assert first.state().state == "failed"
    assert callback.folder.state().state == "finished"


def asked_at_first_step(
    callback: Any, monkeypatch: pytest.MonkeyPatch, *asks: tuple[str, bool]
) -> None:
    def ask() -> None:
        for name, save in asks:
            callback.folder.ask(name, save=save)
        callback._training.reporter.look(now=True)

    at_first_step(monkeypatch, ask)


@pytest.mark.parametrize(("save", "kept"), [(True, ["checkpoint-1"]), (False, [])])
def test_a_stop_ends_the_training_as_if_the_step_had_been_the_last(
    save: bool, kept: list[str], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    callback = live()
    asked_at_first_step(callback, monkeypatch, ("stop", save))
    options = {"max_steps": -1, "num_train_epochs": 3, "save_strategy": "epoch"}
    trainer = own_trainer(place / "out", [callback], **options)
    assert trainer.train().global_step == 1
    assert callback.folder.state().state == "stopped"
    assert [path.name for path in (place / "out").glob("checkpoint-*")] == kept


def test_a_paused_training_whose_run_is_removed_goes_on(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    callback = live()

    def pause_and_remove() -> None:
        callback.folder.ask("pause")
        callback._training.reporter.look(now=True)
        shutil.rmtree(callback.folder.path)

    at_first_step(monkeypatch, pause_and_remove)
    assert own_trainer(place / "out", [callback]).train().global_step == 7


def test_of_several_processes_the_first_makes_the_run_and_none_is_stopped_alone(
    place: Path,
) -> None:
    callback = live()
    args = own_trainer(place / "out", []).args
    state = SimpleNamespace(global_step=0, max_steps=4, epoch=0.0, is_world_process_zero=False)
    control = SimpleNamespace(should_training_stop=False, should_log=False)
    callback.on_train_begin(args, state, control)
    callback.on_step_end(args, state, control)
    assert Registry().list() == []
    state.is_world_process_zero = True
    two = SimpleNamespace(**{**vars(args), "world_size": 2, "dataset_world_size": 2})
    two.train_batch_size = args.train_batch_size
    callback.on_train_begin(two, state, control)
    callback.folder.ask("stop")
    callback._training.reporter.look(now=True)
    state.global_step = 1
    callback.on_step_end(two, state, control)
    callback.on_epoch_end(two, state, control)
    assert not control.should_training_stop
    told = [event["code"] for event in callback.folder.state().notices]
    assert "several-processes" in told
    callback.end()


def test_a_callback_asked_before_there_was_a_training_says_so(place: Path) -> None:
    callback = live()
    for hook in ("on_step_end", "on_epoch_end", "on_log", "on_evaluate", "on_save", "on_train_end"):
        getattr(callback, hook)(None, None, None)
    with pytest.raises(RunError) as caught:
        _ = callback.folder
    assert caught.value.code == "run.not_begun"


def test_the_run_knows_the_trainer_that_made_it(place: Path) -> None:
    callback = live()
    own_trainer(place / "out", [callback]).train()
    info = RunFolder.open(callback.folder.path).info()
    assert info["trainer"]["output_dir"] == str(place / "out")
    assert info["trainer"]["architecture"] == "ErnieForSequenceClassification"
    assert info["host"] and info["versions"]["paddle-lab"]
