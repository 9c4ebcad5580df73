"""Bad data: each kind gets its own words, what happened, why, and what to do, and loses nothing."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from classify_data import prepare, read
from data.data_files import Write, three_parts
from other_user import no_access

from paddle_lab.data.opening import read_stream
from paddle_lab.errors import DataError
from paddle_lab.untrusted import MEGABYTE

GOOD = "".join(f"第{n}条评论写得很长\t{n % 2}\n" for n in range(60))


def refusal(**arguments: object) -> str:
    """The message of the refusal, in English, checked for its three parts."""
    with pytest.raises(DataError) as caught:
        prepare(**arguments)  # type: ignore[arg-type]
    return three_parts(caught.value)


# -- files --------------------------------------------------------------------------------------


def test_no_such_file(write: Write) -> None:
    path = write("train.tsv", GOOD)
    message = refusal(train=str(path.with_name("trian.tsv")))
    assert "There is no file, variable or sample called" in message
    assert "Did you mean train.tsv?" in message
    assert "Did you mean reviews" in refusal(train="review")
    assert "Looked in" in refusal(train="no/such/folder/x.tsv")


@pytest.mark.parametrize("content", ["", "\n \t\r\n", "\ufeff", "\u3000\n"])
def test_an_empty_file(content: str, write: Write) -> None:
    assert "train.tsv is empty." in refusal(train=str(write("train.tsv", content)))


def test_a_header_alone(write: Write) -> None:
    assert "a.csv has no rows." in refusal(train=str(write("a.csv", "text,label\n")))
    assert "a.json has no rows." in refusal(train=str(write("a.json", "[]")))


def test_a_folder_names_what_is_in_it(write: Write) -> None:
    path = write("train.tsv", GOOD)
    message = refusal(train=str(path.parent))
    assert "is a folder" in message
    assert "train.tsv" in message


def test_a_file_without_permission(write: Write) -> None:
    path = write("train.tsv", GOOD)
    with no_access(path):
        message = refusal(train=str(path))
    assert "cannot be read" in message
    assert "Permission denied" in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of Unix")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file." in refusal(train=str(tmp_path / "pipe"))
    assert "Save the rows to a file" in refusal(train="/dev/null")


def test_a_file_that_is_too_large_is_not_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.data.opening.LARGEST_FILE", MEGABYTE)
    path = write("train.tsv", GOOD * 1000)
    assert "larger than 1 MB" in refusal(train=str(path))


def test_a_stream_that_never_ends_is_read_no_further_than_a_file_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("paddle_lab.data.opening.LARGEST_FILE", 1000)
    assert read_stream(io.BytesIO(b"x" * 1000), "-") == b"x" * 1000
    endless = io.BytesIO(b"x" * 5000)
    with pytest.raises(DataError) as raised:
        read_stream(endless, "-")
    assert raised.value.code == "data.too_large"
    assert endless.tell() == 1001


@pytest.mark.parametrize("name", ["a\0b.tsv", "x" * 5000, "../../\n\u202e.tsv"])
def test_hostile_file_names(name: str) -> None:
    refusal(train=name)


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"SQLite format 3\0", "SQLite"), (b"%PDF-1.7", "PDF"), (b"{\\rtf1", "RTF"),
     (b"\x89PNG\r\n\x1a\n", "picture"), (b"\x80\x04\x95", "pickle"), (b"ARROW1\0\0", "Feather")],
)  # fmt: skip
def test_a_file_that_is_no_text(start: bytes, kind: str, write: Write) -> None:
    message = refusal(train=str(write("train.xlsx", start + bytes(range(256)))))
    assert kind in message
    assert "CSV" in message


def test_a_wrong_encoding_is_named_by_line_and_byte(write: Write) -> None:
    content = GOOD.encode() + b"\xff\xfe\xfd\t1\n" + GOOD.encode()
    message = refusal(train=str(write("train.tsv", content)))
    assert "train.tsv line 61: byte" in message
    forced = refusal(train=str(write("b.tsv", GOOD.encode("gb18030"))), encoding="utf-8")
    assert "b.tsv line 1: byte 1 of the file cannot be read as utf-8" in forced


# -- rows ---------------------------------------------------------------------------------------


def test_a_row_without_label_is_named_as_the_plan_of_the_house_has_it(write: Write) -> None:
    rows = GOOD.splitlines()
    rows[37] = "这一行没有标签" + "很长" * 40
    message = refusal(train=str(write("train.tsv", "\n".join(rows))))
    first = ("这一行没有标签" + "很长" * 40)[:40]
    assert message.startswith(
        "DataError: train.tsv line 38: 1 column found, 2 expected (text<TAB>label). "
        f'First 40 characters: "{first}"'
    )
    assert "1 of 60 rows cannot be used." in message
    assert "--skip-bad" in message


def test_many_bad_rows_are_counted_and_the_first_five_named(write: Write) -> None:
    rows = GOOD.splitlines()
    for place in range(0, 40, 4):
        rows[place] = "没有标签"
    rows[4] = "\t1"
    path = write("train.tsv", "\n".join(rows))
    message = refusal(train=str(path))
    assert "10 of 60 rows cannot be used; also line 5 (the text is empty), line 9, " in message
    assert "line 17 …" in message
    assert "line 21" not in message

    prepared = prepare(str(path), skip_bad=True)
    assert len(prepared.train) + len(prepared.dev) == 50
    assert any("10 of 60 rows dropped, the first at line 1" in str(n.en.format(**n.values))
               for n in prepared.report.notices)  # fmt: skip


@pytest.mark.parametrize("text", ["", "  ", "\u3000", "\u200b\u200b", "\0\0", "\ufeff"])
def test_a_text_that_nobody_can_see_is_empty(text: str, write: Write) -> None:
    message = refusal(train=str(write("train.tsv", f"{GOOD}{text}\t1\n")))
    assert "train.tsv line 61: the text is empty" in message


@pytest.mark.parametrize("value", ["null", "NaN", '""'])
def test_nan_and_null_in_json(value: str, write: Write) -> None:
    good = '{"text": "好的评论", "label": 1}\n{"text": "坏的评论", "label": 0}\n'
    path = write("a.jsonl", f'{good}{{"text": {value}, "label": 1}}\n')
    assert "a.jsonl line 3: the text is empty" in refusal(train=str(path))
    path = write("b.jsonl", f'{good}{{"text": "没有标签", "label": {value}}}\n')
    assert "b.jsonl line 3: the label is missing" in refusal(train=str(path))


def test_nan_in_a_table() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["好", None, "坏", float("nan")], "label": [1, 0, None, 1]})
    message = refusal(train="df", names={"df": frame})
    assert "df row 2: the text is empty" in message
    assert "3 of 4 rows cannot be used; also row 3 (the label is missing), row 4." in message


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "not JSON"),
        ('["one"]', "a JSON list found"),
        ("17", "a JSON int found"),
        ('{"text": ["a"], "label": 1}', "the text is a list"),
        ('{"text": "a", "label": {"b": 1}}', "the label is a dict"),
        ('{"text": "a", "label": ["x", "y"]}', "2 labels in one row; one label a row"),
        ("[" * 100_000, "nested too deeply"),
        ('{"text": "a", "label": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_bad_json_lines_are_named(line: str, reason: str, write: Write) -> None:
    if line.startswith('{"text": "a", "label": 999') and sys.version_info < (3, 10, 7):
        pytest.skip("this Python takes numbers of any length")
    content = '{"text": "好", "label": "x"}\n' + line + '\n{"text": "坏", "label": "y"}\n'
    message = refusal(train=str(write("a.jsonl", content)))
    assert "a.jsonl line 2: " in message
    assert reason in message


def test_a_broken_json_array_is_named_by_line(write: Write) -> None:
    content = '[\n{"text": "好", "label": 1},\n{"text": "坏" "label": 0}\n]'
    assert "a.json line 3: not valid JSON." in refusal(train=str(write("a.json", content)))
    assert "a.json line 1" in refusal(train=str(write("a.json", '[{"text": "好", "label": 1}')))
    document = json.dumps({"version": 1, "data": []}, indent=1)
    assert "holds one JSON object, not rows" in refusal(train=str(write("b.json", document)))


def test_a_row_of_100_000_characters_is_read_and_told_of(write: Write) -> None:
    for name, quote in (("a.tsv", ""), ("a.csv", '"')):
        long = "很长，" * 33_334
        content = GOOD.replace("\t", "," if quote else "\t") + (
            f"{quote}{long}{quote},1\n" if quote else f"{long}\t1\n"
        )
        dataset = read(write(name, content))
        assert max(map(len, dataset.texts)) == len(long)
        notices = prepare(str(write(name, content))).report.notices
        assert any(f"{name} line 61: 100,002 characters" in n.in_language("en") for n in notices)


# -- columns ------------------------------------------------------------------------------------


def test_a_missing_column_with_the_closest_one(write: Write) -> None:
    path = write("train.csv", "review,stars\n一句评论,5\n又一句话,1\n")
    message = refusal(train=str(path), text="reveiw")
    assert "train.csv has no column 'reveiw'." in message
    assert "Its columns: review, stars." in message
    assert "Did you mean --text review?" in message
    bare = write("train.tsv", "一句评论\t5\n又一句话\t1\n")
    assert "It has no header; its columns are 0 to 1." in refusal(train=str(bare), label="7")


def test_one_column_only(write: Write) -> None:
    message = refusal(train=str(write("a.txt", "只有文本\n还是只有文本\n")))
    assert "a.txt line 1: 1 column found, 2 expected (text<TAB>label)" in message
    assert "has no column for a label" in refusal(train=[{"text": "好"}, {"text": "坏"}])


def test_the_same_column_twice(write: Write) -> None:
    path = write("train.csv", "review,stars\n一句评论,5\n又一句话,1\n")
    assert "cannot be both" in refusal(train=str(path), text="stars", label="stars")


@pytest.mark.parametrize("header", ["", "sentence1\tsentence2\tlabel\n", "query\ttitle\tlabel\n"])
def test_pairs_of_texts_are_not_classified_by_one_of_them(header: str, write: Write) -> None:
    rows = "".join(f"第{n}个问题怎么问\t问题{n}应该怎么问\t{n % 2}\n" for n in range(30))
    path = write("pairs.tsv", header + rows)
    message = refusal(train=str(path))
    assert "pairs.tsv has two columns of texts" in message
    chosen = "sentence1" if header.startswith("sentence1") else "query" if header else "0"
    assert f"--text {chosen}" in message
    assert len(prepare(str(path), text=chosen).train)


def test_rows_without_any_label(write: Write) -> None:
    rows = "".join(f"{n}\t第{n}条没有标签的评论\n" for n in range(40))
    assert "no column looks like a label" in refusal(train=str(write("a.tsv", rows)))


@pytest.mark.parametrize("sep", ["", '"', "\n"])
def test_a_separator_that_cannot_separate(sep: str, write: Write) -> None:
    assert "--sep tab" in refusal(train=str(write("a.tsv", GOOD)), sep=sep)


# -- the parts together -------------------------------------------------------------------------


def test_one_class_only(write: Write) -> None:
    path = write("a.tsv", "很好的评论\t好评\n也是很好的\t好评\n")
    message = refusal(train=str(path))
    assert "a.tsv has one class only: '好评'." in message
    assert "All rows (2) carry it" in message


def test_a_label_of_dev_that_training_never_saw(write: Write) -> None:
    train = write("train.tsv", GOOD)
    dev = write("dev.tsv", "认识的标签\t1\n不认识的标签\t2\n也不认识的\t2\n又一个\t０\n")
    message = refusal(train=str(train), dev=str(dev))
    assert "dev.tsv line 2: label '2' never occurs in the training rows." in message
    assert "3 of 4 rows of dev.tsv" in message
    assert "--skip-bad" in message
    kept = prepare(str(train), str(dev), skip_bad=True)
    assert kept.dev.labels == ["1"]
    assert any("3 of 4 rows dropped" in n.in_language("en") for n in kept.report.notices)


def test_a_label_of_dev_that_only_looks_the_same_is_said_to(write: Write) -> None:
    train = write("train.tsv", GOOD.replace("\t1", "\tPositive"))
    dev = write("dev.tsv", "写法不同\t\u200bpositive\n")
    assert "Training has 'Positive'." in refusal(train=str(train), dev=str(dev))


def test_skipping_never_leaves_an_empty_part(write: Write) -> None:
    train = write("train.tsv", GOOD)
    dev = write("dev.tsv", "不认识\t2\n也不认识\t3\n")
    assert "never occurs" in refusal(train=str(train), dev=str(dev), skip_bad=True)
    assert "column found" in refusal(train=str(write("b.txt", "没有标签\n")), skip_bad=True)


def test_a_class_for_every_row(write: Write) -> None:
    rows = "".join(f"第{n}条评论\t第{n}类\n" for n in range(40))
    path = write("classes.tsv", "text\tlabel\n" + rows)
    assert "different labels in" in refusal(train=str(path))
    rows = "".join(f"第{n}条评论\t{n * 0.37:.2f}\n" for n in range(40))
    path = write("scores.tsv", "text\tscore\n" + rows)
    assert "--task regress" in refusal(train=str(path))


def test_too_few_texts_to_set_any_aside(write: Write) -> None:
    path = write("a.tsv", "一条好评在此\t好\n一条差评在此\t坏\n")
    assert "No rows of a.tsv can be set aside" in refusal(train=str(path))


@pytest.mark.parametrize("share", [0, 1, -0.5, 7, float("nan")])
def test_a_share_that_is_none(share: float, write: Write) -> None:
    assert "--split 0.1" in refusal(train=str(write("a.tsv", GOOD)), split=share)


def test_a_limit_below_the_number_of_classes(write: Write) -> None:
    path = write("a.tsv", GOOD)
    for rows in (1, 0, -5):
        assert "Use --limit 2 or more." in refusal(train=str(path), limit=rows)


# -- hostile strings ----------------------------------------------------------------------------

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "a'b\"c`d",
    "😀👩‍👩‍👧",
    "\u202eevil\u202c",
    "{label} %s {0.__class__}",
    "\\N{DIGIT ONE}",
    "a\0b",
    "--5",
    "9" * 5000,
    "nan",
    "null",
]


def test_hostile_labels_survive_and_are_harmless_in_every_form() -> None:
    rows = [(f"第{n}条{label}文本{n}", label) for label in HOSTILE for n in range(4)]
    prepared = prepare(rows)
    assert sorted(prepared.labels) == sorted(HOSTILE)
    report = prepared.report
    assert set(report.to_json()["parts"]["train"]["classes"]) == set(HOSTILE)
    for language in ("en", "zh"):
        page = report.html(language)
        assert "<img" not in page
        assert "&lt;img" in page
        for shown in (page, report.text(language)):
            assert "\u202e" not in shown
            assert "\0" not in shown
            assert "\\u202eevil" in shown


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_in_messages(label: str) -> None:
    message = refusal(train=[("一条评论", label), ("又一条评论", label)])
    assert "one class only" in message


def test_lone_surrogates_are_mended_and_told_of(write: Write) -> None:
    path = write("a.jsonl", '{"text": "坏\\ud83d字", "label": 1}\n{"text": "好字", "label": 0}\n')
    dataset = read(path)
    assert dataset.texts == ["坏\ufffd字", "好字"]
    assert "lone surrogates" in dataset.notices[0].in_language("en")
