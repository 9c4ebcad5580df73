"""The loss of a head of one output: the fast layers' gradients are those of Paddle's kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_lab.cpu.onednn import OneDnnError, find

paddle = pytest.importorskip("paddle")
try:
    find()
except OneDnnError as error:
    pytest.skip(str(error), allow_module_level=True)

from cpu.models import VOCABULARY, assert_close, build, fast  # noqa: E402

from paddle_lab.tasks import get_task  # noqa: E402

REGRESS = get_task("regress")


@pytest.fixture(autouse=True)
def on_cpu() -> None:
    paddle.set_device("cpu")


def gradients(model: Any, rows: int, length: int) -> tuple[Any, dict[str, Any]]:
    """The loss of each row, and all gradients of their mean, for rows of two texts."""
    random = np.random.default_rng(rows * 100 + length)
    ids = paddle.to_tensor(random.integers(1, VOCABULARY, (rows, length)))
    types = paddle.to_tensor(np.tile(np.arange(length) >= length // 2, (rows, 1)).astype("int64"))
    scores = paddle.to_tensor(random.normal(size=rows).astype("float32"))
    outputs = model(input_ids=ids, token_type_ids=types)
    losses = REGRESS.loss(model, (outputs,), {"scores": scores})
    losses.mean().backward()
    found = {n: p.grad.numpy().copy() for n, p in model.named_parameters() if p.grad is not None}
    model.clear_gradients()
    return losses.numpy(), found


@pytest.mark.parametrize(("rows", "length"), [(1, 2), (1, 13), (2, 1), (5, 13), (16, 48)])
def test_gradients_of_scores(rows: int, length: int) -> None:
    model = build(num_labels=1)
    plain_losses, plain = gradients(model, rows, length)
    assert plain_losses.shape == (rows,), "one loss a row: a batch may be computed in parts"
    with fast(model) as switch:
        assert switch.reason is None and switch.layers > 0
        quick_losses, quick = gradients(model, rows, length)
    assert np.allclose(plain_losses, quick_losses, rtol=1e-4, atol=1e-6)
    assert all(np.isfinite(gradient).all() for gradient in quick.values())
    assert_close(plain, quick, 2e-5)
