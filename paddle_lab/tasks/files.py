"""The files of a report: ``report.json`` for views, Markdown and CSV for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from paddle_lab.data import Dataset
from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_bytes, atomic_write_json, atomic_write_text
from paddle_lab.runs import RunFolder
from paddle_lab.tasks.api import FileTable
from paddle_lab.tasks.markdown import markdown
from paddle_lab.text.spreadsheet import harmless
from paddle_lab.untrusted import read_object

ROWS_FILE: Final = "rows.json"
LONGEST_ROW: Final = 100_000


def write_report(
    folder: RunFolder, report: dict[str, Any], tables: dict[str, FileTable], rows: Dataset
) -> None:
    """Write the run's ``report/``, last of all ``report.json``, which is what views look for.

    Beside it: ``report.md``, each of ``tables`` as a CSV file of its name, and ``rows.json``: those
    of ``rows`` whole that the report shows a part of. Raises RunError when the disk will not take
    them.
    """
    target = folder.report
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, (heading, lines) in tables.items():
            atomic_write_bytes(target / f"{name}.csv", _csv(heading, lines))
        atomic_write_json(target / ROWS_FILE, shown_rows(report, rows))
        atomic_write_text(target / "report.md", markdown(report))
        atomic_write_json(target / "report.json", report)
    except OSError as error:
        raise RunError(
            T(
                "The report cannot be written to {folder}.",
                "无法把报告写入 {folder}。",
                folder=target,
            ),
            T(
                "{error}. The trained weights are kept.",
                "{error}。训练得到的权重仍然保留。",
                error=error.strerror or error,
            ),
            T("Free some space, then resume the run.", "请释放空间，然后恢复该运行。"),
            code="run.report_not_written",
        ) from error


def shown_rows(report: dict[str, Any], rows: Dataset) -> dict[str, Any]:
    """The rows that the report's examples are of: ``{"3": {"given": {...}, "target": ...}}``.

    Without those that are longer than :data:`LONGEST_ROW` characters.
    """
    indices = {
        item["row"]
        for block in report["blocks"]
        if block["type"] == "examples"
        for item in block["items"]
        if item["row"] is not None and rows.size(item["row"]) <= LONGEST_ROW
    }
    return {
        str(row): {
            "given": {role: str(values[row]) for role, values in rows.given.items()},
            "target": rows.targets[row],
        }
        for row in sorted(indices)
    }


def row_of(folder: RunFolder, row: int) -> tuple[dict[str, str], Any] | None:
    """What :func:`shown_rows` kept of a row: what is given by role, and its target.

    None where it was not kept; the folder may be anybody's.
    """
    try:
        found = read_object(folder.report / ROWS_FILE).get(str(row))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or "target" not in found:
        return None
    given = found.get("given")
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        return None
    return given, found["target"]


def _csv(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """CSV with a byte order mark, without which Excel reads Chinese as another encoding."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_harmless(cell) for cell in heading])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "replace")


def _harmless(cell: Any) -> Any:
    if cell is None:
        return ""
    return harmless(cell) if isinstance(cell, str) else cell
