"""The samples that are made of reviews: nothing leaks, nothing tells the answer, all is said."""

from __future__ import annotations

from collections import Counter

import pytest

from paddle_lab.data import Dataset
from paddle_lab.data.samples import SAMPLES, read_sample, sample_task
from paddle_lab.data.samples.pairs import LEAST, halves_of, pairs_from
from paddle_lab.data.samples.reviews import Review, letters_of, load_reviews
from paddle_lab.data.samples.stars import mixed
from paddle_lab.tasks import get_task


@pytest.fixture(scope="module")
def pairs() -> dict[str, Dataset]:
    return read_sample("pairs", get_task("pair"))


@pytest.fixture(scope="module")
def stars() -> dict[str, Dataset]:
    return read_sample("stars", get_task("regress"))


def test_a_review_is_cut_behind_the_sign_nearest_to_its_middle() -> None:
    text = "房间很小，隔音也不太好，早餐还算可以！下次不会再来住了"
    assert halves_of(text) == ("房间很小，隔音也不太好，", "早餐还算可以！下次不会再来住了")
    for short in ("很好，不错", "没有标点的一条评论写得很长很长很长", "长" * 200, "。" * 40,
                  "很好，" + "后面这一半写得实在是太长太长太长了"):  # fmt: skip
        assert halves_of(short) is None


def test_every_half_stands_in_one_pair_and_classes_are_of_one_size() -> None:
    halves = [(f"前{n}", f"后{n}") for n in range(10)]
    rows = pairs_from(halves)
    assert len(rows) == 8 and Counter(row[2] for row in rows) == {"same": 4, "different": 4}
    assert len({row[0] for row in rows}) == len({row[1] for row in rows}) == 8
    for first, second, label in rows:
        assert (first[1:] == second[1:]) == (label == "same")


@pytest.mark.slow
def test_pairs_are_many_balanced_and_said_to_be_made(pairs: dict[str, Dataset]) -> None:
    assert set(pairs) == {"train", "dev", "test"} and len(pairs["train"]) > 3000
    for part in pairs.values():
        counts = Counter(part.targets)
        assert counts["same"] == counts["different"] == len(part) / 2
        assert all(len(letters_of(text)) >= LEAST for text in part.given["text2"])
    assert "Made" in pairs["train"].notices[0].in_language("en")
    assert "合成" in pairs["train"].notices[0].in_language("zh")
    get_task("pair").check(pairs)


@pytest.mark.slow
def test_no_review_gives_rows_to_two_parts(
    pairs: dict[str, Dataset], stars: dict[str, Dataset]
) -> None:
    reviews = load_reviews()
    for part in ("train", "dev", "test"):
        whole = "\n".join(review.text for review in reviews[part])
        assert all(text in whole for role in ("text", "text2") for text in pairs[part].given[role])
        known = {review.text for review in reviews[part]}
        for text in stars[part].texts:
            assert any(text[:size] in known for size in range(1, 42)), text


def test_stars_are_means_of_three_reviews() -> None:
    reviews = [Review("很好", "positive"), Review("太差！", "negative"), Review("好", "positive"),
               Review("长" * 41, "positive"), Review("剩下的", "negative")]  # fmt: skip
    assert mixed(reviews) == [("很好。太差！好。", 3.67)]


@pytest.mark.slow
def test_stars_run_from_1_to_5(stars: dict[str, Dataset]) -> None:
    assert len(stars["train"]) > 1500
    for part in stars.values():
        assert set(part.targets) == {1.0, 2.33, 3.67, 5.0}
    assert "Made" in stars["train"].notices[0].in_language("en")
    get_task("regress").check(stars)


@pytest.mark.slow
def test_they_are_the_same_every_time_and_know_their_task(pairs: dict[str, Dataset]) -> None:
    assert SAMPLES.get("pairs").load()["dev"].given == pairs["dev"].given
    assert sample_task("pairs:dev") == "pair" and sample_task("stars") == "regress"
