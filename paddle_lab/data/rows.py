"""Rows on disk as JSON lines, and their fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from paddle_lab.data.dataset import Dataset
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_text


def save_rows(dataset: Dataset, path: Path) -> None:
    """Write the rows to ``path``, whole or not at all. Raises OSError."""
    lines = [json.dumps({"name": dataset.name}, ensure_ascii=False)]
    for text, label, line in zip(dataset.texts, dataset.labels, dataset.lines, strict=True):
        lines.append(json.dumps([text, label, line], ensure_ascii=False))
    atomic_write_text(path, "\n".join(lines) + "\n")


def load_rows(path: Path) -> Dataset:
    """Rows that :func:`save_rows` wrote. Raises DataError when they are damaged."""
    try:
        first, *rest = path.read_text(encoding="utf-8").splitlines()
        name = str(json.loads(first)["name"])
        rows = [json.loads(line) for line in rest]
        return Dataset(
            name,
            [str(row[0]) for row in rows],
            [str(row[1]) for row in rows],
            [row[2] for row in rows],
            provenance={"variable": name},
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(
            T("The run's saved rows are damaged.", "运行保存的数据已损坏。"),
            T("{path}: {error}", "{path}：{error}", path=path, error=error),
            T("Start a new run.", "请开始新的运行。"),
        ) from error


def fingerprint(parts: Iterable[Dataset | None]) -> str:
    """SHA-256 over every text and label of the parts, in order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"\x1dpart")
        for text, label in part.rows() if part is not None else ():
            for value in (text, label):
                digest.update(value.encode("utf-8", errors="surrogatepass") + b"\x1f")
    return digest.hexdigest()
