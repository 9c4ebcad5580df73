"""The loss of a linear-chain CRF, in Paddle: minus the log of the right path's share of all paths.

One loss a window, whatever stands beside it in the batch, so that a batch may be computed in parts.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from paddle_lab.tasks.tag.all_paths import AllPaths

#: Transitions are learnt this many times faster than the network: they start from nothing.
RATE: Final = 10.0


def add_transitions(model: Any, tags: int) -> None:
    """Give a model the parameter ``transitions`` [tags, tags], all zero, with its own rate."""
    import paddle

    parameter = model.create_parameter(
        [tags, tags], default_initializer=paddle.nn.initializer.Constant(0.0)
    )
    parameter.optimize_attr["learning_rate"] = RATE
    model.transitions = parameter


def losses(emissions: Any, tags: Any, transitions: Any) -> Any:
    """The loss of each window [windows], divided by its tokens.

    ``emissions`` are [windows, tokens, tags], ``tags`` [windows, tokens] below 0 for what is no
    part of the chain. A window without tokens has the loss 0.
    """
    import paddle

    emissions = emissions.astype("float32")
    real = (tags >= 0).astype("float32")
    gold = paddle.clip(tags, min=0)
    right = _score(emissions, gold, real, transitions)
    everything = _log_of_all_paths().apply(emissions, transitions, tags >= 0)
    tokens = paddle.clip(real.sum(axis=1), min=1.0)
    return (everything - right) / tokens


def _score(emissions: Any, gold: Any, real: Any, transitions: Any) -> Any:
    """The score of the path ``gold`` of each window [windows]."""
    import paddle

    count = transitions.shape[0]
    own = paddle.take_along_axis(emissions, gold.unsqueeze(-1), axis=2).squeeze(-1)
    both = real[:, 1:] * real[:, :-1]
    pairs = gold[:, :-1] * count + gold[:, 1:]
    steps = paddle.gather(transitions.flatten(), pairs.flatten()).reshape(pairs.shape)
    return (own * real).sum(axis=1) + (steps * both).sum(axis=1)


@functools.cache
def _log_of_all_paths() -> Any:
    """A PyLayer: ``apply(emissions, transitions, real)`` gives :class:`AllPaths`' logs."""
    import paddle
    from paddle.autograd import PyLayer

    class LogOfAllPaths(PyLayer):  # type: ignore[misc]
        @staticmethod
        def forward(context: Any, emissions: Any, transitions: Any, real: Any) -> Any:
            context.found = AllPaths.of(emissions.numpy(), real.numpy(), transitions.numpy())
            return paddle.to_tensor(context.found.logs.astype("float32"))

        @staticmethod
        def backward(context: Any, upstream: Any) -> Any:
            found = context.found.gradient(upstream.numpy())
            emissions, transitions = (paddle.to_tensor(one.astype("float32")) for one in found)
            return emissions, transitions, None

    return LogOfAllPaths
