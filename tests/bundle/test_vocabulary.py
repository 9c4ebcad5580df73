"""Fewer words: what rows use stays, the rest is spelled or unknown, ids fit the rows kept."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.bundle.vocabulary import trimmed_words, unknown_share
from paddle_lab.tasks.codec import Windows
from paddle_lab.tasks.encoding import TextEncoder

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, "好", "坏", "中", "work", "##ing", "w", "##o", "##r", "##k", "7", "!", "稀"]


def tokenizer(**changes: Any) -> str:
    content = json.loads(build_tokenizer_json())
    content["model"]["vocab"] = {word: index for index, word in enumerate(WORDS)}
    return json.dumps({**content, **changes}, ensure_ascii=False)


def encoded(tokenizer_json: str, *texts: str, pairs: list[str] | None = None) -> Windows:
    return TextEncoder(tokenizer_json, 32).encode(list(texts), pairs)


def words_of(tokenizer_json: str) -> dict[str, int]:
    return dict(json.loads(tokenizer_json)["model"]["vocab"])


def test_words_that_are_seen_stay_in_their_order_with_new_ids() -> None:
    whole = tokenizer()
    trimmed = trimmed_words(whole, encoded(whole, "好好中", "中 坏"), least_seen=2)
    found = words_of(trimmed.tokenizer_json)
    assert "坏" not in found and "稀" not in found and {"好", "中"} <= set(found)
    assert list(found.values()) == list(range(len(found))) == list(range(len(trimmed.kept)))
    assert [WORDS[old] for old in trimmed.kept] == list(found)
    assert trimmed.before == len(WORDS)


def test_what_spells_any_word_and_what_has_a_meaning_always_stays() -> None:
    whole = tokenizer()
    found = words_of(trimmed_words(whole, encoded(whole, "好")).tokenizer_json)
    assert {*SPECIAL, "w", "##o", "7", "!"} <= set(found)
    assert "work" not in found
    small = trimmed_words(whole, encoded(whole, "好")).tokenizer_json
    (ids,) = encoded(small, "work").ids
    assert [list(found)[index] for index in ids] == ["[CLS]", "w", "##o", "##r", "##k", "[SEP]"]


def test_texts_of_known_words_are_the_same_rows_of_the_embedding() -> None:
    whole = tokenizer()
    trimmed = trimmed_words(whole, encoded(whole, "好 中 7!"), least_seen=1)
    for text in ("好中", "中 7 !", "w 好"):
        (before,), (after,) = encoded(whole, text).ids, encoded(trimmed.tokenizer_json, text).ids
        assert np.array_equal(trimmed.kept[after], before)


def test_pairs_and_other_post_processors_keep_their_special_tokens() -> None:
    bert = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
    for whole in (tokenizer(), tokenizer(post_processor=bert)):
        trimmed = trimmed_words(whole, encoded(whole, "好", pairs=["中"]), least_seen=1)
        (ids,) = encoded(trimmed.tokenizer_json, "好", pairs=["中"]).ids
        assert [WORDS[old] for old in trimmed.kept[ids]] == ["[CLS]", "好", "[SEP]", "中", "[SEP]"]


def test_added_tokens_get_the_ids_of_their_words() -> None:
    words = {word: index for index, word in enumerate(WORDS)}
    mask = {"id": words["[MASK]"], "content": "[MASK]", "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": True}  # fmt: skip
    whole = tokenizer(added_tokens=[mask])
    trimmed = trimmed_words(whole, encoded(whole, "好"), least_seen=1)
    (token,) = json.loads(trimmed.tokenizer_json)["added_tokens"]
    assert token["id"] == words_of(trimmed.tokenizer_json)["[MASK]"]


@pytest.mark.parametrize(("text", "share"), [("好好", 0), ("好鱼", 0.5), ("", 0)])
def test_the_share_of_unknown_tokens_leaves_the_special_ones_out(text: str, share: float) -> None:
    assert unknown_share(tokenizer(), encoded(tokenizer(), text)) == share
