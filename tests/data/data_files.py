"""What the tests of the data package share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from paddle_lab.errors import PaddleLabError

# A placeholder that nobody filled; {label} is one of the hostile labels.
UNFILLED = re.compile(r"\{(?!label\})[a-z_]+(:[^}]*)?\}")

Write = Callable[[str, "str | bytes"], Path]


def three_parts(error: PaddleLabError) -> str:
    """The English message, after checking that all parts are there in both languages, and short."""
    parts = [error.what, error.why, error.fix]
    for part in parts:
        assert part is not None, f"a part is missing: {error}"
        for language in ("en", "zh"):
            said = part.in_language(language)
            assert said.strip()
            assert not UNFILLED.search(said), said
            assert len(said) < 700, "a message is one screen"
            assert said.isprintable(), "nothing hidden in a message"
    assert any("\u4e00" <= char <= "\u9fff" for char in error.fix.in_language("zh"))  # type: ignore[union-attr]
    return error.in_language("en")
