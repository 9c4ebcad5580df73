"""What the page "Fine-tune a file" is told: the plan of a dry run, or the error with the rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from paddle_lab.commands.looking import OPTIONS, look
from paddle_lab.models.catalog import CARDS
from paddle_lab.options import options_of
from paddle_lab.runs import RunSpec

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "paddle_lab/server/looking.schema.json").read_text("utf-8")
)
ROWS = [(f"第{n}条评论的文字", "好" if n % 3 else "差") for n in range(60)]


@pytest.fixture
def reviews(tmp_path: Path) -> str:
    path = tmp_path / "reviews.csv"
    lines = ["review,stars,shop", *(f"{text},{label},甲" for text, label in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def looked(file: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(json.dumps(look(file, options), default=str))
    jsonschema.validate(answer, {"$ref": "#/$defs/Look", "$defs": SCHEMA["$defs"]})
    return answer


def test_a_plain_file_is_understood_by_itself(reviews: str) -> None:
    seen = looked(reviews)
    assert seen["error"] is None
    assert seen["task"] == "classify"
    assert [(role["name"], role["column"]) for role in seen["roles"]] == [
        ("text", "review"), ("label", "stars"),
    ]  # fmt: skip
    assert seen["table"]["columns"] == ["review", "stars", "shop"]
    part = seen["plan"]["report"]["parts"]["train"]
    assert sum(part["classes"].values()) == part["rows"] == sum(part["histogram"]["counts"])


def test_choices_are_those_of_the_command(reviews: str) -> None:
    plain, chosen = looked(reviews), looked(reviews, epochs=3, limit=20, max_len=16)
    assert chosen["plan"]["report"]["parts"]["train"]["rows"] == 20
    assert chosen["plan"]["spec"]["epochs"] == 3
    assert chosen["plan"]["report"]["max_len"] == 16
    assert plain["plan"]["spec"]["max_len"] != 16
    assert {option.name for option in options_of(RunSpec)} >= set(OPTIONS)


def test_models_are_told_with_size_place_and_time(reviews: str) -> None:
    models = {one["name"]: one for one in looked(reviews)["plan"]["models"]}
    assert {*CARDS, "ernie-3.0-nano-zh", "ernie-3.0-base-zh"} <= models.keys()
    assert models["ernie-lab-mini"]["here"]
    small, large = models["ernie-3.0-nano-zh"], models["ernie-3.0-base-zh"]
    assert small["parameters"] < large["parameters"]
    assert small["epoch_s"] < large["epoch_s"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"label": "nope"}, "data.column"),
        ({"label": "shop"}, "data.one_class"),
        ({"task": "nope"}, "usage.value"),
        ({"model": "nope"}, "model.not_found"),
    ],
)
def test_what_is_wrong_is_told_beside_the_rows(reviews: str, options: Any, code: str) -> None:
    seen = looked(reviews, **options)
    assert seen["plan"] is None
    assert seen["error"]["code"] == code
    assert seen["error"]["what"]["zh"] != seen["error"]["what"]["en"]
    assert seen["tasks"], "a way on"
    assert seen["table"]["rows"][0][0] == ROWS[0][0]


def test_columns_of_a_second_text_have_their_own_option(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    lines = [f"问题{n}怎么办\t如何处理问题{n}\t{n % 2}" for n in range(40)]
    path.write_text("\n".join(["text_a\ttext_b\tlabel", *lines]) + "\n", encoding="utf-8")
    seen = looked(str(path), task="pair")
    assert [role["option"] for role in seen["roles"]] == ["text", "column", "label"]
    assert (
        looked(str(path), task="pair", column={"text2": "text_a"}, text="text_b")["error"] is None
    )


def test_an_empty_file_is_told_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("", encoding="utf-8")
    seen = looked(str(path))
    assert seen["error"]["code"] == "data.empty"
    assert seen["table"] is None and seen["roles"]
