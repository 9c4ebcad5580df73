"""The past: fine and coarse, with gaps where nobody looked, in little memory."""

from __future__ import annotations

from paddle_lab.gpu.history import COARSE_SLOTS, FINE_SLOTS, History, Ring


def test_a_ring_keeps_mean_and_highest_of_each_slot():
    ring = Ring(15, 4)
    for t, busy, used in [(0, 10, 5), (5, 20, 50), (14, 30, 7), (15, 90, 1)]:
        ring.add(t, busy, used)
    assert ring.window(15, 4) == ([None, None, 20, 90], [None, None, 50, 1])


def test_time_that_nobody_watched_stays_empty():
    ring = Ring(1, 10)
    ring.add(100, 1, 1)
    ring.add(104, 5, 5)
    assert ring.window(104, 10)[0][-5:] == [1, None, None, None, 5]


def test_a_long_absence_clears_everything_and_costs_no_time():
    ring = Ring(1, 900)
    ring.add(100, 1, 1)
    ring.add(1e9, 5, 5)
    busy, _ = ring.window(1e9, 900)
    assert busy[-1] == 5
    assert set(busy[:-1]) == {None}


def test_a_clock_that_goes_back_changes_nothing():
    ring = Ring(1, 10)
    ring.add(100, 1, 1)
    ring.add(90, 50, 50)
    assert ring.window(100, 10)[0][-1] == 1


def test_unknown_values_are_not_zero():
    ring = Ring(1, 4)
    ring.add(10, None, 3)
    assert ring.window(10, 4) == ([None] * 4, [None, None, None, 3])


def test_fifteen_minutes_by_the_second_and_six_hours_by_fifteen():
    history = History()
    for t in range(0, 6 * 3600, 1):
        history.add(float(t), {"gpu": (t % 100, t)})
    now = 6 * 3600 - 1
    fine = history.window("15m", now, FINE_SLOTS)
    coarse = history.window("6h", now, COARSE_SLOTS)
    assert fine["step"] == 1
    assert fine["tracks"]["gpu"]["used"] == list(range(now - FINE_SLOTS + 1, now + 1))
    assert coarse["step"] == 15
    assert None not in coarse["tracks"]["gpu"]["used"]
    assert coarse["end"] == now // 15 * 15


def test_fewer_points_join_neighbours_and_do_not_shiver():
    history = History()
    for t in range(1000):
        history.add(float(t), {"gpu": (50, t)})
    first = history.window("15m", 990, 180)["tracks"]["gpu"]["used"]
    second = history.window("15m", 991, 180)["tracks"]["gpu"]["used"]
    assert len(first) == 180
    assert first[:-1] == second[:-1]


def test_gpus_that_are_gone_are_forgotten():
    history = History()
    history.add(0.0, {"old": (1, 1)})
    history.add(1000.0, {"new": (1, 1)})
    assert set(history.window("15m", 1000, 60)["tracks"]) == {"new"}
    assert set(history.window("6h", 1000, 60)["tracks"]) == {"old", "new"}
    size = history.size
    history.add(30_000.0, {"newest": (1, 1)})
    assert history.size == size // 2, "both are gone, one came"


def test_eight_gpus_and_the_host_fit_in_4_mib():
    history = History()
    history.add(0.0, dict.fromkeys(["host", *map(str, range(8))], (1, 1)))
    assert history.size <= 4 * 1024 * 1024
