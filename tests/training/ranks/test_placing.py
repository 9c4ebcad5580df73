"""On what a run is worked: what may be said together, what a resumption may change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from paddle_lab import devices
from paddle_lab.errors import EnvError, UsageError
from paddle_lab.gpu.readings import FastReading, Gpu, Inventory
from paddle_lab.runs import RunSpec
from paddle_lab.training.ranks import placing
from paddle_lab.training.ranks.placing import Placing, chosen_gpus, placing_of, refuse_crowd

GIB = 1 << 30
SPEC = RunSpec(train="a.tsv")


def test_a_run_is_one_process_unless_it_says_otherwise() -> None:
    assert placing_of(SPEC) == Placing() and not Placing().apart
    assert placing_of(replace(SPEC, procs=2)).apart and placing_of(replace(SPEC, gpus="auto")).apart
    assert placing_of(replace(SPEC, restarts=1)).apart


@pytest.mark.parametrize(
    ("begun", "given", "expected"),
    [
        ({"procs": 2}, {}, Placing(2)),
        ({"procs": 2}, {"procs": 1}, Placing(1)),
        ({"gpus": "0,1"}, {"procs": 2}, Placing(2)),
        ({"procs": 3}, {"gpus": "auto"}, Placing(1, "auto")),
        ({"procs": 2, "restarts": 4}, {"procs": 3, "lr": None}, Placing(3, None, 4)),
    ],
)
def test_a_resumption_may_be_worked_on_elsewhere(
    begun: dict[str, Any], given: dict[str, Any], expected: Placing
) -> None:
    assert placing_of(replace(SPEC, **begun), given) == expected


@pytest.mark.parametrize(
    "said",
    [
        {"procs": 2, "gpus": "2"},
        {"gpus": "auto", "device": "cpu"},
        {"procs": 2, "device": "gpu:0"},
    ],
)
def test_what_contradicts_itself_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as refused:
        placing_of(replace(SPEC, **said))
    assert refused.value.code == "usage.conflict"


@pytest.mark.parametrize("wanted", ["0", "gpu:0", "1.5", "-1", "100", "0;1", ""])
def test_gpus_are_named_in_one_of_three_ways(wanted: str) -> None:
    with pytest.raises(UsageError):
        placing_of(SPEC, {"gpus": wanted})


class Backend:
    """Two GPUs, the second of which is idle."""

    simulated = False

    def open(self) -> Inventory:
        return Inventory(tuple(Gpu(f"GPU-{n}", n, "test", 80 * GIB) for n in range(2)))

    def fast(self) -> list[FastReading]:
        return [FastReading(busy=busy, used=GIB, total=80 * GIB) for busy in (97, 2)]

    def close(self) -> None:
        pass


def test_the_freest_is_chosen_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "choose_backend", lambda setting: Backend())
    monkeypatch.setattr(placing, "built_for_gpus", lambda: True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    (chosen,) = chosen_gpus("auto")
    assert chosen.token == "1"
    text = placing.told(1, [chosen])
    assert text is not None
    assert text.in_language("en") == "Works on GPU 1: 2 % busy, 79 GiB free."
    assert text.in_language("zh") == "使用 GPU 1：占用 2%，空闲 79 GiB。"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"setting": "none"}, "no GPU here"),
        ({"setting": "simulated:2xA100"}, "simulated"),
        ({"visible": ""}, "hides them all"),
        ({"visible": "-1"}, "hides them all"),
        ({"cpu": True}, "build for the CPU"),
    ],
)
def test_where_there_is_none_to_take_it_says_why(
    change: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    if "setting" in change:
        monkeypatch.setenv("PADDLE_LAB_GPUS", change["setting"])
    else:
        monkeypatch.setattr(placing, "choose_backend", lambda setting: Backend())
    if "visible" in change:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", change["visible"])
    else:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with pytest.raises(EnvError, match=why) as refused:
        chosen_gpus("auto")
    assert refused.value.code == "env.no_gpu"
    assert "--procs 2" in str(refused.value)


def test_the_build_is_told_without_importing_paddle() -> None:
    assert devices.built_for_gpus() is False


@pytest.mark.parametrize(("cores", "most"), [(1, 2), (2, 2), (8, 8)])
def test_more_processes_than_cores_are_refused(
    cores: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "usable_cores", lambda: cores)
    refuse_crowd(most)
    with pytest.raises(UsageError, match=f"Give --procs {most} or less"):
        refuse_crowd(most + 1)
