"""The environment of an image, with ONNX Runtime and with Paddle: megabytes, start, memory.

    python benchmarks/slim_environment.py --bundle RUN        # with onnx-int8, as m3e-small's is

Installs the lean wheel of this tree into an environment with ONNX Runtime and into one with Paddle
for the CPU, has `paddle_lab.serving.slim` take from each what no service opens, as the image of
``%ernie_kit docker`` does, and starts a service in each, in turn. Processor time is that of front
and worker until they are ready, memory what both hold after 640 texts of up to 160 characters.
Needs the package registry and about 2 GB of disk; the tree must have its front end built.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

import psutil

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "benchmarks")]
from serving import free_port
from serving_environment import build_wheel, environment, megabytes, run
from serving_wheel import serving_wheel

#: By extra of the wheel: the runtime.
RUNTIMES: Final = {"onnx": "onnx-int8", "cpu": "paddle"}
TEXT: Final = "质量很好，推荐！"


def main() -> int:
    """Build, take away, start, print; 1 where a figure is not reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--bundle", default="last", help="a run or bundle with onnx-int8")
    parser.add_argument("--rounds", type=int, default=5, help="starts of each service")
    parser.add_argument("--uv", default="uv", help="the uv to install with")
    given = parser.parse_args()
    from paddle_lab.bundle.locate import find_bundle

    bundle = find_bundle(given.bundle).absolute()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        wheel = serving_wheel(build_wheel(work), work)
        pythons, sizes = {}, {}
        for extra in RUNTIMES:
            pythons[extra] = environment(given.uv, work / extra, f"{wheel}[{extra}]")
            before = megabytes(work / extra)
            run(pythons[extra], "-m", "paddle_lab.serving.slim", cwd=work)
            sizes[extra] = megabytes(work / extra)
            print(f"{extra}: {before:.0f} MB installed, {sizes[extra]:.0f} MB left", flush=True)
        rounds = [
            {extra: started(pythons[extra], bundle, RUNTIMES[extra], work) for extra in RUNTIMES}
            for _ in range(given.rounds)
        ]
    for extra in RUNTIMES:
        found = [one[extra] for one in rounds]
        print(f"{extra}: " + ", ".join(f"{what} {spread([one[what] for one in found])}"
                                       for what in found[0]))  # fmt: skip
    share = sizes["onnx"] / sizes["cpu"]
    print(f"ONNX Runtime's is {share:.2f} of Paddle's")
    middle = {
        what: statistics.median(one["onnx"][what] for one in rounds) for what in rounds[0]["onnx"]
    }
    reached = (sizes["onnx"] <= 130 and share <= 0.2 and middle["start, CPU s"] <= 1.2
               and middle["worker, MB"] <= 150)  # fmt: skip
    print("reached" if reached else "not reached")
    return 0 if reached else 1


def started(python: Path, bundle: Path, runtime: str, work: Path) -> dict[str, float]:
    """One service, from its start to its end."""
    port = free_port()
    command = [python, "-m", "paddle_lab.cli", "serve", f"model={bundle}", "--port", str(port),
               "--runtime", runtime, "--workers", "1", "--deadline", "100"]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    log = work / "log"
    with log.open("w") as said, subprocess.Popen(
        list(map(str, command)), cwd=work, stderr=said, stdout=said,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1"},
    ) as process:  # fmt: skip
        try:
            found = asked(process, port, log)
        finally:
            process.kill()
    return found


def asked(process: subprocess.Popen[bytes], port: int, log: Path) -> dict[str, float]:
    """What it took until it was ready, and what it holds after some questions."""
    began = time.monotonic()
    while not ready(port):
        time.sleep(0.05)
        if process.poll() is not None or time.monotonic() - began > 120:
            raise SystemExit(f"the service did not start: {log.read_text()}")
    wall = time.monotonic() - began
    front = psutil.Process(process.pid)
    (worker,) = front.children()
    cpu = sum(sum(one.cpu_times()[:2]) for one in (front, worker))
    for times in range(1, 21):
        ask(port, {"texts": [TEXT * times] * 32})
    held = [one.memory_info().rss / 1e6 for one in (front, worker)]
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    return {"start, s": wall, "start, CPU s": cpu, "front, MB": held[0], "worker, MB": held[1]}


def ready(port: int) -> bool:
    try:
        ask(port, None, "/health/ready")
    except OSError:
        return False
    return True


def ask(port: int, content: Any, path: str = "/predict") -> None:
    """Ask, and read the answer."""
    body = None if content is None else json.dumps(content).encode()
    url = f"http://127.0.0.1:{port}{path}"
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=100) as response:
        response.read()


def spread(values: list[float]) -> str:
    """The median, and the range."""
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


if __name__ == "__main__":
    sys.exit(main())
