"""Which characters decided, asked of a model whose deciding words are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from word_model import word_bundle, word_predictor

from paddle_lab.bundle.explain import MOST_CHARACTERS, MOST_PIECES, Explanation, explain


@pytest.fixture
def predictor(tmp_path: Path) -> Any:
    return word_predictor(word_bundle(tmp_path / "bundle"))


def explained(predictor: Any, text: str) -> tuple[Any, Explanation]:
    answer = predictor.predict(text)[0]
    return answer, explain(predictor, {"text": text}, answer)


def heaviest(found: Explanation, text: str) -> str:
    best = max(found.pieces, key=lambda piece: piece.weight)
    return text[best.start : best.end]


@pytest.mark.parametrize(
    ("text", "label", "decided"),
    [
        ("客服态度太差，物流也慢", "差评", "差"),
        ("质量很好，推荐！", "好评", "好"),
        ("hello world，还行，好", "好评", "好"),
        ("😀👍🏽一般，差", "差评", "差"),
        ("差\n\n包装", "差评", "差"),
        ("<b>差</b>", "差评", "差"),
    ],
)
def test_the_word_that_decides_weighs_most(
    predictor: Any, text: str, label: str, decided: str
) -> None:
    answer, found = explained(predictor, text)
    assert answer.label == label
    assert heaviest(found, text) == decided


def test_what_speaks_against_the_answer_weighs_less_than_nothing(predictor: Any) -> None:
    text = "太差，差，但包装好"
    _, found = explained(predictor, text)
    weights = {text[piece.start : piece.end]: piece.weight for piece in found.pieces}
    assert weights["好"] < 0 < weights["差"]
    assert weights["包"] == 0


def test_words_of_letters_and_joined_characters_stay_whole(predictor: Any) -> None:
    text = "好 terrible e\u0301a 👍🏽 👨\u200d👩\u200d👧 2.5"
    _, found = explained(predictor, text)
    pieces = [text[piece.start : piece.end] for piece in found.pieces]
    assert pieces == ["好", "terrible", "e\u0301a", "👍🏽", "👨\u200d👩\u200d👧", "2", ".", "5"]


def test_all_rows_are_answered_in_one_batch(predictor: Any) -> None:
    text = "物流快，包装好，客服态度也不错"
    answer = predictor.predict(text)[0]
    program = predictor._program
    program.rows.clear()
    found = explain(predictor, {"text": text}, answer)
    assert program.rows == [len(found.pieces)] == [len(text)]
    assert "each word or character" in found.method.in_language("en")


@pytest.mark.parametrize("length", [60, 500, 10_000])
def test_long_texts_cost_no_more_and_what_is_not_read_is_not_asked(
    predictor: Any, length: int
) -> None:
    text = "客服" * (length // 2) + "差"
    answer = predictor.predict(text)[0]
    predictor._program.rows.clear()
    found = explain(predictor, {"text": text}, answer)
    assert answer.truncated
    assert sum(predictor._program.rows) <= MOST_PIECES
    assert all(piece.end <= predictor.max_len <= MOST_CHARACTERS for piece in found.pieces)


def test_long_texts_that_are_read_lose_several_characters_together(
    predictor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.bundle.explain.MOST_PIECES", 4)
    text = "物流快，包装好，客服态度也不错"
    _, found = explained(predictor, text)
    assert len(found.pieces) == 4
    assert "好" in heaviest(found, text)
    assert "4 words or characters together" in found.method.in_language("en")


@pytest.mark.parametrize("text", ["", "   ", "\u200b"])
def test_a_text_with_nothing_to_read_has_nothing_to_explain(predictor: Any, text: str) -> None:
    _, found = explained(predictor, text)
    assert found.pieces == ()


def test_a_text_of_one_character_is_left_out_whole(predictor: Any) -> None:
    answer, found = explained(predictor, "差")
    assert [(piece.start, piece.end) for piece in found.pieces] == [(0, 1)]
    assert found.pieces[0].weight == pytest.approx(answer.probability - 0.5, abs=1e-3)
