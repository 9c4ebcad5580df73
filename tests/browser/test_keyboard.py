"""The whole way with the keyboard alone; the focus is never lost on it."""

from __future__ import annotations

from typing import Any

import live_cells
import run_writer
from sidebar_page import registry_of

PANEL = "Control+Alt+g"
#: Name and part of what has the focus; null where nothing that is seen has it.
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) {
    return null;
  }
  const {width, height} = element.getBoundingClientRect();
  const seen = width > 0 && height > 0 && getComputedStyle(element).visibility !== 'hidden';
  const part = element.closest('.pl-sidebar, .plab-page-frame, .jp-NotebookPanel');
  const name = element.ariaLabel || element.innerText || element.className;
  return seen ? [name.trim(), part?.className ?? ''] : null;
}"""


class Keys:
    """Presses keys, and looks after each at what has the focus."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.pressed: list[str] = []

    @property
    def focused(self) -> tuple[str, str]:
        """Name and part of what has the focus; there is always something."""
        found = self.page.evaluate(FOCUSED)
        assert found is not None, f"the focus is lost after {self.pressed[-3:]}"
        return found[0], found[1]

    def press(self, key: str) -> tuple[str, str]:
        self.page.keyboard.press(key)
        # What follows from a key is drawn in the frames after it.
        self.page.evaluate("() => new Promise(done => setTimeout(done, 60))")
        self.pressed.append(f"{key} -> {self.focused[0][:60]}")
        return self.focused

    def go_to(self, name: str, key: str = "Tab", most: int = 60) -> None:
        """Press a key until something of this name has the focus."""
        for _ in range(most):
            if self.focused[0].startswith(name):
                return
            self.press(key)
        raise AssertionError(f"{name} is not reached: {self.pressed}")

    def wait(self, selector: str) -> None:
        """Wait for something; whatever comes, the focus stays."""
        self.page.wait_for_selector(selector, timeout=60_000)
        self.page.wait_for_timeout(300)
        assert self.focused


def test_stop_look_compare_and_close_with_the_keyboard_alone(tab: Any) -> None:
    for name in ("first", "second"):
        folder = run_writer.new_run(tab.lab.root / "runs", registry_of(tab.lab), name=name)
        run_writer.write_run(folder, 40)
    tab.lab.notebook("keys.ipynb", live_cells.cell(name="by keyboard", steps=3000))
    tab.open("keys.ipynb")
    tab.run(0)
    tab.card("training")
    keys = Keys(tab.page)

    assert "pl-sidebar" in keys.press(PANEL)[1]
    keys.go_to("Stop by keyboard")
    keys.press("Enter")
    row = ".pl-run:has(.pl-owner-name:text-is('by keyboard'))"
    keys.wait(f"{row}[data-state=stopped]")
    assert "pl-sidebar" in keys.focused[1]

    keys.go_to("by keyboard", "Shift+Tab")
    keys.press("Enter")
    keys.wait(".plab-page .plab-run[data-state=stopped]")
    assert "plab-page-frame" in keys.focused[1]
    keys.go_to("All runs")
    keys.press("Enter")
    keys.wait(".plab-page .plab-choose")

    keys.go_to("Choose second")
    keys.press("Space")
    keys.go_to("Choose first", "ArrowDown", 20)
    keys.press("Space")
    keys.go_to("Compare", "Shift+Tab")
    keys.press("Enter")
    keys.wait(".plab-comparison table")
    tab.shot("keyboard-compared")
    keys.press("Escape")
    tab.page.wait_for_selector(".plab-comparison", state="detached")
    assert keys.focused[0].startswith("Compare")

    keys.press("Alt+w")
    keys.wait(".plab-page .plab-run[data-state=stopped]")
    keys.press("Alt+w")
    tab.page.wait_for_selector(".plab-page", state="detached")
    assert "jp-NotebookPanel" in keys.focused[1]
    assert "pl-sidebar" in keys.press(PANEL)[1]
    assert "jp-NotebookPanel" in keys.press("Escape")[1]
    keys.press(PANEL)
    keys.press(PANEL)
    assert not tab.page.locator(".pl-sidebar").is_visible()
    assert "jp-NotebookPanel" in keys.focused[1]
    assert tab.errors == []
