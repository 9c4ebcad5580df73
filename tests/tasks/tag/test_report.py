"""The report of spans: what it holds, how large it may grow, and what it says plainly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from paddle_lab.data import Dataset
from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.api import Baseline, Training
from paddle_lab.tasks.blocks import report_json
from paddle_lab.tasks.tag.alignment import align
from paddle_lab.tasks.tag.baseline import Arms, Mentions, fit_baseline
from paddle_lab.tasks.tag.codec import TagCodec
from paddle_lab.tasks.tag.examples import marks_of, sample_of
from paddle_lab.tasks.tag.scored import Scored
from paddle_lab.tasks.tag.scores import score_spans
from paddle_lab.tasks.tag.spans import Span, spans_of

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "paddle_lab" / "runs" / "schema.json").read_text(encoding="utf-8")
)
TAG = get_task("tag")
TYPES = ["LOC", "ORG", "PER"]
TEXT = "新华社记者李明在北京报道"
GOLD = [Span(0, 3, "ORG"), Span(5, 7, "PER"), Span(8, 10, "LOC")]


def dataset(targets: list[list[Span]], texts: list[str] | None = None) -> Dataset:
    texts = texts or [TEXT] * len(targets)
    spans = [[list(span) for span in target] for target in targets]
    return Dataset("dev", {"text": texts}, spans, list(range(2, len(targets) + 2)))


def evaluation(
    tokenizer: str, gold: list[list[Span]], found: list[list[Span]], texts: list[str] | None = None
) -> Evaluation:
    """An evaluation whose model found ``found``."""
    codec = TagCodec(tokenizer, 64, TYPES)
    data = dataset(gold, texts)
    windows = codec.encode(data.given)
    assert windows.offsets is not None and windows.sequence is not None
    index = {label: number for number, label in enumerate(TYPES)}
    scores = []
    for owner, offsets, sequence in zip(
        windows.owner.tolist(), windows.offsets, windows.sequence, strict=True
    ):
        tags = np.clip(align(found[owner], offsets, sequence, index).tags, 0, None)
        scores.append(np.eye(7, dtype=np.float32)[tags] * 10)
    return Evaluation("dev", data, codec, windows, {"emissions": scores})


def report_of(rows: Evaluation, **more: Any) -> dict[str, Any]:
    """The report as it is written, checked against the schema."""
    metrics = TAG.measure(rows)
    blocks = TAG.report(rows, metrics, **more)
    report = report_json(rows.split, len(rows.data), metrics, blocks)
    jsonschema.validate(report, {"$ref": "#/$defs/Report", "$defs": SCHEMA["$defs"]})
    json.dumps(report, allow_nan=False)
    return report


def block(report: dict[str, Any], kind: str, title: str = "") -> dict[str, Any]:
    return next(
        item
        for item in report["blocks"]
        if item["type"] == kind and title in item.get("title", {"en": ""})["en"]
    )


def baseline(found: list[list[Span]]) -> Baseline:
    return Baseline("CRF over characters (crfsuite)", Arms(found, found, 0.1), 1.5, 100)


# -- scores -------------------------------------------------------------------------------------


def test_only_whole_spans_of_the_right_type_count() -> None:
    found = [[Span(0, 3, "ORG"), Span(5, 6, "PER"), Span(8, 10, "ORG")]]
    micro, by_type = score_spans([TEXT], [GOLD], found, TYPES)
    assert micro.precision == micro.recall == micro.f1 == pytest.approx(1 / 3)
    assert by_type["ORG"].precision == 0.5 and by_type["ORG"].recall == 1
    assert by_type["LOC"].f1 == by_type["PER"].f1 == 0
    assert [by_type[label].spans for label in TYPES] == [1, 1, 1]


def test_neighbours_of_one_type_are_two_spans() -> None:
    two, one = [Span(0, 2, "PER"), Span(2, 4, "PER")], [Span(0, 4, "PER")]
    assert score_spans([TEXT], [two], [one], TYPES)[0].f1 == 0
    assert score_spans([TEXT], [two], [two], TYPES)[0].f1 == 1


@pytest.mark.parametrize("found", [[], [Span(0, 1, "PER")]])
def test_nothing_expected_is_no_error(found: list[Span]) -> None:
    assert score_spans([TEXT], [[]], [found], TYPES)[0].f1 == 0


def test_types_may_be_called_anything() -> None:
    types = ["a-b", "-a", "公司 - 名称", "B-a"]
    for label in types:
        gold = [[Span(0, 2, label)]]
        assert score_spans([TEXT], gold, gold, types)[1][label].f1 == 1


# -- report -------------------------------------------------------------------------------------


def test_a_report_has_a_verdict_figures_types_and_the_worst_rows(tokenizer: str) -> None:
    gold = [GOLD] * 60
    found = [GOLD] * 50 + [GOLD[:1]] * 10
    report = report_of(evaluation(tokenizer, gold, found), baseline=baseline([GOLD[:1]] * 60))
    assert report["blocks"][0]["type"] == "verdict" and report["blocks"][0]["outcome"] == "better"
    assert report["metrics"]["f1"] == pytest.approx(2 * 160 / (160 + 180), abs=1e-6)
    items = {item["name"]: item for item in block(report, "metrics")["items"]}
    assert items["f1"]["margin"] > 0 and items["precision"]["value"] == 1
    beside = block(report, "table", "Beside")["rows"]
    assert beside[0][0] == {"en": "fine-tuned", "zh": "微调模型"}
    assert beside[1][0].startswith("CRF") and beside[2][0]["en"].startswith("training mentions")
    rows = {row[0]: row[1:] for row in block(report, "table", "Types")["rows"]}
    assert rows["ORG"] == [1, 1, 1, 60] and rows["PER"][1] == pytest.approx(0.8333)
    worst = block(report, "examples")["items"]
    assert len(worst) == 10 and worst[0]["line"] == 52
    assert [mark["kind"] for mark in worst[0]["marks"]] == ["right", "missed", "missed"]


@pytest.mark.parametrize(
    ("model", "other", "outcome", "said"),
    [
        ([GOLD[:1]] * 60, [GOLD] * 60, "worse", "the CRF is the better choice"),
        ([GOLD] * 59 + [[]], [[]] + [GOLD] * 59, "level", "the CRF costs less"),
    ],
)
def test_a_baseline_that_is_as_good_is_named(
    tokenizer: str, model: Any, other: Any, outcome: str, said: str
) -> None:
    report = report_of(evaluation(tokenizer, [GOLD] * 60, model), baseline=baseline(other))
    assert block(report, "verdict")["outcome"] == outcome
    assert any(said in item["en"] for item in block(report, "advice")["items"])


def test_a_model_that_finds_nothing_is_called_that(tokenizer: str) -> None:
    report = report_of(evaluation(tokenizer, [GOLD] * 4, [[]] * 4))
    assert report["metrics"] == {"f1": 0, "precision": 0, "recall": 0}
    assert "found no span at all" in block(report, "advice")["items"][0]["en"]


def test_training_spans_that_do_not_fit_tokens_are_told(tokenizer: str) -> None:
    train = dataset([[Span(0, 2, "ORG")], GOLD], ["lenovo在北京", TEXT])
    rows = evaluation(tokenizer, [GOLD], [GOLD])
    report = report_of(rows, training=Training("f1", train=train))
    said = [item["en"] for item in block(report, "advice")["items"]]
    assert any("1 of 4 training spans do not begin or end between two tokens" in s for s in said)


def test_overfitting_and_rare_types_are_told(tokenizer: str) -> None:
    rows = evaluation(tokenizer, [GOLD] * 50, [GOLD[:2]] * 50)
    report = report_of(rows, training=Training("f1", train_metrics={"f1": 1.0}))
    said = "\n".join(item["en"] for item in block(report, "advice")["items"])
    assert "it overfits" in said and "never found (recall 0): LOC" in said


def test_tables_hold_every_mistake(tokenizer: str) -> None:
    rows = evaluation(tokenizer, [GOLD, GOLD], [GOLD, [GOLD[0], Span(5, 7, "ORG")]])
    tables = TAG.tables(rows)
    heading, mistakes = tables["mistakes"]
    assert [(row[1], row[2], row[3], row[6]) for row in mistakes] == [
        ("wrong", "李明", "ORG", 3), ("missed", "李明", "PER", 3), ("missed", "北京", "LOC", 3),
    ]  # fmt: skip
    assert len(heading) == len(mistakes[0])
    assert [row[0] for row in tables["types"][1]] == TYPES


# -- examples -----------------------------------------------------------------------------------


def test_marks_do_not_overlap_and_say_what_was_found_instead() -> None:
    found = [Span(0, 3, "PER"), Span(5, 9, "PER"), Span(11, 12, "LOC")]
    marks = [(one.start, one.end, one.kind, one.label) for one in marks_of(TEXT, GOLD, found)]
    assert marks == [
        (0, 3, "missed", "ORG ≠ PER"),
        (5, 7, "missed", "PER ≠ 李明在北 PER"),
        (8, 10, "missed", "LOC ≠ 李明在北 PER"),
        (11, 12, "wrong", "LOC"),
    ]


def test_a_long_text_is_shown_around_its_first_mistake() -> None:
    text = "好" * 900 + TEXT + "好" * 900
    gold = [Span(start + 900, end + 900, label) for start, end, label in GOLD]
    scored = Scored("dev", [text], [7], [gold], [[]], TYPES)
    sample = sample_of(scored, 0)
    assert len(sample.text) <= 200 and sample.line == 7
    assert [sample.text[mark.start : mark.end] for mark in sample.marks] == [
        "新华社",
        "李明",
        "北京",
    ]
    assert all(mark.kind == "missed" for mark in sample.marks)


# -- baselines ----------------------------------------------------------------------------------

PEOPLE, PLACES = ["李明", "王小红", "赵四", "孙海涛"], ["北京", "上海", "呼和浩特", "杭州"]


def sentences(count: int, first: int = 0) -> Dataset:
    texts, targets = [], []
    for number in range(first, first + count):
        person, place = PEOPLE[number % 4], PLACES[number // 4 % 4]
        texts.append(f"第{number}天，{person}昨天去了{place}开会")
        start = len(f"第{number}天，")
        there = start + len(person) + 4
        targets.append(
            [Span(start, start + len(person), "PER"), Span(there, there + len(place), "LOC")]
        )
    return dataset(targets, texts)


def test_the_crf_learns_and_the_mentions_are_beside_it() -> None:
    train, dev = sentences(60), sentences(12, first=100)
    found = fit_baseline(train, dev, TYPES)
    assert found is not None and found.rows == 60 and "crfsuite" in str(found.name)
    gold = [spans_of(target) for target in dev.targets]
    assert found.answers.crf == gold and found.answers.mentions == gold
    again = fit_baseline(train, dev, TYPES)
    assert again is not None and again.answers.crf == found.answers.crf, "nothing is random"


def test_the_longest_mention_wins_with_its_most_frequent_type() -> None:
    texts = ["北京", "北京大学", "北京", "北京"]
    targets = [[Span(0, 2, "ORG")], [Span(0, 4, "ORG")], [Span(0, 2, "LOC")], [Span(0, 2, "LOC")]]
    mentions = Mentions(texts, targets)
    assert mentions.find("在北京大学和北京") == [Span(1, 5, "ORG"), Span(6, 8, "LOC")]
    assert mentions.find("北") == []


def test_a_baseline_that_cannot_be_fitted_is_none() -> None:
    assert fit_baseline(dataset([[]]), sentences(2), TYPES) is None
    assert fit_baseline(sentences(2), dataset([]), TYPES) is None


def test_many_rows_are_thinned_and_the_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paddle_lab.tasks.tag.baseline.MOST_CHARACTERS", 400)
    found = fit_baseline(sentences(100), sentences(3), TYPES)
    assert found is not None and 10 < found.rows < 40
    assert str(found.name).endswith(f"({found.rows} of 100 rows)")
