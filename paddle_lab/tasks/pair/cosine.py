"""The model's encoder as it came, without training: how near the two texts' vectors are.

With few rows this is often the best way to compare texts, and it costs one pass a text instead of
one a pair. The vector of a text is the mean over its tokens; the angle from which two texts count
as alike is chosen on training rows, never on those that are evaluated.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.i18n import T
from paddle_lab.tasks.api import Baseline
from paddle_lab.tasks.batching import batches_by_length, inputs_of
from paddle_lab.tasks.codec import IntArray
from paddle_lab.tasks.encoding import TextEncoder
from paddle_lab.tasks.pair.arms import Arm

if TYPE_CHECKING:
    from paddle_lab.models import Resolved

NAME: Final = T("cosine of the untrained encoder", "未训练编码器的余弦相似度")
#: Training pairs that choose the threshold.
MOST_ROWS: Final = 1_000
_BATCH: Final = 32

Texts = Sequence[str]
Cosines = npt.NDArray[np.float64]


def compare_vectors(
    resolved: Resolved,
    tokenizer_json: str,
    max_len: int,
    train: tuple[Texts, Texts],
    gold: IntArray,
    rows: tuple[Texts, Texts],
) -> Baseline | None:
    """Answer the pairs ``rows`` by a threshold from pairs ``train`` of two classes, 0 and 1.

    ``answers`` are an :class:`Arm`. None when ``train`` has one class only.
    """
    started = time.monotonic()
    chosen = np.linspace(0, len(gold) - 1, min(len(gold), MOST_ROWS)).astype(np.int64)
    own = gold[chosen]
    if len(np.unique(own)) < 2 or not len(rows[0]):
        return None
    known = tuple([texts[row] for row in chosen] for texts in train)
    found = cosines(resolved, tokenizer_json, max_len, [*known[0], *rows[0]], [*known[1], *rows[1]])
    there, here = found[: len(own)], found[len(own) :]
    alike = int(there[own == 1].mean() >= there[own == 0].mean())
    limit = best_threshold(there, own == alike)
    signed = np.where(np.arange(2) == alike, 1, -1) * (here - limit)[:, None]
    predicted = np.where(here >= limit, alike, 1 - alike).astype(np.int64)
    seconds = round(time.monotonic() - started, 2)
    name = T("{name} (from {limit})", "{name}（{limit} 起）", name=NAME, limit=f"{limit:.3f}")
    return Baseline(name, Arm(predicted, signed), seconds, len(own), NAME)


def best_threshold(values: Cosines, alike: npt.NDArray[np.bool_]) -> float:
    """The value from which "alike" gives the best macro F1 on these rows of both kinds."""
    order = np.argsort(-values, kind="stable")
    ranked, right = values[order], alike[order]
    hits = np.cumsum(right)
    given = np.arange(1, len(order) + 1)
    positives, rows = int(alike.sum()), len(order)
    f1 = 2 * hits / (given + positives)
    rest = rows - given
    right_rest = rest - (positives - hits)
    other = 2 * right_rest / (rest + rows - positives)
    # Equal values are on one side: a threshold stands behind the last of them.
    ends = np.append(ranked[1:] < ranked[:-1], True)
    best = int(np.argmax(np.where(ends, f1 + other, -1.0)))
    if best + 1 == len(ranked):
        return float(ranked[best])
    return float((ranked[best] + ranked[best + 1]) / 2)


def cosines(
    resolved: Resolved, tokenizer_json: str, max_len: int, firsts: Texts, seconds: Texts
) -> Cosines:
    """The cosine of each pair's vectors [rows], between -1 and 1."""
    texts = list(dict.fromkeys([*firsts, *seconds]))
    index = {text: number for number, text in enumerate(texts)}
    vectors = mean_vectors(resolved, tokenizer_json, max_len, texts)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.maximum(norms, 1e-12)
    one = vectors[[index[text] for text in firsts]]
    other = vectors[[index[text] for text in seconds]]
    found: Cosines = (one * other).sum(axis=1).astype(np.float64)
    return found


def mean_vectors(
    resolved: Resolved, tokenizer_json: str, max_len: int, texts: Texts
) -> npt.NDArray[np.float32]:
    """The mean of the last layer over all tokens of each text [texts, hidden]."""
    import paddle

    from paddle_lab.cpu import FastCpu
    from paddle_lab.models import load_for_classification

    with paddle.utils.unique_name.guard():
        encoder: Any = load_for_classification(resolved, 2).ernie
    encoder.eval()
    reader = TextEncoder(tokenizer_json, max_len)
    windows = reader.encode(texts)
    found: npt.NDArray[np.float32] | None = None
    with FastCpu(encoder, seed=0, step_of=lambda: 0), paddle.no_grad():
        for rows in batches_by_length(windows.lengths(), _BATCH):
            inputs = inputs_of(windows, rows, reader.pad_id)
            given = {name: paddle.to_tensor(array) for name, array in inputs.items()}
            tokens = np.asarray(encoder(**given)[0])
            there = np.arange(tokens.shape[1]) < windows.lengths()[rows][:, None]
            sums = (tokens * there[:, :, None]).sum(axis=1)
            means = sums / np.maximum(1, there.sum(axis=1, keepdims=True))
            if found is None:
                found = np.zeros((len(texts), tokens.shape[2]), dtype=np.float32)
            found[rows] = means
    return found if found is not None else np.zeros((len(texts), 1), dtype=np.float32)
