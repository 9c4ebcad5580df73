"""Pieces of the data, fit to stand in a message: short, on one line, nothing invisible."""

from __future__ import annotations

from typing import Final

SHOWN: Final = 40


def excerpt(text: str, limit: int = SHOWN) -> str:
    """The first ``limit`` characters of ``text``, on one line.

    Line ends, NUL, direction marks and other characters that cannot be seen are written as escapes
    (``\\n``, ``\\u202e``), so that a hostile label cannot turn a message around.
    """
    return "".join(char if char.isprintable() else _escaped(char) for char in text[:limit])


def has_letters_to_see(text: str) -> bool:
    """Whether a reader would see anything at all: not only spaces, NULs and joiners."""
    if text[:1].isalnum():  # most texts
        return True
    return any(char.isprintable() and not char.isspace() for char in text)


def same_text(text: str) -> str:
    """What makes two texts the same here: everything but the white space at the ends and its kind.

    Tokenizers do not see the difference either.
    """
    joined = " ".join(text.split())
    return text if joined == text else joined  # no second copy of a million texts


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii") if char != "\u3000" else char
