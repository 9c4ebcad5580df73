"""Tags of characters, in columns and in PaddleNLP's TSV, become spans; repaired and told."""

from __future__ import annotations

import pytest
from data.marked_texts import COLUMNS, SENTENCE, bad, columns, found, marked, read, told

from paddle_lab.data.readers import reader_of

# -- column files -------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", COLUMNS)
@pytest.mark.parametrize("separator", [" ", "\t", " \t"], ids=["space", "tab", "both"])
@pytest.mark.parametrize("end", ["\n", ""], ids=["blank line at the end", "no blank line"])
def test_column_files(scheme: str, separator: str, end: str) -> None:
    records = read(2 * (columns(COLUMNS[scheme], separator) + "\n") + end, "train.txt")
    assert found(records) == [(SENTENCE, [("叶老桂", "PER"), ("杭州", "LOC")])] * 2
    assert records.lines == [1, 8] and not records.notices and not records.bad


def test_single_tags_windows_line_ends_a_header_and_no_end() -> None:
    text = "text_a label\n京 S-LOC\n沪 S-LOC\n冷 O\n\n沪 S-LOC".replace("\n", "\r\n")
    assert found(read(text, "dev.char")) == [
        ("京沪冷", [("京", "LOC"), ("沪", "LOC")]),
        ("沪", [("沪", "LOC")]),
    ]


@pytest.mark.parametrize("kinds", [("GPE.NAM", "PER.NOM"), ("GPE-NAM", "PER-NOM")])
def test_kinds_of_names_stay_in_the_type(kinds: tuple[str, str]) -> None:
    records = read(f"京0\tB-{kinds[0]}\n人0\tB-{kinds[1]}\n多1\tO\n", "weibo.conll")
    assert found(records) == [("京人多", [("京", kinds[0]), ("人", kinds[1])])]
    assert "The digit behind each character" in told(records)


@pytest.mark.parametrize("blank", ["  O", "\tO", "O"], ids=["a space", "nothing", "the tag alone"])
def test_a_space_is_a_character_too(blank: str) -> None:
    records = read(f"李 B-PER\n{blank}\n娜 O\n胜 O\n", "a.txt")
    assert found(records) == [("李 娜胜", [("李", "PER")])]
    assert "1 lines have a tag and no character" in told(records)


def test_tags_without_a_beginning_are_repaired_and_told() -> None:
    text = columns("I-PER I-PER I-PER O I-LOC I-LOC")
    records = read(text + "\n" + columns(COLUMNS["BIO"]), "a.txt")
    assert found(records) == [(SENTENCE, [("叶老桂", "PER"), ("杭州", "LOC")])] * 2
    assert (
        "2 tags continue a span that does not begin (I- without B-), the first at line 1"
        in told(records)
    )
    only = read(text, "a.txt")
    assert found(only)[0][1] == [("叶老桂", "PER"), ("杭州", "LOC")]
    assert "No tag begins a span" in told(only)


def test_words_are_joined_and_told() -> None:
    english = read("EU B-ORG\nrejects O\nGerman B-MISC\ncall O\n. O\n", "a.conll")
    assert found(english) == [("EU rejects German call .", [("EU", "ORG"), ("German", "MISC")])]
    assert "words" in told(english) and "joined by spaces" in told(english)
    words = read("浙商银行 B-ORG\n的 O\n叶老桂 B-PER\niPhone O\n15 O\n", "a.conll")
    assert found(words) == [("浙商银行的叶老桂iPhone 15", [("浙商银行", "ORG"), ("叶老桂", "PER")])]


def test_more_columns_than_two() -> None:
    text = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\ncalls NNS B-NP O\n"
    assert found(read(text, "a.conll"))[0][1] == [("EU", "ORG")]


def test_segmented_words_have_tags_without_a_type() -> None:
    text = columns("B M E S B E") + "\n" + columns("B M E S B E")
    assert found(read(text, "seg.txt"))[0][1] == [
        ("叶老桂", "word"), ("在", "word"), ("杭州", "word"),
    ]  # fmt: skip


def test_a_line_that_is_no_tag_costs_its_own_text() -> None:
    many = (columns(COLUMNS["BIO"]) + "\n") * 6
    records = read(many + "一 B-PER\n二 ??\n\n" + columns(COLUMNS["BIO"]), "a.txt")
    assert len(records.cells) == 7
    assert bad(records) == [(44, 'a token and a tag expected, found "二 ??"')]


@pytest.mark.parametrize(
    "text",
    [
        "很好\t好评\n太差\t差评\n",
        "text\tlabel\n这家店很好\tB-1\n那家店太差\tB-2\n",
        "这 家 店 不 错\n那 家 店 不 行\n",
        "a b\nc d\n",
    ],
)
def test_tables_are_no_column_files(text: str) -> None:
    assert reader_of(text, ".txt").form == "table"


# -- PaddleNLP's TSV ----------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["", "text_a\tlabel\n"], ids=["no header", "header"])
def test_paddle_tsv(first: str) -> None:
    records = read(first + marked(COLUMNS["BIO"]) * 2, "train.tsv")
    assert found(records) == [(SENTENCE, [("叶老桂", "PER"), ("杭州", "LOC")])] * 2


def test_paddle_tsv_with_numbers_before_and_lexical_tags() -> None:
    records = read("0\t" + marked("PER-B PER-I PER-I p-B LOC-B LOC-I"), "train.tsv")
    assert found(records)[0][1] == [("叶老桂", "PER"), ("在", "p"), ("杭州", "LOC")]


def test_paddle_tsv_with_too_few_tags() -> None:
    records = read(marked(COLUMNS["BIO"]) + marked("O O O O O O", SENTENCE)[:-3] + "\n", "a.tsv")
    assert bad(records) == [(2, "6 characters but 5 tags")]
