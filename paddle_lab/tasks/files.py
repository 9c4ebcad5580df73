"""The files of a report: ``report.json`` for views, Markdown and CSV for people."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import atomic_write_bytes, atomic_write_json, atomic_write_text
from paddle_lab.runs import RunFolder
from paddle_lab.tasks.base import Evaluation
from paddle_lab.tasks.report import class_scores, confusion, mistakes

MOST_MISTAKES: Final = 10_000
# What spreadsheet programs take for the start of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write_report(folder: RunFolder, report: dict[str, Any], evaluation: Evaluation) -> None:
    """Write the run's ``report/``, last of all ``report.json``, which is what views look for.

    Beside it: ``report.md``, ``mistakes.csv`` (all of them, whole texts), ``classes.csv`` and
    ``confusion.csv``. Raises RunError when the disk will not take them.
    """
    place = folder.report
    try:
        place.mkdir(parents=True, exist_ok=True)
        atomic_write_bytes(place / "mistakes.csv", _mistakes_csv(evaluation))
        atomic_write_bytes(place / "classes.csv", _classes_csv(evaluation))
        atomic_write_bytes(place / "confusion.csv", _confusion_csv(evaluation))
        atomic_write_text(place / "report.md", markdown(report))
        atomic_write_json(place / "report.json", report)
    except OSError as error:
        raise RunError(
            T("The report cannot be written to {place}.", "无法把报告写入 {place}。", place=place),
            T(
                "{error}. The trained weights are kept.",
                "{error}。训练得到的权重仍然保留。",
                error=error.strerror or error,
            ),
            T("Free some space, then resume the run.", "请释放空间，然后恢复该运行。"),
        ) from error


def markdown(report: dict[str, Any]) -> str:
    """The report as Markdown, in English and Chinese; texts and labels are never markup."""
    heading = T("{rows} rows of the {split} part", "{split} 部分的 {rows} 行", **_where(report))
    parts = [f"# {_both(T('Evaluation', '评估报告'))}", _both(heading)]
    parts.append(
        _table(["", ""], [[name, _number(value)] for name, value in report["metrics"].items()])
    )
    if report["advice"]:
        parts.append(
            "\n".join(f"- {item['en']}\n  {item['zh']}" for item in map(_escaped, report["advice"]))
        )
    if report["baseline"] is not None:
        base = report["baseline"]
        parts.append(f"## {_both(T('Baseline', '基线'))}")
        names = ("name", "accuracy", "macro_f1", "seconds", "beaten")
        parts.append(_table(list(names), [[_number(base[name]) for name in names]]))
    parts.append(f"## {_both(T('Classes', '类别'))}")
    columns = ("label", "precision", "recall", "f1", "rows")
    parts.append(
        _table(
            list(columns),
            [[_number(item[name]) for name in columns] for item in report["classes"]],
        )
    )
    hidden = report.get("classes_total", 0) - len(report["classes"])
    if hidden > 0:
        parts.append(_both(T("{n} more in classes.csv", "其余 {n} 个见 classes.csv", n=hidden)))
    if report["mistakes"]:
        parts.append(f"## {_both(T('Worst mistakes', '最有把握的错误'))}")
        fields = ("text", "label", "predicted", "probability", "line")
        parts.append(
            _table(
                list(fields),
                [[_number(item.get(name)) for name in fields] for item in report["mistakes"]],
            )
        )
    return "\n\n".join(parts) + "\n"


def _mistakes_csv(evaluation: Evaluation) -> bytes:
    fields = ("text", "label", "predicted", "probability", "line")
    rows = ([item[name] for name in fields] for item in mistakes(evaluation, MOST_MISTAKES))
    return _csv(fields, rows)


def _classes_csv(evaluation: Evaluation) -> bytes:
    fields = ("label", "precision", "recall", "f1", "rows")
    scores = zip(evaluation.labels, class_scores(evaluation), strict=True)
    return _csv(fields, ([label, *(item[n] for n in fields[1:])] for label, item in scores))


def _confusion_csv(evaluation: Evaluation) -> bytes:
    table = confusion(evaluation)
    rows = (
        [label, *counts] for label, counts in zip(evaluation.labels, table.tolist(), strict=True)
    )
    return _csv(("label \\ predicted", *evaluation.labels), rows)


def _csv(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """CSV with a byte order mark, without which Excel reads Chinese as another encoding."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_harmless(cell) for cell in heading])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "replace")


def _harmless(cell: Any) -> Any:
    """A cell that no spreadsheet program runs as a formula; control characters are dropped."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    cleaned = "".join(char for char in cell if char in "\t\n\r" or char >= " ")
    return "'" + cleaned if cleaned.lstrip(" \n").startswith(_FORMULA) else cleaned


def _table(heading: list[str], rows: list[list[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """Text inside a Markdown table: no markup, no line breaks, no HTML."""
    flat = " ".join(text.split())
    for mark in "\\`*_[]#~!":
        flat = flat.replace(mark, f"\\{mark}")
    return html.escape(flat, quote=False).replace("|", "\\|")


def _escaped(text: dict[str, str]) -> dict[str, str]:
    return {language: html.escape(value, quote=False) for language, value in text.items()}


def _both(text: Text) -> str:
    return f"{text.in_language('en')} / {text.in_language('zh')}"


def _number(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _where(report: dict[str, Any]) -> dict[str, Any]:
    return {"rows": report["rows"], "split": report["split"]}
