"""GELU by the hyperbolic tangent, which ALBERT's and other checkpoints call ``gelu_new``.

Paddle's encoder layer takes its activation by a name alone, and the function of that name computes
GELU by the error function: a hidden state differs by some 0.001.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

GELU_BY_TANH: Final = "gelu_new"


def buildable(sizes: dict[str, Any]) -> dict[str, Any]:
    """An ``ernie_config`` with an activation that Paddle finds by its name."""
    return {**sizes, "hidden_act": "gelu"} if sizes["hidden_act"] == GELU_BY_TANH else sizes


def put_activation(model: Any, sizes: dict[str, Any]) -> None:
    """Give the layers of a model with ``ernie`` in it the activation that ``sizes`` name."""
    if sizes["hidden_act"] != GELU_BY_TANH:
        return
    from paddle.nn.functional import gelu

    for layer in model.ernie.encoder.layers:
        layer.activation = partial(gelu, approximate=True)
