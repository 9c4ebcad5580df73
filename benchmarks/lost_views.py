"""Leave the page at random moments of a run that nobody saved, and open the notebook again.

``python benchmarks/lost_views.py``: a real JupyterLab, a real Chromium, a real training. Each trial
runs a cell, closes the tab at a random moment between the card's first sight and some seconds after
the run's end, with our saving switched off, and opens the notebook again. A trial is good when the
card stands under its cell with every point. Seconds are those from the notebook's cells being there
to the card. One JSON line a trial, and one for all.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from lab_server import CHROMIUM_FLAGS, Lab, free_port
from lab_tab import Tab
from playwright.sync_api import sync_playwright

from paddle_lab.runs import Registry

RUN = "%ernie_finetune reviews --limit 400 --epochs 6 --max-len 32 --name {name}"
PATIENCE_MS = 300_000


def trial(browser: Any, lab: Lab, number: int, moment_s: float) -> dict[str, Any]:
    """One notebook, left ``moment_s`` after its card was seen."""
    name = f"left{number}"
    lab.notebook(f"{name}.ipynb", "%load_ext paddle_lab", RUN.format(name=name))
    tab = new_tab(browser, lab)
    tab.open(f"{name}.ipynb")
    tab.run(0)
    tab.page.wait_for_selector(".jp-InputPrompt >> text=[1]:")
    tab.run(1)
    tab.card(timeout=PATIENCE_MS / 1000)
    time.sleep(moment_s)
    folder = Registry(lab.home / "paddle-lab" / "runs").find(name).folder
    left = folder.state().state
    tab.page.close()
    tab = new_tab(browser, lab)
    tab.open(f"{name}.ipynb")
    began = time.monotonic()
    tab.page.wait_for_selector(".plab-run")
    seen = time.monotonic() - began
    folder.ask("stop")
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while folder.state().live and time.monotonic() < deadline:
        time.sleep(0.2)
    points = len(folder.state().columns["step"])
    if points:  # none where it was left, and then stopped, before its first step
        tab.wait_for_points(points)
    under = tab.page.locator(".jp-Cell").nth(1).locator(".plab-run").count()
    good = under == tab.page.locator(".plab-run").count() == 1 and tab.points() == points
    tab.shutdown()
    tab.page.context.close()
    return {"moment_s": round(moment_s, 1), "left": left, "good": good, "card_s": round(seen, 2)}


def new_tab(browser: Any, lab: Lab) -> Tab:
    """A tab of a person who has never been here."""
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    return Tab(page, lab)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--whole", type=float, default=60.0, help="seconds of the run, and a few")
    parser.add_argument("--seed", type=int, default=13)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    found = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        base = Path(folder)
        (base / "work").mkdir()
        setting = base / "home" / "settings" / "paddle-lab" / "notebooks.jupyterlab-settings"
        setting.parent.mkdir(parents=True)
        setting.write_text(json.dumps({"saveWithCard": False}), encoding="utf-8")
        lab = Lab(base / "work", base / "home", free_port())
        lab.start()
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=CHROMIUM_FLAGS
        )
        try:
            for number in range(args.trials):
                found.append(trial(browser, lab, number, chance.uniform(0, args.whole)))
                print(json.dumps(found[-1]), flush=True)
        finally:
            browser.close()
            lab.stop()
    good = sum(one["good"] for one in found)
    seconds = sorted(one["card_s"] for one in found)
    print(json.dumps({"good": f"{good} of {len(found)}", "card_s": seconds}))
    return int(good < len(found))


if __name__ == "__main__":
    sys.exit(main())
