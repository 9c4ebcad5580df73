"""How labels are written in the files that people have, and what may not be taken for labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.cli import main
from paddle_lab.data import Dataset, read
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.multilabel.options import MultiLabelOptions
from paddle_lab.tasks.multilabel.separators import find_separator
from paddle_lab.tasks.recognition import choose_task

MULTILABEL = get_task("multilabel")
TEXTS = [f"第{n}条案情描述，双方就婚后财产与子女抚养发生争议" for n in range(12)]
SETS = [["抚养"], ["财产"], ["财产", "抚养"], ["债务"], ["债务", "财产"], []]
WANTED = [sorted(SETS[n % 6]) for n in range(12)]


def targets(path: Path, **options: Any) -> list[Any]:
    return read(MULTILABEL, str(path), **options).targets


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def tsv(cells: list[str]) -> str:
    return "".join(f"{text}\t{cell}\n" for text, cell in zip(TEXTS, cells, strict=True))


def said(found: Dataset) -> list[str]:
    return [notice.in_language("en") for notice in found.notices]


def lines(separator: str) -> str:
    return tsv([separator.join(SETS[n % 6]) for n in range(12)])


@pytest.mark.parametrize("separator", [",", "，", ";", "；", "|", "、", "/", " ", "#"])
def test_every_usual_separator_is_found_and_told(tmp_path: Path, separator: str) -> None:
    path = write(tmp_path / "train.txt", lines(separator))
    assert choose_task(str(path)) == "multilabel"
    found = read(MULTILABEL, str(path))
    assert found.targets == WANTED
    assert any("separated by" in text for text in said(found))
    assert any("carry no label" in text for text in said(found))


def test_signs_of_both_widths_may_be_mixed(tmp_path: Path) -> None:
    halves = lines(",").splitlines(), lines("，").splitlines()
    mixed = [halves[n % 2][n] for n in range(12)] + [f"又一条：{halves[1][2]}"]
    path = write(tmp_path / "train.txt", "\n".join(mixed))
    assert targets(path) == [*WANTED, ["抚养", "财产"]]


def test_a_comma_inside_a_label_does_not_part_it(tmp_path: Path) -> None:
    drugs, guns = "走私、贩卖、运输、制造毒品", "非法持有、私藏枪支、弹药"
    cells = [drugs, f"{drugs};盗窃", "盗窃", guns, f"{guns};{drugs}", f"{guns};盗窃"] * 3
    path = write(
        tmp_path / "train.txt",
        "".join(f"第{n}案，被告人供认不讳\t{cell}\n" for n, cell in enumerate(cells)),
    )
    assert {label for row in targets(path) for label in row} == {drugs, guns, "盗窃"}
    assert find_separator([drugs, guns, "盗窃"] * 9).certain is False


def test_labels_that_hold_a_sign_which_parts_nothing_stay_whole_and_that_is_told(
    tmp_path: Path,
) -> None:
    cells = ["婚姻,家庭", "抢劫,抢夺"] * 6
    path = write(tmp_path / "t.tsv", tsv(cells))
    assert choose_task(str(path)) == "classify"
    found = read(MULTILABEL, str(path))
    assert found.targets == [[cell] for cell in cells]
    assert any("--set separator=" in text for text in said(found))
    own = read(MULTILABEL, str(path), options=MultiLabelOptions(separator="comma"))
    assert own.targets == [sorted(cell.split(",")) for cell in cells]


def test_ids_between_spaces(tmp_path: Path) -> None:
    path = write(tmp_path / "erniekit.txt", lines(" ").replace("抚养", "0").replace("财产", "1"))
    assert targets(path)[2] == ["0", "1"]


def test_lists_of_json_lines(tmp_path: Path) -> None:
    rows = [{"data": text, "label": SETS[n % 6]} for n, text in enumerate(TEXTS)]
    path = write(
        tmp_path / "doccano.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    )
    assert choose_task(str(path)) == "multilabel"
    assert targets(path) == WANTED


@pytest.mark.parametrize(
    "written",
    [json.dumps, str, lambda cell: json.dumps({"choices": cell}, ensure_ascii=False),
     lambda cell: "[" + " ".join(f"'{one}'" for one in cell) + "]"],
    ids=["json", "python", "label studio", "numpy"],
)  # fmt: skip
def test_lists_that_a_csv_holds_as_text(tmp_path: Path, written: Any) -> None:
    rows = ["id,text,topic"]
    for n, text in enumerate(TEXTS):
        rows.append('{},{},"{}"'.format(n, text, written(SETS[n % 6]).replace('"', '""')))
    path = write(tmp_path / "export.csv", "\n".join(rows))
    assert choose_task(str(path)) == "multilabel"
    assert targets(path) == WANTED


def test_single_choices_beside_lists_of_several(tmp_path: Path) -> None:
    # Label Studio's CSV writes one choice plainly and several as JSON.
    several = json.dumps({"choices": ["抚养", "财产"]}, ensure_ascii=False).replace('"', '""')
    cells = ["抚养", f'"{several}"', "财产"] * 4
    path = write(
        tmp_path / "ls.csv",
        "text,topic\n" + "\n".join(f"{t},{c}" for t, c in zip(TEXTS, cells, strict=True)),
    )
    assert targets(path)[:3] == [["抚养"], ["抚养", "财产"], ["财产"]]


def test_a_label_chosen_twice_counts_once(tmp_path: Path) -> None:
    rows = [{"text": text, "label": SETS[n % 6] * (1 + (n == 2))} for n, text in enumerate(TEXTS)]
    path = write(tmp_path / "t.jsonl", "\n".join(json.dumps(r, ensure_ascii=False) for r in rows))
    assert choose_task(str(path)) == "multilabel"
    assert targets(path) == WANTED


def one_hot(head: str, bits: list[str]) -> str:
    return head + "\n" + "\n".join(f"{t},{b}" for t, b in zip(TEXTS, bits * 6, strict=False))


def test_columns_of_zeros_and_ones(tmp_path: Path) -> None:
    path = write(tmp_path / "emotions.csv", one_hot("text,愤怒,高兴,悲伤", ["0,1,1", "1,0,0"]))
    assert choose_task(str(path)) == "multilabel"
    found = read(MULTILABEL, str(path))
    assert found.targets[:2] == [["悲伤", "高兴"], ["愤怒"]]
    assert any("3 columns of 0 and 1 are read as labels: 愤怒" in text for text in said(found))


def test_a_column_without_a_single_1_is_told_and_is_no_label(tmp_path: Path) -> None:
    path = write(tmp_path / "emotions.csv", one_hot("text,愤怒,高兴,惊讶", ["0,1,0", "1,0,0"]))
    found = read(MULTILABEL, str(path))
    assert {label for row in found.targets for label in row} == {"愤怒", "高兴"}
    assert any("no row has a 1 in 惊讶" in text for text in said(found))


def test_some_of_the_columns_may_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "emotions.csv", one_hot("text,愤怒,高兴,悲伤", ["0,1,1", "1,0,0"]))
    assert targets(path, columns={"label": "愤怒,高兴"})[:2] == [["高兴"], ["愤怒"]]


def test_a_cell_that_is_neither_0_nor_1_is_told_by_line(tmp_path: Path) -> None:
    rows = one_hot("text,愤怒,高兴", ["0,1", "1,0"]).splitlines()
    path = write(tmp_path / "emotions.csv", "\n".join([*rows, "最后一条不对,2,0"]))
    with pytest.raises(DataError, match=rf"line {len(rows) + 1}.*愤怒.*'2'"):
        targets(path, columns={"label": "愤怒,高兴"})


def test_a_label_column_beside_flags_stays_the_label(tmp_path: Path) -> None:
    path = write(tmp_path / "flags.csv", one_hot("text,label,is_long", ["0,1", "1,0"]))
    assert choose_task(str(path)) == "classify"


def test_a_vector_in_one_cell_gives_places(tmp_path: Path) -> None:
    rows = [{"text": text, "labels": [n % 2, 1, 0]} for n, text in enumerate(TEXTS)]
    path = write(
        tmp_path / "multi_hot.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    )
    assert targets(path)[:2] == [["1"], ["0", "1"]]


@pytest.mark.parametrize("sign", [",", " ", "|", "; "])
def test_a_vector_between_signs_is_no_list_of_labels_0_and_1(tmp_path: Path, sign: str) -> None:
    path = write(tmp_path / "t.tsv", tsv([sign.join("101" if n % 2 else "011") for n in range(12)]))
    assert choose_task(str(path)) == "multilabel"
    assert targets(path)[:2] == [["1", "2"], ["0", "2"]]


def test_words_of_one_label_are_not_parted_at_their_spaces(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", tsv(["very good", "good", "bad", "very bad"] * 3))
    assert choose_task(str(path)) == "classify"


def test_labels_in_levels_carry_all_above_them(tmp_path: Path) -> None:
    cells = ["组织行为,组织行为##罢工", "组织关系##裁员", "组织关系", "组织行为"] * 3
    path = write(tmp_path / "t.txt", tsv(cells))
    found = read(MULTILABEL, str(path), options=MultiLabelOptions(separator="comma"))
    assert found.targets[0] == ["组织行为", "组织行为##罢工"]
    assert found.targets[1] == ["组织关系", "组织关系##裁员"]
    assert any("3 rows had a label without those above it" in text for text in said(found))


@pytest.mark.parametrize("label", ["##", "a##", "##a", "a####b"])
def test_signs_of_levels_without_levels_are_part_of_a_label(tmp_path: Path, label: str) -> None:
    path = write(tmp_path / "t.tsv", tsv([label, "b", f"{label},b"] * 4))
    assert targets(path)[:3] == [[label], ["b"], sorted([label, "b"])]


def test_judgements_of_cail(tmp_path: Path) -> None:
    rows = [
        {"fact": text, "meta": {"accusation": SETS[n % 6] or ["其他"], "relevant_articles": [234]}}
        for n, text in enumerate(TEXTS)
    ]
    path = write(
        tmp_path / "data_train.json", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    )
    assert choose_task(str(path)) == "multilabel"
    assert targets(path)[:3] == [["抚养"], ["财产"], ["抚养", "财产"]]


def test_words_and_tags_of_words_are_no_labels(tmp_path: Path) -> None:
    row = {"text": "我爱北京", "tags": ["O", "O", "B-LOC", "I-LOC"], "words": ["我", "爱", "北京"]}
    row["tags"] += ["B-LOC", "I-LOC"]
    path = write(tmp_path / "ner.jsonl", "\n".join([json.dumps(row, ensure_ascii=False)] * 12))
    assert choose_task(str(path)) != "multilabel"


def test_keywords_that_hardly_repeat_are_no_labels(tmp_path: Path) -> None:
    rows = [
        {"title": f"{t}的报道", "keywords": [f"词{n}甲", f"词{n}乙"], "label": str(n % 2)}
        for n, t in enumerate(TEXTS * 3)
    ]
    path = write(
        tmp_path / "news.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    )
    assert choose_task(str(path)) == "classify"


def test_the_data_command_tells_by_itself_which_labels_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "train.txt", lines(","))
    assert main(["data", str(path), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "labels are separated by 'comma'" in out or "labels are separated by ','" in out
    assert "different: label" in out and "抚养" in out


YES_AND_NO = [("是", "否"), ("√", ""), ("Y", "N"), ("有", "无"), ("TRUE", "FALSE")]


@pytest.mark.parametrize(("yes", "no"), YES_AND_NO)
def test_columns_of_yes_and_no_in_words(tmp_path: Path, yes: str, no: str) -> None:
    kinds = ("抚养", "财产", "债务")
    rows = "".join(
        f"{text}," + ",".join(yes if kind in SETS[n % 6] else no for kind in kinds) + "\n"
        for n, text in enumerate(TEXTS)
    )
    path = write(tmp_path / "train.csv", "文本," + ",".join(kinds) + "\n" + rows)
    assert choose_task(str(path)) == "multilabel"
    assert [sorted(one) for one in targets(path)] == WANTED


def test_columns_of_yes_and_no_beside_a_class_are_no_labels(tmp_path: Path) -> None:
    rows = "".join(
        f"{text},{'否是'[n % 3 > 0]},{'否是'[n % 2]},{'败胜'[n % 4 > 0]}诉\n"
        for n, text in enumerate(TEXTS)
    )
    path = write(tmp_path / "train.csv", "文本,是否上诉,是否公开,结论\n" + rows)
    assert choose_task(str(path)) == "classify"
