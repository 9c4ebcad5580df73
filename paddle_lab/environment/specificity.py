"""How specific a match is: by the fixed characters it holds, where it stands, what facts narrow it.

No rule carries a weight. A long exact message beats a word that many texts have, a match in the
error that ended the program beats one in what was printed before it, and facts count as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from paddle_lab.environment.blame import Traceback
    from paddle_lab.environment.matching import Match, Pattern

Region = tuple[int, int]
#: What a fact that narrows or confirms a rule counts, in characters.
OF_A_FACT: Final = 8.0
OF_A_PLACE: Final = 15.0
_READ: Final = 2_000  # characters of a match: no message is longer
#: Rules that speak when no other knows the text stay below all others.
LAST: Final = 20.0
_END_OF_A_PROCESS: Final = re.compile(
    r"(?m)^[^\n]{0,120}\b(?:Illegal instruction|Segmentation fault|Bus error|Aborted|Killed)\b"
    r"(?:[^\n]{0,40}core dumped[^\n]{0,80}|\s[^\n]{0,160})?$"
)
#: A line that a program, no traceback, says its error in: ``OMP: Error #15: ...``.
_SAYS_ERROR: Final = re.compile(
    r"(?m)^(?:#{1,3} |> |\[[^\]\n]{1,40}\] )?(?:[\w./-]{1,40}: ?)?"
    r"(?:fatal error|FATAL|Fatal|[Ee]rror|ERROR)\b(?: #?\d+)?[:：][^\n]{8,}$"
)
_HALF: Final = 20.0


def score(rank: float, *, last: bool) -> float:
    """A rank in characters on the scale of findings: below 20 what speaks last, others below 40."""
    share = rank / (rank + _HALF)
    return share * LAST * 0.95 if last else LAST + share * LAST


def rank(
    hits: Iterable[tuple[Pattern, Match]],
    more: Iterable[tuple[Pattern, Match]],
    facts: int,
    ends: tuple[Region, ...],
) -> float:
    """Of the patterns that matched: the best of ``hits``, all of ``more`` (each must match)."""
    best = max((_fixed(pattern, match) + _place(match, ends) for pattern, match in hits), default=0)
    return best + sum(_fixed(pattern, match) for pattern, match in more) + OF_A_FACT * facts


def conditions(condition: Any) -> int:
    """How many facts a condition asks for; of alternatives one counts."""
    if not isinstance(condition, Mapping):
        return 0
    if "all" in condition:
        return sum(map(conditions, condition["all"]))
    if "any" in condition:
        return min(map(conditions, condition["any"]))
    return 1


def regions(text: str, trace: Traceback | None) -> tuple[Region, ...]:
    """Where the errors of ``trace`` stand in ``text``; without one, lines that say an error."""
    found = [one.span() for one in _SAYS_ERROR.finditer(text)] if trace is None else []
    for error in trace.errors if trace else ():
        installer = error.name in ("pip", "uv")  # no class of an error: the words stand alone
        first = (error.message.partition("\n")[0] if installer else error.line)[:200]
        start = text.rfind(first) if first else -1
        if start >= 0:
            found.append((start, start + len(error.name) + 2 + len(error.message)))
    ends = list(_END_OF_A_PROCESS.finditer(text))
    if ends:  # whatever was said before, this is how it ended
        found.append(ends[-1].span())
    return tuple(found)


def _place(match: Match, ends: tuple[Region, ...]) -> float:
    begin, end = match.span()
    return OF_A_PLACE if any(begin < stop and start < end for start, stop in ends) else 0.0


def _fixed(pattern: Pattern, match: Match) -> float:
    from paddle_lab.environment.matching import fixed_characters  # with ``regex``: for texts alone

    return fixed_characters(pattern, match.group(0)[:_READ].lower())
