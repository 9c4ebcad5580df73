"""Splits and samples: by content alone, fair, and the same for ever."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from classify_data import limit, prepare, split
from hypothesis import given
from hypothesis import strategies as st

from paddle_lab.data import Dataset
from paddle_lab.data.split import content_hash
from paddle_lab.data.split import limit as limit_rows
from paddle_lab.data.split import split as split_rows
from paddle_lab.errors import DataError


def dataset(rows: list[tuple[str, str]]) -> Dataset:
    return Dataset.of_texts(
        "rows", [t for t, _ in rows], [c for _, c in rows], [*range(1, len(rows) + 1)]
    )


MANY = [(f"第{n}条评论", "abc"[n % 7 % 3]) for n in range(2000)]


def test_the_order_of_rows_does_not_matter() -> None:
    turned = MANY[:]
    random.Random(3).shuffle(turned)
    for cut in (lambda d: split(d, 0.1)[1], lambda d: limit(d, 300)):
        assert sorted(cut(dataset(MANY)).rows()) == sorted(cut(dataset(turned)).rows())


def test_the_hash_is_the_same_on_every_machine() -> None:
    """Fixed numbers: a change of them would change everybody's splits."""
    assert content_hash("这家酒店很好", "split") == 17898135322200177298
    code = "from paddle_lab.data.split import content_hash as h; print(h('这家酒店很好', 'split'))"
    other = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
    )
    assert int(other.stdout) == content_hash(" 这家酒店很好\n", "split")


def test_shares_hold_for_each_class() -> None:
    rest, aside = split(dataset(MANY), 0.1)
    assert len(aside) == 200
    whole, part = Counter(c for _, c in MANY), Counter(aside.labels)
    for label, count in whole.items():
        assert abs(part[label] - count / 10) <= 1
    assert sorted([*rest.rows(), *aside.rows()]) == sorted(MANY)
    assert rest.lines == sorted(rest.lines)  # type: ignore[type-var]


def test_a_limit_is_exact_fair_and_keeps_every_class() -> None:
    rows = [*MANY, ("稀有的一条", "rare")]
    for count in (4, 10, 300, 1999):
        kept = limit(dataset(rows), count)
        assert len(kept) == count
        assert set(kept.labels) == {"a", "b", "c", "rare"}
    assert limit(dataset(rows), None) == limit(dataset(rows), 5000) == dataset(rows)
    shares = Counter(limit(dataset(rows), 300).labels)
    assert abs(shares["a"] / 300 - Counter(c for _, c in rows)["a"] / len(rows)) < 0.01


labelled = st.lists(
    st.tuples(st.sampled_from([*"甲乙丙丁戊己庚辛", " 甲", "乙 "]), st.sampled_from("xyz")),
    min_size=1,
    max_size=40,
)


@given(rows=labelled, share=st.floats(0.01, 0.99))
def test_no_text_stands_on_both_sides_and_no_class_leaves_training(
    rows: list[tuple[str, str]], share: float
) -> None:
    data = dataset(rows)
    texts: dict[str, set[str]] = {}
    for text, label in rows:
        texts.setdefault(text.strip(), set()).add(label)
    alone = Counter(next(iter(labels)) for labels in texts.values() if len(labels) == 1)
    if max(alone.values(), default=0) < 2:
        return
    rest, aside = split(data, share)
    assert len(rest) + len(aside) == len(data)
    assert len(aside) > 0
    assert not {t.strip() for t in rest.texts} & {t.strip() for t in aside.texts}
    assert set(rest.labels) == set(data.labels)


@pytest.mark.parametrize("seed", range(3))
def test_growing_data_moves_few_rows(seed: int) -> None:
    """Rows that come in later leave nearly all others on the side where they were."""
    rows = random.Random(seed).sample(MANY, 1500)
    before = set(split(dataset(rows), 0.1)[1].texts)
    after = set(split(dataset([*rows, *[(f"新{n}", "a") for n in range(50)]]), 0.1)[1].texts)
    assert len(before & after) > 0.9 * len(before)


def test_a_limit_bounds_training_only() -> None:
    prepared = prepare(MANY, limit=100)
    assert (len(prepared.train), len(prepared.dev)) == (100, 200)
    assert prepare(MANY, dev=MANY[:50], limit=100).dev.texts == [t for t, _ in MANY[:50]]


def test_rows_of_one_document_stay_on_one_side() -> None:
    rows = Dataset(
        "qa", {"text": [f"第{n}问" for n in range(60)]}, ["x"] * 60, [None] * 60,
        groups=[f"文{n // 3}" for n in range(60)],
    )  # fmt: skip
    rest, aside = split(rows, 0.2)
    assert len(rest) + len(aside) == 60 and len(aside) == 12
    assert not set(rest.groups or ()) & set(aside.groups or ())


