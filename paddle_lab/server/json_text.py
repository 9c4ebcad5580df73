"""What the server sends, as JSON that every reader takes."""

from __future__ import annotations

import json
from typing import Any

from paddle_lab.runs.events import finite
from paddle_lab.text.well_formed import well_formed


def to_json(content: Any) -> str:
    """``content`` on one line: no NaN or infinity (null instead), no half surrogate (U+FFFD)."""
    try:
        line = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        line.encode("utf-8")
    except ValueError:
        line = json.dumps(
            finite(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
    return well_formed(line)
