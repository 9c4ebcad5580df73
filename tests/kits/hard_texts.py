"""Lines that tokenizers differ on: accents, emoji, widths, scripts, marks, control characters."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

HARD: Final = (
    "", " ", "\t", "　", "。", "？！…", "a", "好", "Ａ１！（全角）～",
    "２０２４年１２月３１日，ＡＢＣ公司", "naïve café Ångström résumé", "NAÏVE CAFÉ ÅNGSTRÖM",
    "e\u0301 é ȩ\u0301 ạ̀ q̣̇", "İstanbul ısı ẞ ŞĞ", "ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ",
    "ǅ ǆ Ǆ ﬁ ﬀ ½ ② ㈱ ℡ Å ﷺ", "😀👍🏽真香！！！", "👨‍👩‍👧‍👦 🇨🇳 ❤️ ☺︎ 1️⃣",
    "𝐀𝒷𝟘 𐐀𐐨 𠀀𠮷𪚥𫝀𬺰𰀀", "龘靐齉爩", "豈更車 金 ⼀⼁ ㆒", "한국어 텍스트 각 뷁",
    "カタカナ ｶﾞ ひらがな ゟ が か\u3099", "مرحبا بالعالم ﻻ", "שָׁלוֹם", "हिन्दी क़", "ไทยน้ำ",
    "Việt Nam đẹp", "Ёлка й Й", "ᠮᠣᠩᠭᠣᠯ", "zero\u200bwidth\u200d\u2060\ufeffjoin",
    "rtl\u202eabc\u202c lrm\u200e", "soft\u00adhyphen", "nbsp\u00a0thin\u2009ideo\u3000x",
    "a\x00b\x01c\x7fd\x85e\u2028f\u2029g", "a\rb\x0bc\x0cd",
    "\ufffd\ufffe\U0010ffff\ue000\U000e0001x", "[CLS][SEP] [MASK] [UNK] [PAD] ##s",
    "don't-stop_it's #tag @me a/b\\c 1,234.5 50% $9 C++", "`´'’‘“”«»‹›\"", "—–-‐‑−﹣－",
    "¿Qué? ¡Sí! · • †‡ §¶ ©®™", "x" * 100, "x" * 101, "很" * 200, "good " * 60,
    "unknownwordthatnobodyknows", "物流快good质量s差", "\u0301\u0301\u0301",
    "q\u0301\u0327\u0328", "\u1e9b\u0323 \u0344 \u037e \u1fef \u2126", "ⷠ᷀︀\u0488", "𝅘𝅥𝅮 𝄞",
    "\U000e0101葛", "ꙮ ߷ ꓽ ࿐ ܀",
)  # fmt: skip

#: First and last characters that lines are drawn from.
_RANGES: Final = (
    (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xE7F),
    (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x2BFF), (0x2E80, 0x33FF),
    (0x4E00, 0x9FFF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0xF900, 0xFAFF),
    (0xFE00, 0xFFFF), (0x10000, 0x1FFFF), (0x1F300, 0x1FAFF), (0x20000, 0x2FA1F), (0x0, 0x1F),
    (0x80, 0x9F), (0xE0000, 0xE01EF), (0x30000, 0x323AF),
)  # fmt: skip


def hard_lines(tokenizer_json: str, count: int = 200) -> list[str]:
    """Hard ones, and such that are drawn, half of them from what a tokenizer knows."""
    words = json.loads(tokenizer_json)["model"]["vocab"]
    familiar = "".join(sorted(word for word in words if len(word) == 1)) + "  "
    return [*HARD, *drawn(count - len(HARD), familiar)]


def rows_of(lines: Sequence[str], pair: bool) -> list[Any]:
    """Lines, or pairs of them: of all kinds with all kinds, and with themselves."""
    return list(zip(lines, [*lines[7:], *lines[:7]], strict=True)) if pair else list(lines)


def drawn(count: int, familiar: str, seed: int = 0) -> Iterator[str]:
    """Lines of 1 to 60 characters: half of them of ``familiar``, half of anywhere in Unicode."""
    chance = random.Random(seed)
    for _ in range(count):
        yield "".join(
            chance.choice(familiar) if chance.random() < 0.5 else _any(chance)
            for _ in range(chance.randint(1, 60))
        ).rstrip("\r")


def _any(chance: random.Random) -> str:
    """A character that a line may hold."""
    first, last = chance.choice(_RANGES)
    found = chr(chance.randint(first, last))
    return " " if found in "\n\t" else found
