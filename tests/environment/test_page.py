"""The page: both languages, both forms, nothing of a stranger's sheet comes through unescaped."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import all_findings, explain, make_plan
from paddle_lab.environment.findings import Alternative
from paddle_lab.environment.page import (
    html_document,
    html_explanation,
    html_page,
    text_explanation,
    text_page,
)
from paddle_lab.i18n import T

SHEETS = Path(__file__).parent / "sheets"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def sheet(name: str = "cpu-linux") -> dict[str, Any]:
    return dict(json.loads((SHEETS / f"{name}.json").read_text("utf-8")))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    return tags


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_of_a_healthy_machine(language: str) -> None:
    facts = sheet()
    done = [{"name": name, "ok": True, "seconds": 1.0} for name in ("paddle", "paddlenlp")]
    facts["imports"] = {"results": done}
    html = html_page(facts, all_findings(facts), language=language)
    tags = parsed(html)
    assert not {"script", "iframe", "img", "link"} & tags.seen
    assert not any(name.startswith("on") for name in tags.attributes)
    assert "3.3.1" in html
    assert ('class="green"' in html) and ('class="red"' not in html)
    words = "Versions" if language == "en" else "版本"
    assert words in html
    assert words in text_page(facts, all_findings(facts), language=language)


def test_a_broken_machine_lists_what_to_do_first() -> None:
    facts = sheet()
    facts["packages"].update({"aistudio-sdk": "0.3.9", "opencv-python": "4.10"})
    facts["libraries"]["libGL.so.1"] = "missing"
    findings = all_findings(facts)
    assert [finding.severity for finding in findings] == ["error", "warning", "note"]
    assert "paddle-lab" in findings[2].title.in_language("en"), "its own pin is not met either"
    html = html_page(facts, findings, make_plan(facts), "en")
    assert html.index("aistudio-sdk is too new") < html.index("opencv-python needs")
    assert 'class="red"' in html
    assert "<span>~/nlp/.venv/bin/python -m pip install opencv-python-headless</span>" in html
    text = text_page(facts, findings, make_plan(facts), "en")
    assert "1. ✗ aistudio-sdk is too new" in text
    assert "python -m pip install" in text
    assert max(len(line) for line in text.splitlines() if "pip install" not in line) < 120


OTHER_WAY = Alternative(T("on the CPU", "使用 CPU"), ('pip install "paddlepaddle<4"',))


@pytest.mark.parametrize(("language", "label"), [("en", "on the CPU"), ("zh", "使用 CPU")])
def test_another_way_stands_apart_under_its_label(language: str, label: str) -> None:
    facts = sheet()
    facts["packages"]["aistudio-sdk"] = "0.3.9"
    first, *_ = all_findings(facts)
    with_other = replace(first, commands=("uv sync",), alternatives=(OTHER_WAY,))
    lines = text_page(facts, [with_other], None, language).splitlines()
    place = next(number for number, line in enumerate(lines) if label in line)
    assert lines[place - 1].strip() == "uv sync"
    assert lines[place + 1].strip() == OTHER_WAY.commands[0]
    html = html_page(facts, [with_other], None, language)
    block = html[html.index(label) :]
    assert "&#34;paddlepaddle&lt;4&#34;" in block[: block.index("</pre>")]
    data = with_other.to_json(language)
    assert data["commands"] == ["uv sync"]
    assert data["alternatives"][0]["label"] == label


def hostile() -> dict[str, Any]:
    facts = sheet("gpu-cu126-a100")
    facts["python"]["version"] = f"3.11{EVIL}"
    facts["cpu"]["model"] = EVIL
    facts["gpu"]["devices"][0]["name"] = EVIL
    facts["gpu"]["reason"] = EVIL
    facts["platform"]["system"] = EVIL
    facts["packages"]["numpy"] = EVIL
    facts["paddle"]["folder"] = EVIL
    facts["shadows"] = [{"module": "paddle", "path": EVIL}]
    facts["problems"] = {EVIL: EVIL}
    said = ("error", "where", "text", "version", "ended", "signal")
    facts["imports"] = {"results": [{"name": EVIL, "ok": False, **dict.fromkeys(said, EVIL)}]}
    facts["check"] = {
        "ok": False,
        "phases": [{"name": EVIL, "ok": False}],
        "text": EVIL,
        "ended": "early",
    }
    return facts


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_hostile_sheet_cannot_put_markup_into_the_page(language: str) -> None:
    facts = hostile()
    html = html_page(facts, all_findings(facts), make_plan(facts), language)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    parsed(html_document(html, language))


def test_a_hostile_error_text_cannot_either() -> None:
    found = explain(
        f"ModuleNotFoundError: No module named 'paddle' {EVIL} lib{EVIL}.so: cannot open", {}
    )
    html = html_explanation(found, "en")
    assert "<script" not in html
    parsed(html)


def test_a_terminal_is_not_written_to_by_a_sheet() -> None:
    facts = sheet()
    facts["cpu"]["model"] = "evil \x1b]0;title\x07 \x1b[2J cpu"
    text = text_page(facts, all_findings(facts), language="en")
    assert "\x1b" not in text
    assert "\x07" not in text


@pytest.mark.parametrize(
    "odd",
    [
        {"gpu": {"devices": []}},
        {"cpu": {}},
        {"memory": {"total_mb": None}},
        {"python": {}},
        {"jupyter": {"kernels": []}},
        {"storage": {}},
        {"platform": {}},
    ],
)
def test_a_partial_sheet_still_gets_a_page(odd: dict[str, Any]) -> None:
    facts = {"format": "paddle-lab-facts", "version": 1, **odd}
    for language in ("en", "zh"):
        parsed(html_page(facts, all_findings(facts), make_plan(facts), language))
        text_page(facts, all_findings(facts), make_plan(facts), language)


def test_an_unknown_error_says_so() -> None:
    nothing = explain("nobody knows", sheet())
    assert "No rule knows" in text_explanation(nothing, "en")
    assert "没有规则" in html_explanation(nothing, "zh")


def test_colours_come_from_jupyterlab_with_fallbacks() -> None:
    facts = sheet()
    html = html_page(facts, [], language="en")
    for name, value in re.findall(r"color:\s*(var\(--jp-[\w-]+)([,)])", html):
        assert value == ",", f"{name} has no fallback"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("NVMLError_LibraryNotFound: NVML Shared Library Not Found", "no NVIDIA driver"),
        ("no NVIDIA driver: nvidia-smi and nvidia-ml-py are both absent", "no NVIDIA driver"),
        ("NVMLError_DriverNotLoaded: Driver Not Loaded", "not loaded"),
        ("OSError: Failed to initialize NVML: Driver/library version mismatch", "differ"),
        ("NVMLError_Unknown: Unknown Error", "Unknown Error"),
    ],
)
def test_why_there_is_no_card_is_said_in_words(reason: str, words: str) -> None:
    facts = sheet()
    facts["gpu"] = {"available": False, "driver": None, "devices": [], "reason": reason}
    html = html_page(facts, [], language="en")
    assert words in html
    assert "NVMLError" not in html
    assert "NVMLError" not in text_page(facts, [], language="zh")


@pytest.mark.browser
def test_labels_stay_on_one_line_in_jupyterlab(tmp_path: Path) -> None:
    """JupyterLab floats dt and narrows it to a fifth: Chinese labels then stood upright."""
    api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no browser")
    lab = (
        ".jp-RenderedHTMLCommon dt{font-weight:bold;float:left;width:20%}"
        ".jp-RenderedHTMLCommon dd{float:left;width:80%}"
        ".jp-RenderedHTMLCommon p{margin-bottom:1em}"
        ".jp-T .jp-RenderedHTMLCommon pre{padding:0}"
    )
    file = tmp_path / "page.html"
    body = (
        f'<div class="jp-T"><div class="jp-RenderedHTMLCommon">{html_page(sheet(), [], None, "zh")}'
    )
    file.write_text(f"<meta charset=utf-8><style>{lab}</style>{body}</div></div>", "utf-8")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for width in (1000, 480):
            page = browser.new_page(viewport={"width": width, "height": 600})
            page.goto(file.as_uri())
            over = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not page.evaluate(over)
            lines = page.eval_on_selector_all(
                "dt",
                "all => all.map(e => {const r = document.createRange(); r.selectNodeContents(e);"
                " return new Set([...r.getClientRects()].map(x => Math.round(x.top))).size})",
            )
            assert set(lines) == {1}
        browser.close()
