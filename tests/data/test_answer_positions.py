"""Answers at their position: wrong starts are repaired by the answer's own text, and told."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.data.answer_positions import NOWHERE, Repairs, located
from paddle_lab.i18n import Text

CONTEXT = "北京的书店比上海的书店多，北京的茶馆也多。"


def one(context: str, text: str, start: Any) -> tuple[list[dict[str, Any]] | Text, Repairs]:
    repairs = Repairs()
    return located(context, [{"text": text, "start": start}], repairs), repairs


def test_a_right_start_is_kept_in_silence() -> None:
    found, repairs = one(CONTEXT, "北京", 13)
    assert found == [{"text": "北京", "start": 13}]
    assert not repairs.notices()


@pytest.mark.parametrize("start", [-1, None, 3, "x", 99, float("nan"), float("inf"), True])
def test_a_wrong_start_gives_way_to_the_only_occurrence(start: Any) -> None:
    found, repairs = one(CONTEXT, "上海", start)
    assert found == [{"text": "上海", "start": 6}]
    assert dict(repairs.starts) == {"only": 1}


@pytest.mark.parametrize("start", [13.0, "13"])
def test_tables_hold_starts_as_other_numbers(start: Any) -> None:
    found, repairs = one(CONTEXT, "北京", start)
    assert found == [{"text": "北京", "start": 13}] and not repairs.starts


@pytest.mark.parametrize(("start", "position"), [(1, 0), (6, 0), (7, 13), (19, 13)])
def test_of_several_occurrences_the_nearest_is_taken(start: int, position: int) -> None:
    found, repairs = one(CONTEXT, "北京", start)
    assert found == [{"text": "北京", "start": position}]
    assert dict(repairs.starts) == {"nearest": 1}


@pytest.mark.parametrize("start", [-1, None])
def test_without_a_start_the_first_of_several_is_taken_and_told(start: int | None) -> None:
    found, repairs = one(CONTEXT, "北京", start)
    assert found == [{"text": "北京", "start": 0}]
    (notice,) = repairs.notices()
    assert (
        "the first is taken" in notice.in_language("en")
        and '"北京"' in notice.in_language("en")
        and "取第一处" in notice.in_language("zh")
    )


def test_utf16_units_are_told_from_a_wrong_start() -> None:
    context = "👨🏻‍🚒北京在此，北京在彼。"
    right = context.index("北京", 8)
    units = len(context[:right].encode("utf-16-le")) // 2
    found, repairs = one(context, "北京", units)
    assert found == [{"text": "北京", "start": right}]
    assert dict(repairs.starts) == {"utf16": 1}


def test_line_ends_counted_as_one() -> None:
    context = "第一行\r\n第二行：北京\r\n第三行：北京"
    right = context.rindex("北京")
    found, repairs = one(context, "北京", right - 2)
    assert found == [{"text": "北京", "start": right}]
    assert dict(repairs.starts) == {"line_ends": 1}


def test_white_space_does_not_part_an_answer_from_its_context() -> None:
    context = "他 在\r\n北  京 工作"
    found, repairs = one(context, "北 京\t工作", 5)
    assert found == [{"text": "北  京 工作", "start": 5}]
    assert repairs.blanks == 1 and "white space" in repairs.notices()[0].in_language("en")


def test_an_answer_that_is_not_there_is_refused() -> None:
    found, repairs = one(CONTEXT, "广州", 0)
    assert isinstance(found, Text)
    assert '"广州" does not stand in the context' in found.in_language(
        "en"
    ) and "广州" in found.in_language("zh")
    assert not repairs.notices()


def test_beside_one_that_is_there_it_counts_in_scores_alone() -> None:
    repairs = Repairs()
    found = located(
        CONTEXT, [{"text": "在上海", "start": 5}, {"text": "上海", "start": 6}], repairs
    )
    assert found == [{"text": "在上海", "start": NOWHERE}, {"text": "上海", "start": 6}]
    (notice,) = repairs.notices()
    assert "1 answers do not stand in their context" in notice.in_language(
        "en"
    ) and "在上海" in notice.in_language("en")


def test_a_context_of_one_character_over_and_over_ends() -> None:
    found, _ = one("啊" * 200_000, "啊啊", 150_000)
    assert found == [{"text": "啊啊", "start": 150_000}]
    found, _ = one("啊" * 200_000 + "吗", "啊吗", 5)
    assert found == [{"text": "啊吗", "start": 199_999}]
