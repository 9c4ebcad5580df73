"""Marked texts of every tool are read with their spans in place, repaired and told, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from data.data_files import three_parts

from paddle_lab.data.readers import READERS, TextReading, read_records, reader_of
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError

Spans = list[tuple[str, str]]


def read(text: str, name: str = "a.jsonl") -> Records:
    return read_records(text, TextReading(name, "." + name.rpartition(".")[2]))


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def found(records: Records) -> list[tuple[str, Spans]]:
    """Each text with what its spans cut out of it."""
    assert records.form == "spans" and records.header == ["text", "spans"]
    return [
        (text, [(text[span["start"] : span["end"]], span["label"]) for span in spans])
        for text, spans in records.cells
    ]


def told(records: Records) -> str:
    for notice in records.notices:
        assert notice.in_language("zh") != notice.in_language("en")
    return "\n".join(notice.in_language("en") for notice in records.notices)


def bad(records: Records) -> list[tuple[int, str]]:
    return [(line, reason.in_language("en")) for line, reason in records.bad]


TEXT = "浙商银行的叶老桂去了杭州"
EXPECTED = [(TEXT, [("浙商银行", "company"), ("叶老桂", "name")])]


# -- doccano ------------------------------------------------------------------------------------

OLD = {"id": 1, "text": TEXT, "labels": [[0, 4, "company"], [5, 8, "name"]]}
ENTITIES = {
    "id": 1,
    "text": TEXT,
    "entities": [
        {"id": 7, "label": "company", "start_offset": 0, "end_offset": 4},
        {"id": 8, "label": "name", "start_offset": 5, "end_offset": 8},
    ],
    "relations": [],
}


@pytest.mark.parametrize(
    "row",
    [
        OLD,
        {"id": 1, "data": TEXT, "label": OLD["labels"]},
        ENTITIES,
        {**ENTITIES, "label": []},
    ],
    ids=["labels", "data and label", "entities", "entities beside an empty list"],
)
@pytest.mark.parametrize("array", [False, True], ids=["lines", "array"])
def test_doccano(row: dict[str, Any], array: bool) -> None:
    text = json.dumps([row], ensure_ascii=False, indent=1) if array else lines(row)
    records = read(text)
    assert found(records) == EXPECTED
    assert not records.notices and not records.bad


def test_relations_of_doccano_are_passed_over_and_told() -> None:
    row = {**ENTITIES, "relations": [{"id": 1, "from_id": 7, "to_id": 8, "type": "works"}]}
    records = read(lines(row, ENTITIES))
    assert found(records) == EXPECTED * 2
    assert "relations of 1 rows are passed over" in told(records)


def test_rows_before_the_first_span_do_not_hide_the_format() -> None:
    records = read(lines({"text": "没有", "label": []}, {"text": TEXT, "label": OLD["labels"]}))
    assert found(records) == [("没有", []), *EXPECTED]


def test_lists_of_classes_are_no_spans() -> None:
    text = lines({"id": 1, "data": "很好", "label": ["好评", "推荐"]})
    assert reader_of(text, ".jsonl").form == "table"


def test_emoji_that_count_two_are_one_character() -> None:
    """One span that cuts a word proves it for the whole file."""
    proof = {"text": "😀 iPhone15 不错", "label": [[3, 11, "product"]]}
    silent = {"text": "😀北京真冷", "label": [[2, 4, "place"]]}
    records = read(lines(proof, silent))
    assert [spans for _, spans in found(records)] == [
        [("iPhone15", "product")],
        [("北京", "place")],
    ]
    assert "2 spans had offsets that were counted in UTF-16 units" in told(records)


def test_emoji_that_prove_nothing_are_told() -> None:
    records = read(lines({"text": "😀北京真冷啊", "label": [[1, 3, "place"]]}))
    assert found(records)[0][1] == [("北京", "place")]
    assert "nothing in the file can prove" in told(records)


def test_one_careless_span_moves_no_other() -> None:
    careless = {"text": "第一行\n在北京 见", "label": [[5, 8, "place"]]}
    rows = [{"text": f"第{n}行\n在北京见", "label": [[5, 7, "place"]]} for n in range(5)]
    records = read(lines(careless, *rows))
    assert [spans[0][0] for _, spans in found(records)] == ["北京 ", *["北京"] * 5]
    assert not records.notices


def test_line_ends_that_count_one() -> None:
    text = "第一行\r\n在Beijing Road\r\n见"
    records = read(lines({"text": text, "label": [[5, 17, "place"]]}))
    assert found(records)[0][1] == [("Beijing Road", "place")]
    assert "each \\r\\n as one" in told(records)


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        ([[0, 99, "x"]], "0-99 lies outside the text of 12 characters"),
        ([[-1, 3, "x"]], "-1-3 lies outside"),
        ([[4, 4, "x"]], "4-4 is empty"),
        ([[3, "x"]], "a span needs start, end and label"),
        ([[0, 4, ""]], "a span needs start, end and label"),
        ([[0, 4.5, "x"]], "a span needs start, end and label"),
    ],
)
def test_a_span_that_cannot_be_is_refused_by_line(spans: list[Any], why: str) -> None:
    records = read(lines(OLD, {"text": TEXT, "labels": spans}))
    assert found(records) == EXPECTED
    ((line, reason),) = bad(records)
    assert line == 2 and why in reason


# -- Label Studio -------------------------------------------------------------------------------


def result(start: int, end: int, text: str, *labels: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": list(labels)}
    return {"value": value, "from_name": "label", "to_name": "text", "type": "labels"}


def studio(text: str, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"text": text}, "annotations": [{"result": list(results)}], **more}


SPANS = (result(0, 4, "浙商银行", "company"), result(5, 8, "叶老桂", "name"))


@pytest.mark.parametrize("array", [False, True], ids=["lines", "array"])
def test_label_studio(array: bool) -> None:
    row = studio(TEXT, *SPANS)
    text = json.dumps([row], ensure_ascii=False, indent=2) if array else lines(row)
    records = read(text, "project.json")
    assert found(records) == EXPECTED and not records.notices


def test_label_studio_min() -> None:
    labels = [item["value"] for item in SPANS]
    row = {"text": TEXT, "id": 3, "label": labels, "annotator": 1, "lead_time": 3.2}
    assert found(read(json.dumps([row], ensure_ascii=False), "min.json")) == EXPECTED


def test_label_studio_counts_emoji_twice_and_collapses_blanks() -> None:
    emoji = studio("👨🏻 去了北京", result(7, 9, "北京", "place"))
    blanks = studio("Li   Na 赢了", result(0, 7, "Li Na", "name"))
    records = read(lines(emoji, blanks))
    assert found(records)[0][1] == [("北京", "place")]
    assert found(records)[1][1] == [("Li   Na", "name")]
    assert "UTF-16" in told(records) and "other blanks" in told(records)


def test_label_studio_tells_what_it_does_not_use() -> None:
    unlabelled = {"id": 2, "data": {"text": "无"}, "annotations": []}
    cancelled = {"id": 3, "data": {"text": "跳"},
                 "annotations": [{"result": [], "was_cancelled": True}]}  # fmt: skip
    two = studio(TEXT, *SPANS, predictions=[{"result": []}])
    two["annotations"].append({"result": []})
    relation = {"type": "relation", "from_id": "a", "to_id": "b", "labels": []}
    related = studio(TEXT, *SPANS, relation)
    empty = studio("没有片段")
    records = read(lines(unlabelled, cancelled, two, related, empty))
    assert found(records) == [*EXPECTED * 2, ("没有片段", [])]
    said = told(records)
    for piece in ("1 tasks have no annotation", "1 annotations were skipped", "several annotations",
                  "predictions of a model", "1 relations are passed over"):  # fmt: skip
        assert piece in said
    assert records.lines == [3, 4, 5]


def test_label_studio_where_nobody_labelled() -> None:
    with pytest.raises(DataError) as refusal:
        read(lines({"id": 2, "data": {"text": "无"}, "annotations": []}))
    assert "no labelled task" in three_parts(refusal.value)
    assert refusal.value.code == "data.unlabelled"


def test_a_mention_that_is_not_in_the_text_is_refused() -> None:
    records = read(lines(studio(TEXT, result(0, 2, "上海", "place")), studio(TEXT, *SPANS)))
    ((line, reason),) = bad(records)
    assert line == 1 and '"上海" does not stand in the text' in reason


def test_choices_are_a_table_with_lists() -> None:
    def chosen(*choices: str) -> dict[str, Any]:
        return {"value": {"choices": list(choices)}, "type": "choices", "from_name": "c"}

    rows = [studio("很好", chosen("好评", "推荐")), studio("太差", chosen("差评"))]
    records = read(json.dumps(rows, ensure_ascii=False))
    assert records.form == "table" and records.header == ["text", "label"]
    assert records.cells == [["很好", ["好评", "推荐"]], ["太差", ["差评"]]]
    small = [{"text": "很好", "topic": {"choices": ["好评", "推荐"]}, "annotation_id": 4, "id": 1}]
    assert read(json.dumps(small)).cells == [["很好", ["好评", "推荐"]]]


def test_conll_of_label_studio_is_refused_with_the_way_on() -> None:
    with pytest.raises(DataError) as refusal:
        read("-DOCSTART- -X- O\n叶老桂去了杭州。 -X- _ B-name\n\n", "project.conll")
    assert "Export JSON" in three_parts(refusal.value)


# -- column files -------------------------------------------------------------------------------

SENTENCE = "叶老桂在杭州"
COLUMNS = {
    "BIO": "B-PER I-PER I-PER O B-LOC I-LOC",
    "BIOS": "B-PER I-PER I-PER O B-LOC I-LOC",
    "BIOES": "B-PER I-PER E-PER O B-LOC E-LOC",
    "BMES": "B-PER M-PER E-PER O B-LOC E-LOC",
    "BMEO": "B_PER M_PER E_PER O B_LOC E_LOC",
    "BILOU": "B-PER I-PER L-PER O B-LOC L-LOC",
    "type first": "PER-B PER-I PER-I O LOC-B LOC-I",
}


def columns(tags: str, separator: str = " ", text: str = SENTENCE) -> str:
    return "".join(
        f"{char}{separator}{tag}\n" for char, tag in zip(text, tags.split(), strict=True)
    )


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


def marked(tags: str, text: str = SENTENCE) -> str:
    return "\x02".join(text) + "\t" + "\x02".join(tags.split()) + "\n"


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


# -- CLUENER ------------------------------------------------------------------------------------


def test_cluener_ends_with_the_last_character() -> None:
    label = {"company": {"浙商银行": [[0, 3]]}, "name": {"叶老桂": [[5, 7]]}}
    records = read(lines({"text": TEXT, "label": label}, {"text": "无", "label": {}}))
    assert found(records) == [*EXPECTED, ("无", [])] and not records.notices


def test_cluener_with_an_end_behind_is_repaired() -> None:
    label = {"name": {"叶老桂": [[5, 8]]}}
    records = read(lines({"text": TEXT, "label": label}))
    assert found(records)[0][1] == [("叶老桂", "name")]
    assert "only occurrence" in told(records)


def test_cluener_without_label() -> None:
    records = read(lines({"text": TEXT, "label": {"name": {"叶老桂": [[5, 7]]}}}, {"text": "无"}))
    assert [line for line, _ in bad(records)] == [2]


# -- UIE ----------------------------------------------------------------------------------------


def uie(content: str, prompt: str, *results: tuple[str, int, int]) -> dict[str, Any]:
    listed = [{"text": text, "start": start, "end": end} for text, start, end in results]
    return {"content": content, "result_list": listed, "prompt": prompt}


def test_uie_puts_the_prompts_of_a_text_together() -> None:
    records = read(
        lines(
            uie(TEXT, "company", ("浙商银行", 0, 4)),
            uie(TEXT, "name", ("叶老桂", 5, 8)),
            uie(TEXT, "time"),
            uie("另一条", "time"),
        )
    )
    assert found(records) == [*EXPECTED, ("另一条", [])]
    assert "4 lines hold 2 texts" in told(records)


def test_uie_prompts_of_relations_and_classes_are_passed_over() -> None:
    records = read(
        lines(
            uie(TEXT, "company", ("浙商银行", 0, 4)),
            uie(TEXT, "name", ("叶老桂", 5, 8)),
            uie(TEXT, "浙商银行的员工", ("叶老桂", 5, 8)),
            uie(TEXT, "叶老桂的生日"),
            uie(TEXT, "情感倾向[正向，负向]", ("正向", -7, -5)),
        )
    )
    assert found(records) == EXPECTED
    assert "2 prompts for relations" in told(records) and "1 prompts for classes" in told(records)


def test_uie_of_classes_alone_is_refused() -> None:
    with pytest.raises(DataError) as refusal:
        read(lines(uie(TEXT, "情感倾向[正向，负向]", ("正向", -7, -5))))
    assert "--task classify" in three_parts(refusal.value)
    assert refusal.value.code == "data.uie_prompts"


# -- all ----------------------------------------------------------------------------------------


def test_a_mention_that_stands_twice_cannot_be_told() -> None:
    records = read(lines(uie("北京在北京", "place", ("北京", 1, 3))))
    ((_, reason),) = bad(records)
    assert "stands in the text 2 times" in reason


def test_a_label_of_ten_thousand_characters_is_a_label() -> None:
    records = read(lines({"text": TEXT, "labels": [[0, 4, "长" * 10_000]]}))
    assert len(records.cells[0][1][0]["label"]) == 10_000


@pytest.mark.parametrize("name", READERS.names())
@pytest.mark.parametrize("text", ["", "\x00", "[", "{", "[1]", "{}", "[[]]", "x" * 1000, "\ud800"])
def test_no_reader_falls_over_what_is_not_its_own(name: str, text: str) -> None:
    reader = READERS.get(name)
    assert isinstance(reader.recognises(text, ".txt"), bool)


@pytest.mark.parametrize(
    "text",
    [
        lines(OLD, ENTITIES), lines(studio(TEXT, *SPANS)), columns(COLUMNS["BIO"]) * 3,
        marked(COLUMNS["BIO"]) * 3, lines(uie(TEXT, "name", ("叶老桂", 5, 8))),
        lines({"text": TEXT, "label": {"name": {"叶老桂": [[5, 7]]}}}),
    ],
)  # fmt: skip
def test_the_beginning_of_a_file_is_enough_to_know_it(text: str) -> None:
    whole = reader_of(text * 40, ".txt")
    assert whole.form == "spans"
    assert reader_of((text * 40)[: 30 * len(text) + 7], ".txt") is whole
