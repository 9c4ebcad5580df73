"""Starting without typing: from a file's menu, from a button, and after a magic not loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SOURCES = """() => jupyterapp.shell.currentWidget.context.model.sharedModel.cells
  .map(cell => cell.getSource())"""


@pytest.fixture
def reviews(lab: Any) -> Path:
    """Reviews in a folder of their own, so that each test finds its own notebooks beside them."""
    folder = lab.root / "shop"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.ipynb"):
        old.unlink()
    rows = [f"第{n}条评论写得很详细,{'好' if n % 3 else '差'}" for n in range(120)]
    path: Path = folder / "my reviews.csv"
    path.write_text("\n".join(["review,stars", *rows]) + "\n", encoding="utf-8")
    return path


def browse(tab: Any, folder: str = "") -> None:
    tab.page.goto(f"{tab.lab.url}lab/tree/{folder}?token={tab.lab.token}&reset")
    tab.page.wait_for_function("window.jupyterapp && jupyterapp.restored", timeout=60_000)
    tab.page.evaluate("jupyterapp.restored.then(() => 1)")
    if folder:  # the file browser goes there a while later
        tab.page.wait_for_function(
            "name => document.querySelector('.jp-BreadCrumbs').innerText.includes(name)",
            arg=folder,
            timeout=60_000,
        )


def understood(tab: Any) -> Any:
    """The page of the file, once the server has said what it takes."""
    tab.page.wait_for_selector(".pl-start-page[aria-busy=false] .pl-start-cost", timeout=60_000)
    return tab.page.locator(".pl-start-page")


def opened(tab: Any, path: str) -> Any:
    tab.page.evaluate(
        "path => void jupyterapp.commands.execute('paddle-lab:fine-tune-file', {path})", path
    )
    return understood(tab)


def test_from_the_files_menu_to_a_training_run_by_keyboard(tab: Any, reviews: Path) -> None:
    browse(tab, "shop")
    item = tab.page.locator(".jp-DirListing-item", has_text="my reviews.csv")
    item.click()
    tab.page.keyboard.press("Shift+F10")
    entry = tab.page.locator(".lm-Menu-item[data-command='paddle-lab:fine-tune-file']")
    entry.wait_for(timeout=20_000)
    for _ in range(20):
        if "lm-mod-active" in (entry.get_attribute("class") or ""):
            break
        tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    page = understood(tab)
    words = page.inner_text()
    assert "Rows of each class" in words and "Characters of a text" in words
    assert page.locator(".pl-start-role").all_inner_texts() == ["text", "label"]
    assert "%ernie_finetune 'my reviews.csv'" in page.locator("pre").inner_text()
    rows = page.get_by_label("Rows to train on")
    rows.focus()
    tab.page.keyboard.type("60")
    assert "--limit 60" in page.locator("pre").inner_text(), "at once, before the server answers"
    tab.page.wait_for_function(
        "document.querySelector('.pl-start-parts').innerText.startsWith('train 60')", timeout=60_000
    )
    understood(tab)
    tab.shot("starting-page")
    for _ in range(6):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.classList.contains('pl-start-go')"):
            break
    tab.page.keyboard.press("Enter")
    tab.card(timeout=90)
    sources = tab.page.evaluate(SOURCES)
    assert sources[:2] == ["%load_ext paddle_lab", "%ernie_finetune 'my reviews.csv' --limit 60"]
    tab.shot("starting-started")
    assert tab.errors == [] and tab.outside == []
    tab.shutdown()


def test_what_is_wrong_is_said_and_a_column_mends_it(tab: Any, lab: Any, reviews: Path) -> None:
    rows = [f"甲,乙,第{n}条评论的内容,{n % 2}" for n in range(40)]
    (reviews.parent / "odd.csv").write_text("a,b,c,d\n" + "\n".join(rows), encoding="utf-8")
    browse(tab, "shop")
    page = opened(tab, "shop/odd.csv")
    page.get_by_label("Column: label").select_option("a")
    trouble = page.locator(".pl-start-trouble")
    trouble.wait_for(timeout=60_000)
    assert "one class only" in trouble.inner_text()
    assert page.locator(".pl-start-go").is_disabled()
    assert page.locator(".pl-start-table").is_visible(), "the rows stay in sight"
    page.get_by_label("Column: label").select_option("d")
    trouble.wait_for(state="detached", timeout=60_000)
    understood(tab)
    assert "--label d" in page.locator("pre").inner_text()
    assert page.locator(".pl-start-go").is_enabled()


def test_no_barrier_in_any_theme(tab: Any, reviews: Path) -> None:
    browse(tab, "shop")
    opened(tab, "shop/my reviews.csv")
    assert tab.axe_in_all_themes(".pl-start", "starting") == {}


def test_a_magic_that_was_not_loaded_is_one_click_away(tab: Any, lab: Any) -> None:
    tab.open(lab.notebook("unloaded.ipynb", "%ernie_runs", "print(1)"))
    tab.run(0)
    button = tab.page.locator(".pl-offer button")
    button.wait_for(timeout=60_000)
    loaded = "'paddle_lab' in __import__('sys').modules"
    assert kernel_says(tab, loaded) == "False", "nothing of ours before it is asked for"
    assert tab.axe(".pl-offer") == []
    tab.shot("starting-offer")
    button.focus()
    tab.page.keyboard.press("Enter")
    button.wait_for(state="detached", timeout=60_000)
    tab.page.wait_for_function(
        "!document.querySelector('.jp-Notebook').innerText.includes('not found')", timeout=60_000
    )
    assert tab.page.evaluate(SOURCES) == ["%load_ext paddle_lab", "%ernie_runs", "print(1)"]
    assert kernel_says(tab, loaded) == "True"
    tab.run(2)
    tab.page.wait_for_timeout(500)
    assert tab.page.locator(".pl-offer").count() == 0
    tab.shutdown()


def kernel_says(tab: Any, expression: str) -> str:
    """The value of an expression in the open notebook's kernel."""
    return str(
        tab.page.evaluate(
            """async code => {
              const {kernel} = jupyterapp.shell.currentWidget.sessionContext.session;
              const future = kernel.requestExecute({
                code: '', silent: true, user_expressions: {x: code}
              });
              return (await future.done).content.user_expressions.x.data['text/plain'];
            }""",
            expression,
        )
    )


