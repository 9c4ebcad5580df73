"""GPUs that do not exist: the same for everybody, plausible, and marked."""

from __future__ import annotations

import pytest

from paddle_lab.gpu.backends import choose_backend
from paddle_lab.gpu.backends.simulated import FIRST_PID, LOST_AFTER_S, SimulatedBackend, Simulation


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8xA100", Simulation(8, "A100")),
        ("T4", Simulation(1, "T4")),
        ("", Simulation(2, "A100")),
        ("4×h800,seed=7,lost", Simulation(4, "H800", 7, True)),
        ("16xV100", Simulation(16, "V100")),
        ("17xA100", None),
        ("0xA100", None),
        ("2xA100,wrong", None),
        ("2xA100,seed=x", None),
    ],
)
def test_reads_what_is_asked_for(text, expected):
    assert Simulation.parse(text) == expected


def test_is_marked_as_simulated_everywhere():
    backend = choose_backend("simulated:8xA100")
    inventory = backend.open()
    assert backend.simulated
    assert [note.code for note in inventory.notes] == ["simulated"]
    assert all("(simulated)" in gpu.name for gpu in inventory.gpus)


def test_two_readers_see_the_same_machine_and_another_seed_another():
    make = lambda seed: SimulatedBackend(Simulation(8, "A100", seed), clock=Clock())  # noqa: E731
    assert make(1).fast() == make(1).fast()
    assert make(1).fast() != make(2).fast()


def test_values_stay_within_the_card_over_an_hour():
    clock = Clock()
    backend = SimulatedBackend(Simulation(16, "T4"), lambda: [1, 2], clock)
    total = backend.open().gpus[0].memory
    for _ in range(360):
        clock.now += 10
        for reading in backend.fast():
            assert 0 <= reading.busy <= 100
            assert 0 < reading.used <= total == reading.total
            assert 0 < reading.power <= 70
        assert all(20 < reading.temperature < 95 for reading in backend.slow())


def test_runs_that_really_train_get_memory_on_the_first_gpu():
    own = []
    backend = SimulatedBackend(Simulation(2, "A100"), lambda: own, Clock())
    backend.open()
    assert backend.fast()[0].busy == 0
    own.append(4711)
    first = backend.fast()[0]
    assert [process.pid for process in first.processes] == [4711]
    assert first.busy > 30
    assert all(process.pid >= FIRST_PID for process in backend.fast()[1].processes)


def test_a_lost_gpu_to_teach_with():
    clock = Clock()
    backend = SimulatedBackend(Simulation(3, "A100", lost=True), clock=clock)
    backend.open()
    assert backend.fast()[2].condition is None
    clock.now += LOST_AFTER_S + 1
    assert [reading.condition and reading.condition.code for reading in backend.fast()] == [
        None,
        None,
        "gpu-lost",
    ]
    assert 2 not in backend.links([0, 2])


def test_links_only_for_gpus_that_exist():
    backend = SimulatedBackend(Simulation(2, "A100"), clock=Clock())
    assert sorted(backend.links([0, 1, 9])) == [0, 1]
