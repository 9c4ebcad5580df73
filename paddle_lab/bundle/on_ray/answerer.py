"""What a process on a node does: rows of a part in, their answers out, both in a table of Arrow.

A row of such a table is one part of the file's rows, so that a part stays together: within it texts
of like length share a batch. Rows travel as JSON, answers as what they are.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

from paddle_lab._version import __version__
from paddle_lab.bundle.on_ray.parcel import Parcel, opened
from paddle_lab.bundle.on_ray.problems import other_version
from paddle_lab.bundle.predictor import Predictor
from paddle_lab.bundle.side_by_side import PART
from paddle_lab.errors import PaddleLabError
from paddle_lab.tasks.codec import Rows


def parts_of(rows: Rows, size: int = PART) -> Iterator[Any]:
    """The rows in tables of one part each, numbered from 0."""
    import pyarrow as pa

    count = len(next(iter(rows.values())))
    for number, start in enumerate(range(0, count, size)):
        part = {role: list(values[start : start + size]) for role, values in rows.items()}
        content = json.dumps(part).encode("ascii")  # half surrogates, too, arrive as they are
        yield pa.table({"part": [number], "rows": pa.array([content], pa.large_binary())})


def answers_in(table: Any) -> Iterator[tuple[int, list[Any]]]:
    """Of each part its number and its answers. Raises the error that a part has in their place."""
    for number, content in zip(
        table.column("part").to_pylist(), table.column("answers").to_pylist(), strict=True
    ):
        found = pickle.loads(content)  # of our own process on a node, as all that Ray carries
        if isinstance(found, PaddleLabError):
            raise found
        yield number, found


class Answerer:
    """The bundle, loaded once, and asked part by part.

    What goes wrong travels in the place of the answers: Ray would try again, or tell a traceback.
    """

    def __init__(self, parcel: Parcel, version: str, how: Mapping[str, Any]) -> None:
        self._how = dict(how)
        self._loaded: Predictor | PaddleLabError
        try:
            if version != __version__:
                raise other_version(__version__, version)
            self._loaded = opened(parcel)
        except PaddleLabError as error:
            self._loaded = error

    def __call__(self, table: Any) -> Any:
        """The answers of each part of a table."""
        import pyarrow as pa

        found = [
            pickle.dumps(self._answers(content)) for content in table.column("rows").to_pylist()
        ]
        return pa.table(
            {"part": table.column("part"), "answers": pa.array(found, pa.large_binary())}
        )

    def _answers(self, content: bytes) -> list[Any] | PaddleLabError:
        if isinstance(self._loaded, PaddleLabError):
            return self._loaded
        try:
            return self._loaded.answers(json.loads(content), **self._how)
        except PaddleLabError as error:
            return error
