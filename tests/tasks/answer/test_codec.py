"""The codec: windows over the context, the best span of all of them, ties, and its JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.answer.codec import AnswerCodec
from paddle_lab.tasks.answer.spans import log_shares, row_spans
from paddle_lab.tasks.codec import Outputs, Rows, Windows

ANSWER = get_task("answer")
TOKENIZER = build_tokenizer_json()
FLAT = -8.0


def codec(max_len: int = 16, longest: int = 80, threshold: float | None = None) -> AnswerCodec:
    return AnswerCodec(TOKENIZER, max_len, longest, threshold)


def peaks(windows: Windows, *spans: tuple[int, int, int, float]) -> dict[str, list[np.ndarray]]:
    """Logits that are flat but for spans (row, start, end, height) wherever a window shows them."""
    assert windows.offsets is not None and windows.sequence is not None
    found = {
        name: [np.full(len(ids), FLAT, np.float32) for ids in windows.ids]
        for name in ("start_logits", "end_logits")
    }
    for index, owner in enumerate(windows.owner.tolist()):
        found["start_logits"][index][0] = found["end_logits"][index][0] = 0.0
        for token, (low, high) in enumerate(windows.offsets[index].tolist()):
            for row, start, end, height in spans:
                if owner == row and windows.sequence[index][token] == 1:
                    if low == start:
                        found["start_logits"][index][token] = height
                    if high == end:
                        found["end_logits"][index][token] = height
    return found


def encoded(one: AnswerCodec, *pairs: tuple[str, str]) -> tuple[Rows, Windows]:
    rows = one.rows_of(list(pairs))
    return rows, one.encode(rows, "windows")


def test_it_travels_as_json() -> None:
    one = codec(threshold=-1.5)
    content = one.to_json()
    assert content == {"answer_length": 80, "threshold": -1.5, "likeness": 0.0, "brevity": 0.0}
    again = ANSWER.codec_from(TOKENIZER, 16, {**content, "later": 1})
    assert again.to_json() == content and again.signature == one.signature
    assert ANSWER.codec_from(TOKENIZER, 16, codec().to_json()).to_json()["threshold"] is None


@pytest.mark.parametrize(
    "content",
    [{}, {"answer_length": 5}, {"answer_length": 0, "threshold": None},
     {"answer_length": True, "threshold": None}, {"answer_length": "9", "threshold": None},
     {"answer_length": 9, "threshold": "x"}, {"answer_length": 9, "threshold": float("nan")},
     {"answer_length": 9, "threshold": []}, {"answer_length": 10**9, "threshold": None}],
)  # fmt: skip
def test_what_is_no_codec_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        ANSWER.codec_from(TOKENIZER, 16, content)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("谁？", "王芳"), [("谁？", "王芳")]),
        (["谁？", "王芳"], [("谁？", "王芳")]),
        ([("谁？", "王芳"), ("哪？", "北京")], [("谁？", "王芳"), ("哪？", "北京")]),
        ([["谁？", "王芳"]], [("谁？", "王芳")]),
        ({"question": "谁？", "context": "王芳"}, [("谁？", "王芳")]),
        ([{"context": "王芳", "question": "谁？"}], [("谁？", "王芳")]),
        ("谁？\t王芳", [("谁？", "王芳")]),
        (["谁？\t王芳", "哪？\t北京\t南京"], [("谁？", "王芳"), ("哪？", "北京\t南京")]),
        (("谁？\t王芳", "哪？\t北京"), [("谁？", "王芳"), ("哪？", "北京")]),
        ([], []),
    ],
)
def test_what_a_person_gives(values: Any, expected: list[tuple[str, str]]) -> None:
    rows = codec().rows_of(values)
    assert list(zip(rows["question"], rows["context"], strict=True)) == expected


@pytest.mark.parametrize(
    "values", ["谁？", ["谁？"], ["谁？"] * 3, [1], 5, None, b"ab", {"question": "a"}]
)
def test_a_question_without_a_context_is_refused(values: Any) -> None:
    with pytest.raises(DataError) as caught:
        codec().rows_of(values)
    assert caught.value.code == "data.no_context"


@pytest.mark.parametrize("values", [[("谁？", 5)], [(None, "王芳")]])
def test_what_is_no_text_is_refused(values: Any) -> None:
    with pytest.raises(DataError):
        codec().rows_of(values)


def test_an_answer_has_its_place_in_the_context_that_was_given() -> None:
    context = " 质量 很好，\n推荐😀！太差了"
    one = codec(64)
    rows, windows = encoded(one, ("很好？", context))
    start = context.index("推荐")
    (answer,) = one.decode(rows, windows, peaks(windows, (0, start, start + 2, 9.0)))
    assert (answer.answer, answer.start, answer.end) == ("推荐", start, start + 2)
    assert context[answer.start : answer.end] == "推荐"
    assert 0.99 < answer.score <= 1 and answer.windows == 1 and not answer.truncated
    assert answer.no_answer is None
    assert [piece.answer for piece in answer.others] and answer.to_json()["others"][0][
        "score"
    ] < 0.1


def test_windows_slide_over_the_context_alone_and_the_best_of_all_is_taken() -> None:
    context = "还行，" * 20 + "推荐" + "一般，" * 20
    one = codec(16)
    rows, windows = encoded(one, ("好？", context), ("好？", "推荐"))
    assert windows.sequence is not None
    assert all(sequence[1] == 0 and sequence[2] == 0 for sequence in windows.sequence)
    start = context.index("推荐")
    long, short = one.decode(
        rows, windows, peaks(windows, (0, start, start + 2, 6.0), (0, 0, 2, 3.0), (1, 0, 2, 1.0))
    )
    assert (long.answer, long.start) == ("推荐", start)
    assert long.windows == len(windows.ids) - 1 > 5 and short.windows == 1
    assert short.answer == "推荐" and not long.truncated
    one.decode(rows, one.encode(rows), peaks(one.encode(rows)))
    assert one.encode(rows).truncated == [True, False]


def test_a_question_longer_than_half_a_window_leaves_room_for_the_context() -> None:
    one = codec(16)
    _, windows = encoded(one, ("很" * 100, "质量很好，推荐！"), ("好？", "推荐"), ("", "推荐"))
    assert max(map(len, windows.ids)) <= 16
    assert windows.truncated == [True, False, False]
    seen = {
        int(position)
        for index in np.flatnonzero(windows.owner == 0)
        for position in windows.offsets[index][windows.sequence[index] == 1][:, 0]  # type: ignore[index]
    }
    assert seen == set(range(8))


def test_an_answer_is_no_longer_than_allowed_and_never_ends_before_it_begins() -> None:
    context = "质量很好，推荐！太差了，一般"
    outputs: list[Outputs] = []
    for longest, expected in ((80, "质量很好，推荐"), (3, "质量很")):
        one = codec(64, longest)
        rows, windows = encoded(one, ("好？", context))
        found = peaks(windows, (0, 0, 7, 9.0), (0, 4, 3, 5.0))
        outputs.append(found)
        (answer,) = one.decode(rows, windows, found)
        assert answer.answer == expected
        assert answer.end - answer.start <= longest


@pytest.mark.parametrize("context", ["", " \n\t", "\u200b"])
def test_an_empty_context_has_no_answer(context: str) -> None:
    one = codec(16)
    rows, windows = encoded(one, ("好？", context))
    (answer,) = one.decode(rows, windows, peaks(windows))
    assert answer.answer is None and answer.empty and answer.start is None
    assert ANSWER.cells(answer, 2)[0] == "(nothing to read)" or "没有" in ANSWER.cells(answer, 2)[0]
    assert ANSWER.marks(answer) == {}


def test_no_answer_is_said_where_the_doubt_is_above_the_threshold() -> None:
    spans = ((0, 0, 2, 3.0), (1, 0, 2, -3.0))
    one = codec(32, threshold=0.0)
    rows, windows = encoded(one, ("好？", "推荐"), ("好？", "推荐"))
    sure, unsure = one.decode(rows, windows, peaks(windows, *spans))
    assert sure.answer == "推荐" and sure.no_answer is not None and sure.no_answer < 0
    assert unsure.answer is None and unsure.no_answer is not None and unsure.no_answer > 0
    assert unsure.others[0].answer == "推荐" and not unsure.empty
    bold = one.learnt(100.0).decode(rows, windows, peaks(windows, *spans))
    assert [answer.answer for answer in bold] == ["推荐", "推荐"]
    always = codec(32).decode(rows, windows, peaks(windows, *spans))
    assert always[1].answer == "推荐" and always[1].no_answer is None


def test_scores_are_probabilities_of_what_may_be_chosen() -> None:
    logits = np.array([0.0, 50.0, 1.0, 2.0], np.float32)
    shares = np.exp(log_shares(logits, np.array([2, 3])))
    assert shares.sum() == pytest.approx(1.0) and len(shares) == 3
    assert shares == pytest.approx(np.exp([0, 1, 2]) / np.exp([0, 1, 2]).sum())


def test_a_span_in_two_windows_counts_once_by_the_better() -> None:
    context = "质量很好，推荐！太差了，一般，还行，物流快，包装好"
    one = codec(16)
    rows, windows = encoded(one, ("好？", context))
    (found,) = row_spans(rows, windows, peaks(windows, (0, 8, 10, 4.0)), 5)
    positions = [(span.start, span.end) for span in found.spans]
    assert len(positions) == len(set(positions)) and positions[0] == (8, 10)
    assert [span.score for span in found.spans] == sorted(s.score for s in found.spans)[::-1]


def test_answers_that_hang_on_less_than_the_tolerance_are_equal_either_way() -> None:
    one = codec(32)
    rows, windows = encoded(one, ("好？", "质量很好，推荐"))
    expected = peaks(windows, (0, 0, 2, 5.0), (0, 5, 7, 5.00001))
    found = peaks(windows, (0, 0, 2, 5.00001), (0, 5, 7, 5.0))
    assert one.decode(rows, windows, expected)[0].answer == "推荐"
    assert one.decode(rows, windows, found)[0].answer == "质量"
    agreement = one.agree(rows, windows, expected, found, 1e-4)
    assert agreement.equal and agreement.ties == 1
    other = peaks(windows, (0, 2, 4, 5.1), (0, 5, 7, 5.0))
    assert not one.agree(rows, windows, expected, other, 1e-4).equal
    sure = peaks(windows, (0, 5, 7, 7.0))
    assert one.agree(rows, windows, sure, sure, 1e-4).ties == 0


def test_a_doubt_at_the_threshold_is_a_tie() -> None:
    one = codec(32, threshold=0.0)
    rows, windows = encoded(one, ("好？", "推荐"))
    outputs = peaks(windows, (0, 0, 2, 1.0))
    doubt = one.spans(rows, windows, outputs)[0].doubt
    near = one.learnt(doubt + 1e-6)
    moved = peaks(windows, (0, 0, 2, 1.0 - 1e-5))
    assert near.decode(rows, windows, outputs)[0].answer == "推荐"
    assert near.decode(rows, windows, moved)[0].answer is None
    assert near.agree(rows, windows, outputs, moved, 1e-4).equal
    assert near.agree(rows, windows, moved, outputs, 1e-4).equal
    far = one.learnt(doubt + 0.1)
    assert not far.agree(rows, windows, outputs, peaks(windows, (0, 0, 2, 0.5)), 1e-4).equal


def test_neutral_rows_are_read_in_all_their_windows() -> None:
    one = codec(24)
    rows = one.neutral_rows()
    windows = one.encode(rows, "windows")
    assert len(windows.ids) > len(rows["question"]) > 10
    assert len(one.decode(rows, windows, peaks(windows))) == len(rows["question"])


def test_the_table_of_answers() -> None:
    one = codec(32, threshold=0.0)
    rows, windows = encoded(one, ("好？", "推荐"), ("好？", "一般"))
    answers = one.decode(rows, windows, peaks(windows, (0, 0, 2, 3.0), (1, 0, 2, -5.0)))
    assert len(ANSWER.headings(1)) == len(ANSWER.cells(answers[0], 1)) == 3
    assert len(ANSWER.headings(3)) == len(ANSWER.cells(answers[1], 3)) == 4
    assert ANSWER.cells(answers[0], 1)[:2] == ["推荐", "0-2"]
    assert ANSWER.cells(answers[1], 1)[0] in ("(no answer)", "(无答案)")
    (mark,) = ANSWER.marks(answers[0])["context"]
    assert (mark.start, mark.end) == (0, 2)
