"""What the report tells before training: counts, lengths, and everything that looks wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from classify_data import check, prepare
from data.data_files import Write

from paddle_lab.data import Dataset
from paddle_lab.data.dataset import class_order


def part(name: str, rows: Sequence[tuple[str, str]]) -> Dataset:
    return Dataset.of_texts(
        f"{name}.tsv", [t for t, _ in rows], [c for _, c in rows], [*range(1, len(rows) + 1)]
    )


def said(parts: dict[str, Dataset], language: str = "en") -> str:
    return "\n".join(notice.in_language(language) for notice in check(parts, 128).notices)


CLEAN = [(f"第{n}条评论", "ab"[n % 2]) for n in range(400)]
OTHER = [(f"另外{n}条评论", "ab"[n % 2]) for n in range(200)]


def test_clean_data_give_no_notice() -> None:
    assert said({"train": part("train", CLEAN), "dev": part("dev", OTHER)}) == ""


def test_counts_lengths_and_shares() -> None:
    rows = [("字" * n, "b" if n > 60 else "a") for n in range(1, 101)]
    report = check({"train": part("train", rows)}, 52).parts["train"]
    assert report.rows == 100
    assert report.classes == {"a": 60, "b": 40}
    assert report.lengths == {"p50": 50, "p90": 90, "p99": 99, "max": 100}
    assert report.too_long == 0.5


def test_rows_that_stand_in_two_parts_are_counted_and_placed() -> None:
    dev = [*OTHER[:9], (" 第5条评论\n", "b"), ("第7条评论", "b"), *OTHER[9:]]
    text = said({"train": part("train", CLEAN), "dev": part("dev", dev), "test": part("test", dev)})
    assert "2 of 202 rows of dev also stand in train, the first at dev.tsv line 10" in text
    assert "2 of 202 rows of test also stand in train" in text
    assert "202 of 202 rows of test also stand in dev" in text


def test_repeats_and_contradictions() -> None:
    rows = [*CLEAN, CLEAN[0], ("第1条评论", "a")]
    text = said({"train": part("train", rows)})
    assert "2 of 402 training rows repeat another row's text." in text
    assert (
        "1 training texts stand under more than one label, the first at train.tsv line 2." in text
    )


def test_small_and_uneven_classes() -> None:
    text = said({"train": part("train", [*CLEAN, *[(f"稀有{n}", "rare") for n in range(4)]])})
    assert "1 of 3 classes have fewer than 10 training rows ('rare')" in text
    assert "'a' has 200 rows, 'rare' has 4" in text
    assert "Accuracy hides the small ones" in text
    assert "--metric" not in text, "the data do not know what a run is measured by"


def test_labels_that_look_alike() -> None:
    rows = [
        (f"行{n}", label) for n, label in enumerate(["ok", "OK", "ｏｋ", "\u200bok", "no"] * 20)
    ]
    text = said({"train": part("train", rows)})
    assert "count as 4 classes: 'OK', 'ok', '\\u200bok', 'ｏｋ'" in text


def test_small_evaluations_and_long_texts() -> None:
    rows = [(f"{n}" + "长" * 200, "ab"[n % 2]) for n in range(100)]
    text = said({"train": part("train", rows), "dev": part("dev", OTHER[:40])})
    assert "dev has 40 rows only: one row more or less right is 2.5% of the accuracy." in text
    assert "About 100% of the training texts are longer than --max-len 128" in text
    rows[70] = ("连在一起" * 5000, "a")
    text = said({"train": part("train", rows)}, "zh")
    assert "train.tsv 第 71 行：一行有 20,000 个字符" in text


def test_the_report_in_every_form(write: Write) -> None:
    path = write("评论.csv", "content,label\n" + "".join(f"{t},{c}\n" for t, c in CLEAN))
    prepared = prepare(str(path))
    english, chinese = prepared.report.text("en"), prepared.report.text("zh")
    assert "train, dev: 评论.csv, utf-8, separated by commas, header" in english
    assert "text: column content, label: column label" in english
    assert "以逗号分隔，有表头；文本：列 content，标签：列 label" in chinese
    rows = [line for line in english.splitlines() if line.startswith(("part", "train ", "dev "))]
    assert len({len(line) for line in rows}) == 1, "columns stand in line"
    assert json.loads(json.dumps(prepared.report.to_json(), allow_nan=False))["max_len"] == 128
    for language in ("en", "zh"):
        page = prepared.report.html(language)
        assert page.count("<tr ") == page.count("</tr>")
        assert "<script" not in page
        assert page.count("#") == page.count(",#"), "colours are the theme's, others stand in"


def test_lengths_stand_as_a_histogram_with_the_line_of_max_len() -> None:
    rows = [("字" * n, "b" if n > 60 else "a") for n in range(1, 101)]
    report = check({"train": part("train", rows)}, 52)
    found = report.parts["train"].histogram
    assert sum(found.counts) == 100 and found.limit == 50 and 51 in found.edges
    lines = report.text("en").splitlines()
    line = next(n for n, text in enumerate(lines) if "--max-len 52" in text)
    assert "about 50.0% of the rows are longer, their end is not read" in lines[line]
    assert lines[line - 1].lstrip().startswith("40–50  11  █")
    assert lines[line + 1].lstrip().startswith("51–59   9  █")
    assert "约 50.0% 的行更长，超出部分不会被读取" in report.html("zh")
    short = check({"train": part("train", rows)}, 512).text("en")
    assert "--max-len 512: no row is longer" in short


def test_two_rows_are_shown_as_they_were_read() -> None:
    rows = [("\u202e坏的<b>文本\n第二行", "差评"), *[("好的文本", "差评")] * 3, ("还不错", "好评")]
    report = check({"train": part("train", rows)}, 128)
    text, page = report.text("en"), report.html("zh")
    assert "line 1        差评    \\u202e坏的<b>文本 第二行" in text
    assert "line 5        好评    还不错" in text
    assert "<b>" not in page and "\u202e" not in page and "第 5 行" in page
    shown = report.to_json()["parts"]["train"]["samples"]
    assert [row["line"] for row in shown] == [1, 5]
    assert shown[1]["given"] == {"text": "还不错"} and shown[1]["target"] == "好评"


def test_class_counts_have_bars_beside_their_numbers() -> None:
    rows = [(f"第{n}条", "少" if n < 10 else "多") for n in range(250)]
    report = check({"train": part("train", rows)}, 128)
    most, least = (line for line in report.text("en").splitlines() if line[:1] in "多少" and line)
    assert most.endswith("240  " + "█" * 24) and least.endswith(" 10  █")
    assert report.html("en").count("aria-hidden='true'") >= 3
    assert "var(--jp-brand-color1," in report.html("en")


@pytest.mark.parametrize(
    "sample",
    [
        "cmrc",
        *(pytest.param(name, marks=pytest.mark.slow)
          for name in ("reviews", "people", "pairs", "stars")),
    ],
)  # fmt: skip
def test_every_task_shows_two_rows(sample: str) -> None:
    from paddle_lab.data.report import describe
    from paddle_lab.data.samples import read_sample, sample_task
    from paddle_lab.tasks import get_task

    task = get_task(sample_task(sample) or "classify")
    train = read_sample(sample, task)["train"].take(range(200))
    report = describe(task, {"train": train}, 128)
    rows = report.parts["train"].samples
    assert len(rows) == 2 and all(row.given for row in rows)
    text = report.text("zh")
    assert "读取结果示例" in text and rows[0].target.split(", ")[0][:8] in text


def test_many_classes_are_summed_up() -> None:
    rows = [(f"第{n}条", f"class {n % 50}") for n in range(1000)]
    shown = check({"train": part("train", rows)}, 128).text("en")
    assert "30 more" in shown
    assert "600" in shown


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["10", "9", "-1", "0"], ["-1", "0", "9", "10"]),
        (["01", "1", "0"], ["0", "01", "1"]),
        (["b", "a", "10"], ["10", "a", "b"]),
        (["--1", "1"], ["--1", "1"]),
        (["²", "1"], ["1", "²"]),
        (["1" * 5000, "2"], ["1" * 5000, "2"]),
        (["差评", "好评"], ["好评", "差评"]),
    ],
)
def test_the_order_of_classes(labels: list[str], order: list[str]) -> None:
    assert class_order(labels) == order == class_order(reversed(labels))
