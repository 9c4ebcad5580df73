"""Text in a page: whatever it holds, it is shown as text."""

from __future__ import annotations

import html


def escape(value: object) -> str:
    """``value`` as text that a page cannot take for markup, also inside an attribute."""
    return html.escape(str(value))


def isolated(value: object) -> str:
    """`escape`, kept apart from what stands beside it: right-to-left text turns nothing else."""
    return f"<bdi>{escape(value)}</bdi>"
