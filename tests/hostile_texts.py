"""Texts made to keep a pattern busy: its parts again and again, and never the whole of it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any, Final

from paddle_lab.environment.matching import codes, parser
from paddle_lab.environment.rules import load_rules

SIZE: Final = 80_000
_MOST_REPEATED: Final = 3
_CLASSES: Final = {
    codes.CATEGORY_DIGIT: "7",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: "w",
    codes.CATEGORY_NOT_DIGIT: "x",
    codes.CATEGORY_NOT_SPACE: "y",
    codes.CATEGORY_NOT_WORD: "-",
}
#: Units that texts of people and tools repeat, and shapes that readers of texts stumble over.
UNITS: Final = (
    "paddle ", "No matching distribution ", "libx.so ", "a" * 50, "GPU is 120 ", "(" * 40,
    'File "a", line 1\n    x\n', "\n", " ", "\t", "\x1b[", "\x1b]", "a" * 399 + " ", " " * 39 + "x",
    "numpy" + " " * 200, "Error\n", "1.", "9" * 300 + ".", "Traceback (most recent call last)\n",
    'Traceback (most recent call last)\n  File "a", line ' + "1" * 390 + "\n", "中", "cuda: ",
    "torch paddle ", "-i https://www.paddlepaddle.org.cn/a ", "site-packages/", "\r", "\0", "’",
)  # fmt: skip


def rule_patterns() -> list[re.Pattern[str]]:
    """Every pattern of the rules file, in its order."""
    return [
        re.compile(pattern.pattern, pattern.flags)
        for rule in load_rules()
        for pattern in (*rule.text, *rule.text_all, *rule.text_not)
    ]


def attacks(pattern: re.Pattern[str], size: int = SIZE) -> Iterator[str]:
    """Texts of ``size`` characters against ``pattern``.

    For each of its alternatives: every beginning of it repeated, and each repeated part pumped
    between what stands before and after it, always without the last part.
    """
    chance = random.Random(pattern.pattern)
    tree = parser.parse(pattern.pattern, pattern.flags)
    for items in _alternatives(list(tree)):
        whole = [_sample([item], chance) for item in items]
        for end in sorted({1, len(items) // 2, len(items) - 1} - {0}):
            unit = "".join(whole[:end])
            if unit.strip():
                yield _filled(unit, size)
        for place, (code, value) in enumerate(items):
            if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
                pumped = _filled(_sample(value[2], chance) or "x", size)
                yield "".join(whole[:place]) + pumped + "".join(whole[place + 1 : -1])
        # All words of it are there, in the wrong order.
        yield "".join(reversed(whole)) + _filled("".join(whole[:-1]) or "x", size)


def _alternatives(items: list[Any]) -> Iterator[list[Any]]:
    if len(items) == 1 and items[0][0] is codes.BRANCH:
        for branch in items[0][1][1]:
            yield list(branch)
    elif len(items) == 1 and items[0][0] is codes.SUBPATTERN:
        yield from _alternatives(list(items[0][1][-1]))
    else:
        yield items


def _filled(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def _sample(items: Any, chance: random.Random) -> str:
    """A text that the items match, or nearly."""
    return "".join(_one(code, value, chance) for code, value in items)


def _one(code: Any, value: Any, chance: random.Random) -> str:  # noqa: PLR0911
    if code is codes.LITERAL:
        return chr(value)
    if code in (codes.ANY, codes.NOT_LITERAL):
        return "z"
    if code is codes.IN:
        return _member(value)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        least, most, inner = value
        times = min(max(least, 1), most, least + _MOST_REPEATED)
        return "".join(_sample(inner, chance) for _ in range(times))
    if code is codes.SUBPATTERN:
        return _sample(value[-1], chance)
    if code is codes.BRANCH:
        return _sample(chance.choice(value[1]), chance)
    return ""


def _member(options: Any) -> str:
    code, value = options[0] if options[0][0] is not codes.NEGATE else options[-1]
    if options[0][0] is codes.NEGATE:
        return "z"
    if code is codes.LITERAL:
        return chr(value)
    return chr(value[0]) if code is codes.RANGE else _CLASSES.get(value, "w")
