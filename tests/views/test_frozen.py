"""The frozen output: small, whole, and harmless, whatever the run was."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
import run_writer

from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import RunFolder
from paddle_lab.runs.snapshot import snapshot
from paddle_lab.views import frozen_bundle
from paddle_lab.views.facts import facts
from paddle_lab.views.frozen import MIME
from paddle_lab.views.html import run_html
from paddle_lab.views.text import report_text, snapshot_text
from paddle_lab.views.words import Words

HOSTILE = "<img src=x onerror=alert(1)>\"'&\u202e../../x\n\U0001f600"
MakeRun = Callable[..., RunFolder]


def size(bundle: dict[str, Any]) -> int:
    return len(json.dumps(bundle, ensure_ascii=False).encode("utf-8"))


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_a_run_freezes_with_its_curve_and_report(make_run: MakeRun) -> None:
    folder = make_run()
    run_writer.write_run(folder, 400)
    bundle = frozen_bundle(folder, "en")
    output = bundle[MIME]
    assert output["live"] is False
    assert output["snapshot"]["points"] == 400
    assert output["snapshot"]["columns"]["step"] == list(range(1, 401))
    assert output["snapshot"]["report"]["rows"] == 1000
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    svg = base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", bundle["text/html"])[1])
    assert b"<path" in svg
    assert "application/vnd.jupyter.widget-view+json" not in bundle


def test_a_card_keeps_the_language_that_was_chosen_and_no_other(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run()
    for name in ("PADDLE_LAB_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert "language" not in frozen_bundle(folder)[MIME], "its reader's JupyterLab decides"
    assert frozen_bundle(folder, "zh")[MIME]["language"] == "zh"
    monkeypatch.setenv("PADDLE_LAB_LANG", "zh")
    assert frozen_bundle(folder)[MIME]["language"] == "zh"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_longest_run_stays_within_60_kb(make_run: MakeRun, language: str) -> None:
    folder = make_run(name="很长的名字" * 10, extra={"note": "字" * 20_000})
    run_writer.write_run(folder, 20_000)
    folder.log_path.write_text("第 1 步 " * 40 + "\n" + "日志 " * 5000 + "\n", encoding="utf-8")
    labels = tuple(f"类别 {n} {'长' * 200}" for n in range(300))
    atomic_write_json(folder.report / "report.json", run_writer.report(labels, "文本 " * 2000))
    assert size(frozen_bundle(folder, language)) <= 60_000


def test_many_evaluations_stay_within_60_kb_and_keep_the_best(make_run: MakeRun) -> None:
    folder = make_run()
    with folder.open_log() as log:
        for step in range(1, 3001):
            metrics = {f"metric_{n}": 0.5 for n in range(12)}
            log.append("eval", step=step, split="dev", metrics=metrics, best=step == 777)
    bundle = frozen_bundle(folder, "en")
    assert size(bundle) <= 60_000
    assert [item["step"] for item in bundle[MIME]["snapshot"]["evals"] if item["best"]] == [777]


def test_hostile_strings_stay_text(make_run: MakeRun) -> None:
    folder = make_run(name=HOSTILE, model=HOSTILE, train=HOSTILE)
    run_writer.write_run(folder, 20)
    hostile = run_writer.report((HOSTILE, "b"), HOSTILE)
    for block in hostile["blocks"]:
        if block["type"] == "advice":
            block["items"] = [{"en": HOSTILE, "zh": HOSTILE}]
        if block["type"] == "verdict":
            block["text"] = {"en": HOSTILE, "zh": HOSTILE}
    atomic_write_json(folder.report / "report.json", hostile)
    bundle = frozen_bundle(folder, "en")
    tags = Tags(bundle["text/html"])
    pictures = [attrs for tag, attrs in tags.seen if tag == "img"]
    assert len(pictures) == 1
    assert str(pictures[0]["src"]).startswith("data:image/svg+xml;base64,")
    assert not [attrs for _, attrs in tags.seen if any(name.startswith("on") for name in attrs)]
    assert "script" not in [tag for tag, _ in tags.seen]
    svg = base64.b64decode(str(pictures[0]["src"]).partition(",")[2]).decode()
    assert "<img" not in svg
    text = report_text(folder, "en")
    assert "\u202e" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_failed_run_says_what_why_and_what_to_do(make_run: MakeRun, language: str) -> None:
    folder = make_run()
    said = {part: {"en": f"{part} en", "zh": f"{part} zh"} for part in ("what", "why", "fix")}
    with folder.open_log() as log:
        log.append("phase", phase="data")
        log.append("end", state="failed", step=0, error={"type": "DataError", **said})
    bundle = frozen_bundle(folder, language)
    for part in ("what", "why", "fix"):
        assert f"{part} {language}" in bundle["text/html"]
        assert f"{part} {language}" in bundle["text/plain"]


def test_a_run_without_a_single_event_freezes_too(make_run: MakeRun) -> None:
    bundle = frozen_bundle(make_run(), "zh")
    assert (
        "第一步完成后即显示曲线"
        in base64.b64decode(re.search(r"base64,([^\"]+)", bundle["text/html"])[1]).decode()
    )
    assert bundle[MIME]["snapshot"]["points"] == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_a_run_is_worth_stands_before_what_it_was_on_the_way(
    make_run: MakeRun, language: str
) -> None:
    """The report's figure on the test part first, then the best on the dev part, both by name."""
    folder = make_run()
    run_writer.write_run(folder, 40)
    shown = facts(snapshot(folder), Words(language))
    names = [name for name, _ in shown]
    first, best = {
        "en": ("test accuracy", "best dev accuracy"),
        "zh": ("测试集准确率", "验证集最佳准确率"),
    }[language]
    assert names[0] == first and best in names[1:]
    assert all(value.endswith("%") for name, value in shown if name in (first, best))


