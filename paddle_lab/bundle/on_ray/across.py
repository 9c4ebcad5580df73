"""Many rows answered by the nodes of a cluster: Ray Data hands out the parts, in their order."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import ray
import ray.data

from paddle_lab._version import __version__
from paddle_lab.bundle.on_ray.answerer import Answerer, answers_in, parts_of
from paddle_lab.bundle.on_ray.cluster import Cluster, free_cores
from paddle_lab.bundle.on_ray.parcel import packed
from paddle_lab.bundle.on_ray.problems import not_answered
from paddle_lab.bundle.predictor import Predictor
from paddle_lab.errors import PaddleLabError
from paddle_lab.tasks.codec import Rows


class AcrossNodes:
    """The predictor's bundle in processes of one core each, at most ``workers`` of them.

    Whatever the nodes have of it: the bundle travels with the rows.
    """

    def __init__(self, predictor: Predictor, cluster: Cluster, workers: int | None = None) -> None:
        self._predictor, self._most = predictor, workers or max(1, cluster.cores)

    def stream(
        self, rows: Rows, *, batch_size: int = 32, long_text: str | None = None
    ) -> Iterator[list[Any]]:
        """The answers of each part, in the order of the rows. Raises BundleError."""
        how = {"batch_size": batch_size, "long_text": long_text}
        try:
            yield from self._answers(rows, how)
        except PaddleLabError:
            raise
        except Exception as error:  # of many kinds, by what was lost, and by version
            raise not_answered(self._predictor.folder, error) from error

    def _answers(self, rows: Rows, how: Mapping[str, Any]) -> Iterator[list[Any]]:
        _be_quiet()
        parts = list(parts_of(rows))
        if not parts:
            return
        parcel = ray.put(packed(self._predictor))
        most = min(self._most, len(parts))
        answered = ray.data.from_arrow(parts).map_batches(
            _OnNode, fn_constructor_args=(parcel, __version__, how),
            batch_size=None, batch_format="pyarrow", num_cpus=1,
            compute=ray.data.ActorPoolStrategy(
                min_size=1, max_size=most, initial_size=min(most, max(1, free_cores()))
            ),
        )  # fmt: skip
        tables = answered.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1)
        expected = 0
        for table in tables:
            for number, answers in answers_in(table):
                if number != expected:
                    raise RuntimeError(f"part {number} came in place of part {expected}")
                expected += 1
                yield answers
        if expected != len(parts):
            raise RuntimeError(f"{expected} of {len(parts)} parts came")


class _OnNode(Answerer):
    """An answerer that fetches its bundle from the object store: once for each node."""

    def __init__(self, parcel: Any, version: str, how: Mapping[str, Any]) -> None:
        super().__init__(ray.get(parcel), version, how)


def _be_quiet() -> None:
    """In the order of the rows, and without Ray Data's own bars and lines."""
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    for name in ("ray.data", "ray.data._internal.execution.streaming_executor"):
        logging.getLogger(name).setLevel(logging.ERROR)
