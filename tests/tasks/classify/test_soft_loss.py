"""The loss of a text with probabilities: that of a label where one of them is certain."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_lab.tasks import get_task

LOGITS = [[2.0, -1.0, 0.5], [0.1, 0.3, -2.0]]


@pytest.mark.slow
def test_a_certain_label_and_a_label_cost_the_same_and_shares_are_weighed() -> None:
    import paddle

    paddle.disable_static()
    outputs = (paddle.to_tensor(np.float32(LOGITS)),)

    def losses(labels: object) -> np.ndarray:
        given = {"labels": paddle.to_tensor(labels)}
        return np.asarray(get_task("classify").loss(None, outputs, given).numpy())

    hard = losses(np.int64([0, 2]))
    certain = losses(np.float32([[1, 0, 0], [0, 0, 1]]))
    assert hard.shape == certain.shape == (2,)
    assert np.allclose(hard, certain, atol=1e-6)
    other = losses(np.int64([1, 0]))
    shared = losses(np.float32([[0.25, 0.75, 0], [0.5, 0, 0.5]]))
    assert np.allclose(shared, [0.25 * hard[0] + 0.75 * other[0], (hard[1] + other[1]) / 2])
