"""The wall of runs in a real JupyterLab: live, read at a glance, shown to a class, by keyboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import run_writer
from lab_server import Lab, write_setting
from lab_tab import Tab

from paddle_lab.runs import ProcessMark, RunFolder


@pytest.fixture
def people(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, RunFolder]]:
    """A run that lives, one that failed and one that has finished, each of another person."""
    registry = lab.home / "paddle-lab" / "runs"
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(registry.parent))
    found = {}
    for person in ("ann", "ben", "陈思远"):
        folder = run_writer.new_run(lab.root / "paddle_runs", registry, name=f"{person} reviews")
        info = json.loads(folder.info_path.read_text("utf-8"))
        folder.info_path.write_text(
            json.dumps({**info, "notebook": f"{person}/lesson.ipynb"}), encoding="utf-8"
        )
        found[person] = folder
    with found["ann"].open_log() as log:
        mark = ProcessMark.of_this_process().to_json()
        log.append("phase", phase="train", process=mark, total_steps=100)
        for step in range(1, 21):
            log.append("step", **run_writer.step_fields(step, 100))
    with found["ben"].open_log() as log:
        what = {"en": "The file has no labels.", "zh": "文件没有标签。"}
        log.append("end", state="failed", step=0, error={"type": "X", "what": what})
    run_writer.write_run(found["陈思远"], 20)
    yield found
    with found["ann"].open_log() as log:
        log.append("end", state="stopped", step=20)


def open_wall(tab: Tab) -> Any:
    page = tab.page
    page.goto(f"{tab.lab.url}lab?token={tab.lab.token}&reset")
    page.wait_for_function("window.jupyterapp && jupyterapp.restored", timeout=60_000)
    page.evaluate("jupyterapp.restored.then(() => 1)")
    page.evaluate("() => void jupyterapp.commands.execute('paddle-lab:show-wall')")
    page.wait_for_selector(".plab-tile")
    return page


def tile(page: Any, name: str) -> Any:
    return page.locator(".plab-tile").filter(
        has=page.locator(f".plab-tile-name:has-text('{name}')")
    )


def test_a_class_at_a_glance(tab: Tab, people: dict[str, RunFolder]) -> None:
    page = open_wall(tab)
    names = page.locator(".plab-tile-name").all_inner_texts()
    assert [name for name in names if name.endswith("/lesson")] == [
        "ann/lesson", "ben/lesson", "陈思远/lesson",
    ]  # fmt: skip
    assert "26%" in tile(page, "ann").inner_text()
    assert "The file has no labels." in tile(page, "ben").inner_text()
    assert "plab-mod-bad" in tile(page, "ben").get_attribute("class")
    assert "82.6%" in tile(page, "陈思远").inner_text()
    assert "in trouble" in page.locator(".plab-wall-counts").inner_text()
    loss = tile(page, "ann").locator("svg").get_attribute("aria-label")
    assert loss and loss.startswith("Loss from 0.7")

    page.evaluate("document.querySelector('.plab-tile').marked = true")
    with people["ann"].open_log() as log:
        log.append("step", **run_writer.step_fields(70, 100))
    tile(page, "ann").locator(".plab-tile-percent:has-text('66%')").wait_for()
    assert page.evaluate("document.querySelector('.plab-tile').marked"), "tiles stay as they are"
    assert tab.axe_in_all_themes(".plab-wall", "wall") == {}
    assert tab.errors == []


def test_presented_and_read_by_keyboard_alone(tab: Tab, people: dict[str, RunFolder]) -> None:
    page = open_wall(tab)
    page.get_by_role("button", name="Names").focus()
    page.keyboard.press("Enter")
    assert page.locator(".plab-tile-name").all_inner_texts()[:2] == ["#1", "#2"]
    assert "ann" not in page.locator(".plab-wall").inner_text()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    before = page.locator(".plab-tile").first.bounding_box()["width"]
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog .plab-tile")
    assert page.locator(".plab-tile").first.bounding_box()["width"] > before
    assert page.evaluate("document.activeElement.textContent") == "Leave presenter mode"
    assert page.locator("dialog").bounding_box()["width"] == page.viewport_size["width"]
    assert tab.axe("dialog") == []
    tab.shot("wall-presented")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Presenter mode"

    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.left = true")
    page.keyboard.press("ArrowRight")
    assert not page.evaluate("document.activeElement.left"), "runs of other tests have one name"
    while page.evaluate("document.activeElement.textContent") != "陈思远/lesson":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".plab-page .plab-run[data-state=finished]:visible")
    assert tab.errors == []


def test_in_chinese_and_in_notebook_7(tab: Tab, people: dict[str, RunFolder]) -> None:
    write_setting(tab.lab.home, "translation-extension/plugin", {"locale": "zh_CN"})
    page = tab.page
    try:
        page.goto(f"{tab.lab.url}tree?token={tab.lab.token}&paddle-lab-run=:wall")
        page.wait_for_selector(".plab-tile", timeout=60_000)
    finally:
        write_setting(tab.lab.home, "translation-extension/plugin", {"locale": "default"})
    said = page.locator(".plab-wall").inner_text()
    for words in (
        "运行大屏",
        "个进行中",
        "个有问题",
        "训练中",
        "文件没有标签。",
        "准确率",
        "演示模式",
    ):
        assert words in said
    assert tab.axe(".plab-wall") == []
    tab.shot("wall-notebook-7-zh")
    assert tab.errors == []
