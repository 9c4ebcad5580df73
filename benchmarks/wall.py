"""The wall of thirty live runs: what a page receives, and the time its scripts take.

``python benchmarks/wall.py`` lets thirty simulated runs write real events with the real writer into
run folders below a shared folder, one of each person, starts a real Jupyter server, opens the wall
in a real Chromium and prints a table. ``--runs`` and ``--seconds`` change how many and how long;
with ``--own`` they are runs of the server itself, which the sidebar follows, too.

Bytes are those of the messages before compression, as a page reads them; messages of other topics
(the sidebar's) are told apart. Script time is Chromium's own ``ScriptDuration`` of the whole page
(processor time of its thread, whatever else the machine does), with the wall and, in the same page
and with the same runs, without it.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from lab_server import CHROMIUM_FLAGS, Lab, free_port
from run_writer import new_run, step_fields

from paddle_lab.runs import ProcessMark

SETTLE_MS = 5_000
#: Steps of a run, and how many of them in a second: a lesson's run of some five minutes.
STEPS = 1_200
STEPS_PER_S = 4.0
CLOSE = """() => [...jupyterapp.shell.widgets('main')]
  .find(widget => widget.node.querySelector('.plab-wall')).close()"""


def write_runs(root: Path, registry: Path, count: int) -> None:
    """Write ``count`` live runs for ever, each at its own place; a run that has ended is followed
    by the next of the same notebook.
    """
    chance = random.Random(7)
    mark = ProcessMark.of_this_process().to_json()
    people = [f"person{number:02}" for number in range(1, count + 1)]
    live: dict[str, tuple[Any, int]] = {}
    begun = False
    while True:
        for person in people:
            if person not in live:
                log = new_run(root / person / "paddle_runs", registry).open_log()
                log.append(
                    "phase", phase="train", process=mark, total_steps=STEPS, epochs=3.0, share=0.02
                )
                live[person] = (log, 0)
                for _ in range(0 if begun else chance.randrange(STEPS - 100)):
                    live[person] = _step(*live[person])
            log, step = _step(*live[person])
            live[person] = (log, step)
            if step == STEPS:
                log.append("end", state="finished", step=step, metrics={"accuracy": 0.826})
                log.close()
                del live[person]
        begun = True
        time.sleep(1 / STEPS_PER_S)


def _step(log: Any, step: int) -> tuple[Any, int]:
    """One more step, an evaluation with each hundredth."""
    step += 1
    left = round((STEPS - step) / STEPS_PER_S, 1)
    log.append("step", **{**step_fields(step, STEPS), "left_s": left})
    if step % 100 == 0:
        figures = {"accuracy": round(0.7 + 0.13 * step / STEPS, 4)}
        log.append("eval", step=step, epoch=1.0, split="dev", metrics=figures, best=True)
    return log, step


class Heard:
    """What a page's socket received, by topic."""

    def __init__(self, page: Any) -> None:
        self.bytes: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        page.on("websocket", self._socket)

    def _socket(self, socket: Any) -> None:
        if "paddle-lab" in socket.url:
            socket.on("framereceived", self._frame)

    def _frame(self, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        topic = json.loads(data)["topic"]
        self.bytes[topic] += len(data)
        self.messages[topic] += 1

    def clear(self) -> None:
        self.bytes.clear()
        self.messages.clear()


def measure(lab: Lab, seconds: float, count: int) -> dict[str, float]:
    """The figures of one page, with the wall first and then without."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=CHROMIUM_FLAGS
        )
        try:
            context = browser.new_context(viewport={"width": 1920, "height": 1080})
            page = context.new_page()
            heard = Heard(page)
            page.goto(f"{lab.url}lab?token={lab.token}&reset")
            page.wait_for_function("window.jupyterapp", timeout=60_000)
            page.evaluate("jupyterapp.restored.then(() => 1)")
            page.evaluate("() => void jupyterapp.commands.execute('paddle-lab:show-wall')")
            page.wait_for_function(
                f"document.querySelectorAll('.plab-tile').length === {count}", timeout=60_000
            )
            session = context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            found = {f"{key}, wall": value for key, value in _watch(page, session, heard, seconds)}
            page.evaluate(CLOSE)
            found |= {f"{key}, no wall": v for key, v in _watch(page, session, heard, seconds)}
            return found
        finally:
            browser.close()


def _watch(page: Any, session: Any, heard: Heard, seconds: float) -> list[tuple[str, float]]:
    def spent() -> dict[str, float]:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return {item["name"]: item["value"] for item in metrics}

    page.wait_for_timeout(SETTLE_MS)
    heard.clear()
    before, began = spent(), time.monotonic()
    page.wait_for_timeout(int(1000 * seconds))
    after, took = spent(), time.monotonic() - began
    others = sum(heard.bytes.values()) - heard.bytes["wall"]
    scripts, layout = (
        1000 * (after[name] - before[name]) / took for name in ("ScriptDuration", "LayoutDuration")
    )
    return [
        ("topic wall, KiB/s", heard.bytes["wall"] / took / 1024),
        ("topic wall, messages/s", heard.messages["wall"] / took),
        ("other topics, KiB/s", others / took / 1024),
        ("script, ms/s", scripts),
        ("layout, ms/s", layout),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--write", nargs=2, type=Path, metavar=("ROOT", "REGISTRY"))
    options = parser.parse_args()
    if options.write:
        write_runs(*options.write, options.runs)
    with tempfile.TemporaryDirectory(prefix="paddle-lab-wall-") as name:
        folder = Path(name)
        shared = folder / "class"
        (folder / "work").mkdir()
        shared.mkdir()
        theirs = folder / "home" / "paddle-lab" / "runs" if options.own else folder / "theirs"
        command = [sys.executable, __file__, "--runs", str(options.runs)]
        writer = subprocess.Popen([*command, "--write", str(shared), str(theirs)])
        lab = Lab(folder / "work", folder / "home", free_port())
        wall_dir = "" if options.own else str(shared)
        lab.start(PADDLE_LAB_WALL_DIR=wall_dir, PADDLE_LAB_GPUS="none")
        try:
            found = measure(lab, options.seconds, options.runs)
        finally:
            lab.stop()
            writer.kill()
            writer.wait()
    whose = "of this server" if options.own else "below a shared folder"
    print(f"{options.runs} live runs {whose}, {options.seconds:.0f} s")
    for key, value in found.items():
        print(f"{key:36} {value:8.2f}")


if __name__ == "__main__":
    main()
