"""Windows in padded batches, and a program's outputs back in the windows' order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from paddle_lab.tasks.codec import IntArray, Outputs, Signature, Windows


def batches_by_length(lengths: IntArray, batch_size: int) -> list[list[int]]:
    """Row numbers in batches of similar length, longest first.

    Padding all but vanishes, and a lack of memory shows at once.
    """
    order = np.argsort(-lengths, kind="stable")
    return [order[i : i + batch_size].tolist() for i in range(0, len(order), batch_size)]


def pad(arrays: Sequence[npt.NDArray[Any]], value: float) -> npt.NDArray[Any]:
    """Arrays [length, ...] as one [rows, longest, ...] with ``value`` behind the short ones."""
    longest = max(len(array) for array in arrays)
    shape = (len(arrays), longest, *arrays[0].shape[1:])
    batch = np.full(shape, value, dtype=arrays[0].dtype)
    for index, array in enumerate(arrays):
        batch[index, : len(array)] = array
    return batch


def inputs_of(windows: Windows, rows: Sequence[int], pad_id: int) -> dict[str, IntArray]:
    """``input_ids`` and ``token_type_ids`` [rows, longest] of the windows at ``rows``."""
    ids = pad([windows.ids[row] for row in rows], pad_id)
    if windows.type_ids is None:
        types = np.zeros_like(ids)
    else:
        types = pad([windows.type_ids[row] for row in rows], 0)
    return {"input_ids": ids, "token_type_ids": types}


class Gathering:
    """Collects the outputs of batches; ``outputs`` has them in the windows' order, unpadded."""

    def __init__(self, signature: Signature, lengths: IntArray) -> None:
        self._specs = signature.outputs
        self._lengths = lengths
        self._found: dict[str, Any] = {}

    def put(self, rows: Sequence[int], batch: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take the outputs [len(rows), ...] of one batch.

        Raises ValueError when one has another shape than the signature says.
        """
        for spec in self._specs:
            values = batch[spec.name]
            expected = [len(rows), *spec.dims[1:]]
            fits = values.ndim == len(expected) and all(
                isinstance(size, str) or size == got
                for size, got in zip(expected, values.shape, strict=True)
            )
            if not fits:
                raise ValueError(
                    f"{spec.name} has the shape {list(values.shape)}, {expected} was expected"
                )
            if spec.per_token:
                cells = self._found.setdefault(spec.name, [None] * len(self._lengths))
                for row, value in zip(rows, values, strict=True):
                    cells[row] = value[: self._lengths[row]].copy()
            else:
                if spec.name not in self._found:
                    shape = (len(self._lengths), *values.shape[1:])
                    self._found[spec.name] = np.empty(shape, dtype=np.float32)
                self._found[spec.name][list(rows)] = values

    def outputs(self) -> Outputs:
        """All outputs by name; empty ones where there was no window."""
        for spec in self._specs:
            if spec.name not in self._found:
                sizes = [size if isinstance(size, int) else 0 for size in spec.dims]
                self._found[spec.name] = (
                    [] if spec.per_token else np.zeros((0, *sizes[1:]), np.float32)
                )
        return self._found
