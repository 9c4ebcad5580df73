"""Lines of charts stand out from what is behind them, in every theme of JupyterLab."""

from __future__ import annotations

from typing import Any

import pytest
import run_writer
from barriers import each_theme
from sidebar_page import registry_of

#: What the charts of cards and pages are drawn with, by whose variables.
DRAWN = {
    ".plab-run": ["loss", "metric", "lr", "ink"],
    ".plab-page": [f"run-{number}" for number in range(1, 9)],
}
#: Lines that the style sheets draw.
LINES = [".plab-tile svg polyline, .plab-tile svg path", ".pl-run .pl-spark-line"]

CONTRAST = """([drawn, lines]) => {
  const brush = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data];
  };
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const found = rgba(getComputedStyle(one).backgroundColor);
      if (found[3] > 200) {
        return found;
      }
    }
    return [255, 255, 255, 255];
  };
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map(part => part / 255)
      .map(part => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const found = {};
  for (const [selector, names] of Object.entries(drawn)) {
    const element = document.querySelector(selector);
    for (const name of names) {
      const colour = getComputedStyle(element).getPropertyValue(`--plab-${name}`);
      found[`${selector} ${name}`] = contrast(rgba(colour), behind(element));
    }
  }
  for (const selector of lines) {
    const element = document.querySelector(selector);
    const {stroke, opacity} = getComputedStyle(element);
    found[selector] = opacity === '1' ? contrast(rgba(stroke), behind(element)) : 0;
  }
  return found;
}"""


@pytest.fixture
def page(tab: Any) -> Any:
    """A run's page, the wall, and the panel with its curve."""
    folder = run_writer.new_run(tab.lab.root / "runs", registry_of(tab.lab), name="seen")
    run_writer.write_run(folder, 60)
    tab.page.goto(f"{tab.lab.url}lab?token={tab.lab.token}&reset")
    tab.page.wait_for_function("window.jupyterapp && jupyterapp.restored", timeout=60_000)
    tab.page.evaluate("() => jupyterapp.restored.then(() => 1)")
    for command in ("paddle-lab:show-wall", "paddle-lab:open-panel"):
        tab.page.evaluate("name => void jupyterapp.commands.execute(name)", command)
    tab.page.wait_for_selector(".plab-tile svg", state="attached")
    tab.page.evaluate(
        "id => void jupyterapp.commands.execute('paddle-lab:open-run', {id, name: 'seen'})",
        folder.id,
    )
    tab.page.wait_for_selector(".plab-page .plab-run[data-state=finished]")
    tab.page.wait_for_selector(".pl-run .pl-spark-line", state="attached")
    return tab.page


def test_every_line_has_a_contrast_of_three_to_one(page: Any, tab: Any) -> None:
    pale = {}
    for theme in each_theme(page):
        found = page.evaluate(CONTRAST, [DRAWN, LINES])
        pale |= {f"{theme}: {what}": value for what, value in found.items() if value < 3}
        tab.shot(f"contrast-{theme.split()[-1].lower()}")
    assert pale == {}
