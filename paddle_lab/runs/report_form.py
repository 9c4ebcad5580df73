"""Reports of every version in today's form: a list of blocks (``Report`` in ``schema.json``).

Version 1 knew one task: its fields become the blocks that a classification makes today. TypeScript
does the same for saved notebooks (``labextension/src/run/oldReport.ts``).
"""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.i18n import T

_VERSION: Final = 2


def current_form(report: dict[str, Any]) -> dict[str, Any]:
    """``report`` as a list of blocks.

    Raises KeyError, TypeError or ValueError when it is no report of a known version.
    """
    version = report.get("version", 1)
    if version == _VERSION:
        return report
    if version != 1:
        raise ValueError(f"reports of version {version!r} are not known here")
    return {
        "version": _VERSION,
        "split": report["split"],
        "rows": report["rows"],
        "metrics": report["metrics"],
        "blocks": _blocks(report),
    }


def _blocks(report: dict[str, Any]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if report["baseline"] is not None:
        blocks.append(_verdict(report))
    blocks.append({"type": "metrics", "items": [
        {"name": name, "value": value, "format": "number", "margin": None}
        for name, value in report["metrics"].items()
    ]})  # fmt: skip
    if report["advice"]:
        blocks.append({"type": "advice", "items": report["advice"]})
    names = (("label", "标签"), ("precision", "精确率"), ("recall", "召回率"), ("F1", "F1"),
             ("rows", "条数"))  # fmt: skip
    formats = ("text", "number", "number", "number", "count")
    blocks.append({
        "type": "table",
        "title": T("Classes", "各类别").to_json(),
        "columns": [
            {"name": T(en, zh).to_json(), "format": form}
            for (en, zh), form in zip(names, formats, strict=True)
        ],
        "rows": [
            [item[key] for key in ("label", "precision", "recall", "f1", "rows")]
            for item in report["classes"]
        ],
        "more": max(0, report.get("classes_total", 0) - len(report["classes"])),
    })  # fmt: skip
    if report["labels"] and report["confusion"]:
        title = T("Confusion (rows: true, columns: predicted)", "混淆矩阵（行：真实，列：预测）")
        blocks.append({
            "type": "matrix", "title": title.to_json(),
            "labels": report["labels"], "counts": report["confusion"],
        })  # fmt: skip
    if report["mistakes"]:
        blocks.append({
            "type": "examples",
            "title": T("Worst mistakes", "最严重的错误").to_json(),
            "items": [
                {"text": item["text"], "expected": item["label"], "answered": item["predicted"],
                 "probability": item["probability"], "line": item.get("line"), "marks": []}
                for item in report["mistakes"]
            ],
        })  # fmt: skip
    return blocks


def _verdict(report: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew only whether the baseline was beaten; a tie and a loss were one."""
    baseline = report["baseline"]
    values = {
        "name": baseline["name"],
        "model": 100 * report["metrics"]["accuracy"],
        "other": 100 * baseline["accuracy"],
    }
    if baseline["beaten"]:
        said = T("Better than the baseline {name}: accuracy {model:.1f}% against {other:.1f}%.",
                 "优于基线 {name}：准确率 {model:.1f}% 对 {other:.1f}%。", **values)  # fmt: skip
    else:
        said = T("Not better than the baseline {name}: "
                 "accuracy {model:.1f}% against {other:.1f}%.",
                 "未超过基线 {name}：准确率 {model:.1f}% 对 {other:.1f}%。", **values)  # fmt: skip
    outcome = "better" if baseline["beaten"] else "level"
    return {"type": "verdict", "outcome": outcome, "text": said.to_json()}
