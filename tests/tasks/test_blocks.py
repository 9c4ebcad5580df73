"""Blocks: what a report is made of, held to the schema and to every view that draws them."""

from __future__ import annotations

import json
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import run_writer

from paddle_lab.runs.report_form import current_form
from paddle_lab.tasks.blocks import Block
from paddle_lab.tasks.markdown import markdown
from paddle_lab.views.report_html import report_html
from paddle_lab.views.report_text import report_lines
from paddle_lab.views.words import Words

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "paddle_lab" / "runs" / "schema.json").read_text(encoding="utf-8")
)
TYPES = {kind.type for kind in Block.__subclasses__()}


def conforms(report: dict[str, Any]) -> None:
    jsonschema.validate(report, {"$ref": "#/$defs/Report", "$defs": SCHEMA["$defs"]})


def test_the_schema_knows_exactly_the_blocks_that_there_are() -> None:
    described = [SCHEMA["$defs"][item["$ref"].rpartition("/")[2]] for item in
                 SCHEMA["$defs"]["Block"]["anyOf"]]  # fmt: skip
    assert {item["properties"]["type"]["const"] for item in described} == TYPES
    for kind in Block.__subclasses__():
        schema = next(i for i in described if i["properties"]["type"]["const"] == kind.type)
        assert set(schema["properties"]) == {"type", *kind.__dataclass_fields__}
        needed = {name for name, field in kind.__dataclass_fields__.items()
                  if field.default is MISSING}  # fmt: skip
        assert set(schema["required"]) >= {"type", *needed}


def test_reports_of_both_versions_conform() -> None:
    report = run_writer.report()
    conforms(report)
    assert {block["type"] for block in report["blocks"]} == TYPES
    conforms(current_form(run_writer.old_report()))
    assert current_form(report) is report


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_draws_every_block(language: str) -> None:
    report, words = run_writer.report(text="房间很小"), Words(language)
    page, said, written = (
        report_html(report, words),
        "\n".join(report_lines(report, words)),
        markdown(report),
    )
    everywhere = {"verdict": "TF-IDF", "metrics": "±", "advice": "--limit 8000",
                  "table": "negative", "examples": "房间很小 0"}  # fmt: skip
    for kind, part in everywhere.items():
        for shown in (page, said, written):
            assert part in shown, kind
    for kind, part in {"matrix": "413", "histogram": "900"}.items():
        for shown in (page, written):
            assert part in shown, kind
    assert "房间</span><sub>negative</sub>很小" in page, "a missed span is marked"
    assert "-房间(negative)" in written


@pytest.mark.parametrize(
    "damaged",
    [{}, {"version": 3}, {"version": 2.5}, {"version": 1, "metrics": []}, {"baseline": 1}],
)
def test_what_is_no_report_is_refused(damaged: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        current_form(damaged)
