"""The frozen cell output: a run as it stays in a saved notebook.

It shows without kernel, server, trust or network: our renderer draws the vendor JSON, others the
HTML, the PNG or the text. At most 60 KB, whatever the run was.
"""

from __future__ import annotations

import json
from typing import Any, Final

from paddle_lab.i18n import chosen_language
from paddle_lab.runs import RunFolder
from paddle_lab.runs.curve import decimate
from paddle_lab.runs.snapshot import FROZEN_POINTS, snapshot
from paddle_lab.text.short import shortened
from paddle_lab.views.html import run_html
from paddle_lab.views.text import snapshot_text
from paddle_lab.views.words import Words

MIME: Final = "application/vnd.paddle-lab.run.v1+json"
MOST_BYTES: Final = 58_000

_POINTS: Final = (FROZEN_POINTS, 360, 240, 150, 90)
_PICTURE_POINTS: Final = 200
_TABLE_ROWS: Final = 30
_MATRIX_LABELS: Final = 20
_SAMPLE_CHARACTERS: Final = 120
_ROUNDING: Final = {"t": 0, "samples_per_s": 1, "memory_mb": 0, "gpu_memory_mb": 0}


def frozen_bundle(
    folder: RunFolder, language: str | None = None, *, picture: bool = True
) -> dict[str, Any]:
    """The MIME bundle of a run that is over, in ``language`` (default: this process's).

    Raises RunError when the folder is none.
    """
    words, chosen = Words(language), language or chosen_language()
    content = _trimmed(snapshot(folder, max_points=FROZEN_POINTS, log_lines=30))
    small = {**content, "columns": decimate(content["columns"], _PICTURE_POINTS)}
    bundle: dict[str, Any] = {
        "text/html": run_html(small, words),
        "text/plain": snapshot_text(small, words),
    }
    if picture:
        from paddle_lab.views.picture import run_png

        bundle["image/png"] = run_png(small)
    room = MOST_BYTES - _size(bundle)
    bundle[MIME] = output(content, chosen, live=False)
    for points in _POINTS[1:]:
        if _size(bundle[MIME]) <= room:
            return bundle
        bundle[MIME]["snapshot"]["columns"] = decimate(content["columns"], points)
    if _size(bundle[MIME]) > room:
        few = _sampled(content["evals"], 5)
        bundle[MIME]["snapshot"].update(log=[], notices=[], evals=few)
    if _size(bundle[MIME]) > room:
        bundle.pop("image/png", None)
    return bundle


def output(content: dict[str, Any], language: str | None, *, live: bool) -> dict[str, Any]:
    """The vendor JSON (``Output`` in ``schema.json``); live outputs carry no snapshot.

    Without ``language`` the card speaks its reader's.
    """
    found = {
        "version": 1,
        "run_id": content["run_id"],
        "name": content["name"],
        "folder": content["folder"],
        "live": live,
        "snapshot": None if live else content,
    }
    return found if language is None else {**found, "language": language}


def live_bundle(run_id: str, name: str, folder: str, language: str | None = None) -> dict[str, Any]:
    """The MIME bundle of a run that is drawn from its folder, live or over."""
    found = {"run_id": run_id, "name": name, "folder": folder}
    return {
        MIME: output(found, language, live=True),
        "text/plain": f"{name} ({run_id}): {folder}",
    }


def _trimmed(content: dict[str, Any]) -> dict[str, Any]:
    """The snapshot with everything that could be long cut to what a reader looks at."""
    report = content["report"]
    return {
        **content,
        "columns": {name: _rounded(name, column) for name, column in content["columns"].items()},
        "evals": _sampled(content["evals"], 40),
        "checkpoints": [],
        "notices": content["notices"][-10:],
        "log": [shortened(line, 160) for line in content["log"]],
        "commands": {key: _cut(text, 600) for key, text in content["commands"].items()},
        "report": None if report is None else _trimmed_report(report),
    }


def _trimmed_report(report: dict[str, Any]) -> dict[str, Any]:
    return {**report, "blocks": [_trimmed_block(block) for block in report["blocks"]]}


def _trimmed_block(block: dict[str, Any]) -> dict[str, Any]:
    kind = block["type"]
    if kind == "advice":
        return {**block, "items": block["items"][:6]}
    if kind == "table":
        rows = [[_short_cell(value) for value in row] for row in block["rows"][:_TABLE_ROWS]]
        return {**block, "rows": rows, "more": block["more"] + len(block["rows"]) - len(rows)}
    if kind == "matrix":
        wide = len(block["labels"]) > _MATRIX_LABELS
        labels = [] if wide else [_short_cell(label) for label in block["labels"]]
        return {**block, "labels": labels, "counts": [] if wide else block["counts"]}
    if kind == "examples":
        return {**block, "items": [_trimmed_sample(item) for item in block["items"][:8]]}
    return block


def _trimmed_sample(item: dict[str, Any]) -> dict[str, Any]:
    text = _cut(item["text"], _SAMPLE_CHARACTERS)
    return {
        **item,
        "text": text,
        "expected": _short_cell(item["expected"]),
        "answered": _short_cell(item["answered"]),
        "marks": [mark for mark in item["marks"] if mark["end"] < len(text)],
    }


def _short_cell(value: Any) -> Any:
    return shortened(value, 40) if isinstance(value, str) else value


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _sampled(items: list[Any], limit: int) -> list[Any]:
    """Evenly chosen items, the last and the best among them."""
    if len(items) <= limit:
        return items
    last = len(items) - 1
    indices = {round(n * last / (limit - 2)) for n in range(limit - 1)}
    indices |= {index for index, item in enumerate(items) if item.get("best")}
    return [items[index] for index in sorted(indices)]


def _rounded(name: str, column: list[Any]) -> list[Any]:
    if name in _ROUNDING:
        digits = _ROUNDING[name]
        return [
            value if value is None else round(value, digits) if digits else round(value)
            for value in column
        ]
    return [float(f"{value:.5g}") if isinstance(value, float) else value for value in column]


def _size(content: Any) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode("utf-8", errors="replace"))
