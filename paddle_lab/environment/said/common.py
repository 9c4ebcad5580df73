"""What the readers share."""

from __future__ import annotations

import re
from typing import Final

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.i18n import Text

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


def likely(
    found: re.Match[str] | str,
    name: str,
    title: Text,
    cause: Text,
    fix: Text,
    commands: tuple[str, ...],
    *others: Alternative,
    family: str,
    score: float,
) -> Finding:
    """What a message says of itself, with the message as evidence."""
    words = found if isinstance(found, str) else found.group(0)
    return Finding(
        id=name,
        family=family,
        severity="error",
        certainty="likely",
        title=title,
        cause=cause,
        fix=fix,
        commands=commands,
        alternatives=others,
        sources=SOURCE,
        evidence=(words[:200],),
        score=score,
    )
