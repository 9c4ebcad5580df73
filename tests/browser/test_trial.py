"""A finished run is asked in its card, by the keyboard, and corrected in place."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import run_writer
from word_model import word_bundle

from paddle_lab.runs import RunFolder
from paddle_lab.tasks.files import ROWS_FILE
from paddle_lab.views.frozen import MIME, frozen_bundle

# Paddle is not needed: the words that decide are known.
LOAD = """%load_ext paddle_lab
import word_model
from paddle_lab.trial import conversation
conversation.kept_bundle = word_model.word_predictor
conversation.Conversation._ready = lambda self: None"""
LONG = "很长的一条评论，" * 40 + "差"


def finished_run(tab: Any, name: str) -> RunFolder:
    """A finished run in the lab's folder, whose first mistake is kept whole."""
    folder = run_writer.new_run(
        tab.lab.root / "runs", tab.lab.home / "paddle-lab" / "runs", name=name
    )
    with folder.open_log() as log:
        log.append("phase", phase="train", total_steps=10, epochs=1.0)
        for step in range(1, 11):
            log.append("step", **run_writer.step_fields(step, 10))
        run_writer.finish(folder, log, 10, "finished")
    report = json.loads((folder.report / "report.json").read_text("utf-8"))
    examples = next(block for block in report["blocks"] if block["type"] == "examples")
    examples["items"][0]["row"] = 3
    (folder.report / "report.json").write_text(json.dumps(report), "utf-8")
    rows = {"3": {"given": {"text": LONG}, "target": "好评"}}
    (folder.report / ROWS_FILE).write_text(json.dumps(rows), "utf-8")
    word_bundle(folder.bundle)
    return folder


def open_card(tab: Any, name: str, folder: RunFolder, *cells: str) -> None:
    """A notebook with the frozen card in its first cell, and further cells."""
    tab.lab.notebook(name, "1 + 1", *cells)
    book = tab.lab.saved(name)
    data = frozen_bundle(folder, "en", picture=False)
    assert data[MIME]["live"] is False
    output = nbformat.v4.new_output("display_data", data)  # type: ignore[no-untyped-call]
    book.cells[0].outputs = [output]
    nbformat.write(book, tab.lab.root / name)  # type: ignore[no-untyped-call]
    tab.open(name)
    tab.card("finished")


def run_to_end(tab: Any, cell: int) -> None:
    tab.run(cell)
    tab.page.wait_for_function(
        "i => jupyterapp.shell.currentWidget.content.widgets[i].model.executionCount !== null",
        arg=cell,
    )


def test_a_card_without_paddle_lab_in_its_kernel_says_what_to_do(tab: Any) -> None:
    folder = finished_run(tab, "unloaded")
    open_card(tab, "unloaded.ipynb", folder, LOAD)
    box = tab.page.get_by_role("region", name="Try it")
    box.get_by_text("The kernel has not loaded Paddle Lab").wait_for(timeout=30_000)
    assert f"%ernie_predict {folder.id}" in box.inner_text()
    assert not tab.page.get_by_role("button", name="Wrong in the data?").first.is_visible()
    tab.shot("trial-unloaded")
    run_to_end(tab, 1)
    box.get_by_role("button", name="Try again").click()
    box.get_by_role("textbox", name="text").wait_for()
    tab.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    box.get_by_text("The kernel has not loaded Paddle Lab").wait_for(timeout=30_000)
    tab.shutdown()
    box.get_by_text("There is no kernel here that could answer").wait_for(timeout=30_000)
    assert tab.errors == []


def test_a_text_is_asked_by_the_keyboard_and_put_right(tab: Any) -> None:
    alerts: list[Any] = []
    tab.page.on("dialog", lambda dialog: (alerts.append(dialog), dialog.dismiss()))
    folder = finished_run(tab, "asked")
    open_card(tab, "asked.ipynb", folder, LOAD)
    run_to_end(tab, 1)
    box = tab.page.get_by_role("region", name="Try it")
    box.get_by_role("button", name="Try again").click()
    field = box.get_by_role("textbox", name="text")
    field.wait_for()
    above = tab.page.locator(".plab-chart").first.bounding_box()

    field.fill("包装好，但态度太差 <img src=x onerror=alert(1)>")
    field.press("Enter")
    box.locator(".plab-why").wait_for()
    assert box.locator(".plab-said").inner_text() == "差评"
    assert "73.1%" in box.locator(".plab-bars").inner_text()
    assert "“差” −" in box.locator(".plab-why").inner_text()
    assert box.locator(".plab-for").first.inner_text() in "太差"
    assert tab.page.locator(".plab-trial img").count() == 0
    assert tab.page.evaluate("() => document.activeElement.tagName") == "TEXTAREA"
    assert tab.page.locator(".plab-chart").first.bounding_box() == above
    assert "差评, 73.1%" in box.locator(":scope > [role=status]").text_content()
    assert tab.axe_in_all_themes(".plab-run", "trial-answer") == {}

    wrong = box.get_by_role("button", name="Wrong? Keep a correction")
    wrong.press("Enter")
    choice = box.get_by_role("combobox", name="the right answer")
    box.get_by_role("button", name="Keep as correction").press("Enter")
    box.get_by_text("Choose one of the labels.").wait_for()
    choice.select_option("好评")
    box.get_by_role("button", name="Keep as correction").press("Enter")
    box.get_by_text("Kept in corrections.tsv.").wait_for()
    assert "--add corrections.tsv" in box.inner_text()

    field.fill("   ")
    field.press("Enter")
    box.locator(".plab-warn").get_by_text("the answer means nothing").wait_for()

    tab.page.get_by_role("button", name="Wrong in the data?").first.press("Enter")
    mistake = tab.page.locator(".plab-mistake").first
    mistake.get_by_role("combobox").select_option("差评")
    assert LONG in mistake.inner_text()
    mistake.get_by_role("button", name="Keep as correction").click()
    mistake.get_by_text("Kept in corrections.tsv.").wait_for()
    tab.shot("trial-kept")
    assert tab.axe(".plab-run") == []
    lines = (tab.lab.root / "corrections.tsv").read_text("utf-8").splitlines()
    assert lines == [
        "text\tlabel",
        "包装好，但态度太差 <img src=x onerror=alert(1)>\t好评",
        f"{LONG}\t差评",
    ]
    assert alerts == [] and tab.errors == [] and tab.outside == []
