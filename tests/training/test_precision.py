"""bfloat16 on the CPU: refused where it gains nothing, tried where it may, kept on resumption."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from paddle_lab.errors import RunError
from paddle_lab.training import precision
from paddle_lab.training.checkpoint import MODEL_FILE, latest_checkpoint
from paddle_lab.training.precision import BFLOAT16, Tried
from paddle_lab.training.run import Run

Finetune = Callable[..., Run]


def weights(run: Run) -> str:
    checkpoint = latest_checkpoint(run.folder.checkpoints)
    assert checkpoint is not None
    return hashlib.sha256((checkpoint.path / MODEL_FILE).read_bytes()).hexdigest()


def chose_bfloat16(run: Run) -> bool:
    checkpoint = latest_checkpoint(run.folder.checkpoints)
    assert checkpoint is not None
    return bool(checkpoint.state[BFLOAT16])


def told(run: Run) -> list[str]:
    return [event["text"]["en"] for event in run.state.notices if event["code"] == "precision"]


@pytest.mark.parametrize(
    "seconds, losses, taken",
    [
        ((0.30, 0.10), (0.70, 0.701), True),
        ((0.30, 0.25), (0.70, 0.701), False),  # hardly faster
        ((0.30, 0.10), (0.70, 0.75), False),  # another loss
        ((0.30, 0.10), (0.70, float("nan")), False),
    ],
)
def test_it_is_taken_when_it_is_faster_and_the_losses_agree(
    seconds: tuple[float, float], losses: tuple[float, float], taken: bool
) -> None:
    tried = Tried(seconds, losses)
    assert tried.taken is taken
    assert ("Trains with bfloat16" in tried.told().in_language("en")) is taken


@pytest.fixture
def amx(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A processor that says it has AMX, and runs short enough for a test to be tried."""
    monkeypatch.setattr(precision, "processor_flags", lambda: frozenset({"amx_bf16"}))
    monkeypatch.setattr(precision, "FEWEST_STEPS", 1)
    return monkeypatch


@pytest.mark.slow
def test_a_trial_leaves_no_trace_in_the_weights(
    finetune: Finetune, amx: pytest.MonkeyPatch
) -> None:
    amx.setattr(precision, "LEAST_GAIN", float("inf"))
    tried, whole = finetune(seed=5), finetune(seed=5, precision="fp32")
    assert "Trains in fp32" in told(tried)[0] and told(whole) == []
    assert weights(tried) == weights(whole)
    assert not chose_bfloat16(tried)


@pytest.mark.slow
def test_what_was_taken_is_kept_when_the_run_goes_on(
    finetune: Finetune, amx: pytest.MonkeyPatch
) -> None:
    amx.setattr(precision, "LEAST_GAIN", 0.0)
    amx.setattr(precision, "MOST_APART", float("inf"))
    from paddle_lab.training.callbacks import LiveHooks

    def stop_at_once(hooks: LiveHooks, *more: object, **also: object) -> None:
        hooks.reporter.control.apply("stop", "step")
        on_step_end(hooks, *more, **also)  # type: ignore[arg-type]

    on_step_end = LiveHooks.on_step_end
    with pytest.MonkeyPatch.context() as stopping:
        stopping.setattr(LiveHooks, "on_step_end", stop_at_once)
        parted = finetune(seed=5)
    assert "Trains with bfloat16" in told(parted)[0] and chose_bfloat16(parted)
    resumed = finetune(resume=parted.id)
    assert resumed.state.state == "finished" and chose_bfloat16(resumed)
    assert len(told(resumed)) == 1, "it was not tried again"


@pytest.mark.slow
def test_it_is_refused_where_it_gains_nothing(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "processor_flags", lambda: frozenset({"avx512_bf16"}))
    with pytest.raises(RunError, match="gains nothing on this processor") as refused:
        finetune(precision="bf16")
    assert refused.value.code == "run.no_bfloat16"
