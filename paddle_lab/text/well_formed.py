"""Text that can be encoded, whatever a name or a log held."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """``text`` with each half surrogate replaced by U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
