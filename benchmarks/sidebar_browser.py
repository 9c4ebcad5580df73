"""What needs a real JupyterLab and a real Chromium: first number, reconnecting, size, barriers."""

from __future__ import annotations

import gzip
import json
import shutil
import statistics
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fake_nvml.build import FakeNvml
from lab_server import Lab, free_port
from sidebar_sides import HERE

STATIC = HERE.parent / "paddle_lab" / "labextension" / "static"
AXE = HERE.parent / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
OPENINGS = 20
SETTLE_MS = 3000
RESTARTS = 5

OPEN = """async () => {
  await jupyterapp.restored;
  const start = performance.now();
  jupyterapp.commands.execute('paddle-lab:open-panel');
  while (!document.querySelector('.pl-gpu-busy') || !document.querySelector('.pl-spark-line')) {
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - start;
}"""

BARRIERS = """async () => {
  const result = await axe.run({include: [['.pl-sidebar']]}, {resultTypes: ['violations']});
  return result.violations.map(found => found.impact);
}"""


def browser_figures(folder: Path, library: Path) -> dict[str, Any]:
    """All of them, on one server with eight GPUs."""
    from playwright.sync_api import sync_playwright

    (folder / "driver-browser").mkdir()
    fake = FakeNvml(library, folder / "driver-browser", 8)
    (folder / "browser" / "work").mkdir(parents=True)
    lab = Lab(folder / "browser" / "work", folder / "browser" / "home", free_port())
    quiet = lab.home / "settings" / "paddle-lab" / "sidebar.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    # Without status item and warnings nothing is connected before the panel is opened.
    quiet.write_text(json.dumps({"statusBar": False, "notifications": False}), encoding="utf-8")
    lab.start(**fake.environment)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium"), headless=True, args=FLAGS
            )
            try:
                found = {**first_number(browser, lab), **scripting(browser, lab)}
                return found | reconnecting(browser, lab, fake) | sizes()
            finally:
                browser.close()
    finally:
        lab.stop()


def first_number(browser: Any, lab: Lab) -> dict[str, Any]:
    """From the command that opens the panel to a number with its past on the screen."""
    times, loaded = [], set()
    for _ in range(OPENINGS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.on("request", lambda request: loaded.add(request.url.partition("?")[0]))
        page.goto(f"{lab.url}lab?token={lab.token}&reset")
        page.wait_for_function("window.jupyterapp", timeout=60_000)
        # A person opens the panel in a page that is there, not while JupyterLab starts.
        page.evaluate("jupyterapp.restored.then(() => 1)")
        page.wait_for_timeout(SETTLE_MS)
        times.append(page.evaluate(OPEN))
        context.close()
    names = {url.rsplit("/", 1)[-1] for url in loaded if "/extensions/paddle-lab/static/" in url}
    return {
        "first_number_ms_p95": round(statistics.quantiles(times, n=20)[18]),
        "first_number_ms_median": round(statistics.median(times)),
        "gzip_kib_first_load": round(sum(packed(STATIC / name) for name in names) / 1024, 1),
    }


def scripting(browser: Any, lab: Lab, seconds: float = 20.0) -> dict[str, Any]:
    """Script time for each sample while eight GPUs are shown, and barriers that axe finds."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{lab.url}lab?token={lab.token}&reset")
    page.wait_for_function("window.jupyterapp", timeout=60_000)
    page.evaluate(OPEN)
    page.wait_for_timeout(3000)
    session = context.new_cdp_session(page)
    session.send("Performance.enable")

    def script_seconds() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(item["value"] for item in metrics if item["name"] == "ScriptDuration")

    before = script_seconds()
    page.wait_for_timeout(int(seconds * 1000))
    found: dict[str, Any] = {
        "script_ms_per_sample": round(1000 * (script_seconds() - before) / seconds, 2)
    }
    if AXE.exists():
        page.add_script_tag(path=str(AXE))
        impacts = page.evaluate(BARRIERS)
        found["axe_serious_or_critical"] = sum(i in ("serious", "critical") for i in impacts)
        found["axe_all"] = len(impacts)
    context.close()
    return found


def reconnecting(browser: Any, lab: Lab, fake: FakeNvml) -> dict[str, Any]:
    """From the moment the server answers again to a new number in the page."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{lab.url}lab?token={lab.token}&reset")
    page.wait_for_function("window.jupyterapp", timeout=60_000)
    page.evaluate(OPEN)
    times = []
    for _ in range(RESTARTS):
        lab.stop()
        page.wait_for_selector("[data-code=connection-lost]")
        page.evaluate(
            """() => { window.back = new Promise(resolve => {
              const look = () => document.querySelector('[data-code=connection-lost]')
                ? requestAnimationFrame(look) : resolve(Date.now()); look(); }); }"""
        )
        lab.start(**fake.environment)
        reachable = time.time()
        while True:
            try:
                urllib.request.urlopen(f"{lab.url}api", timeout=1).read()
                break
            except OSError:
                reachable = time.time()
        times.append(max(0.0, page.evaluate("window.back") / 1000 - reachable))
    context.close()
    return {
        "reconnect_s_max": round(max(times), 2),
        "reconnect_s_all": [round(value, 2) for value in times],
    }


def sizes() -> dict[str, Any]:
    """The whole lab extension as a server sends it."""
    files = list(STATIC.glob("*.js"))
    return {"gzip_kib_all": round(sum(packed(path) for path in files) / 1024, 1)}


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))
