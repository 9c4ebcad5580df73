"""Where pre-training starts from: weights that already look at neighbours.

A small model with a learned position table spends thousands of steps on finding out that the next
character is next to it, separately for each position. Started with sines and cosines, "one to the
left" is the same rotation everywhere (Vaswani et al. 2017), and the first layer's heads begin
with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paddle_lab.models.tokenizer import VOCAB_FILE

# The spread of the linear layers: near 1/sqrt(hidden), so that each layer changes what it is given.
LINEAR_SPREAD = 0.05
EMBEDDING_SPREAD = 0.02
# What the heads of the first layer look at to begin with, as an offset from each place; further
# heads begin at random. The sharpness makes the place looked at stand out by a factor of about e^2.
FIRST_OFFSETS = (-1, 1, 0)
SHARPNESS = 1.5


def initialise(model: Any, heads: int, seed: int) -> None:
    """Set the weights of PaddleNLP's ``ErnieForMaskedLM`` for a start from nothing."""
    random = np.random.default_rng((seed, 7))
    for name, parameter in model.named_parameters():
        if len(parameter.shape) == 2 and "embeddings" not in name:
            _set(parameter, random.normal(0, LINEAR_SPREAD, parameter.shape))
    table = model.ernie.embeddings.position_embeddings.weight
    waves = frequencies(table.shape[1])
    _set(table, EMBEDDING_SPREAD * sinusoids(table.shape[0], waves))
    attention = model.ernie.encoder.layers[0].self_attn
    query, key = attention.q_proj.weight, attention.k_proj.weight
    queries, keys = query.numpy(), key.numpy()
    size = query.shape[1] // heads
    for head, offset in enumerate(FIRST_OFFSETS[:heads]):
        columns = slice(head * size, (head + 1) * size)
        queries[:, columns], keys[:, columns] = looking_at(offset, waves, size)
    _set(query, queries)
    _set(key, keys)


def go_on_from(model: Any, vocabulary: Sequence[str], folder: Path) -> int:
    """Take the weights of the model ``folder`` (made by this command, the same sizes).

    Tokens are matched by their text; new ones keep their random start. Returns how many tokens
    were known. Raises ValueError where a weight has another shape.
    """
    from safetensors.numpy import load_file

    stored = load_file(folder / "model.safetensors")
    known = (folder / VOCAB_FILE).read_text(encoding="utf-8").splitlines()
    place = {token: number for number, token in enumerate(known)}
    rows = [(new, place[token]) for new, token in enumerate(vocabulary) if token in place]
    new, old = (list(numbers) for numbers in zip(*rows, strict=True))
    parameters = dict(model.named_parameters())
    for name, value in stored.items():
        if name not in parameters:
            continue
        ours = parameters[name].numpy()
        if len(value) == len(known) and len(ours) == len(vocabulary):
            ours[new] = value[old]
        elif ours.shape == value.shape:
            ours = value
        else:
            raise ValueError(f"{name} has the shape {value.shape} in {folder}, here {ours.shape}")
        _set(parameters[name], ours)
    return len(rows)


def frequencies(hidden: int) -> NDArray[np.float64]:
    """One for each pair of dimensions: from 1 (a period of 6 places) down to 1/500."""
    pairs: NDArray[np.float64] = np.geomspace(1.0, 1 / 500, hidden // 2)
    return pairs


def sinusoids(positions: int, waves: NDArray[np.float64]) -> NDArray[np.float64]:
    """A position table [positions, 2 * waves] of unit mean square: sine and cosine side by side."""
    angles = np.arange(positions)[:, None] * waves
    pairs = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    table: NDArray[np.float64] = math.sqrt(2) * pairs.reshape(positions, -1)
    return table


def looking_at(
    offset: int, waves: NDArray[np.float64], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Query and key matrices [hidden, size] of a head that attends ``offset`` places away."""
    hidden = 2 * len(waves)
    query, key = np.zeros((hidden, size)), np.zeros((hidden, size))
    # The quickest waves tell neighbours apart best.
    for pair, wave in enumerate(waves[: size // 2]):
        sine, cosine = 2 * pair, 2 * pair + 1
        query[sine, sine] = query[cosine, cosine] = SHARPNESS
        # The key of place j is turned back by the offset, so that it meets the query of j - offset.
        turn = wave * offset
        key[sine, sine] = key[cosine, cosine] = SHARPNESS * math.cos(turn)
        key[cosine, sine] = -SHARPNESS * math.sin(turn)
        key[sine, cosine] = SHARPNESS * math.sin(turn)
    return query, key


def _set(parameter: Any, value: NDArray[Any]) -> None:
    parameter.set_value(np.ascontiguousarray(value, dtype=np.float32))
