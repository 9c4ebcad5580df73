"""A burst is free; then requests come at a pace, and a pause earns a burst again."""

from __future__ import annotations

from paddle_lab.server.rate import Rate


def test_a_burst_then_a_pace_then_a_burst_again() -> None:
    now = [100.0]
    rate = Rate(50.0, 10, clock=lambda: now[0])
    assert [rate.wait_s() for _ in range(10)] == [0.0] * 10
    assert [round(rate.wait_s(), 3) for _ in range(3)] == [0.02, 0.04, 0.06]
    now[0] += 3 / 50
    assert round(rate.wait_s(), 3) == 0.02, "who waited as told is told the same again"
    now[0] += 3600
    assert [rate.wait_s() for _ in range(10)] == [0.0] * 10
    assert rate.wait_s() > 0, "an hour earns no more than a burst"
