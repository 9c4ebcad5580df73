"""Rows on disk as JSON lines, and their fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.dataset import Dataset, canonical
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import atomic_write_text
from paddle_lab.untrusted import MEGABYTE, parse_json, read_bytes

#: Rows of a notebook variable; a larger file was not written by a run.
LARGEST_ROWS: Final = 4096 * MEGABYTE


def save_rows(dataset: Dataset, path: Path) -> None:
    """Write the rows to ``path``, whole or not at all, for another process. Raises OSError.

    The first line holds what belongs to all rows, each other line what is given, in the order of
    the roles, the target, the line, and the group where there are some.
    """
    head = {
        "name": dataset.name,
        "roles": list(dataset.given),
        "grouped": dataset.groups is not None,
        "unit": dataset.unit,
        "rows": len(dataset),
        "notices": [notice.to_json() for notice in dataset.notices],
        "provenance": dataset.provenance,
    }
    columns = [*dataset.given.values(), dataset.targets, dataset.lines]
    if dataset.groups is not None:
        columns.append(dataset.groups)
    rows = zip(*columns, strict=True)
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
        # Those of before there were several roles held a text and a label.
        roles = [str(role) for role in head.get("roles", ["text"])]
        grouped = bool(head.get("grouped", False))
        width = len(roles) + 2 + grouped
        columns = list(zip(*rows, strict=True)) if rows else [()] * width
        if len(columns) != width:
            raise ValueError(f"{len(columns)} columns, {width} expected")
        return Dataset(
            str(head["name"]),
            {role: list(columns[index]) for index, role in enumerate(roles)},
            list(columns[len(roles)]),
            list(columns[len(roles) + 1]),
            tuple(Text.from_json(notice) for notice in head["notices"]),
            dict(head["provenance"]),
            "line" if head["unit"] == "line" else "row",
            [str(group) for group in columns[-1]] if grouped else None,
        )
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError
    ) as error:  # fmt: skip
        raise DataError(
            T("The rows that the run saved are damaged.", "运行保存的数据已损坏。"),
            T("{path}: {error}", "{path}：{error}", path=path, error=error),
            T("Start a new run with the data.", "请用原数据开始新的运行。"),
            code="data.saved_rows",
        ) from error


def fingerprint(parts: Iterable[Dataset | None]) -> str:
    """SHA-256 over all that is given and every target, in order: what a run was trained on."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"part" if part is not None else b"none")
        for row in part.rows() if part is not None else ():
            for value in row:
                content = canonical(value).encode("utf-8", errors="surrogatepass")
                digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
