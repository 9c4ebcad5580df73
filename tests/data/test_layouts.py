"""Every way in which people write labelled texts down is read, or refused by line."""

from __future__ import annotations

import codecs
import csv
import io
import json

import pytest
from classify_data import read
from data.data_files import Write

from paddle_lab.data import Dataset
from paddle_lab.errors import DataError

ROWS = [
    ("这家酒店位置很好，早餐也不错", "好评"),
    ("屏幕有亮点，客服不理人", "差评"),
    ("物流快，包装完整", "好评"),
    ("一本读不下去的书", "差评"),
]
PLAIN = "".join(f"{text}\t{label}\n" for text, label in ROWS)


def rows_of(dataset: Dataset) -> list[tuple[str, str]]:
    return list(dataset.rows())


def as_csv(separator: str, line_end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["review", "label"])
    writer.writerows(ROWS)
    return stream.getvalue()


LAYOUTS: dict[str, tuple[str, str | bytes]] = {
    "utf-8": ("a.tsv", PLAIN),
    "utf-8 with mark": ("a.tsv", codecs.BOM_UTF8 + PLAIN.encode()),
    "gb18030": ("a.tsv", PLAIN.encode("gb18030")),
    "utf-16 with mark": ("a.tsv", PLAIN.encode("utf-16")),
    "utf-16 little endian, no mark": ("a.tsv", PLAIN.encode("utf-16-le")),
    "utf-16 big endian, no mark": ("a.tsv", PLAIN.encode("utf-16-be")),
    "utf-32 with mark": ("a.tsv", PLAIN.encode("utf-32")),
    "Windows line ends": ("a.tsv", PLAIN.replace("\n", "\r\n")),
    "old Mac line ends": ("a.tsv", PLAIN.replace("\n", "\r")),
    "no line end at the end": ("a.tsv", PLAIN.rstrip("\n")),
    "empty lines": ("a.tsv", "\n" + PLAIN.replace("\n", "\n\n  \n") + "\t\n\n"),
    "label first": ("a.txt", "".join(f"{label}\t{text}\n" for text, label in ROWS)),
    "label first, with header": (
        "a.tsv",
        "label\ttext_a\n" + "".join(f"{label}\t{text}\n" for text, label in ROWS),
    ),
    "Chinese header": ("a.tsv", "内容\t类别\n" + PLAIN),
    "header in other case and width": ("a.tsv", " Ｔｅｘｔ \tLABEL\n" + PLAIN),
    "a column too many": (
        "a.tsv",
        "id\tlabel\ttext\n" + "".join(f"{n}\t{b}\t{a}\n" for n, (a, b) in enumerate(ROWS)),
    ),
    "trailing columns without name": (
        "a.csv",
        "text,label,\n" + "".join(f"{text},{label},\n" for text, label in ROWS),
    ),
    "commas": ("a.csv", as_csv(",")),
    "commas, all quoted": ("a.csv", as_csv(",", "\r\n", csv.QUOTE_ALL)),
    "semicolons": ("a.csv", as_csv(";")),
    "pipes": ("a.txt", as_csv("|")),
    "tabs in a .csv": ("a.csv", PLAIN),
    "quoted tabs": ("a.tsv", as_csv("\t", quoting=csv.QUOTE_ALL)),
    "JSON lines": (
        "a.jsonl",
        "".join(json.dumps({"text": a, "label": b}, ensure_ascii=False) + "\n" for a, b in ROWS),
    ),
    "JSON lines in a .txt": (
        "a.txt",
        "\n" + "".join(json.dumps({"label": b, "content": a}) + "\n" for a, b in ROWS),
    ),
    "JSON lines of pairs": ("a.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS)),
    "JSON array": (
        "a.json",
        json.dumps([{"sentence": a, "class": b} for a, b in ROWS], indent=2),
    ),
    "JSON array on one line": ("a.json", json.dumps([{"text": a, "label": b} for a, b in ROWS])),
    "JSON array of pairs": ("a.json", json.dumps(ROWS, ensure_ascii=False)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_gives_the_same_rows(layout: str, write: Write) -> None:
    name, content = LAYOUTS[layout]
    assert rows_of(read(write(name, content))) == ROWS


@pytest.mark.parametrize(
    ("layout", "lines"),
    [
        ("utf-8", [1, 2, 3, 4]),
        ("Chinese header", [2, 3, 4, 5]),
        ("empty lines", [2, 5, 8, 11]),
        ("JSON lines in a .txt", [2, 3, 4, 5]),
        ("JSON array", [2, 6, 10, 14]),
    ],
)
def test_rows_know_their_line(layout: str, lines: list[int], write: Write) -> None:
    dataset = read(write(*LAYOUTS[layout]))
    assert dataset.lines == lines
    assert dataset.where(1).in_language("en").endswith(f"line {lines[1]}")


def test_quoted_cells_keep_tabs_line_ends_and_marks(write: Write) -> None:
    content = 'text\tlabel\n"他说""好""\t然后走了"\t1\n"第一段\n第二段"\t0\n没有引号\t1\n'
    dataset = read(write("a.tsv", content))
    assert dataset.texts == ['他说"好"\t然后走了', "第一段\n第二段", "没有引号"]
    assert dataset.lines == [2, 3, 5]


def test_quotation_marks_of_a_plain_tab_file_belong_to_the_text(write: Write) -> None:
    content = '"很好"，他说\t1\n"不值"\t0\n尺寸 13" 的屏幕\t1\n"没有后半边\t0\n'
    assert read(write("a.tsv", content)).texts == [
        '"很好"，他说',
        '"不值"',
        '尺寸 13" 的屏幕',
        '"没有后半边',
    ]


def test_a_mark_that_is_never_closed_costs_its_own_line_only(write: Write) -> None:
    """The csv module alone would swallow all that follows, and say nothing."""
    lines = [f"第{n}条评论,{n % 2}" for n in range(1, 41)]
    lines[9] = '"开头有引号,1'
    lines[19] = '结尾有引号",0'
    path = write("a.csv", "\n".join(lines))
    with pytest.raises(DataError, match=r"a\.csv line 10: the quotation mark") as caught:
        read(path)
    assert "1 of 40 rows" in str(caught.value.why)
    kept = read(path, skip_bad=True)
    assert len(kept) == 39
    assert kept.texts[18] == '结尾有引号"'


def test_quotation_marks_far_apart_do_not_swallow_the_rows_between(write: Write) -> None:
    lines = [f"第{n}条评论\t{n % 2}" for n in range(1, 41)]
    lines[9], lines[14], lines[19] = '"开头有引号\t1', "没有标签", '结尾有引号"\t0'
    path = write("a.tsv", "\n".join(lines))
    with pytest.raises(DataError, match=r"a\.tsv line 15: 1 column found"):
        read(path)
    assert len(read(path, skip_bad=True)) == 39


@pytest.mark.parametrize("label_first", [True, False])
def test_texts_of_several_lines(label_first: bool, write: Write) -> None:
    rows = [(f"第{n}段，\n然后是\n\n第三段", str(n % 2)) for n in range(30)]
    lines = [f'{b},"{a}"' if label_first else f'"{a}",{b}' for a, b in rows]
    head = "label,review" if label_first else "review,label"
    assert rows_of(read(write("a.csv", "\n".join([head, *lines])))) == rows


def test_a_first_row_of_data_is_no_header(write: Write) -> None:
    """ "question" is a column's name elsewhere; here it is a class."""
    content = "我想问一下\tquestion\n查天气\tcommand\n几点了呢\tquestion\n放首歌\tcommand\n"
    assert read(write("a.tsv", content)).lines == [1, 2, 3, 4]


def test_an_unknown_header_over_numbers_is_a_header(write: Write) -> None:
    content = "评语\t极性\n很好用的\t1\n太慢了吧\t0\n还可以的\t1\n"
    assert read(write("a.tsv", content)).lines == [2, 3, 4]


def test_columns_can_be_named_by_hand(write: Write) -> None:
    path = write("a.tsv", "甲\t乙\t丙\n一句话在此\t备注\tx\n另一句话\t备注二\ty\n")
    assert rows_of(read(path, text="甲", label="丙")) == [("一句话在此", "x"), ("另一句话", "y")]
    bare = write("b.tsv", "备注一\t一句话\tx\n备注二\t另一句\ty\n")
    assert rows_of(read(bare, text="1", label="2")) == [("一句话", "x"), ("另一句", "y")]


@pytest.mark.parametrize(
    ("sep", "sign"),
    [("tab", "\t"), ("\\t", "\t"), ("_!_", "_!_"), ("\u3000", "\u3000"), (":", ":")],
)
def test_a_separator_can_be_given(sep: str, sign: str, write: Write) -> None:
    path = write("a.txt", "".join(f"{text}{sign}{label}\n" for text, label in ROWS))
    assert rows_of(read(path, sep=sep)) == ROWS


def test_a_full_width_separator_is_named_as_the_likely_reason(write: Write) -> None:
    path = write("a.tsv", PLAIN + "全角空格\u3000好评\n" + "反斜杠\\t好评\n")
    with pytest.raises(DataError) as caught:
        read(path)
    english, chinese = (caught.value.in_language(language) for language in ("en", "zh"))
    assert "a.tsv line 5: 1 column found, 2 expected (text<TAB>label)" in english
    assert "a full-width space (U+3000)" in english
    assert "line 6" in english
    assert "a backslash and a t" in english
    assert "a.tsv 第 5 行" in chinese
    assert "全角空格" in chinese


def test_how_a_file_was_read_is_on_record(write: Write) -> None:
    path = write("旧数据.csv", as_csv(";").encode("gb18030"))
    found = read(path)
    assert found.provenance["encoding"] == "gb18030"
    assert found.provenance["separator"] == ";"
    assert found.provenance["header"] is True
    assert tuple(found.columns.values()) == (
        "review",
        "label",
    )
    assert found.provenance["bytes"] == path.stat().st_size
    assert found.provenance["modified"] == path.stat().st_mtime
    assert len(found.provenance["sha256"]) == 64
    assert [notice.in_language("en") for notice in found.notices] == [
        "旧数据.csv was read as gb18030 (--encoding says otherwise)."
    ]


def test_short_texts_with_long_class_names(write: Write) -> None:
    rows = [f"打开{chr(0x4E00 + n)}灯{n}\tsmart home / lights / turn on" for n in range(15)]
    rows += [f"关掉{chr(0x4E00 + n)}灯{n}\tsmart home / lights / turn off" for n in range(15)]
    dataset = read(write("a.tsv", "\n".join(rows)))
    assert dataset.texts[0] == "打开一灯0"
    assert set(dataset.labels) == {
        "smart home / lights / turn on",
        "smart home / lights / turn off",
    }
