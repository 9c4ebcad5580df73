"""The main job in the terminal: ``python -m paddle_lab.demo`` (``make demo``).

Fine-tunes the shipped model on the shipped sample, exports it with its proof, and ends with one
line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from paddle_lab import api
from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.training.ending import end_process
from paddle_lab.training.run import Run


def main() -> int:
    """Run the demo; 0 when the exported model was proven."""
    try:
        run = api.finetune("reviews", name="demo")
    except PaddleLabError as error:
        print(f"{error.label}: {error}", file=sys.stderr)
        return 1
    from paddle_lab.views.text import report_text

    print(report_text(run.folder))
    for text in ("物流很快，质量也好，很满意！", "屏幕有坏点，客服态度还差，再也不买了。"):
        answer = run.predict([text])[0]
        print(f"{text}  ->  {answer.label} {answer.probability:.2f}")
    result = summary(run)
    if result["bundle"] is None:
        print(
            T(
                "No proven bundle was made; the report says why.",
                "没有得到经过验证的导出模型；原因见报告。",
            ),
            file=sys.stderr,
        )
    print(json.dumps(result, ensure_ascii=False))
    return 0 if result["bundle"] is not None else 1


def summary(run: Run) -> dict[str, Any]:
    """The demo's last line: accuracy, rows, seconds, bundle, and the proof's two figures."""
    state = run.state
    report, export, end = run.report or {}, state.export or {}, state.end or {}
    return {
        "accuracy": (report.get("metrics") or {}).get("accuracy"),
        "test_rows": report.get("rows"),
        "train_seconds": end.get("train_seconds"),
        "bundle": export.get("bundle") if export.get("ok") else None,
        "parity_max_abs_diff": export.get("max_abs_diff"),
        "paddlenlp_in_fresh_process": export.get("paddlenlp_in_fresh_process"),
    }


if __name__ == "__main__":
    end_process(main())
