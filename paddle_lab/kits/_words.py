"""A tokenizer as two tables: what becomes of each character, and which pieces there are.

The first is found by asking the tokenizer about every character there is, not by Unicode's tables:
those differ from version to version, and the tokenizer has its own. What it does to a character
does not depend on the characters beside it, but for the order of a few marks, which is kept as it
stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: In a rule: the character itself, and the end of a word.
ITSELF: Final = "="
BREAK: Final = "|"
#: A letter that stays what it is and joins the letters beside it: it keeps characters apart.
_BETWEEN: Final = "\u1200"
_LAST: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)
_AT_ONCE: Final = 1 << 16
#: What a tokenizer takes for a word at most, in characters, where it does not say so.
_LONGEST_WORD: Final = 100


def characters(tokenizer: Tokenizer) -> str:
    """``first last rule`` for every character that does not stay as it is, in hexadecimal.

    A rule is what the character becomes: characters, :data:`ITSELF`, :data:`BREAK`, or nothing.
    """
    lines = []
    for first, last, rule in _ranges(_rules(tokenizer)):
        if rule != ITSELF:
            lines.append(f"{first:x} {last:x} {rule}".rstrip() + "\n")
    return "".join(lines)


def vocabulary(content: dict[str, Any]) -> str:
    """``id piece`` for every piece of a tokenizer's JSON. Raises ValueError for a line break."""
    pieces = content["model"]["vocab"]
    if any("\n" in piece for piece in pieces):
        raise ValueError("a piece of its vocabulary has a line break")
    ordered = sorted(pieces.items(), key=lambda item: item[1])
    return "".join(f"{number} {piece}\n" for piece, number in ordered)


def settings(content: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What there is to know of words and unknown ones.

    Raises ValueError when a word that is unknown has no token, or tokens were added that are looked
    for before words are.
    """
    model = content["model"]
    unknown = model["vocab"].get(model.get("unk_token"))
    if unknown is None:
        raise ValueError("it has no token for unknown words")
    if content.get("added_tokens"):
        raise ValueError("tokens were added to its vocabulary")
    yield "unknown", unknown
    yield "prefix", model.get("continuing_subword_prefix") or "##"
    yield "longest_word", model.get("max_input_chars_per_word") or _LONGEST_WORD


def places(tokenizer: Tokenizer, pair: bool) -> Iterator[tuple[str, str]]:
    """How a row of tokens is laid out: special tokens by id, texts by name, each with its type."""
    encoding = tokenizer.encode("a", "a") if pair else tokenizer.encode("a")
    rows = zip(encoding.ids, encoding.type_ids, encoding.sequence_ids, strict=True)
    for number, kind, text in rows:
        yield "place", f"{number if text is None else ('first', 'second')[text]} {kind}"


def _rules(tokenizer: Tokenizer) -> Iterator[tuple[int, int, str]]:
    """Every character with its rule; together, where a whole part of Unicode stays as it is."""
    for begin in range(0, _LAST + 1, _AT_ONCE):
        found = [
            chr(code)
            for code in range(begin, begin + _AT_ONCE)
            if code not in _SURROGATES and chr(code) != _BETWEEN
        ]
        if _stay(tokenizer, "".join(found)):
            yield begin, begin + _AT_ONCE - 1, ITSELF
            continue
        texts = _normal(tokenizer, found)
        kinds = _kinds(tokenizer, {char for text in texts for char in text})
        for char, text in zip(found, texts, strict=True):
            simple = text == char and char not in kinds
            rule = ITSELF if simple else " ".join(_parts(char, text, kinds))
            yield ord(char), ord(char), rule


def _stay(tokenizer: Tokenizer, chars: str) -> bool:
    """Whether all of them stay as they are, in one word: true of what Unicode leaves free."""
    normalizer, splitter = tokenizer.normalizer, tokenizer.pre_tokenizer
    if normalizer is not None and normalizer.normalize_str(chars) != chars:
        return False
    return splitter is None or len(splitter.pre_tokenize_str(chars)) == 1


def _normal(tokenizer: Tokenizer, chars: list[str]) -> list[str]:
    """What the normalizer makes of each character."""
    if tokenizer.normalizer is None:
        return chars
    return str(tokenizer.normalizer.normalize_str(_BETWEEN.join(chars))).split(_BETWEEN)


def _kinds(tokenizer: Tokenizer, chars: Iterable[str]) -> dict[str, str]:
    """How each character stands in a word: :data:`BREAK` for none, "alone" for a word of its own.

    Characters of words are left out.
    """
    if tokenizer.pre_tokenizer is None:
        return {}
    ordered = sorted(chars)
    found = dict.fromkeys(ordered, BREAK)
    text = _BETWEEN + _BETWEEN.join(ordered) + _BETWEEN
    for _, (start, end) in tokenizer.pre_tokenizer.pre_tokenize_str(text):
        inside = range(start + (start + 1) % 2, end, 2)  # every second one is none of ours
        for place in inside:
            if end - start == 1:
                found[text[place]] = "alone"
            else:
                del found[text[place]]
    return found


def _parts(char: str, text: str, kinds: dict[str, str]) -> Iterator[str]:
    for result in text:
        written = ITSELF if result == char else f"{ord(result):x}"
        kind = kinds.get(result)
        if kind is None:
            yield written
        elif kind == BREAK:
            yield BREAK
        else:
            yield from (BREAK, written, BREAK)


def _ranges(rules: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Neighbours with one rule taken together; what lies between without a rule stays as it is."""
    first, last, known = 0, -1, ITSELF
    for begin, end, rule in rules:
        if rule != known or begin != last + 1:
            if last >= first:
                yield first, last, known
            first, known = begin, rule
        last = end
    yield first, last, known


def as_json(text: object) -> str:
    """A value as JSON in one line, to be printed as it is."""
    return json.dumps(text, ensure_ascii=False)
