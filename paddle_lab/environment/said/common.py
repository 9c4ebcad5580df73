"""What the readers share."""

from __future__ import annotations

import re
from typing import Final

SOURCE: Final = ("this text",)
#: Beside a rule that knows this very message; before one that knows a mechanism only.
SCORE: Final = 34.0
#: Behind every rule that knows the text.
WEAK_SCORE: Final = 30.0
#: The signs with which uv and Rust's reports draw a message over several lines.
_DRAWN: Final = re.compile(r"\s*\n[\s│|├╰─▶>×]*(?:cause: )?")


def in_one_line(text: str) -> str:
    """A message without its line breaks and the frame that is drawn around it."""
    return re.sub(r"\s+", " ", _DRAWN.sub(" ", text))