def test_a_new_notebook_is_one_button_away(tab: Any, lab: Any, reviews: Path) -> None:
    browse(tab, "shop")
    tab.page.evaluate("() => void jupyterapp.commands.execute('launcher:create', {cwd: 'shop'})")
    card = tab.page.locator(".jp-LauncherCard:visible", has_text="New fine-tuning notebook").first
    card.click()
    tab.page.wait_for_function(
        "jupyterapp.shell.currentWidget?.context?.path.startsWith('shop/')", timeout=30_000
    )
    tab.page.wait_for_selector(".jp-Notebook .jp-Cell")
    sources = tab.page.evaluate(SOURCES)
    assert sources[0].startswith("# Fine-tune")
    assert sources[1:3] == ["%load_ext paddle_lab", "%ernie_finetune reviews --limit 2000"]
    assert sources[3].startswith("%ernie_predict last")
    assert tab.page.evaluate(
        """() => jupyterapp.shell.currentWidget.context.model.sharedModel.cells
          .every(cell => !cell.execution_count)"""
    ), "nothing is run by itself"
    tab.page.evaluate("() => void jupyterapp.commands.execute('paddle-lab:open-panel')")
    tab.page.locator(".pl-sidebar button", has_text="New fine-tuning notebook").click()
    tab.page.wait_for_function(
        "jupyterapp.shell.currentWidget?.context?.path.endsWith('Untitled1.ipynb')", timeout=30_000
    )

    # So is one that names a model, from the page of models.
    tab.page.evaluate("() => void jupyterapp.commands.execute('launcher:create', {cwd: 'shop'})")
    tab.page.locator(".jp-LauncherCard:visible", has_text="Models").first.click()
    tab.page.wait_for_selector(".pl-start-models", timeout=60_000)
    tab.page.get_by_label("Part of the name").fill("3.0-nano")
    assert tab.page.locator(".pl-start-models tbody tr").count() == 1
    assert tab.axe(".pl-start") == []
    tab.page.get_by_role("button", name="Use ernie-3.0-nano-zh").press("Enter")
    tab.page.wait_for_function(
        "jupyterapp.shell.currentWidget?.context?.path.endsWith('Untitled2.ipynb')", timeout=30_000
    )
    tab.page.wait_for_selector(".jp-Notebook .jp-Cell:visible")
    line = "%ernie_finetune reviews --model ernie-3.0-nano-zh --limit 2000"
    assert tab.page.evaluate(SOURCES)[2] == line


def test_in_notebook_7_it_is_a_dialog(tab: Any, lab: Any, reviews: Path) -> None:
    lab.notebook("shop/one.ipynb", "1 + 1")
    tab.open("shop/one.ipynb", app="notebooks")
    tab.wait_for_kernel()
    page = opened(tab, "shop/my reviews.csv")
    assert "Fine-tune it" in page.inner_text()
    tab.shot("starting-notebook7")
    page.locator(".pl-start-go").click()
    tab.page.locator(".jp-Dialog").wait_for(state="detached", timeout=60_000)
    tab.card(timeout=90)
    assert tab.errors == []
    tab.shutdown()