def several(name: str, targets: list[list[str]]) -> Dataset:
    """Rows of several labels."""
    lines: list[int | None] = [n + 1 for n in range(len(targets))]
    return Dataset(name, {"text": [f"{name}{n}" for n in range(len(targets))]}, targets, lines)


def first(target: list[str]) -> str:
    return target[0] if target else ""


def test_no_label_of_several_is_met_for_the_first_time_in_an_evaluation() -> None:
    rare = [f"少见{n}" for n in range(12)]
    targets = [["常见", rare[n // 10]] if n % 10 == 0 else ["常见"] for n in range(120)]
    data = several("行", targets)
    alone, _ = split_rows(data, 0.4, first)
    assert {one for target in alone.targets for one in target} != {"常见", *rare}
    rest, aside = split_rows(data, 0.4, first, list)
    assert {one for target in rest.targets for one in target} == {"常见", *rare}
    assert len(aside) > 30


def test_a_sample_keeps_every_label_where_its_rows_suffice() -> None:
    rare = [f"少见{n}" for n in range(8)]
    data = several("行", [["常见"]] * 200 + [["常见", one] for one in rare])
    sample = limit_rows(data, 20, first, list)
    assert len(sample) == 20
    assert {one for target in sample.targets for one in target} == {"常见", *rare}
    few = limit_rows(data, 4, first, list)
    assert len(few) == 4


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("rare", [2, 3, 9])
def test_a_class_of_two_texts_or_more_has_one_on_both_sides(rare: int, share: float) -> None:
    rows = [*[(f"平常{n}", "a") for n in range(400)], *[(f"少见{n}", "b") for n in range(rare)]]
    rest, aside = split(dataset([*rows, ("唯一的一条", "c")]), share)
    assert set(rest.labels) == {"a", "b", "c"}
    assert set(aside.labels) == {"a", "b"}
    assert aside.notices == (), "that a class of one text is absent is told with the data"


def test_each_of_several_labels_in_two_rows_or_more_is_on_both_sides() -> None:
    rare = [f"少见{n}" for n in range(20)]
    targets = [*[["常见"]] * 200, *[["常见", one] for one in rare for _ in range(2)]]
    rest, aside = split_rows(several("行", targets), 0.1, first, list)
    for part in (rest, aside):
        assert {one for target in part.targets for one in target} == {"常见", *rare}


@pytest.mark.parametrize(
    ("texts", "document"),
    [
        pytest.param(["少见甲", "少见乙", "少见丙"], "乙", id="of one document"),
        pytest.param(["少见", " 少见"], None, id="one text twice"),
        pytest.param(["平常1", "平常2"], None, id="each under another label too"),
    ],
)
def test_where_a_class_cannot_be_on_both_sides_it_is_said(
    texts: list[str], document: str | None
) -> None:
    common = [f"平常{n}" for n in range(100)]
    rows = dataset([*[(text, "a") for text in common], *[(text, "b") for text in texts]])
    if document is not None:
        rows = replace(rows, groups=[*common, *[document] * len(texts)])
    rest, aside = split(rows, 0.1)
    assert "b" in rest.labels and "b" not in aside.labels
    (notice,) = aside.notices
    assert all("'b'" in notice.in_language(language) for language in ("en", "zh"))


@given(rows=labelled, share=st.floats(0.01, 0.99))
def test_each_class_is_on_both_sides_where_it_has_two_texts(
    rows: list[tuple[str, str]], share: float
) -> None:
    texts: dict[str, set[str]] = {}
    for text, label in rows:
        texts.setdefault(text.strip(), set()).add(label)
    alone = Counter(next(iter(labels)) for labels in texts.values() if len(labels) == 1)
    if max(alone.values(), default=0) < 2:
        return
    _, aside = split(dataset(rows), share)
    assert {label for label, count in alone.items() if count > 1} <= set(aside.labels)


@pytest.mark.parametrize("alone", [0, 1, 2])
@pytest.mark.parametrize("labels", [("好", "坏"), ("好", "中", "坏")])
def test_every_text_under_more_than_one_label(labels: tuple[str, ...], alone: int) -> None:
    """Two annotators: hardly a text has one label, so none can be set aside."""
    rows = [(f"第{n}条评论", label) for n in range(30) for label in labels]
    rows += [(f"另外{n}条评论", labels[n]) for n in range(alone)]
    with pytest.raises(DataError) as caught:
        prepare(rows)
    assert caught.value.code == "data.contradictions"
    said = caught.value.in_language("en")
    texts = 30 + alone
    assert ("Every text of" if not alone else f"30 of the {texts} texts of") in said
    assert "one annotator" in said and "--task multilabel" in said
