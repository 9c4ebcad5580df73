"""What prediction needs of a task: rows to windows of tokens, outputs to answers.

A codec travels in the bundle as JSON and is rebuilt without paddlenlp; training, the proof and the
predictor use the same one. It holds no parameters of the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]

#: Rows as columns by role: ``{"text": [...]}``, all of one length.
Rows = Mapping[str, Sequence[Any]]
#: Outputs by name. Without a dimension "tokens": one array [windows, ...]; with it: a list of one
#: unpadded array [tokens, ...] for each window.
Outputs = Mapping[str, Any]


@dataclass(frozen=True)
class TensorSpec:
    """An input or output of the program: its name, its dimensions by name or size, its type.

    The first dimension is "rows"; "tokens" is the padded length of the batch.
    """

    name: str
    dims: tuple[str | int, ...]
    dtype: str = "float32"

    @property
    def per_token(self) -> bool:
        """Whether it has a value for each token."""
        return "tokens" in self.dims

    def to_json(self) -> dict[str, Any]:
        """``{"name", "dims", "dtype"}``."""
        return {"name": self.name, "dims": list(self.dims), "dtype": self.dtype}


@dataclass(frozen=True)
class Signature:
    """Inputs and outputs of a program, in its order."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it."""
        return {
            "inputs": [spec.to_json() for spec in self.inputs],
            "outputs": [spec.to_json() for spec in self.outputs],
        }


TOKENS = (
    TensorSpec("input_ids", ("rows", "tokens"), "int64"),
    TensorSpec("token_type_ids", ("rows", "tokens"), "int64"),
)


@dataclass(frozen=True)
class Windows:
    """Token ids ready for the model; ``owner[i]`` is the row that ``ids[i]`` belongs to.

    ``type_ids`` as ``ids``, None where all are zero. ``offsets[i]`` [tokens, 2] are the characters
    that each token stands for, in the text that ``sequence[i]`` [tokens] names (-1: a special
    token, 0: the first, 1: the second); None where nobody asked. ``truncated[r]`` tells whether row
    ``r`` lost its end, ``empty[r]`` whether it had no tokens, or none that the vocabulary knows.
    """

    ids: list[IntArray]
    owner: IntArray
    truncated: list[bool]
    empty: list[bool]
    type_ids: list[IntArray] | None = None
    offsets: list[IntArray] | None = None
    sequence: list[IntArray] | None = None

    def lengths(self) -> IntArray:
        """Tokens of each window."""
        return np.array([len(ids) for ids in self.ids], dtype=np.int64)


@dataclass(frozen=True)
class Agreement:
    """Whether two outputs mean the same answers; ``ties`` rows count as equal either way."""

    equal: bool
    ties: int = 0


class Answer(Protocol):
    """What the model says of one row; the answer to an empty one means nothing."""

    @property
    def truncated(self) -> bool:
        """Whether the end of a text was not seen."""

    @property
    def empty(self) -> bool:
        """Whether there was nothing to read."""

    def to_json(self) -> dict[str, Any]:
        """As ``predict --json`` and the service give it."""


class Codec(Protocol):
    """One task's way from rows to tokens and from outputs to answers. Safe to share by threads."""

    @property
    def signature(self) -> Signature:
        """Inputs and outputs of the program."""

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""

    def rows_of(self, values: Any) -> Rows:
        """What a person gives to ``predict`` as columns. Raises DataError, with the index."""

    def encode(self, rows: Rows, long_text: str = "truncate") -> Windows:
        """Tokens of the rows; long ones are cut, or read whole in windows ("windows")."""

    def decode(self, rows: Rows, windows: Windows, outputs: Outputs) -> Sequence[Answer]:
        """One answer for each row."""

    def agree(
        self, rows: Rows, windows: Windows, expected: Outputs, found: Outputs, tolerance: float
    ) -> Agreement:
        """Whether ``found`` gives the answers of ``expected``, where values may differ slightly."""

    def neutral_rows(self) -> Rows:
        """Rows that belong to nobody, of all kinds: they travel in the bundle for its proof."""

    def to_json(self) -> dict[str, Any]:
        """What :meth:`Task.codec_from` rebuilds it from, beside tokenizer and length."""
