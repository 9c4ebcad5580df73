"""The sidebar's figures, beside jupyterlab-nvdashboard's on the same fake driver.

``python benchmarks/sidebar.py`` measures the server; ``--browser`` adds what needs Chromium,
``--soak 10`` two hundred tabs for ten minutes and a thousand reconnects. The other dashboard lives
in an environment of its own (it pins other versions)::

    uv venv /tmp/nvd
    uv pip install --python /tmp/nvd/bin/python jupyterlab jupyterlab-nvdashboard
    python benchmarks/sidebar.py --nvdashboard /tmp/nvd/bin/python

Prints a table and one JSON line. Everything runs on the loopback interface.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fake_nvml.build import FakeNvml, build
from sidebar_sides import Side

OFF = "'jupyterlab': False, 'notebook': False, 'jupyter_lsp': False"
OURS = "{'paddle_lab': True, 'sidebar_probe': True, " + OFF + "}"
THEIRS = "{'jupyterlab_nvdashboard': True, 'sidebar_probe': True, " + OFF + "}"
GPUS = 8
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--nvdashboard", type=Path, help="the other dashboard's python")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement")
    parser.add_argument("--only", help="names of measurements, e.g. blocking,traffic")
    parser.add_argument("--browser", action="store_true", help="also what needs Chromium")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="200 tabs, 1000 reconnects")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = build(folder)
        sides = [start("paddle_lab", Path(sys.executable), OURS, folder, library)]
        if options.nvdashboard:
            sides.append(start("nvdashboard", options.nvdashboard, THEIRS, folder, library))
        try:
            figures: Figures = {side.name: {} for side in sides}
            measures = (calls_by_tabs, traffic, processor, blocking)
            wanted = options.only.split(",") if options.only else [m.__name__ for m in measures]
            for measure in (m for m in measures if m.__name__ in wanted):
                # Interleaved: one after the other for each figure, so that both meet the same load.
                for side in sides:
                    figures[side.name] |= measure(side, options.seconds)
            if options.soak:
                from sidebar_soak import soak

                figures["paddle_lab"] |= soak(sides[0], options.soak)
        finally:
            for side in sides:
                side.stop()
        if options.browser:
            from sidebar_browser import browser_figures

            figures["paddle_lab"] |= browser_figures(folder, library)
    show(figures)


def start(name: str, python: Path, extensions: str, folder: Path, library: Path) -> Side:
    """A server with eight GPUs, two of them held by processes."""
    (folder / f"driver-{name}").mkdir()
    fake = FakeNvml(library, folder / f"driver-{name}", GPUS)
    fake.set("0 proc 1 4096", "1 proc 1 2048")
    return Side(name, python, extensions, folder, fake)


def with_tabs(
    side: Side, count: int, measure: Callable[[list[Any]], Any], settle_s: float = 4.0
) -> Any:
    """Measure while so many tabs are open; the greeting is over by then."""
    tabs = [side.open_tab() for _ in range(count)]
    try:
        time.sleep(settle_s)
        return measure(tabs)
    finally:
        for tab in tabs:
            tab.close()


def calls_by_tabs(side: Side, seconds: float) -> Figures:
    """Calls a second into the driver with 1, 10, 50 tabs and with none."""
    counts = (1, 10, 50) if side.name == "paddle_lab" else (1, 3)
    found = {}
    for count in counts:
        # Whole cycles of ten seconds, in which the slow values are read once.
        span = max(10.0, 10 * round(seconds / 10))
        rate, pcie = with_tabs(side, count, lambda tabs, span=span: side.nvml_rate(span))
        found[f"nvml_calls_per_s_{count}_tabs"] = round(rate, 1)
        found[f"pcie_calls_per_s_{count}_tabs"] = round(pcie, 1)
    time.sleep(8)
    found["nvml_calls_per_s_nobody"] = round(side.nvml_rate(5)[0], 1)
    return found


def traffic(side: Side, seconds: float) -> Figures:
    """What one tab receives, seen and hidden; payload bytes before compression."""

    def count(tabs: list[Any]) -> Figures:
        (tab,) = tabs
        bytes_before, messages_before = tab.bytes, tab.messages
        time.sleep(seconds)
        shown = {
            "kib_per_s_per_tab": round((tab.bytes - bytes_before) / seconds / 1024, 3),
            "messages_per_s_per_tab": round((tab.messages - messages_before) / seconds, 2),
            "sockets_per_tab": len(tab.sockets),
        }
        tab.show(False)
        time.sleep(0.5)
        messages_before = tab.messages
        time.sleep(5)
        return shown | {"messages_per_s_hidden": (tab.messages - messages_before) / 5}

    return with_tabs(side, 1, count)


def processor(side: Side, seconds: float) -> Figures:
    """The server's processor time with ten tabs, in percent of a core, less what it takes alone."""
    time.sleep(8)
    alone = side.cpu_share(seconds / 2)
    shares = with_tabs(side, 10, lambda tabs: [side.cpu_share(seconds / 2) for _ in range(3)])
    return {
        "cpu_percent_10_tabs": round(statistics.median(shares) - alone, 2),
        "cpu_percent_10_tabs_spread": [round(share - alone, 2) for share in sorted(shares)],
        "cpu_percent_nobody": round(alone, 2),
    }


def blocking(side: Side, seconds: float) -> Figures:
    """How late the event loop is: fast driver, slow driver (20 ms a call), and nobody looking."""
    count = 50 if side.name == "paddle_lab" else 1
    idle = side.delays(seconds)
    quick = with_tabs(side, count, lambda tabs: side.delays(seconds), 6.0)
    side.fake.set("0 proc 1 4096", "1 proc 1 2048", "* slow 20000")
    slow = with_tabs(side, count, lambda tabs: side.delays(seconds), 10.0)
    side.fake.set("0 proc 1 4096", "1 proc 1 2048")
    time.sleep(8)
    idle += side.delays(seconds / 2)
    return {
        "loop_tabs": count,
        "loop_late_ms_p99_idle": p99(idle),
        "loop_late_ms_p99": p99(quick),
        "loop_late_ms_p99_slow_driver": p99(slow),
        "loop_late_ms_max_slow_driver": round(max(slow, default=float("nan")), 1),
        "loop_late_ms_median_slow_driver": round(statistics.median(slow), 2) if slow else None,
    }


def p99(values: list[float]) -> float | None:
    """The 99th percentile; None when the loop never woke in time to say."""
    return round(statistics.quantiles(values, n=100)[98], 2) if len(values) > 100 else None


def show(figures: Figures) -> None:
    """A table for people and a line for machines."""
    sides = list(figures)
    keys = list(dict.fromkeys(key for side in sides for key in figures[side]))
    width = max(map(len, keys))
    print(f"{'':{width}}  " + "  ".join(f"{side:>22}" for side in sides))
    for key in keys:
        cells = "  ".join(f"{figures[side].get(key, '-')!s:>22}" for side in sides)
        print(f"{key:{width}}  {cells}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
