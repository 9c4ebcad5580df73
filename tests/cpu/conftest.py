"""The fast kernels are for the CPU: so are their tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def on_cpu() -> Iterator[None]:
    """Paddle on the CPU, and afterwards where it was."""
    import paddle

    before = paddle.get_device()
    paddle.set_device("cpu")
    yield
    paddle.set_device(before)
