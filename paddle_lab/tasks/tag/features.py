"""What the CRF baseline sees of a character: itself, its neighbours, and what kind they are."""

from __future__ import annotations

import unicodedata


def features_of(text: str) -> list[list[str]]:
    """The features of each character of a text."""
    chars = ["<s2>", "<s1>", *(_folded(char) for char in text), "</s1>", "</s2>"]
    kinds = ["^", "^", *(_kind(char) for char in text), "$", "$"]
    found = []
    for index in range(2, len(chars) - 2):
        before2, before, here, after, after2 = chars[index - 2 : index + 3]
        k2, k1, k0, k_1, k_2 = kinds[index - 2 : index + 3]
        found.append(
            [
                "b",
                f"0={here}", f"-1={before}", f"1={after}", f"-2={before2}", f"2={after2}",
                f"-1,0={before}{here}", f"0,1={here}{after}",
                f"-2,-1={before2}{before}", f"1,2={after}{after2}", f"-1,1={before}{after}",
                f"k0={k0}", f"k={k1}{k0}{k_1}", f"kk={k2}{k1}{k0}{k_1}{k_2}",
            ]
        )  # fmt: skip
    return found


def _folded(char: str) -> str:
    """In one width and case; the digit 0 for all digits."""
    plain = unicodedata.normalize("NFKC", char).casefold()
    return "0" if plain.isdecimal() else plain


def _kind(char: str) -> str:
    if "\u4e00" <= char <= "\u9fff":
        return "z"
    if char.isdecimal():
        return "9"
    if char.isalpha():
        return "a"
    return "_" if char.isspace() else "."