def test_a_saved_notebook_changes_no_order(make_run: MakeRun) -> None:
    """Notebooks are saved with the keys of their JSON sorted."""
    folder = make_run()
    with folder.open_log() as log:
        log.append("phase", phase="train", total_steps=2)
        log.append("step", **run_writer.step_fields(1, 2))
        metrics = {"macro_f1": 0.5, "loss": 0.7, "accuracy": 0.6}
        log.append("eval", step=1, split="dev", metrics=metrics, best=True)
        timed = {"b32_len128": 40.0, "b1_len32": 1.0, "b1_len128": 2.0}
        log.append("export", ok=True, bundle="b", rows=3, latency_ms=timed)
        log.append("end", state="stopped", step=1)
    live = snapshot(folder)
    saved = json.loads(json.dumps(live, sort_keys=True))
    for drawn in (run_html, snapshot_text):
        assert drawn(saved, Words("en")) == drawn(live, Words("en"))
    assert "1 × 32 1 ms, 1 × 128 2 ms, 32 × 128 40 ms" in snapshot_text(saved, Words("en"))


def test_the_terminal_report_has_the_same_facts(make_run: MakeRun) -> None:
    folder = make_run()
    run_writer.write_run(folder, 40)
    english, chinese = report_text(folder, "en"), report_text(folder, "zh")
    assert "Finished" in english
    assert "40 / 40" in english
    assert "✓ 82.6% ± 2.4, better than TF-IDF" in english
    assert "accuracy 82.6% ± 2.4%" in english
    assert "largest difference 4.8e-07" in english
    assert str(folder.path) in english
    assert "已完成" in chinese
    assert "82.6% ± 2.4，优于 TF-IDF" in chinese


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_of_version_1_is_shown_as_before(make_run: MakeRun, language: str) -> None:
    folder = make_run()
    run_writer.write_run(folder, 20)
    atomic_write_json(folder.report / "report.json", run_writer.old_report())
    bundle = frozen_bundle(folder, language)
    for part in ("TF-IDF + logistic regression", "negative", "房间很小，但是很干净 0", "8000"):
        assert part in bundle["text/html"], part
    assert bundle[MIME]["snapshot"]["report"]["version"] == 2
