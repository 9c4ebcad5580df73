"""The loss of a linear-chain CRF, in Paddle: minus the log of the right path's share of all paths.

One loss a window, whatever stands beside it in the batch, so that a batch may be computed in parts.
"""

from __future__ import annotations

from typing import Any, Final

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
    # Everything behind special tokens at the start: the chain begins at the first real token.
    everything = _log_of_all_paths(emissions, real, transitions)
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


def _log_of_all_paths(emissions: Any, real: Any, transitions: Any) -> Any:
    """The log of the sum over all paths of the exponential of their score [windows]."""
    import paddle

    alpha = paddle.zeros_like(emissions[:, 0])
    started = paddle.zeros([emissions.shape[0], 1], dtype="float32")
    steps = transitions.unsqueeze(0)
    for token in range(emissions.shape[1]):
        now, here = emissions[:, token], real[:, token : token + 1]
        through = paddle.logsumexp(alpha.unsqueeze(2) + steps, axis=1)
        new = now + started * through
        alpha = here * new + (1.0 - here) * alpha
        started = paddle.maximum(started, here)
    return started.squeeze(1) * paddle.logsumexp(alpha, axis=1)
