"""Marked texts as tools write them, and what readers make of them."""

from __future__ import annotations

import json
from typing import Any

from paddle_lab.data.readers import TextReading, read_records
from paddle_lab.data.records import Records

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


def marked(tags: str, text: str = SENTENCE) -> str:
    return "\x02".join(text) + "\t" + "\x02".join(tags.split()) + "\n"
