"""Files in the form in which known Chinese data sets are published; the texts are made here."""

from __future__ import annotations

import json

import pytest
from classify_data import prepare
from data.data_files import Write, three_parts

from paddle_lab.errors import DataError

PLACES = ("酒店", "餐馆", "书店", "商场", "车站", "公园", "剧院", "机场", "学校", "医院")
POINTS = ("位置", "价格", "服务", "环境", "设施", "卫生", "灯光", "噪音", "排队", "停车")


def sentences(count: int, first: int = 0) -> list[str]:
    """Different short texts, ten of each kind of place in turn."""
    return [
        f"{PLACES[n % 10]}的{POINTS[n // 10 % 10]}让人印象很深，这是第{n}次来"
        for n in range(first, first + count)
    ]


def test_chnsenticorp(write: Write) -> None:
    """The label first, under the names `label` and `text_a`; parts that share some rows."""

    def part(name: str, texts: list[str]) -> str:
        rows = "".join(f"{n % 2}\t{text}\n" for n, text in enumerate(texts))
        return str(write(f"{name}.tsv", f"label\ttext_a\n{rows}"))

    train = sentences(200)
    prepared = prepare(
        part("train", train),
        dev=part("dev", train[:10] + sentences(30, 500)),
        test=part("test", sentences(40, 700)),
    )
    assert prepared.labels == ["0", "1"]
    assert prepared.test is not None
    assert (len(prepared.train), len(prepared.dev), len(prepared.test)) == (200, 40, 40)
    assert prepared.report.parts["train"].classes == {"0": 100, "1": 100}
    assert prepared.train.columns == {"text": "text_a", "label": "label"}
    # The published split leaks like this; whoever quotes a figure from it should know.
    notices = [notice.in_language("en") for notice in prepared.report.notices]
    assert any("10 of 40 rows of dev also stand in train" in notice for notice in notices)


def test_thucnews_headlines(write: Write) -> None:
    """A headline and the number of one of ten classes, without a header."""

    def part(name: str, first: int) -> str:
        texts = sentences(300, first)
        return str(write(name, "".join(f"{text}\t{n % 10}\n" for n, text in enumerate(texts))))

    prepared = prepare(part("dev.txt", 0), test=part("test.txt", 300), limit=100)
    assert prepared.labels == [str(n) for n in range(10)]
    assert prepared.train.columns == {"text": "0", "label": "1"}
    assert len(prepared.train) == 100
    assert set(prepared.report.parts["dev"].classes.values()) <= {2, 3, 4}


def test_erniekit_classification(write: Write) -> None:
    """Words already parted by spaces, then the label."""
    texts = [" ".join(text) for text in sentences(60)]
    lines = "".join(f"{text}\t{n % 2}\n" for n, text in enumerate(texts))
    prepared = prepare(str(write("train.txt", lines)))
    assert prepared.labels == ["0", "1"]
    assert len(prepared.train) + len(prepared.dev) == 60


def objects(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


PAIRS = list(zip(sentences(20), sentences(20, 20), strict=True))
OTHER_TASKS: dict[str, tuple[str, str]] = {
    "pairs with a label": (
        "afqmc.tsv",
        "".join(f"{a}\t{b}\t{n % 2}\n" for n, (a, b) in enumerate(PAIRS)),
    ),
    "pairs without a label": ("afqmc_test.tsv", "".join(f"{a}\t{b}\n" for a, b in PAIRS)),
    "a tag for each character": (
        "msra.tsv",
        "".join(f"{n}\t{text}\t{'OB-LOCI-LOC' + 'O' * 9}\n" for n, (text, _) in enumerate(PAIRS)),
    ),
    "answers to generate": (
        "dureader.tsv",
        "answer\tparagraph\ttgt\n" + "".join(f"{a[:2]}\t{a}{b}\t{b}？\n" for a, b in PAIRS),
    ),
    "questions about a paragraph": (
        "cmrc.json",
        json.dumps({"version": "v1.0", "data": [{"paragraphs": [{"context": PAIRS[0][0]}]}]}),
    ),
    "entities by their place": (
        "cluener.jsonl",
        objects(*({"text": a, "label": {"scene": {a[:2]: [[0, 1]]}}} for a, _ in PAIRS)),
    ),
    "texts without labels": (
        "cluener_test.jsonl",
        objects(*({"id": n, "text": a} for n, (a, _) in enumerate(PAIRS))),
    ),
}


@pytest.mark.parametrize("form", OTHER_TASKS)
def test_data_for_other_tasks_are_refused_in_clear_words(form: str, write: Write) -> None:
    with pytest.raises(DataError) as caught:
        prepare(str(write(*OTHER_TASKS[form])))
    message = three_parts(caught.value)
    if form.startswith("pairs"):
        assert "two columns of texts" in message


@pytest.mark.slow
def test_the_sample_brings_its_own_parts() -> None:
    prepared = prepare("reviews", limit=500)
    assert prepared.labels == ["negative", "positive"]
    assert len(prepared.train) == 500
    assert prepared.test is not None
    assert len(prepared.dev) > 1000 < len(prepared.test)
    assert not any("also stand in" in n.in_language("en") for n in prepared.report.notices)
    dev = prepare("reviews", dev="reviews:test").dev
    assert dev.texts == prepared.test.texts
