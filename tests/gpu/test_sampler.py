"""One thread for all listeners: it starts, it stops, it survives, it asks no more than it must."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

import pytest

from paddle_lab.gpu.readings import FastReading, Gpu, Inventory, LinkReading, SlowReading
from paddle_lab.gpu.sampler import Sampler
from paddle_lab.gpu.states import DRIVER_NOT_LOADED, GPU_LOST


class Backend:
    """Counts what is asked of it; can be told to fail."""

    name = "test"
    simulated = False

    def __init__(self, gpus: int = 2) -> None:
        self.gpus = gpus
        self.asked: list[str] = []
        self.condition = None
        self.reading = FastReading(busy=1, used=2)
        self.gone = False
        self.threads: set[int] = set()

    def open(self) -> Inventory:
        self.asked.append("open")
        self.gone = False
        if self.condition is not None:
            return Inventory(condition=self.condition)
        return Inventory(tuple(Gpu(f"u{i}", i, "test", 10) for i in range(self.gpus)))

    def fast(self) -> list[FastReading]:
        self.asked.append("fast")
        self.threads.add(threading.get_ident())
        return [self.reading] * self.gpus

    def slow(self) -> list[SlowReading]:
        self.asked.append("slow")
        return [SlowReading()] * self.gpus

    def links(self, indices) -> dict[int, LinkReading]:
        self.asked.append(f"links {sorted(indices)}")
        return {}

    def needs_reopening(self) -> bool:
        return self.gone

    def close(self) -> None:
        self.asked.append("close")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.fixture
def make():
    samplers = []

    def new(backend: Backend, **options: float) -> Sampler:
        options = {"period_s": 0.01, "linger_s": 0.05, **options}
        samplers.append(Sampler(backend, **options))
        return samplers[-1]

    yield new
    for sampler in samplers:
        sampler.close()


def test_nobody_listens_nothing_is_asked(make):
    backend = Backend()
    make(backend)
    time.sleep(0.05)
    assert backend.asked == []


def test_many_listeners_share_one_thread_and_get_the_same_sample(make):
    backend = Backend()
    sampler = make(backend)
    heard: list[list] = [[] for _ in range(20)]
    for box in heard:
        sampler.listen(box.append)
    until(lambda: all(len(box) >= 3 for box in heard))
    sampler.close()
    assert len(backend.threads) == 1
    by_seq = [{sample.seq: sample for sample in box} for box in heard]
    for seq in set(by_seq[0]) & set(by_seq[-1]):
        assert by_seq[0][seq] is by_seq[-1][seq]


def test_stops_after_the_last_listener_and_starts_again(make):
    backend = Backend()
    sampler = make(backend)
    heard = []
    listener = sampler.listen(heard.append)
    until(lambda: len(heard) > 2)
    sampler.leave(listener)
    sampler.leave(listener)
    until(lambda: not sampler.running)
    until(lambda: backend.asked[-1] == "close")
    count = len(backend.asked)
    time.sleep(0.05)
    assert len(backend.asked) == count
    sampler.listen(heard.append)
    until(lambda: backend.asked[count:].count("open") == 1 and "fast" in backend.asked[count:])


def test_a_listener_that_comes_back_in_time_keeps_the_thread(make):
    backend = Backend()
    sampler = make(backend, linger_s=5)
    heard = []
    listener = sampler.listen(heard.append)
    until(lambda: heard)
    sampler.leave(listener)
    sampler.listen(heard.append)
    count = len(heard)
    until(lambda: len(heard) > count)
    assert backend.asked.count("open") == 1


def test_the_slow_tier_is_read_every_tenth_time(make):
    backend = Backend()
    sampler = make(backend)
    heard = []
    sampler.listen(heard.append)
    until(lambda: len(heard) >= 31)
    sampler.close()
    assert backend.asked.count("slow") == -(-backend.asked.count("fast") // 10)


def test_links_are_asked_only_while_somebody_looks_at_them(make):
    backend = Backend()
    sampler = make(backend)
    one = sampler.listen(lambda sample: None)
    two = sampler.listen(lambda sample: None)
    until(lambda: backend.asked.count("fast") > 2)
    assert not [ask for ask in backend.asked if ask.startswith("links")]
    sampler.watch_links(one, [0])
    sampler.watch_links(two, [1, 0])
    until(lambda: "links [0, 1]" in backend.asked)
    sampler.leave(two)
    until(lambda: backend.asked[-10:].count("links [0]") >= 2)
    sampler.watch_links(one, [])
    until(lambda: not [ask for ask in backend.asked[-6:] if ask.startswith("links")])


def test_a_listener_that_raises_is_dropped_and_the_others_go_on(make, caplog):
    sampler = make(Backend())
    heard = []

    def broken(sample: object) -> None:
        raise RuntimeError("a tab went away")

    sampler.listen(broken)
    sampler.listen(heard.append)
    until(lambda: len(heard) > 5)
    assert "a tab went away" in caplog.text
    assert caplog.text.count("is dropped") == 1


def test_tries_an_absent_driver_again_less_and_less_often(make, monkeypatch):
    monkeypatch.setattr("paddle_lab.gpu.sampler.FIRST_RETRY_S", 0.02)
    backend = Backend()
    backend.condition = DRIVER_NOT_LOADED
    sampler = make(backend)
    heard = []
    sampler.listen(heard.append)
    until(lambda: backend.asked.count("open") >= 3)
    assert heard[-1].inventory.condition is DRIVER_NOT_LOADED
    assert "fast" not in backend.asked
    opened = [i for i, ask in enumerate(backend.asked) if ask == "open"]
    backend.condition = None
    until(lambda: heard[-1].fast)
    assert opened


def test_a_driver_reload_is_shown_and_opened_again_at_once(make):
    backend = Backend()
    sampler = make(backend)
    heard = []
    sampler.listen(heard.append)
    until(lambda: len(heard) > 2)
    generation = heard[-1].generation
    backend.gone = True
    until(lambda: backend.asked.count("open") == 2)
    until(lambda: heard[-1].inventory.condition is None)
    codes = [s.inventory.condition.code for s in heard if s.inventory.condition]
    assert codes == ["driver-reloaded"]
    assert heard[-1].generation > generation


def test_looks_now_and_then_whether_a_lost_gpu_is_back(make, monkeypatch):
    monkeypatch.setattr("paddle_lab.gpu.sampler.LOST_RETRY_S", 0.05)
    backend = Backend()
    backend.reading = FastReading(condition=GPU_LOST)
    sampler = make(backend)
    sampler.listen(lambda sample: None)
    until(lambda: backend.asked.count("open") >= 3)
    assert backend.asked.count("fast") > backend.asked.count("open")


def test_another_backend_takes_over_between_two_samples(make):
    first, second = Backend(1), Backend(5)
    sampler = make(first)
    heard = []
    sampler.listen(heard.append)
    until(lambda: heard)
    sampler.use(second)
    until(lambda: len(heard[-1].fast) == 5)
    assert first.asked[-1] == "close"
    assert all(len(s.fast) == len(s.inventory.gpus) for s in heard)


def test_a_driver_slower_than_the_period_does_not_pile_up_work(make):
    backend = Backend()
    slow = backend.fast

    def take_long() -> list[FastReading]:
        time.sleep(0.05)
        return slow()

    backend.fast = take_long  # type: ignore[method-assign]
    sampler = make(backend, period_s=0.01)
    heard = []
    started = time.monotonic()
    sampler.listen(heard.append)
    until(lambda: len(heard) >= 4)
    backend.fast = slow  # type: ignore[method-assign]
    now = time.monotonic()
    assert now - started >= 4 * 0.05
    count = len(heard)
    time.sleep(0.1)
    more = len(heard) - count
    assert more <= (time.monotonic() - now) / 0.01 + 3, "missed ticks are not made up for"


def test_what_was_sampled_is_remembered(make):
    backend = Backend()
    sampler = make(backend)
    heard = []
    sampler.listen(heard.append)
    until(lambda: len(heard) > 3)
    tracks = sampler.history.window("15m", heard[-1].t, 900)["tracks"]
    assert set(tracks) == {"u0", "u1"}
    assert 1 in tracks["u0"]["busy"]


def test_a_later_server_does_not_count_on_from_an_earlier_one(make):
    """Nor from the time, which may have been set back: by chance, so pages take it for new."""
    begins = []
    for _ in range(5):
        sampler, heard = make(Backend(), period_s=1.0), []
        sampler.listen(heard.append)
        until(lambda heard=heard: heard)
        begins.append(heard[0].seq)
    assert all(abs(one - other) > 60 for one, other in itertools.combinations(begins, 2))


def test_listening_to_a_closed_sampler_starts_nothing(make):
    backend = Backend()
    sampler = make(backend)
    sampler.close()
    sampler.listen(lambda sample: None)
    assert not sampler.running


def test_a_failure_outside_the_driver_ends_no_watching(make, caplog):
    class Host:
        asked = 0

        def read(self):
            self.asked += 1
            if self.asked < 4:
                raise OSError(116, "Stale file handle")

    backend, host, seen = Backend(), Host(), []
    sampler = make(backend, host=host)
    sampler.listen(seen.append)
    until(lambda: seen)
    assert host.asked >= 4 and sampler.running
    assert [record.message for record in caplog.records].count(
        "a GPU sample failed; the next ones are tried"
    ) == 1
