"""Marked texts of every tool are read with their spans in place, repaired and told, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from data.data_files import three_parts
from data.marked_texts import (
    COLUMNS,
    EXPECTED,
    TEXT,
    bad,
    columns,
    found,
    lines,
    marked,
    read,
    told,
)

from paddle_lab.data.readers import READERS, reader_of
from paddle_lab.errors import DataError

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
