"""The environment check as a page: it checks by itself, and leaves no notebook behind."""

from __future__ import annotations

from typing import Any

from barriers import barriers_of_themes
from environment.imports.small_stack import write_stack
from sidebar_page import sidebar_in


def checked(page: Any) -> Any:
    """The page, once the server has looked at the environment."""
    page.wait_for_selector(".pl-env-headline", timeout=90_000)
    return page.locator(".pl-env-page")


def test_from_the_launcher_it_checks_and_copies_a_report(page: Any, start_lab: Any) -> None:
    lab = start_lab(PADDLE_LAB_GPUS="none")
    sidebar = sidebar_in(page, lab).open()
    sidebar.command("launcher:create")
    sidebar.wait(".jp-LauncherCard:visible").filter(has_text="Environment check").first.click()
    shown = checked(page)
    assert "Python 3" in shown.inner_text()
    page.locator("button", has_text="Copy report").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.pl-env-tools').innerText.includes('Copied')")
    report = page.evaluate("navigator.clipboard.readText()")
    assert report.startswith("#") and str(lab.home) not in report
    found = barriers_of_themes(
        page, ".pl-env", shot=lambda theme: sidebar.shot(f"environment-{theme}")
    )
    assert found == {}
    page.locator(".pl-doctor button", has_text="Open the environment check").click()
    assert page.locator(".pl-env").count() == 1, "one page, however often it is asked for"
    assert list(lab.root.glob("*.ipynb")) == []
    assert sidebar.errors == []


def test_a_fault_is_named_with_its_commands_and_a_full_check_can_be_cancelled(
    page: Any, start_lab: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    write_stack(tmp_path)
    (tmp_path / "paddlenlp/trainer.py").write_text("import time; time.sleep(600)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)  # the server begins in this folder
    lab = start_lab("zh_CN", "JupyterLab Dark", PADDLE_LAB_GPUS="none")
    sidebar = sidebar_in(page, lab).open()
    sidebar.command("paddle-lab:open-doctor")
    shown = checked(page)
    assert shown.locator(".pl-env-finding").count() >= 1, "the folder hides the real packages"
    assert shown.locator(".pl-env-finding.pl-mod-error").first.inner_text().startswith("错误")
    shown.locator("button", has_text="完整检查").click()
    page.wait_for_function(
        "document.querySelector('.pl-env-progress').innerText.includes('完整检查')", timeout=60_000
    )
    sidebar.shot("environment-full-zh-dark")
    shown.locator("button", has_text="取消").click()
    page.wait_for_function(
        "document.querySelector('.pl-env-progress').innerText.includes('已取消')", timeout=60_000
    )
    assert shown.locator(".pl-env-finding").count() >= 1, "what was found before stays"
    assert shown.locator("button", has_text="完整检查").is_enabled()
