"""Latin words as the Penn Treebank divides them: what CMRC's scores count between Chinese.

CMRC's own script hands every stretch without Chinese to a Treebank tokenizer. The rules are
published (R. MacIntyre, 1995): punctuation stands alone, except for commas inside numbers and full
stops inside words; "don't" is "do", "n't", and "it's" is "it", "'s"; a quotation mark is "``" where
it opens and "''" where it closes. Dashes (– and —) part no words.
"""

from __future__ import annotations

import re
from typing import Final

# A sentence ends behind these when a blank follows, but not behind an abbreviation: a letter, a
# number, a word with full stops inside, or one of those named here.
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=\S)")
_ABBREVIATIONS: Final = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "jr",
        "sr",
        "vs",
        "etc",
        "no",
        "vol",
        "fig",
        "inc",
        "ltd",
        "co",
        "corp",
        "gen",
        "col",
        "rev",
        "hon",
    )
)
_LAST_WORD: Final = re.compile(r"""([^\s()\[\]{}<>"']+)\.$""")
_TOKENS: Final = re.compile(
    r"""
    \.{2,}                          # an ellipsis
  | [;@\#$%&?!*\[\](){}<>«»„‘`]     # always alone
  | ''
  | "
  | [:,](?!\d)                      # not inside a number
  | \s+
    """,
    re.VERBOSE,
)
_STOP_AT_END: Final = re.compile(r"""(?<=[^.])\.(?=[\])}>"'»”’\s]*$)""")
_ENDINGS: Final = re.compile(r"^(.*[^'\s])(n't|'(?:s|m|d|ll|re|ve)|')$")
_MOST_ENDINGS: Final = 2  # "don't've"
_QUOTED: Final = re.compile(r"'(?!(?:s|m|d|t|n|ll|re|ve)$)[^']")
_TWO_IN_ONE: Final = {
    "cannot": ("can", "not"),
    "gimme": ("gim", "me"),
    "gonna": ("gon", "na"),
    "gotta": ("got", "ta"),
    "lemme": ("lem", "me"),
    "wanna": ("wan", "na"),
}


def latin_words(text: str) -> list[str]:
    """Words and punctuation marks of ``text``, which is in lower case, in order."""
    if text.isalnum() and text not in _TWO_IN_ONE:
        return [text]
    return [word for sentence in _sentences(text) for word in _words(sentence)]


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        last = _LAST_WORD.search(text, start, end.start())
        if last is not None and _is_abbreviation(last[1]):
            continue
        found.append(text[start : end.start()])
        start = end.end()
    return [*found, text[start:]]


def _is_abbreviation(word: str) -> bool:
    return word in _ABBREVIATIONS or len(word) == 1 or "." in word or word.isdigit()


def _words(sentence: str) -> list[str]:
    marks = [found.span() for found in _TOKENS.finditer(sentence)]
    stop = _STOP_AT_END.search(sentence)
    if stop is not None:
        marks = sorted([*marks, stop.span()])
    words: list[str] = []
    done = 0
    for start, end in marks:
        words += _word(sentence[done:start])
        mark = sentence[start:end]
        if mark == '"':
            words.append("``" if _opens(sentence, start) else "''")
        elif not mark.isspace():
            words.append(mark)
        done = end
    return [*words, *_word(sentence[done:])]


def _opens(sentence: str, position: int) -> bool:
    """Whether the quotation mark at ``position`` opens; of two at the beginning, both do."""
    before = sentence[:position]
    return before in ("", '"') or before[-1] in "([{<" or before[-1].isspace()


def _word(word: str) -> list[str]:
    """One word without blanks, its endings cut off."""
    if not word:
        return []
    if word in _TWO_IN_ONE:
        return list(_TWO_IN_ONE[word])
    before = ["'"] if _QUOTED.match(word) else []
    rest = word[len(before) :]
    behind: list[str] = []
    for _ in range(_MOST_ENDINGS):
        ending = _ENDINGS.match(rest)
        if ending is None:
            break
        rest, behind = ending[1], [ending[2], *behind]
    return [*before, rest, *behind]
