"""Code for a kernel: a module that answers as Paddle on a GPU does, without one."""

from __future__ import annotations

#: Stands for a Paddle on a GPU: the same calls, memory that can be freed.
FAKE_PADDLE = """
import sys, types
held = {"reserved": 3 << 30, "allocated": 1 << 30}
cuda = types.SimpleNamespace(
    device_count=lambda: 1,
    memory_reserved=lambda index: held["reserved"],
    memory_allocated=lambda index: held["allocated"],
    empty_cache=lambda: held.update(reserved=held["allocated"]),
)
paddle = types.ModuleType("paddle")
paddle.__version__ = "3.3.1"
paddle.is_compiled_with_cuda = lambda: True
paddle.device = types.SimpleNamespace(cuda=cuda)
sys.modules["paddle"] = paddle
from paddle_lab.gpu import report
report.install(get_ipython().kernel)
"""
