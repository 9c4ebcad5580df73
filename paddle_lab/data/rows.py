"""Rows on disk as JSON lines, and their fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.dataset import Dataset
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import atomic_write_text
from paddle_lab.untrusted import MEGABYTE, parse_json, read_bytes

#: Rows of a notebook variable; a larger file was not written by a run.
LARGEST_ROWS: Final = 4096 * MEGABYTE


def save_rows(dataset: Dataset, path: Path) -> None:
    """Write the rows to ``path``, whole or not at all, for another process. Raises OSError.

    The first line holds what belongs to all rows, each other line ``[text, label, line]``.
    """
    head = {
        "name": dataset.name,
        "unit": dataset.unit,
        "rows": len(dataset),
        "notices": [notice.to_json() for notice in dataset.notices],
        "provenance": dataset.provenance,
    }
    rows = zip(dataset.texts, dataset.labels, dataset.lines, strict=True)
    # In ASCII: no line end of Unicode and no lone surrogate can break the file.
    atomic_write_text(path, "\n".join(json.dumps(item) for item in (head, *rows)) + "\n")


def load_rows(path: Path) -> Dataset:
    """The dataset that :func:`save_rows` wrote. Raises DataError when it is damaged."""
    try:
        content = read_bytes(path, LARGEST_ROWS).decode("ascii")
        first, *rest = content.rstrip("\n").split("\n")
        head: dict[str, Any] = parse_json(first)
        rows = [json.loads(line) for line in rest]
        if len(rows) != head["rows"]:
            raise ValueError(f"{len(rows)} rows, {head['rows']} expected")
        return Dataset(
            str(head["name"]),
            [str(text) for text, _, _ in rows],
            [str(label) for _, label, _ in rows],
            [line for _, _, line in rows],
            tuple(Text.from_json(notice) for notice in head["notices"]),
            dict(head["provenance"]),
            "line" if head["unit"] == "line" else "row",
        )
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError
    ) as error:  # fmt: skip
        raise DataError(
            T("The rows that the run saved are damaged.", "运行保存的数据已损坏。"),
            T("{path}: {error}", "{path}：{error}", path=path, error=error),
            T("Start a new run with the data.", "请用原数据开始新的运行。"),
        ) from error


def fingerprint(parts: Iterable[Dataset | None]) -> str:
    """SHA-256 over every text and label of the parts, in order: what a run was trained on."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"part" if part is not None else b"none")
        for row in part.rows() if part is not None else ():
            for value in row:
                content = value.encode("utf-8", errors="surrogatepass")
                digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
