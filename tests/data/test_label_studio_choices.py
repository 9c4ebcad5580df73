"""Label Studio's classifications: choices, ratings, taxonomies, several questions, both exports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from classify_data import read
from data.data_files import Write

from paddle_lab.tasks.recognition import choose_task

TEXTS = [f"这家店第{n}次去，{'还会再来' if n % 2 else '再也不来'}" for n in range(30)]
LABELS = ["好评" if n % 2 else "差评" for n in range(30)]
LISTS = [["价格", "质量", "客服"][: 1 + n % 3] for n in range(30)]


def result(value: dict[str, Any], asked: str = "情感") -> dict[str, Any]:
    return {"value": value, "from_name": asked, "to_name": "x", "type": next(iter(value))}


def tasks(values: list[dict[str, Any]], **data: str) -> str:
    return json.dumps([
        {"id": n, "annotations": [{"result": [result(value)]}], "data": {**data, "评论": text}}
        for n, (text, value) in enumerate(zip(TEXTS, values, strict=True))
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([{"choices": [label]} for label in LABELS], LABELS),
        ([{"rating": n % 5 + 1} for n in range(30)], [str(n % 5 + 1) for n in range(30)]),
        ([{"taxonomy": [["评价", label]]} for label in LABELS],
         [f"评价##{label}" for label in LABELS]),
    ],
    ids=["choices", "rating", "taxonomy"],
)  # fmt: skip
def test_each_kind_of_question(
    values: list[dict[str, Any]], wanted: list[str], write: Write
) -> None:
    found = read(str(write("a.json", tasks(values))))
    assert (found.texts, found.labels) == (TEXTS, wanted)


@pytest.mark.parametrize("address", ["https://example.invalid/1", "/data/upload/1.png"])
def test_an_address_beside_the_text_is_no_text(address: str, write: Write) -> None:
    content = tasks([{"choices": [label]} for label in LABELS], source=address)
    found = read(str(write("a.json", content)))
    assert found.texts == TEXTS and not found.notices
    renamed = content.replace(json.dumps("评论"), '"原话"')
    assert read(str(write("b.json", renamed))).texts == TEXTS


def test_one_choice_as_a_text_and_several_as_a_list(write: Write) -> None:
    """JSON_MIN writes the two in the same field; none of them is lost or taken for the text."""
    rows = [
        {"评论": text, "id": n, "annotator": 1, "lead_time": 1.5,
         "问题": labels[0] if len(labels) == 1 else {"choices": labels}}
        for n, (text, labels) in enumerate(zip(TEXTS, LISTS, strict=True))
    ]  # fmt: skip
    path = write("a.json", json.dumps(rows))
    assert choose_task(str(path)) == "multilabel"
    from paddle_lab.data import read as read_rows
    from paddle_lab.tasks import get_task

    found = read_rows(get_task("multilabel"), str(path))
    assert (found.texts, found.targets) == (TEXTS, [sorted(labels) for labels in LISTS])


def test_two_questions_of_each_text_are_two_columns(write: Write) -> None:
    rows = [
        {"id": n, "data": {"text": text}, "annotations": [{"result": [
            result({"choices": [label]}, "态度"),
            result({"choices": ["近" if n % 3 else "远"]}, "距离"),
        ]}]}
        for n, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]  # fmt: skip
    path = str(write("a.json", json.dumps(rows)))
    assert read(path, label="态度").labels == LABELS
    found = read(path, label="距离")
    assert set(found.labels) == {"近", "远"}
    assert any("Several things were asked" in one.in_language("en") for one in found.notices)
