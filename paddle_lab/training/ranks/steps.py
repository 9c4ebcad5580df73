"""The gradient of a whole batch from those of its parts, which lie with the ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from paddle_lab.tasks.codec import IntArray
from paddle_lab.training.ranks.team import Team


def part_of(rows: list[int], team: Team) -> tuple[list[int], float]:
    """The rows of a batch that this rank computes, and their share of the batch.

    Every so-many-th, so that each rank gets short and long texts alike: the rows of a batch lie in
    the order of their lengths. A rank for which none is left takes the first, with the share 0:
    it does all that a step does, and adds nothing to it.
    """
    if team.size == 1:
        return rows, 1.0
    own = rows[team.rank :: team.size]
    return (own, len(own) / len(rows)) if own else (rows[:1], 0.0)


class GradientSums:
    """Makes the gradients of a model those of whole batches, step after step.

    A table of embeddings has a gradient in the rows of the batch's tokens alone. It is the largest
    transfer of a step, so that only those rows travel, once a first, whole sum has shown it: a
    table that is also used otherwise, for a language model's output say, has other rows, and
    travels whole.
    """

    def __init__(self, model: Any, team: Team) -> None:
        self._model, self._team = model, team
        self._parameters: list[Any] | None = None
        self._tables: set[int] = set()  # places of embeddings of which nothing is known yet
        self._by_rows: set[int] = set()

    def sum(self, loss: Any, tokens: IntArray) -> Any:
        """Sum what the ranks have computed; returns the whole batch's loss.

        Each rank's gradient and ``loss`` are those of its part times its share, so that their sums
        are the means over the batch, whatever the parts' sizes. ``tokens`` are those of the whole
        batch, each once, padding with them: the same on every rank.
        """
        if self._team.size == 1:
            return loss
        import paddle

        parameters = self._known_parameters()
        with paddle.no_grad():
            whole = paddle.to_tensor([float(loss)], dtype="float32")
            places = [n for n, one in enumerate(parameters) if one.grad is not None]
            chosen = paddle.to_tensor(tokens) if self._by_rows else None
            narrow = {n: paddle.gather(parameters[n].grad, chosen) for n in self._by_rows
                      if n in places and self._fits(parameters[n], tokens)}  # fmt: skip
            travelling = [narrow.get(n, parameters[n].grad) for n in places]
            self._team.sum([*travelling, whole])
            for n, rows in narrow.items():
                paddle.scatter_(parameters[n].grad, chosen, rows)
            for n in sorted(self._tables.intersection(places)):
                self._learn(n, parameters[n], tokens)
        return whole[0]

    def _known_parameters(self) -> list[Any]:
        if self._parameters is None:
            from paddle.nn import Embedding

            self._parameters = list(self._model.parameters())
            layers = self._model.sublayers(include_self=True)
            tables = {id(layer.weight) for layer in layers if isinstance(layer, Embedding)}
            self._tables = {n for n, one in enumerate(self._parameters) if id(one) in tables}
        return self._parameters

    def _fits(self, table: Any, tokens: IntArray) -> bool:
        """Whether the tokens are rows of the table, and so few that leaving the others out pays."""
        rows = int(table.shape[0])
        return int(tokens[-1]) < rows and 2 * len(tokens) <= rows

    def _learn(self, place: int, table: Any, tokens: IntArray) -> None:
        """See in a summed gradient, which is the same on every rank, which rows it has."""
        if not self._fits(table, tokens):
            return
        rows = np.flatnonzero((table.grad != 0).any(axis=1).numpy())
        known = np.isin(rows, tokens)
        if not known.all():
            self._tables.discard(place)
        elif 2 * len(rows) >= len(tokens):  # fewer tell nothing: a first step may have no gradient
            self._tables.discard(place)
            self._by_rows.add(place)
