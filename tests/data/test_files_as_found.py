"""Files as people have them: headers in their own words, what Excel leaves, odd names."""

from __future__ import annotations

import json

import pytest
from classify_data import read
from data.data_files import Write, three_parts

from paddle_lab.data import Dataset
from paddle_lab.errors import DataError

PLACES = ("这家店", "上周订的房间", "双十一买的鞋子", "朋友推荐的餐馆", "公司楼下的小吃摊")
GOOD, BAD = "好评", "差评"
ROWS = [
    (f"{PLACES[n % 5]}第{n}次去，{'还会再来' if n % 2 else '再也不来'}", GOOD if n % 2 else BAD)
    for n in range(40)
]


def table(head: str, separator: str = ",", end: str = "") -> str:
    return "\n".join([head + end, *(f"{t}{separator}{c}{end}" for t, c in ROWS)]) + "\n"


def said(found: Dataset) -> str:
    return " ".join(notice.in_language("en") for notice in found.notices)


@pytest.mark.parametrize(
    "head",
    [
        "用户反馈原文,人工判定",
        "opinion,verdict",
        "反馈\t结论",
        "评论（原文）,是否满意？",
        "customer feedback\tverdict by annotator 2",
        "反馈：,*判定*",
    ],
)
def test_a_header_in_words_of_its_own_is_seen_and_told(head: str, write: Write) -> None:
    separator = "\t" if "\t" in head else ","
    found = read(str(write("a.csv", table(head, separator))))
    assert set(found.labels) == {GOOD, BAD} and len(found) == len(ROWS)
    assert "taken as the header, since it is like no other" in said(found)


@pytest.mark.parametrize(
    "first",
    ["还行，一般般的一家小店,中评", f"还行,{GOOD}", "这次的体验只能说是一般般没有什么特别,中评",
     "12,中评"],
    ids=["punctuation", "a label of others", "as long as others", "a number"],
)  # fmt: skip
def test_a_first_row_that_may_be_one_stays(first: str, write: Write) -> None:
    first = first.replace("，", "、")
    found = read(str(write("a.csv", table(first))))
    assert len(found) == len(ROWS) + 1 and "taken as the header" not in said(found)


def test_few_rows_are_no_reason_to_take_one_away(write: Write) -> None:
    head = "\n".join(table("反馈,结论").splitlines()[:10])
    assert len(read(str(write("a.csv", head)))) == 10


def test_empty_columns_that_excel_leaves_are_nothing(write: Write) -> None:
    found = read(str(write("a.csv", table("文本,标签", end=",,,"))))
    assert set(found.labels) == {GOOD, BAD} and found.columns == {"text": "文本", "label": "标签"}


def test_a_column_that_is_empty_but_once_stays(write: Write) -> None:
    rows = table("文本,标签,备注", end=",").replace("文本,标签,备注,", "文本,标签,备注")
    found = read(str(write("a.csv", rows.rstrip("\n") + "见附件\n")))
    assert found.provenance["header"] and len(found) == len(ROWS)


def test_an_array_of_objects_is_read_whatever_the_file_is_called(write: Write) -> None:
    rows = [{"text": text, "label": label} for text, label in ROWS]
    for name in ("a.txt", "a.csv", "a"):
        content = json.dumps(rows, ensure_ascii=False, indent=2)
        assert len(read(str(write(name, content)))) == len(ROWS)


def test_a_separator_of_several_signs_is_found(write: Write) -> None:
    # Headlines of Toutiao: number, code, name, title, key words.
    names = {GOOD: ("101", "news_good"), BAD: ("102", "news_bad")}
    lines = [
        "_!_".join([f"65516787{n:06}", *names[label], text, "词甲，词乙" if n % 2 else ""])
        for n, (text, label) in enumerate(ROWS)
    ]
    found = read(str(write("toutiao.txt", "\n".join(lines))))
    assert set(found.labels) == {"news_good", "news_bad"}, "names say more than codes"
    assert found.texts == [text for text, _ in ROWS]


def test_a_pointer_is_called_one(write: Write) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 57\n"
    with pytest.raises(DataError) as caught:
        read(str(write("a.csv", pointer)))
    assert caught.value.code == "data.lfs_pointer"
    assert "git lfs pull" in three_parts(caught.value)


