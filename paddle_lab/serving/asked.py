"""One request's windows on their way through batches, and its outputs on the way back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from paddle_lab.bundle.manifest import Manifest
from paddle_lab.serving.batching import Waiting
from paddle_lab.serving.problems import Refused, deadline_passed, model_failed
from paddle_lab.serving.processes import Outputs
from paddle_lab.tasks.batching import Gathering
from paddle_lab.tasks.codec import Outputs as AllOutputs
from paddle_lab.tasks.codec import Windows


class Asked:
    """One request's windows: its outputs come together as batches end."""

    def __init__(self, manifest: Manifest, windows: Windows, limit_s: float) -> None:
        self.windows = windows
        self.limit_s = limit_s
        self.answered: asyncio.Future[AllOutputs] = asyncio.get_running_loop().create_future()
        self._found = Gathering(manifest.signature, windows.lengths())
        self._missing = len(windows.ids)

    def take(self, indices: list[int], outputs: Outputs) -> None:
        """Keep the outputs of some windows. Raises ValueError where they have another shape."""
        self._found.put(indices, outputs)
        self._missing -= len(indices)
        if not self._missing and not self.answered.done():
            self.answered.set_result(self._found.outputs())

    def fail(self, error: Refused) -> None:
        """It gets no answer any more."""
        if not self.answered.done():
            self.answered.set_exception(error)


def asked_by(item: Waiting) -> Asked:
    """The request that a window is a part of."""
    assert isinstance(item.owner, Asked)
    return item.owner


def late(item: Waiting) -> None:
    """Tell the request that its deadline has passed."""
    asked = asked_by(item)
    asked.fail(deadline_passed(asked.limit_s))


def together(batch: Sequence[Waiting]) -> Windows:
    """The windows of a batch as if they were of one request."""
    ids, types, any_types = [], [], False
    for item in batch:
        windows = asked_by(item).windows
        ids.append(windows.ids[item.index])
        given = windows.type_ids[item.index] if windows.type_ids is not None else None
        any_types = any_types or given is not None
        types.append(np.zeros_like(ids[-1]) if given is None else given)
    count = len(ids)
    return Windows(
        ids, np.arange(count), [False] * count, [False] * count, types if any_types else None
    )


def hand_out(batch: Sequence[Waiting], outputs: Outputs, tell: Callable[[str], None]) -> None:
    """Give each request of a batch its rows; ``tell`` hears of outputs of another shape."""
    parts: dict[Asked, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for row, item in enumerate(batch):
        rows, indices = parts[asked_by(item)]
        rows.append(row)
        indices.append(item.index)
    for asked, (rows, indices) in parts.items():
        try:
            asked.take(indices, {name: values[rows] for name, values in outputs.items()})
        except (ValueError, KeyError, IndexError) as error:
            tell(str(error))
            asked.fail(model_failed())
