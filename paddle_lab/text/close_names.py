"""Names close to one that is not known, and the sentence that offers them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

from paddle_lab.i18n import T, Text


def close_names(
    name: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6
) -> list[str]:
    """Up to ``most`` of the ``known`` names that ``name`` may have meant, the closest first.

    ``cutoff`` is the share of characters in common (0 to 1) below which a name is not offered.
    """
    return difflib.get_close_matches(name, list(known), n=most, cutoff=cutoff)


def did_you_mean(
    name: str,
    known: Iterable[str],
    *,
    most: int = 1,
    cutoff: float = 0.6,
    show: Callable[[str], str] = str,
) -> Text | None:
    """ "Did you mean ...?" with the names that `close_names` finds; None where there are none.

    ``show`` gives each name as it is printed, for names that come from a file.
    """
    close = close_names(name, known, most=most, cutoff=cutoff)
    if not close:
        return None
    names = ", ".join(show(found) for found in close)
    return T("Did you mean {names}?", "是不是想用 {names}？", names=names)
