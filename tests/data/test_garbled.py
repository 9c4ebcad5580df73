"""Texts that were saved in a wrong encoding: suspected by evidence, said with example and count."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest
from classify_data import check
from data.data_files import Write

from paddle_lab.data import Dataset

TEXTS = [
    f"第{n}家店的{'牛肉面' if n % 2 else '豆浆'}味道{'很好' if n % 3 else '太差'}，下次还来"
    for n in range(60)
]
# "the tofu of shop n tastes good", as it is written in Taiwan
TRADITIONAL = [
    f"第{n}家店的豆漿味道{'很好' if n % 3 else '太難吃'}，這次還會再來" for n in range(60)
]
DAMAGE: dict[str, tuple[list[str], Callable[[str], str], str]] = {
    "UTF-8 read as latin-1": (TEXTS, lambda t: t.encode().decode("latin-1"), "第0家店"),
    "UTF-8 read as cp1252": (TEXTS, lambda t: t.encode().decode("cp1252", "replace"), "第0家店"),
    "UTF-8 read as GBK": (TEXTS, lambda t: t.encode().decode("gbk", "replace"), "家店的豆浆"),
    "GBK read as latin-1": (TEXTS, lambda t: t.encode("gbk").decode("latin-1"), "第0家店"),
    "Big5 read as GB18030": (TRADITIONAL, lambda t: t.encode("big5").decode("gb18030"), "家店的豆"),
    "U+FFFD": (TEXTS, lambda t: t.encode("gbk").decode("utf-8", "replace"), ""),
    "question marks": (TEXTS, lambda t: t.encode("ascii", "replace").decode(), ""),
    r"\uXXXX": (TEXTS, lambda t: json.dumps(t)[1:-1], "第0家店"),
    "HTML entities": (TEXTS, lambda t: f"{t}&nbsp;&hellip;", html.unescape("&hellip;")),
}


def told(texts: list[str], labels: list[str] | None = None, language: str = "en") -> list[str]:
    """What the report says of garbled rows."""
    labels = labels or [("好", "坏")[n % 2] for n in range(len(texts))]
    part = Dataset.of_texts("train.tsv", texts, labels, [*range(1, len(texts) + 1)])
    notices = [notice.in_language(language) for notice in check({"train": part}, 128).notices]
    return [notice for notice in notices if " rows hold " in notice or "行含有" in notice]


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_kind_of_damage_is_told_with_an_example_and_a_count(kind: str) -> None:
    texts, damage, likely = DAMAGE[kind]
    broken = [damage(text) for text in texts[:20]] + texts[20:]
    (said,) = told([damage(text) for text in texts])
    shown = "UTF-8 read as latin-1" if "cp1252" in kind else kind
    assert f"60 of 60 rows hold {shown}" in said or shown in said
    assert "train.tsv line 1: '" in said and likely in said
    (chinese,) = told([damage(text) for text in texts], language="zh")
    assert "60 行中有 60 行含有" in chinese
    if kind != "Big5 read as GB18030":  # that is told of a whole file
        (said,) = told(broken)
        assert said.startswith("20 of 60 rows hold ")


@pytest.mark.parametrize(
    "text",
    [
        "正常的评论，带有 “引号”、——破折号和 emoji 👍🏻",
        "……………………………………",
        "································",
        "???",
        "价格 10€，重量 5 g ± 0.1，温度 25°C，CAFÉ ÀÉÈÊ",
        "« café » très bon, « thé » à côté",
        "ラピュタ、とても面白い",
        r"C:\users\user\u盘 和 \n 换行",
        "AT&T 与 R&D &c; &无",
        "鐵鍋燉大鵝，這家店很好吃",
        "溫馨提示：本店鏡、鐘、鍵、錄、銅一律七折",
        "涓涓细流，浣花溪畔，鐘聲響起",
        "锟字少见",
    ],
)
def test_whole_texts_are_not_suspected(text: str) -> None:
    assert told([text, *TEXTS]) == []
    if text != "???":  # where all rows are such, they are suspected
        assert told([text] * 40) == []


def test_labels_are_looked_at_as_well() -> None:
    labels = [("å¥½è¯\u201e", "å·®è¯\u201e")[n % 2] for n in range(60)]
    (said,) = told(TEXTS, labels)
    assert "2 of 60 rows hold UTF-8 read as latin-1" in said and "most likely '好评'" in said


@pytest.mark.parametrize("encoding", ["big5", "cp950", "big5hkscs"])
@pytest.mark.parametrize("rows", [6, 60])
def test_a_file_in_big5_is_read_as_big5(encoding: str, rows: int, write: Write) -> None:
    from classify_data import read

    lines = [f"{text},{('好評', '差評')[n % 2]}" for n, text in enumerate(TRADITIONAL[:rows])]
    if encoding == "big5hkscs":
        lines[0] = lines[0].replace("豆漿", "牛肉啫")
    found = read(str(write("a.csv", "\n".join(["text,label", *lines]).encode(encoding))))
    assert set(found.labels) == {"好評", "差評"} and "豆漿" in found.texts[1]
    assert "was read as big5" in found.notices[0].in_language("en") or encoding != "big5"


@pytest.mark.parametrize("rows", [6, 60])
@pytest.mark.parametrize("texts", [TEXTS, TRADITIONAL], ids=["simplified", "traditional"])
def test_a_file_in_gb18030_is_not_taken_for_big5(texts: list[str], rows: int, write: Write) -> None:
    from classify_data import read

    lines = [f"{text},{('好评', '差评')[n % 2]}" for n, text in enumerate(texts[:rows])]
    found = read(str(write("a.csv", "\n".join(["text,label", *lines]).encode("gb18030"))))
    assert found.texts == texts[:rows]


def test_big5_with_a_damaged_spot_is_refused_by_its_line(write: Write) -> None:
    from classify_data import read

    from paddle_lab.errors import DataError

    content = "\n".join(f"{text},{n % 2}" for n, text in enumerate(TRADITIONAL)).encode("big5")
    with pytest.raises(DataError, match=r"line 60: .* cannot be read as big5"):
        read(str(write("a.csv", content[:-2] + b"\xa4,1")))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("big5", "gb18030"), ("utf-8", "latin-1"), ("utf-8", "gbk"), ("gb18030", "latin-1")],
)
def test_a_wrong_encoding_that_was_asked_for_is_told(right: str, wrong: str, write: Write) -> None:
    from classify_data import prepare

    texts = TRADITIONAL if right == "big5" else [text + text for text in TEXTS]
    lines = [f"{text}一,{n % 2}" for n, text in enumerate(texts)]
    content = "\n".join(["text,label", *lines]).encode(right)
    if wrong == "gbk":
        content = content.decode("gbk", "replace").encode("gbk", "replace")
    report = prepare(str(write("a.csv", content)), encoding=wrong).report
    said = " ".join(notice.in_language("en") for notice in report.notices)
    assert f"most likely in {right}, not in" in said and f"--encoding {right}" in said
