"""Spans of characters and tags of tokens, by offsets: whatever a tokenizer does to the text."""

from __future__ import annotations

import numpy as np
import pytest

from paddle_lab.tasks.encoding import TextEncoder
from paddle_lab.tasks.tag.alignment import NO_TAG, Aligned, align, spans_of_path
from paddle_lab.tasks.tag.codec import Chain, TagCodec, chains_of, joined
from paddle_lab.tasks.tag.spans import Span, character_tags, flat

TYPES = ["LOC", "PER"]
INDEX = {label: index for index, label in enumerate(TYPES)}


def aligned(tokenizer: str, text: str, *spans: Span) -> tuple[Aligned, list[Span]]:
    """The tags of a text, and the spans that they give back."""
    windows = TextEncoder(tokenizer, 64, offsets=True).encode([text])
    assert windows.offsets is not None and windows.sequence is not None
    found = align(list(spans), windows.offsets[0], windows.sequence[0], INDEX)
    real = windows.sequence[0] >= 0
    assert (found.tags[~real] == NO_TAG).all() and (found.tags[real] >= 0).all()
    return found, spans_of_path(found.tags[real].tolist(), windows.offsets[0][real], TYPES)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("李明在北京工作", (3, 5)),
        ("李 明 在 北 京 工作", (6, 9)),
        ("\n\t李明\u200b在\u3000北京", (7, 9)),
        ("😀👍🏽北京真冷", (3, 5)),
        ("２０２４年在北京", (6, 8)),
        ("Café 在 Paris 的分店", (7, 12)),
        ("iPhone15在北京", (9, 11)),
        ("北京", (0, 2)),
    ],
)
def test_what_stands_in_the_text_comes_back(
    tokenizer: str, text: str, span: tuple[int, int]
) -> None:
    expected = Span(*span, "LOC")
    found, back = aligned(tokenizer, text, expected)
    assert back == [expected] and not found.widened and not found.lost


def test_neighbours_of_one_type_stay_two(tokenizer: str) -> None:
    spans = [Span(0, 2, "PER"), Span(2, 5, "PER"), Span(5, 6, "LOC")]
    assert aligned(tokenizer, "李明欧阳修京", *spans)[1] == spans


def test_a_span_inside_a_token_is_widened_and_counted(tokenizer: str) -> None:
    text = "lenovo在北京"
    found, back = aligned(tokenizer, text, Span(0, 2, "PER"), Span(7, 9, "LOC"))
    assert back == [Span(0, 6, "PER"), Span(7, 9, "LOC")]
    assert found.widened == (Span(0, 2, "PER"),)


def test_a_span_without_a_token_is_lost_and_counted(tokenizer: str) -> None:
    found, back = aligned(tokenizer, "北京   上海", Span(3, 4, "LOC"))
    assert back == [] and found.lost == (Span(3, 4, "LOC"),)


def test_a_span_that_began_before_the_window_begins_with_it() -> None:
    offsets = np.array([[0, 0], [10, 11], [11, 12], [12, 13], [0, 0]])
    sequence = np.array([-1, 0, 0, 0, -1])
    found = align([Span(8, 12, "PER"), Span(2, 4, "LOC")], offsets, sequence, INDEX)
    assert found.tags.tolist() == [NO_TAG, 3, 4, 0, NO_TAG]
    assert not found.lost


def test_flat_keeps_the_longer_and_drops_no_copy() -> None:
    inner, outer, copy = Span(2, 4, "ORG"), Span(0, 6, "BOOK"), Span(8, 9, "PER")
    assert flat([inner, copy, outer, copy]) == ([outer, copy], [inner])
    assert flat([Span(0, 2, "A"), Span(0, 2, "B")]) == ([Span(0, 2, "A")], [Span(0, 2, "B")])


def test_character_tags_are_bio() -> None:
    assert character_tags([Span(1, 3, "A"), Span(3, 4, "A")], 5) == ["O", "B-A", "I-A", "B-A", "O"]


# -- windows ------------------------------------------------------------------------------------

LONG = "新华社记者李明在北京报道，" * 30


def emissions_for(codec: TagCodec, text: str, spans: list[Span]) -> tuple[object, list[object]]:
    """Windows of a text, and scores that a perfect model would give each."""
    windows = codec.encode({"text": [text]}, "windows")
    assert windows.offsets is not None and windows.sequence is not None
    found = []
    for offsets, sequence in zip(windows.offsets, windows.sequence, strict=True):
        tags = align(spans, offsets, sequence, INDEX).tags
        scores = np.zeros((len(tags), 5), dtype=np.float32)
        scores[np.arange(len(tags)), np.clip(tags, 0, None)] = 10
        found.append(scores)
    return windows, found


def test_windows_are_put_together_token_by_token(tokenizer: str) -> None:
    codec = TagCodec(tokenizer, 32, TYPES)
    spans = [
        span
        for start in range(0, len(LONG), 13)
        for span in (Span(start + 5, start + 7, "PER"), Span(start + 8, start + 10, "LOC"))
    ]
    windows, scores = emissions_for(codec, LONG, spans)
    assert len(windows.ids) > 10  # type: ignore[attr-defined]
    (chain,) = chains_of(windows, scores)  # type: ignore[arg-type]
    whole = TextEncoder(tokenizer, 512, offsets=True).encode([LONG])
    assert whole.offsets is not None
    assert np.array_equal(chain.offsets, whole.offsets[0][1:-1]), "each token once, in order"
    (answer,) = codec.decode({"text": [LONG]}, windows, {"emissions": scores})  # type: ignore[arg-type]
    assert [Span(one.start, one.end, one.label) for one in answer.spans] == spans
    assert all(LONG[one.start : one.end] == one.text for one in answer.spans)
    assert answer.windows == len(windows.ids)  # type: ignore[attr-defined]
    assert not answer.truncated


def test_shared_tokens_come_from_the_window_that_has_them_nearer_to_its_middle() -> None:
    offsets = np.array([[n, n + 1] for n in range(10)])
    before = Chain(np.full((6, 3), 1.0, np.float32), offsets[:6])
    after = Chain(np.full((8, 3), 2.0, np.float32), offsets[2:])
    found = joined(before, after)
    assert np.array_equal(found.offsets, offsets)
    assert found.emissions[:, 0].tolist() == [1, 1, 1, 1, 2, 2, 2, 2, 2, 2]


def test_a_cut_text_says_so(tokenizer: str) -> None:
    codec = TagCodec(tokenizer, 16, TYPES)
    windows = codec.encode({"text": [LONG, ""]}, "truncate")
    scores = [np.zeros((len(ids), 5), np.float32) for ids in windows.ids]
    cut, empty = codec.decode({"text": [LONG, ""]}, windows, {"emissions": scores})
    assert cut.truncated and not cut.empty and empty.empty and empty.spans == ()
