"""How long the proof of a bundle in a fresh process may take, before it was made once here.

The process imports Paddle, loads the program, asks it rows one by one and together, and times
batches of one row and of many, short and long ones: see :mod:`paddle_lab.bundle.verify`.
"""

from __future__ import annotations

from typing import Final

from paddle_lab.bundle.export import MOST_ROWS
from paddle_lab.bundle.verify import BATCHES, SHORT, TIMED_RUNS, TIMED_S

#: Where `slowness` is 1: Python with what we import, a layer of one call.
_BEGIN_S: Final = 0.45
_LAYER_S: Final = 0.0005
#: A token through the bundle's program beside one of an evaluation.
_PROGRAM: Final = 1.2
#: Files that were read once are read faster.
_SLOWEST_IMPORT_S: Final = 4.0


def proof_seconds(
    import_s: float, token_s: float, layers: int, max_len: int, row: float, *, slow: float
) -> float:
    """With ``import_s`` seconds for Paddle, and ``token_s`` for a token of an evaluation.

    ``row`` are the tokens of a row that is asked, in all its windows; ``slow`` is how slow this
    machine is beside the one where the rest was measured.
    """

    def call(rows: int, length: float) -> float:
        return slow * _LAYER_S * layers + _PROGRAM * token_s * rows * length

    lengths = sorted({min(SHORT, max_len), max_len})
    timed = [_timed(call(rows, length)) for length in lengths for rows in BATCHES]
    asked = MOST_ROWS * call(1, row) + call(MOST_ROWS, row)
    return slow * _BEGIN_S + min(import_s, _SLOWEST_IMPORT_S) + asked + sum(timed)


def _timed(seconds: float) -> float:
    """A call is repeated so often, or for so long, and ends with the last one begun."""
    return max(seconds, min((1 + TIMED_RUNS) * seconds, TIMED_S + seconds / 2))