@pytest.mark.parametrize(
    ("above", "left_out"),
    [
        ("2024年评论标注表,,\n", "2024年评论标注表"),
        ("评论标注结果\n", "评论标注结果"),
        ('"标注表\n第二版",,\n\n制表人：张三,,\n', "标注表"),
        ("数据来源,美团,\n导出时间,2024-01-01,\n", "数据来源 美团"),
    ],
)
def test_title_rows_above_the_header_are_left_out_and_told(
    above: str, left_out: str, write: Write
) -> None:
    rows = "".join(f"{n},{text},{label}\n" for n, (text, label) in enumerate(ROWS))
    found = read(str(write("a.csv", f"{above}序号,评论,标签\n{rows}")))
    assert (found.texts, set(found.labels)) == ([text for text, _ in ROWS], {GOOD, BAD})
    assert left_out in said(found) and "序号, 评论, 标签" in said(found)
    assert found.lines[0] == above.count("\n") + 2


def test_a_first_row_without_label_is_no_title(write: Write) -> None:
    with pytest.raises(DataError) as caught:
        read(str(write("a.csv", "好吃不贵，下次再来\n" + table("x,y").partition("\n")[2])))
    assert "line 1: 1 column found, 2 expected" in three_parts(caught.value)


@pytest.mark.parametrize(
    ("line", "separator"),
    [("sep=;", ";"), ('"sep=;"', ";"), ("SEP=,\r", ","), ("sep=\t", "\t"), ("sep=|", "|")],
)
def test_the_line_with_the_separator_that_excel_writes_is_no_row(
    line: str, separator: str, write: Write
) -> None:
    found = read(str(write("a.csv", f"{line}\n{table(f'文本{separator}标签', separator)}")))
    assert list(found.rows()) == ROWS and found.lines[0] == 3
    assert found.provenance["separator"] == separator


@pytest.mark.parametrize("separator", ["_!_", "|||", "||", "\x01", "::", "##", "@@", "<SEP>"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv"])
@pytest.mark.parametrize("comma", ["，", ","])
def test_each_separator_of_several_signs(
    separator: str, name: str, comma: str, write: Write
) -> None:
    lines = [f"{n}{separator}{text.replace('，', comma)}{separator}{label}"
             for n, (text, label) in enumerate(ROWS)]  # fmt: skip
    if separator == "_!_" or comma == "，":  # one line that nobody finished
        lines.append("最后一行没有写完")
    found = read(str(write(name, "\n".join(lines))), skip_bad=True)
    assert set(found.labels) == {GOOD, BAD} and len(found) == len(ROWS)
    assert found.provenance["separator"] == separator


def test_signs_inside_of_labels_do_not_separate_columns(write: Write) -> None:
    rows = "".join(f"{text}\t{label}##{n % 3}||x\n" for n, (text, label) in enumerate(ROWS))
    assert read(str(write("a.tsv", rows)), label="1").provenance["separator"] == "\t"


def test_a_separator_that_cannot_be_typed_is_given_by_its_code(write: Write) -> None:
    rows = "".join(f"{text}\x02{label}\n" for text, label in ROWS)
    assert list(read(str(write("a.txt", rows)), sep=r"\x02").rows()) == ROWS


def test_a_header_over_lists_of_labels_is_seen_and_a_piece_of_one_is_none(write: Write) -> None:
    kinds = ("价格", "质量", "客服", "物流")
    lists = [",".join(kind for k, kind in enumerate(kinds) if n >> k & 1) or kinds[0]
             for n in range(1, 41)]  # fmt: skip
    rows = "".join(f"{text}\t{labels}\n" for (text, _), labels in zip(ROWS, lists, strict=True))
    found = read(str(write("a.tsv", "反馈\t问题归类\n" + rows)), label="问题归类")
    assert len(found) == 40
    kept = read(str(write("b.tsv", "反馈\t物流,客服\n" + rows)), label="1")
    assert len(kept) == 41


@pytest.mark.parametrize(
    ("head", "row"),
    [("文本,标签,,,", "{},{}"), ("文本,标签", "{},{},,"), ("文本,标签,备注", "{},{}")],
    ids=["a header with more", "rows with more", "rows without the last column"],
)
def test_cells_that_are_empty_or_left_out_at_the_end(head: str, row: str, write: Write) -> None:
    lines = [row.format(text, label) for text, label in ROWS]
    if head.endswith("备注"):
        lines[::2] = [line + "," for line in lines[::2]]
        lines[4] += "见附件"
    found = read(str(write("a.csv", "\n".join([head, *lines]))))
    assert list(found.rows()) == ROWS


def test_a_row_without_its_label_is_not_made_whole(write: Write) -> None:
    rows = table("文本,标签") + "没有标签\n"
    with pytest.raises(DataError, match="line 42: 1 column found"):
        read(str(write("a.csv", rows)))
