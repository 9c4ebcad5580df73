"""What a model's vocabulary lacks: counted in the data, marked in answers, named in advice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.cli import main
from paddle_lab.data import Dataset
from paddle_lab.data.unread import Unread
from paddle_lab.i18n import T
from paddle_lab.tasks.answer.codec import AnswerCodec
from paddle_lab.tasks.blocks import Advice, Examples, Metrics
from paddle_lab.tasks.classify.codec import ClassifyCodec
from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.multilabel.codec import MultiLabelCodec
from paddle_lab.tasks.pair.codec import PairCodec
from paddle_lab.tasks.tag.codec import TagCodec
from paddle_lab.tasks.unread import unread_of
from paddle_lab.training.vocabulary import advised

TOKENIZER = build_tokenizer_json()
KNOWN, STRANGE = "质量很好", "ラピュタ"


def rows(*texts: str) -> Dataset:
    return Dataset.of_texts(
        "train.tsv", list(texts), ["a"] * len(texts), [*range(1, len(texts) + 1)]
    )


def test_unknown_tokens_are_counted_with_examples() -> None:
    found = unread_of(TOKENIZER, "tiny", 32, {"train": rows(KNOWN, KNOWN + STRANGE, STRANGE)})
    assert (found.rows, found.unknown, found.unreadable) == (3, 2, 1)
    assert found.tokens == 4 + 5 + 1 and found.share == pytest.approx(0.2)
    assert found.pieces == (STRANGE,) and found.example == STRANGE
    assert str(found.where) == "train.tsv line 3"
    told = [notice.in_language("zh") for notice in found.notices()]
    assert "3 行中有 1 行没有 tiny 能读取的内容" in told[0] and STRANGE in told[1]
    json.dumps(found.to_json(), allow_nan=False)


def test_texts_that_are_read_give_a_figure_and_no_notice() -> None:
    found = unread_of(TOKENIZER, "tiny", 32, {"train": rows(KNOWN), "dev": rows(KNOWN)})
    assert not found.notices() and not found.is_cause
    assert "0.00% of the tokens of 2 rows" in found.line().in_language("en")


def test_many_rows_are_looked_at_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paddle_lab.tasks.unread.MOST_ROWS", 10)
    found = unread_of(TOKENIZER, "tiny", 32, {"train": rows(*[KNOWN] * 35)})
    assert found.rows == 12


@pytest.mark.parametrize(
    ("codec", "known", "strange"),
    [
        (ClassifyCodec(TOKENIZER, 16, ["a", "b"]), KNOWN, [STRANGE, f"{STRANGE} 夏"]),
        (MultiLabelCodec(TOKENIZER, 16, ["a", "b"]), KNOWN, [STRANGE]),
        (TagCodec(TOKENIZER, 16, ["LOC"]), KNOWN, [STRANGE, ""]),
        (PairCodec(TOKENIZER, 16, ["a", "b"]), (KNOWN, KNOWN),
         [(KNOWN, STRANGE), (STRANGE, KNOWN), ("", KNOWN)]),
        (AnswerCodec(TOKENIZER, 16, 8), (KNOWN, KNOWN), [(KNOWN, STRANGE), (STRANGE, KNOWN)]),
    ],
    ids=["classify", "multilabel", "tag", "pair", "answer"],
)  # fmt: skip
@pytest.mark.parametrize("long_text", ["truncate", "windows"])
def test_rows_without_a_known_token_count_as_empty(
    codec: Codec, known: Any, strange: list[Any], long_text: str
) -> None:
    found = codec.encode(codec.rows_of([known, *strange]), long_text)
    assert found.empty == [False, *[True] * len(strange)]


def test_a_long_text_is_not_empty_for_one_window_of_strange_words() -> None:
    codec = ClassifyCodec(TOKENIZER, 8, ["a", "b"])
    text = KNOWN + f" {STRANGE}" * 20
    assert codec.encode(codec.rows_of([text]), "windows").empty == [False]


def unread(unknown: int, unreadable: int) -> Unread:
    return Unread("tiny", 100, 1000, unknown, (STRANGE,), unreadable, STRANGE, T("x", "x"))


@pytest.mark.parametrize(("unknown", "unreadable"), [(400, 0), (100, 30)])
def test_advice_names_the_vocabulary_where_it_is_the_cause(unknown: int, unreadable: int) -> None:
    other = Advice((T("Try a smaller learning rate (--lr 2e-5).", "请用更小的学习率。"),))
    blocks = [Metrics(()), other, Examples(T("x", "x"), ())]
    found = advised(blocks, unread(unknown, unreadable))
    assert [type(block) for block in found] == [Metrics, Advice, Examples]
    (said,) = found[1].items  # type: ignore[attr-defined]
    assert "vocabulary" in said.in_language("en") and "词表" in said.in_language("zh")
    assert advised(blocks, unread(10, 1)) == blocks and advised(blocks, None) == blocks


def test_the_data_command_names_what_a_model_cannot_read(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.tsv"
    lines = [f"{STRANGE}{n}\t{n % 2}" for n in range(20)] + [f"很好{n}\t{n % 2}" for n in range(20)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert main(["data", str(path), "--model", "ernie-lab-mini"]) == 0
    said = capsys.readouterr().out
    assert "unknown to its vocabulary" in said and STRANGE in said
    assert main(["data", str(path)]) == 0
    assert "vocabulary" not in capsys.readouterr().out
