"""Files of fastText: labels are marked in the line."""

from __future__ import annotations

import pytest
from classify_data import read
from data.data_files import Write, three_parts

from paddle_lab.cli import main
from paddle_lab.data.readers import reader_of
from paddle_lab.errors import DataError
from paddle_lab.tasks.recognition import choose_task

ROWS = [(f"这 家 店 第{n}次 去，{'好 __ 吃' if n % 2 else '难 吃'}", "好评" if n % 2 else "差/评")
        for n in range(40)]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    ["__label__{label} {text}\n", "__label__{label}\t{text}\r\n", "__label__{label} , {text}\n",
     "{text} __label__{label}\n", "{text}\t__label__{label}\n", " __label__{label}  {text}\n\n"],
)  # fmt: skip
def test_a_label_before_the_text_or_behind_it(line: str, write: Write) -> None:
    content = "".join(line.format(text=text, label=label) for text, label in ROWS)
    assert list(read(str(write("train.txt", content))).rows()) == ROWS


def test_a_line_without_label_is_named(write: Write) -> None:
    content = "".join(f"__label__{label} {text}\n" for text, label in ROWS) + "没有标签的\n"
    with pytest.raises(DataError) as caught:
        read(str(write("a.txt", content)))
    assert "a.txt line 41: no label (__label__x)" in three_parts(caught.value)


def test_a_label_without_text_is_an_empty_text(write: Write) -> None:
    content = "".join(f"__label__{label} {text}\n" for text, label in ROWS) + "__label__好评\n"
    with pytest.raises(DataError, match="the text is empty"):
        read(str(write("a.txt", content)))


def test_several_labels_are_another_task(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"__label__{label} __label__{'近' if n % 3 else '远'} {text}\n"
             for n, (text, label) in enumerate(ROWS)]  # fmt: skip
    path = write("a.txt", "".join(lines))
    assert choose_task(str(path)) == "multilabel"
    assert main(["data", str(path), "--lang", "en"]) == 0
    assert "a.txt, utf-8, fastText" in capsys.readouterr().out


def test_texts_that_speak_of_labels_are_no_fasttext() -> None:
    text = "__label__ 是什么意思\t问\n" * 3 + "很好\t赞\n" * 30
    assert reader_of(text, ".txt").title.en == "a table"
