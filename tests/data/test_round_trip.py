"""Whatever is written by a program that keeps to its format is read back, in every encoding."""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
from pathlib import Path

from classify_data import read
from hypothesis import given
from hypothesis import strategies as st

from paddle_lab.data.excerpt import has_letters_to_see

Rows = list[tuple[str, str]]

ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
# Everyday text, with the characters that formats trip over more often than by chance.
everyday = st.text("的一是不了在人有我他这书店好坏，。！、（）“”　abcXYZ 0123456789", max_size=20)
tricky = st.text(
    "\t\n\",;|\\'{}[]:<>&#=-\u2028\u2029\x0b\x0c\x85\u3000\u202e\u200b\ufeff\0😀é字", max_size=4
)
texts = st.tuples(everyday, tricky, everyday).map("".join).filter(has_letters_to_see)
labels = st.one_of(
    st.sampled_from(["好评", "差评", "0", "1", "-1", "positive"]), texts.map(str.strip)
).filter(has_letters_to_see)
# Two rows at least: a single one can hardly show its layout.
tables = st.lists(st.tuples(texts, labels), min_size=2, max_size=12)


def without(cell: str, unfit: str) -> str:
    """``cell`` without some characters, and with something to see."""
    rest = cell.translate({ord(char): None for char in unfit}).strip()
    return rest if has_letters_to_see(rest) else "空"


def read_back(content: str, encoding: str, suffix: str) -> Rows:
    """Force the encoding where the content is too short to show it."""
    marked = encoding in ("utf-8", "utf-8-sig", "utf-16")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows{suffix}"
        path.write_bytes(content.encode(encoding))
        found = read(path, encoding=None if marked else encoding)
    return list(found.rows())


@given(rows=tables, encoding=st.sampled_from(ENCODINGS), label_first=st.booleans())
def test_json_lines(rows: Rows, encoding: str, label_first: bool) -> None:
    names = ("label", "text") if label_first else ("text", "label")
    lines = []
    for text, label in rows:
        row = {"text": text, "label": label}
        lines.append(json.dumps({name: row[name] for name in names}, ensure_ascii=False))
    assert read_back("\n".join(lines) + "\n", encoding, ".jsonl") == rows


@given(
    rows=tables,
    encoding=st.sampled_from(ENCODINGS),
    line_end=st.sampled_from(["\n", "\r\n"]),
    separator=st.sampled_from([",", "\t", ";"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_csv(rows: Rows, encoding: str, line_end: str, separator: str, quoting: int) -> None:
    # Before 3.11 the csv module refuses a NUL, and the row is named. A tab-separated file is taken
    # for quoted only when that is plain to see. A cell of several lines that look like whole
    # rows is refused.
    unfit = "\0" if sys.version_info < (3, 11) else ""
    if separator == "\t" and quoting == csv.QUOTE_MINIMAL:
        unfit += '"'
    rows = [
        tuple(without(cell, unfit + ("\n" if separator in cell else "")) for cell in row)
        for row in rows
    ]  # fmt: skip
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["text", "label"])
    writer.writerows(rows)
    suffix = ".tsv" if separator == "\t" else ".csv"
    assert read_back(stream.getvalue(), encoding, suffix) == rows


@given(rows=tables, encoding=st.sampled_from(ENCODINGS), label_first=st.booleans())
def test_plain_tsv(rows: Rows, encoding: str, label_first: bool) -> None:
    """As a script writes it: no quoting, so no tab and no line end inside."""
    rows = [(without(text, '\t\n\r"'), without(label, '\t\n\r"')) for text, label in rows]
    head = "label\ttext" if label_first else "text\tlabel"
    lines = [f"{label}\t{text}" if label_first else f"{text}\t{label}" for text, label in rows]
    assert read_back("\n".join([head, *lines]), encoding, ".tsv") == rows
