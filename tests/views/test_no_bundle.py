"""A run whose export failed says so in every view, and how to get its bundle."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import run_writer

from paddle_lab.commands import runs as command
from paddle_lab.commands.context import Context
from paddle_lab.i18n import T, speaking
from paddle_lab.runs import RunFolder
from paddle_lab.runs.snapshot import snapshot
from paddle_lab.views import frozen_bundle
from paddle_lab.views.text import report_text

REPO = Path(__file__).parents[2]


@pytest.fixture
def run(make_run: Callable[..., RunFolder]) -> RunFolder:
    """A run that finished on a disk that was full when its bundle was written."""
    folder = make_run()
    what = T("The bundle cannot be written: no space left.", "无法写入模型包：磁盘已满。")
    with folder.open_log() as log:
        log.append("step", **run_writer.step_fields(1, 1))
        error = {"type": "BundleError", "what": what.to_json(), "why": None, "fix": None}
        log.append("export", ok=False, bundle=None, error=error)
        log.append("end", state="finished", step=1)
    return folder


@pytest.mark.parametrize(
    ("language", "lacks"), [("en", "This run has no bundle"), ("zh", "该运行没有模型包")]
)
def test_the_card_in_every_static_form(run: RunFolder, language: str, lacks: str) -> None:
    for text in (report_text(run, language), frozen_bundle(run, language)["text/html"]):
        assert lacks in text
        assert f"%ernie_export {run.id}" in text and f"paddle-lab export {run.id}" in text


@pytest.mark.parametrize(("language", "said"), [("en", "no bundle"), ("zh", "无模型包")])
def test_the_list(run: RunFolder, language: str, said: str) -> None:
    with speaking(language):
        args = command.build_parser("paddle-lab runs").parse_args(["list"])
        result = command.execute(args, Context())
    assert said in result.text and said in (result.html or "")
    assert f"%ernie_export {run.id}" in result.text
    assert result.json[0]["no_bundle"] is True


def test_a_bundle_that_was_made_later_is_believed(run: RunFolder) -> None:
    run.bundle.mkdir()
    (run.bundle / "manifest.json").write_text("{}", encoding="utf-8")
    assert snapshot(run)["no_bundle"] is False
    assert "%ernie_export" not in report_text(run, "en")


def test_the_page_says_it_in_both_languages() -> None:
    """The card takes its words from words.json, the sidebar from the locale: both hold them."""
    said = re.findall(
        r"trans\.__\('(No bundle[^']*)'",
        (REPO / "labextension/src/sidebar/runRow.tsx").read_text(encoding="utf-8"),
    )
    locale = REPO / "paddle_lab/locale/zh_CN/LC_MESSAGES/paddle_lab.json"
    known = json.loads(locale.read_text(encoding="utf-8"))
    assert said and all(known[text][0] for text in said)
    card = (REPO / "labextension/src/run/report.ts").read_text(encoding="utf-8")
    assert "export.failed" in card and "export.again" in card
