"""Names close to one that is not known, and the sentence that offers them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from paddle_lab.i18n import T, Text

_LONGEST: Final = 200  # characters
_MOST: Final = 5000


def close_names(
    name: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6
) -> list[str]:
    """Up to ``most`` of the ``known`` names that ``name`` may have meant, the closest first.

    ``cutoff`` is the share of characters in common (0 to 1) below which a name is not offered.
    Names of more than 200 characters are no slips of the pen, and of very many only the first are
    looked at: comparing takes the product of their lengths.
    """
    if len(name) > _LONGEST:
        return []
    names = [word for word in islice(known, _MOST) if len(word) <= _LONGEST]
    return difflib.get_close_matches(name, names, n=most, cutoff=cutoff)


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
