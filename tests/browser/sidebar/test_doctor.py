"""The light in the panel: it finds out about the imports and says how far it is."""

from __future__ import annotations

from barriers import barriers
from environment.imports.small_stack import write_stack
from sidebar_page import PARTS, sidebar_in

# Colour, name and note of the light, each time that one of them changes.
WATCH = """() => {
  const seen = (window.plSeen = []);
  const look = () => {
    const light = document.querySelector('.pl-doctor .pl-light');
    const words = document.querySelector('.pl-doctor')?.innerText;
    if (light && seen.at(-1)?.words !== words) {
      seen.push({colour: light.className.split('pl-mod-')[1], words});
    }
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, characterData: true, attributes: true
  });
  look();
}"""


def test_grey_turns_green_when_paddle_was_really_imported(page, start_lab):
    lab = start_lab(PADDLE_LAB_GPUS="simulated:2xA100")
    sidebar = sidebar_in(page, lab).open()
    sidebar.wait(".pl-doctor .pl-mod-grey", timeout=60_000)
    assert "not tried yet" in page.inner_text(".pl-doctor-button")
    assert "was not tried yet" in page.inner_text(".pl-doctor-words")
    assert barriers(page, *PARTS) == []
    sidebar.shot("doctor-grey")
    page.evaluate(WATCH)
    page.click(".pl-doctor-button")  # a busy machine would wait for a calm moment
    sidebar.wait(".pl-doctor .pl-mod-green", timeout=120_000)
    assert "good" in page.inner_text(".pl-doctor-button")
    assert "were imported" in page.inner_text(".pl-doctor-words")
    assert page.locator(".pl-doctor-imports").count() == 0
    seen = page.evaluate("plSeen")
    assert any("Trying imports…" in each["words"] for each in seen), seen
    assert barriers(page, *PARTS) == []
    sidebar.shot("doctor-green")


def test_a_failing_import_is_named_in_chinese_in_the_dark(page, start_lab, tmp_path, monkeypatch):
    write_stack(tmp_path)
    (tmp_path / "paddlenlp/trainer.py").write_text("Trainer = 1", encoding="utf-8")
    monkeypatch.chdir(tmp_path)  # the server begins in this folder
    lab = start_lab("zh_CN", "JupyterLab Dark", PADDLE_LAB_GPUS="simulated:2xA100")
    sidebar = sidebar_in(page, lab).open()
    sidebar.wait(".pl-doctor .pl-mod-red", timeout=60_000)  # the folder hides the real one
    page.click(".pl-doctor-button")
    page.wait_for_function(
        "document.querySelector('.pl-doctor-words').innerText.includes('import paddlenlp 失败')",
        timeout=60_000,
    )
    assert "ImportError: cannot import name" in page.inner_text(".pl-doctor-words")
    assert "有问题" in page.inner_text(".pl-doctor-button")
    assert page.eval_on_selector(".pl-doctor-words", "p => p.scrollWidth <= p.clientWidth")
    assert barriers(page, *PARTS) == []
    sidebar.shot("doctor-red-zh-dark")
