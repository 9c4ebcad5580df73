"""What the server sends, as JSON that every reader takes."""

from __future__ import annotations

import json
from typing import Any

from paddle_lab.runs.events import finite


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


def well_formed(text: str) -> str:
    """``text`` with each half surrogate replaced by U+FFFD, so that it can be encoded."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
