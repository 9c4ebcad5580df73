"""Pairs in the files that people have, and what looks like them and is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.data import Dataset, read
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.pair.options import PairOptions
from paddle_lab.tasks.recognition import choose_task

PAIR = get_task("pair")
ASKED = [f"第{n}期账单什么时候可以还款" for n in range(24)]
OTHERS = [f"借呗第{n}期的还款日是哪一天" for n in range(24)]
LABELS = [str(n % 2) for n in range(24)]


def write(path: Path, rows: list[list[str]], header: str = "") -> str:
    lines = ([header] if header else []) + ["\t".join(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def tsv(path: Path, order: str = "abl", header: str = "", labels: list[str] = LABELS) -> str:
    columns = {"a": ASKED, "b": OTHERS, "l": labels, "i": [str(n) for n in range(24)]}
    return write(path, [[columns[one][n] for one in order] for n in range(24)], header)


def refused(source: str, **options: Any) -> DataError:
    with pytest.raises(DataError) as found:
        read(PAIR, source, **options)
    return found.value


def is_whole(found: Dataset, labels: list[str] = LABELS) -> None:
    assert found.given == {"text": ASKED, "text2": OTHERS}
    assert found.targets == labels


@pytest.mark.parametrize("order", ["abl", "lab", "iabl", "abli"])
def test_a_table_without_a_header_is_told_by_its_shape(order: str, tmp_path: Path) -> None:
    source = tsv(tmp_path / "train.tsv", order)
    assert choose_task(source) == "pair"
    found = read(PAIR, source)
    is_whole(found)
    assert any("by their shape" in notice.in_language("en") for notice in found.notices)


@pytest.mark.parametrize(
    "header",
    ["sentence1\tsentence2\tlabel", "premise\thypothesis\tlabel", "query\ttitle\tlabel",
     "text_a\ttext_b\tlabel", "question1\tquestion2\tis_duplicate", "文本1\t文本2\t标签"],
)  # fmt: skip
def test_names_that_go_together(header: str, tmp_path: Path) -> None:
    source = tsv(tmp_path / "train.tsv", "abl", header)
    assert choose_task(source) == "pair"
    is_whole(read(PAIR, source))


def test_json_lines_of_ocnli_with_fields_of_its_own(tmp_path: Path) -> None:
    kinds = ["neutral", "contradiction", "entailment", "-"]
    rows = [
        {"level": "easy", "sentence1": one, "sentence2": other, "label": kinds[n % 4],
         "label0": "neutral", "label1": None, "genre": "tv", "prem_id": f"tv_{n}", "id": n}
        for n, (one, other) in enumerate(zip(ASKED, OTHERS, strict=True))
    ]  # fmt: skip
    path = tmp_path / "train.json"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    assert choose_task(str(path)) == "pair"
    error = refused(str(path))
    assert (
        "line 4: the label is '-'" in error.what.in_language("en") and error.code == "data.bad_rows"
    )
    found = read(PAIR, str(path), skip_bad=True)
    assert len(found) == 18 and set(found.labels) == set(kinds[:3])


def test_a_query_that_stands_beside_many_titles(tmp_path: Path) -> None:
    rows = [["怎么开通花呗分期付款", OTHERS[n], str(n % 2)] for n in range(12)]
    rows += [["如何修改支付密码呢", ASKED[n], str(n % 2)] for n in range(12)]
    source = write(tmp_path / "rank.tsv", rows)
    assert choose_task(source) == "pair"
    found = read(PAIR, source)
    assert len(set(found.given["text"])) == 2 and found.given["text2"][0] == OTHERS[0]


def test_texts_of_two_characters_are_taken_where_the_label_is_known(tmp_path: Path) -> None:
    rows = [[f"苹{n}", f"果{n}", str(n % 2)] for n in range(24)]
    assert read(PAIR, write(tmp_path / "words.tsv", rows)).given["text2"][3] == "果3"


def test_a_variable_of_the_notebook() -> None:
    frame = {"sentence1": ASKED, "sentence2": OTHERS, "label": [int(one) for one in LABELS]}
    assert choose_task("df", names={"df": frame}) == "pair"
    is_whole(read(PAIR, "df", names={"df": frame}))


def test_columns_may_be_named(tmp_path: Path) -> None:
    source = tsv(tmp_path / "t.tsv", "abl", "左\t右\t值")
    found = read(PAIR, source, columns={"text": "右", "text2": "左", "label": "值"})
    assert found.given["text"] == OTHERS and found.given["text2"] == ASKED
    by_number = read(PAIR, tsv(tmp_path / "n.tsv"), columns={"text": "1", "text2": "0"})
    assert by_number.given["text"] == OTHERS and by_number.targets == LABELS


def test_a_pair_with_one_side_empty_is_a_bad_row_by_its_line(tmp_path: Path) -> None:
    rows = [[ASKED[n], OTHERS[n], LABELS[n]] for n in range(24)]
    rows[2][0], rows[7][1], rows[9][2] = "  ", "", ""
    source = write(tmp_path / "t.tsv", rows)
    error = refused(source)
    assert "line 3: the first text: the text is empty" in error.what.in_language("en")
    assert error.why is not None
    assert "line 8 (the second text: the text is empty)" in error.why.in_language("en")
    assert "line 10 (the label is missing)" in error.why.in_language("en")
    assert "第一条文本" in error.what.in_language("zh")
    assert len(read(PAIR, source, skip_bad=True)) == 21


@pytest.mark.parametrize("header", ["", "sentence1\tsentence2"])
def test_a_file_without_labels_says_what_it_is_good_for(header: str, tmp_path: Path) -> None:
    source = tsv(tmp_path / "test.tsv", "ab", header)
    assert choose_task(source) == "pair", "so that the error is this task's"
    error = refused(source)
    assert error.code == "data.unlabelled" and error.fix is not None
    assert "predict" in error.fix.in_language("en") and "predict" in error.fix.in_language("zh")


def test_labels_that_are_all_empty_are_none(tmp_path: Path) -> None:
    source = tsv(tmp_path / "test.tsv", "abl", "sentence1\tsentence2\tlabel", [""] * 24)
    assert refused(source).code == "data.unlabelled"


def test_a_score_is_for_another_task(tmp_path: Path) -> None:
    scores = [str(round(n / 5, 1)) for n in range(24)]
    source = tsv(tmp_path / "sts.tsv", "abl", "", scores)
    error = refused(source)
    assert error.code == "data.other_task"
    assert error.fix is not None and "--task regress" in error.fix.in_language("en")


def test_named_triples_become_two_pairs_each_and_stay_together(tmp_path: Path) -> None:
    rows = [[ASKED[n // 2], OTHERS[n], f"与此无关的第{n}句话"] for n in range(24)]
    source = write(tmp_path / "pairwise.tsv", rows, "query\tpositive\tnegative")
    assert choose_task(source) == "pair"
    found = read(PAIR, source)
    assert len(found) == 48 and found.targets[:2] == ["1", "0"] and found.lines[:2] == [2, 2]
    assert found.given["text2"][:2] == [OTHERS[0], "与此无关的第0句话"]
    assert found.groups is not None and found.groups[:4] == [ASKED[0]] * 4
    assert any("two pairs each" in notice.in_language("en") for notice in found.notices)


def test_three_texts_without_names_are_refused_with_a_word_and_read_when_asked(
    tmp_path: Path,
) -> None:
    rows = [[ASKED[n], OTHERS[n], f"与此无关的第{n}句话"] for n in range(24)]
    source = write(tmp_path / "pairwise.tsv", rows)
    assert choose_task(source) == "pair"
    error = refused(source)
    assert error.fix is not None and "--set triples=true" in error.fix.in_language("en")
    assert error.why is not None and "pairwise" in error.why.in_language("en")
    found = read(PAIR, source, options=PairOptions(triples=True))
    assert len(found) == 48
    rows[4][2] = " "
    broken = write(tmp_path / "broken.tsv", rows)
    error = refused(broken, options=PairOptions(triples=True))
    assert "line 5: the text that does not fit: the text is empty" in error.what.in_language("en")


def test_one_column_or_one_text_is_no_pair(tmp_path: Path) -> None:
    source = write(tmp_path / "t.tsv", [[ASKED[n], LABELS[n]] for n in range(24)])
    assert choose_task(source) == "classify"
    assert "no two columns of texts" in refused(source).what.in_language("en")


def test_a_headline_and_its_body_are_one_document(tmp_path: Path) -> None:
    source = tsv(tmp_path / "news.tsv", "abl", "title\tcontent\tlabel")
    assert choose_task(source) == "classify"
    is_whole(read(PAIR, source, columns={"text": "title", "text2": "content"}))


def test_classification_names_this_task(tmp_path: Path) -> None:
    with pytest.raises(DataError) as found:
        read(get_task("classify"), tsv(tmp_path / "t.tsv"))
    assert found.value.fix is not None and "--task pair" in found.value.fix.in_language("en")


def test_a_part_is_read_by_the_columns_of_another(tmp_path: Path) -> None:
    train = read(PAIR, tsv(tmp_path / "t.tsv", "lab"))
    few = write(tmp_path / "dev.tsv", [["1", "还款", "怎么还款"], ["1", "额度", "提高额度"]])
    dev = read(PAIR, few, like=train.columns)
    assert dev.given["text"] == ["还款", "额度"] and dev.targets == ["1", "1"]


def test_hostile_cells_break_nothing(tmp_path: Path) -> None:
    rows = [[ASKED[n], OTHERS[n], LABELS[n]] for n in range(24)]
    rows[0] = ["\u202e" * 9, "\x00", "0"]
    rows[1] = ["=cmd()", "x" * 100_000, "1"]
    source = write(tmp_path / "t.tsv", rows)
    assert "line 1" in refused(source).what.in_language("en")
    assert len(read(PAIR, source, skip_bad=True)) == 23


def test_key_words_beside_a_title_are_no_second_text(tmp_path: Path) -> None:
    # Toutiao's headlines: number, code, name, title, key words that many rows have none of.
    rows = [
        [
            f"6551{n:06}",
            f"10{n % 2}",
            f"news_{n % 2}",
            ASKED[n],
            f"账单{n},还款{n}" if n % 3 else "",
        ]
        for n in range(24)
    ]
    source = write(tmp_path / "toutiao.tsv", rows)
    assert choose_task(source) == "classify"
