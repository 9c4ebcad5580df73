"""What the live view costs and how soon it is back: ``python benchmarks/live_view.py``.

Drives a real JupyterLab and Chromium over runs that a process writes through the real event log;
the first point comes from a real training. Prints one JSON object; every figure is a list of
repeated measurements, so that the spread shows.

first_point_s       from the end of the first optimiser step until its point stands in the page
reload_s            page reload in mid-run, until the whole curve is drawn again; ``ours`` counts
                    from the moment JupyterLab has the notebook on screen
messages_per_s,     what one tab receives on the socket for one run, at the speed of a real training
kilobytes_per_s     and at a thousand steps a second
saved_kilobytes     the frozen output of runs of 100 to 200,000 steps
long_run            a run of 200,000 steps arriving live: time between two frames of the page with
                    and without it (milliseconds, 95 %), and growth of the page's memory
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import live_cells
import run_writer
from kernel import events_of
from lab_server import CHROMIUM_FLAGS, Lab, free_port
from lab_tab import Tab

from paddle_lab.runs import Registry
from paddle_lab.views import frozen_bundle

FRAMES = """
async seconds => {
  const times = [];
  const end = performance.now() + 1000 * seconds;
  let before = performance.now();
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(0.95 * times.length)];
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    figures: dict[str, Any] = {"saved_kilobytes": saved_sizes()}
    with opened() as tab:
        figures["first_point_s"] = first_points(tab, repeat)
        figures["reload_s"] = reloads(tab, repeat)
        figures["traffic"] = {
            "4 points/s": traffic(tab, 0.25, repeat),
            "1000 steps/s": traffic(tab, 0.001, repeat),
        }
        figures["long_run"] = long_run(tab, repeat)
    print(json.dumps(figures, indent=2))


@contextmanager
def opened() -> Iterator[Tab]:
    """A tab on a Jupyter server of the benchmark's own."""
    from playwright.sync_api import sync_playwright

    base = Path(tempfile.mkdtemp(prefix="live-view-"))
    (base / "work").mkdir()
    lab = Lab(base / "work", base / "home", free_port())
    lab.start()
    try:
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=[*CHROMIUM_FLAGS, "--enable-precise-memory-info", "--js-flags=--expose-gc"],
            )
            yield Tab(chromium.new_page(viewport={"width": 1280, "height": 1000}), lab)
            chromium.close()
    finally:
        lab.stop()
        shutil.rmtree(base, ignore_errors=True)


def start(tab: Tab, name: str, **options: Any) -> None:
    tab.lab.notebook(f"{name}.ipynb", live_cells.cell(name=name, **options))
    tab.open(f"{name}.ipynb")
    tab.run(0)
    tab.card("training")


def stop(tab: Tab) -> None:
    tab.page.get_by_role("button", name="Stop", exact=True).click()
    tab.card("stopped")
    tab.shutdown()


def first_points(tab: Tab, repeat: int) -> list[float]:
    """Seconds from the first optimiser step of a real training to its point in the page."""
    cell = "%load_ext paddle_lab\n%ernie_finetune reviews --limit 600 --epochs 20 --no-export"
    tab.lab.notebook("first.ipynb", cell)
    seconds = []
    for _ in range(repeat):
        tab.open("first.ipynb")
        tab.run(0)
        tab.card("training", timeout=120)
        tab.wait_for_points(1)
        seen = time.time()
        run = Registry(tab.lab.home / "paddle-lab" / "runs").list()[0].folder
        steps = [event["t"] for event in events_of(run) if event["kind"] == "step"]
        seconds.append(round(seen - steps[0], 2))
        stop(tab)
    return seconds


def reloads(tab: Tab, repeat: int) -> dict[str, list[float]]:
    """Seconds from a reload to the whole curve."""
    start(tab, "reload", steps=100_000, pause=0.05)
    tab.wait_for_points(40)
    tab.save()
    whole, ours = [], []
    for _ in range(repeat):
        points = tab.points()
        began = time.monotonic()
        tab.page.reload(wait_until="commit")
        tab.page.wait_for_selector(".jp-Notebook .jp-Cell")
        shown = time.monotonic()
        tab.wait_for_points(points)
        whole.append(round(time.monotonic() - began, 2))
        ours.append(round(time.monotonic() - shown, 2))
    stop(tab)
    return {"with JupyterLab's own start": whole, "ours": ours}


def traffic(tab: Tab, pause: float, repeat: int) -> dict[str, list[float]]:
    """Messages and kilobytes a second on the socket, each over five seconds."""
    sizes: list[int] = []

    def count(line: Any) -> None:
        # The sidebar listens on the same socket.
        if str(line).startswith('{"topic":"run:'):
            sizes.append(len(str(line).encode()))

    def watch(socket: Any) -> None:
        if "paddle-lab/stream" in socket.url:
            socket.on("framereceived", count)

    tab.page.on("websocket", watch)
    start(tab, f"traffic{int(pause * 1000)}", steps=1_000_000, pause=pause)
    tab.page.wait_for_timeout(3000)
    counts, amounts = [], []
    for _ in range(repeat):
        sizes.clear()
        began = time.monotonic()
        tab.page.wait_for_timeout(5000)
        seconds = time.monotonic() - began
        counts.append(round(len(sizes) / seconds, 2))
        amounts.append(round(sum(sizes) / seconds / 1000, 2))
    tab.page.remove_listener("websocket", watch)
    stop(tab)
    return {"messages_per_s": counts, "kilobytes_per_s": amounts}


def saved_sizes() -> dict[str, float]:
    """Kilobytes of the frozen output, as the notebook file holds it."""
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        for steps in (100, 2_000, 20_000, 200_000):
            run = run_writer.new_run(Path(folder), Path(folder) / "registry")
            run_writer.write_run(run, steps)
            content = json.dumps(frozen_bundle(run, "en"), ensure_ascii=False)
            sizes[f"{steps} steps"] = round(len(content.encode()) / 1000, 1)
    return sizes


def long_run(tab: Tab, repeat: int) -> dict[str, Any]:
    """Frames and memory of the page while 200,000 steps arrive, beside a page at rest."""
    tab.lab.notebook("long.ipynb", live_cells.cell(name="long", steps=200_000, pause=0.0004))
    tab.open("long.ipynb")
    rest = [round(tab.page.evaluate(FRAMES, 3), 1) for _ in range(repeat)]
    before = heap(tab)
    tab.run(0)
    tab.card("training")
    busy = []
    while tab.page.locator(".plab-run[data-state=training]").count():
        busy.append(round(tab.page.evaluate(FRAMES, 3), 1))
        if len(busy) > 120:
            break
    tab.card("finished", timeout=120)
    return {
        "frame_ms_at_rest": rest,
        "frame_ms_live": {"median": statistics.median(busy), "worst": max(busy), "n": len(busy)},
        "heap_growth_mb": round(heap(tab) - before, 1),
    }


def heap(tab: Tab) -> float:
    """Megabytes of JavaScript objects after a collection."""
    tab.page.evaluate("() => globalThis.gc?.()")
    return float(tab.page.evaluate("() => performance.memory.usedJSHeapSize")) / 2**20


if __name__ == "__main__":
    main()
