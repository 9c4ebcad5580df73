"""GPUs and host as the sidebar shows them: backends, sampler, history, owners. No paddle."""

from paddle_lab.gpu.backend import GpuBackend
from paddle_lab.gpu.choose import choose_backend
from paddle_lab.gpu.history import History
from paddle_lab.gpu.readings import FastReading, Gpu, GpuProcess, LinkReading, SlowReading
from paddle_lab.gpu.sampler import Sample, Sampler
from paddle_lab.gpu.states import Condition

__all__ = [
    "Condition",
    "FastReading",
    "Gpu",
    "GpuBackend",
    "GpuProcess",
    "History",
    "LinkReading",
    "Sample",
    "Sampler",
    "SlowReading",
    "choose_backend",
]
