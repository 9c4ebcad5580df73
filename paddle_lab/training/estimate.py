"""How long and how much memory a run will take, before anything is loaded.

Time: floating-point operations of training over the speed that this machine reaches in a short
matrix product, times a share measured with `benchmarks/train_speed.py`. Activations: Korthikanti
et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", section 4.1.
"""

from __future__ import annotations

import functools
import platform
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

# Speed of a whole training step beside that of NumPy's matrix product. Above 1 with oneDNN's
# layers, whose products are faster and which leave most of the last layer out (docs/speed.md).
FAST_SHARE: Final = 1.5
PLAIN_SHARE: Final = 0.3
# Less is gained where the last layer is needed for every token (tagging, answering): 1.8 times the
# speed of Paddle's kernels in place of 2.2.
EVERY_TOKEN: Final = 0.8
# Seconds of the piece of Python below on the machine where guesses in seconds were measured.
REFERENCE_S: Final = 0.0023
# Python, paddle and paddlenlp once imported, with the memory that training keeps.
BASE_MB: Final = 850.0
# Layers, hidden size, feed-forward size and vocabulary of PaddleNLP's ERNIE 3.0 models, which may
# not be on this machine yet. Source: paddlenlp/transformers/ernie/configuration.py, 3.0.0b4.
ERNIE_3: Final[dict[str, tuple[int, int, int, int]]] = {
    "ernie-3.0-nano-zh": (4, 312, 1248, 40000),
    "ernie-3.0-micro-zh": (4, 384, 1536, 40000),
    "ernie-3.0-mini-zh": (6, 384, 1536, 40000),
    "ernie-3.0-medium-zh": (6, 768, 3072, 40000),
    "ernie-3.0-base-zh": (12, 768, 3072, 40000),
    "ernie-3.0-xbase-zh": (20, 1024, 4096, 40000),
}


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder that decide its cost."""

    layers: int
    hidden: int
    inner: int
    heads: int
    vocabulary: int

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Shape:
        """From a model folder's ``config.json``."""
        hidden = int(config["hidden_size"])
        return cls(
            int(config["num_hidden_layers"]),
            hidden,
            int(config.get("intermediate_size", 4 * hidden)),
            int(config.get("num_attention_heads", 12)),
            int(config["vocab_size"]),
        )

    @classmethod
    def of_known(cls, name: str) -> Shape | None:
        """Of a model that PaddleNLP would download; None when it is not known here."""
        if name not in ERNIE_3:
            return None
        layers, hidden, inner, vocabulary = ERNIE_3[name]
        return cls(layers, hidden, inner, 12, vocabulary)

    @property
    def encoder_parameters(self) -> int:
        """Parameters that every token passes through."""
        return self.layers * (4 * self.hidden**2 + 2 * self.hidden * self.inner)

    @property
    def parameters(self) -> int:
        """All parameters, embeddings included."""
        return self.encoder_parameters + self.vocabulary * self.hidden


@dataclass(frozen=True)
class Estimate:
    """``seconds`` of training on this CPU and ``memory_mb`` at its height."""

    seconds: float
    memory_mb: float
    parameters: int


def estimate(
    shape: Shape,
    tokens: int,
    batch_size: int,
    max_len: int,
    speed: float,
    *,
    every_token: bool = False,
) -> Estimate:
    """The cost of training on ``tokens`` (over all epochs) at ``speed`` operations per second.

    ``every_token``: the head reads the last layer of every token, not of the first alone.
    """
    attention = 12 * shape.layers * shape.hidden * max_len / 2
    operations = tokens * (6 * shape.encoder_parameters + attention)
    per_token = shape.hidden * shape.layers * 2 * (34 + 5 * shape.heads * max_len / shape.hidden)
    activations = batch_size * max_len * per_token / 2**20
    # Weights, gradients and AdamW's two moments, in fp32.
    states = shape.parameters * 4 * 4 / 2**20
    share = cpu_share() * (EVERY_TOKEN if every_token else 1.0)
    return Estimate(operations / (speed * share), BASE_MB + states + activations, shape.parameters)


def cpu_share() -> float:
    """The share that this system can be expected to reach, without loading Paddle to ask it."""
    fast = sys.platform == "linux" and platform.machine() in ("x86_64", "AMD64")
    return FAST_SHARE if fast else PLAIN_SHARE


def matrix_speed(threads: int) -> float:
    """Operations per second that ``threads`` cores reach in a matrix product, in about 0.1 s.

    One core is measured and multiplied: several wait for each other on a busy machine, and a short
    measure of them would say little of the hours after it.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    size = 512
    left = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    best = float("inf")
    with threadpool_limits(1):
        deadline = time.perf_counter() + 0.1
        while time.perf_counter() < deadline:
            start = time.perf_counter()
            left @ left
            best = min(best, time.perf_counter() - start)
    return threads * 2 * size**3 / best


@functools.cache
def slowness() -> float:
    """How many times as long Python takes here as where guesses in seconds were measured.

    In about 15 ms; the best of several, as others may use the same core.
    """
    best = min(_seconds_of_python() for _ in range(5))
    return min(20.0, max(0.2, best / REFERENCE_S))


def _seconds_of_python() -> float:
    start = time.perf_counter()
    seen: dict[str, int] = {}
    for number in range(20_000):
        key = str(number % 997)
        seen[key] = seen.get(key, 0) + number * number
    return time.perf_counter() - start
