"""Clipping in place gives the weights that Paddle's own clipping gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_lab.cpu.clipping import speed_up_clipping

paddle = pytest.importorskip("paddle")


def train(limit: float, *, quick: bool, spoil: float = 0.0) -> list[np.ndarray]:
    paddle.seed(0)
    model = paddle.nn.Sequential(paddle.nn.Linear(7, 5), paddle.nn.Tanh(), paddle.nn.Linear(5, 1))
    model[0].bias.need_clip = False
    model[2].bias.stop_gradient = True
    clip = paddle.nn.ClipGradByGlobalNorm(limit)
    optimizer = paddle.optimizer.AdamW(0.1, parameters=model.parameters(), grad_clip=clip)
    if quick:
        assert speed_up_clipping(optimizer)
    x = np.random.default_rng(0).normal(size=(9, 7)).astype("float32")
    for step in range(4):
        loss = (model(paddle.to_tensor(x)) * (step + 1)).sum()
        loss = loss + spoil * model[0].weight.sum()
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
    return [parameter.numpy() for parameter in model.parameters()]


@pytest.mark.parametrize("limit", [0.01, 1.0, 1e6])
def test_weights_are_equal_to_the_bit(limit: float) -> None:
    plain, quick = train(limit, quick=False), train(limit, quick=True)
    assert all(np.array_equal(left, right) for left, right in zip(plain, quick, strict=True))


def test_a_gradient_that_is_no_number_stays_so() -> None:
    for quick in (False, True):
        weights = train(1.0, quick=quick, spoil=float("nan"))
        assert np.isnan(weights[0]).all()


def test_other_ways_to_clip_stay() -> None:
    layer = paddle.nn.Linear(2, 2)

    def optimizer(clip: Any) -> Any:
        return paddle.optimizer.AdamW(0.1, parameters=layer.parameters(), grad_clip=clip)

    for clip in (None, paddle.nn.ClipGradByValue(1.0), paddle.nn.ClipGradByNorm(1.0)):
        chosen = optimizer(clip)
        assert not speed_up_clipping(chosen)
        assert chosen._grad_clip is clip


def test_half_precision_gradients_go_paddles_way() -> None:
    layer = paddle.nn.Linear(2, 2)
    clip = paddle.nn.ClipGradByGlobalNorm(1.0)
    optimizer = paddle.optimizer.AdamW(0.1, parameters=layer.parameters(), grad_clip=clip)
    speed_up_clipping(optimizer)
    double = paddle.full([3], 2.0, dtype="float64")
    (_, clipped), *_ = optimizer._grad_clip([(layer.weight, double)])
    assert np.linalg.norm(clipped.numpy()) == pytest.approx(1.0)
