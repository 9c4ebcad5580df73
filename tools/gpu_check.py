"""Compare what we say of GPUs with what the driver's own tool says, and train on one.

``tools/gpu_check.sh`` runs it. Exit code 1 when a reading is not the driver's. Parts whose needs
are missing (a GPU, JupyterLab, a build of Paddle for GPUs) are said to be left out.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))
MIB: Final = 1 << 20
#: What nvidia-smi is asked, and how far ours may be from it: absolute, and relative.
ASKED: Final = {
    "memory.total": (1.0, 0.001), "memory.used": (64.0, 0.02), "utilization.gpu": (20.0, 0.0),
    "power.draw": (10.0, 0.15), "temperature.gpu": (3.0, 0.0),
}  # fmt: skip
ROUNDS: Final = 3
HELD_MIB: Final = 1024
PRECISIONS: Final = ("fp32", "bf16", "fp16")
#: Holds memory of GPU 0 by the driver's interface alone, until its input ends.
HOLDER: Final = """
import ctypes, sys
cuda = ctypes.CDLL("libcuda.so.1")
context, memory, device = ctypes.c_void_p(), ctypes.c_uint64(), ctypes.c_int()
for code in (cuda.cuInit(0), cuda.cuDeviceGet(ctypes.byref(device), 0),
             cuda.cuCtxCreate_v2(ctypes.byref(context), 0, device),
             cuda.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(int(sys.argv[1])))):
    if code: sys.exit(f"CUDA error {code}")
print("held", flush=True)
sys.stdin.read()
"""


class LeftOut(Exception):
    """A part cannot be run here; the text says what is missing."""


def nvidia_smi(*fields: str, of: str = "gpu") -> list[dict[str, str]]:
    """Rows of ``nvidia-smi --query-<of>``. Raises LeftOut where there is none."""
    if shutil.which("nvidia-smi") is None:
        raise LeftOut("nvidia-smi is not on this machine")
    command = ["nvidia-smi", f"--query-{of}={','.join(fields)}", "--format=csv,noheader,nounits"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise LeftOut(f"nvidia-smi: {(done.stdout + done.stderr).strip().splitlines()[0]}")
    rows = (line.split(", ") for line in done.stdout.splitlines() if line.strip())
    return [dict(zip(fields, row, strict=True)) for row in rows]


def number(text: str) -> float | None:
    """A figure of nvidia-smi; None for "[N/A]" and the like."""
    found = re.fullmatch(r"\s*(-?[0-9.]+)\s*", text)
    return float(found[1]) if found else None


def readings() -> Iterator[str]:
    """Our NVML readings beside nvidia-smi's, of every GPU, several times."""
    from paddle_lab.gpu.backends import choose_backend

    backend = choose_backend("auto")
    if backend is None or backend.simulated:
        raise LeftOut("no GPU backend")
    inventory = backend.open()
    if not inventory.gpus:
        raise LeftOut(f"no GPU ({inventory.condition.code if inventory.condition else 'none'})")
    wanted = ("uuid", "name", *ASKED)
    yield "| GPU | value | nvidia-smi | ours | |"
    yield "| --- | --- | --- | --- | --- |"
    worst: dict[tuple[str, str], tuple[float, str]] = {}
    for _ in range(ROUNDS):
        told = {row["uuid"]: row for row in nvidia_smi(*wanted)}
        fast, slow = backend.fast(), backend.slow()
        for gpu, quick, later in zip(inventory.gpus, fast, slow, strict=True):
            row = told.get(gpu.uuid)
            if row is None:  # a slice, which this query does not list
                continue
            ours = {
                "memory.total": None if gpu.memory is None else gpu.memory / MIB,
                "memory.used": None if quick.used is None else quick.used / MIB,
                "utilization.gpu": quick.busy, "power.draw": quick.power,
                "temperature.gpu": later.temperature,
            }  # fmt: skip
            for name, (absolute, relative) in ASKED.items():
                theirs, mine = number(row[name]), ours[name]
                if theirs is None or mine is None:
                    apart, mark = 0.0, "not told" if theirs is mine else "**one tells nothing**"
                else:
                    allowed = absolute + relative * abs(theirs)
                    apart = abs(theirs - mine) / allowed
                    mark = "equal" if apart <= 1 else "**differs**"
                line = f"| {gpu.index} {gpu.name} | {name} | {row[name]} | {shown(mine)} | {mark} |"
                key = (gpu.uuid, name)
                if key not in worst or apart > worst[key][0]:
                    worst[key] = apart, line
        time.sleep(1)
    backend.close()
    yield from (line for _, line in worst.values())


def shown(value: float | None) -> str:
    """A figure of ours."""
    return "-" if value is None else f"{value:g}"


def slices() -> Iterator[str]:
    """MIG: whether it is on, and which slices we see."""
    from paddle_lab.gpu.backends import choose_backend

    modes = nvidia_smi("index", "mig.mode.current")
    yield from (f"* GPU {row['index']}: MIG {row['mig.mode.current']}" for row in modes)
    backend = choose_backend("auto")
    assert backend is not None
    found = [gpu for gpu in backend.open().gpus if gpu.parent is not None]
    backend.close()
    yield f"* slices that we see: {[f'{gpu.name} {gpu.uuid}' for gpu in found] or 'none'}"


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Callable[[str], Any]]:
    """A Jupyter server with our extension; a function that asks it for JSON."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyter", "server", "--allow-root", "--no-browser"]
    command += [f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={folder}"]
    command += ["--ServerApp.jpserver_extensions={'paddle_lab': True}"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)

    def ask(path: str) -> Any:
        headers = {"Authorization": f"token {token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                ask("api")
                break
            if process.poll() is not None:
                raise LeftOut("no Jupyter server starts here")
            time.sleep(0.5)
        yield ask
    finally:
        process.terminate()
        process.wait(30)


def owners() -> Iterator[str]:
    """A real process that holds memory, as the sidebar attributes it."""
    apps = ("pid", "used_memory")
    nvidia_smi(*apps, of="compute-apps")
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as ask:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(HELD_MIB * MIB)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert holder.stdout is not None and holder.stderr is not None
            if holder.stdout.readline() != "held\n":
                raise LeftOut(f"memory cannot be held: {holder.stderr.read().strip()}")
            before = time.monotonic()
            told: list[dict[str, Any]] = []
            while time.monotonic() - before < 20:
                told = ask("paddle-lab/snapshot")["owners"]
                if sum(owner["total"] for owner in told) >= HELD_MIB * MIB:
                    break
                time.sleep(0.5)
            rows = nvidia_smi(*apps, of="compute-apps")
            theirs = next((r["used_memory"] for r in rows if r["pid"] == str(holder.pid)), None)
            held = sum(owner["total"] for owner in told) / MIB
            mark = "equal" if held >= HELD_MIB else "**differs**"
            yield f"* a process holds {HELD_MIB} MiB beside its context; nvidia-smi says {theirs}"
            yield f"* the sidebar's owners, after {time.monotonic() - before:.1f} s: {held:.0f} MiB"
            yield f"* {[(owner['kind'], owner['total'] // MIB) for owner in told]}: {mark}"
        finally:
            holder.communicate()
        time.sleep(4)
        left = sum(owner["total"] for owner in ask("paddle-lab/snapshot")["owners"]) / MIB
        yield f"* after its end: {left:.0f} MiB {'equal' if left < held else '**differs**'}"


def training() -> Iterator[str]:
    """A fine-tuning on the GPU in each number format."""
    try:
        import paddle
    except ImportError as error:
        raise LeftOut(f"paddle cannot be imported: {error}") from error
    if not paddle.is_compiled_with_cuda() or not paddle.device.cuda.device_count():
        raise LeftOut("this Paddle has no GPU")
    yield "| precision | rows/s | memory MB | accuracy | proof |"
    yield "| --- | --- | --- | --- | --- |"
    for precision in PRECISIONS:
        with tempfile.TemporaryDirectory() as name:
            command = [sys.executable, "-m", "paddle_lab.cli", "finetune", "reviews"]
            command += ["--limit", "4000", "--epochs", "1", "--no-baseline", "--device", "gpu"]
            command += ["--precision", precision, "--out", name]
            done = subprocess.run(command, capture_output=True, text=True, timeout=150)
            found = list(Path(name).glob("*/events.jsonl"))
            if done.returncode or not found:
                last = (done.stderr or done.stdout).strip().splitlines()[-1:]
                yield f"| {precision} | **failed**: {''.join(last)} | | | |"
                continue
            events = [json.loads(line) for line in found[0].read_text("utf-8").splitlines()]
            yield f"| {precision} | {' | '.join(figures_of(events))} |"


def figures_of(events: list[dict[str, Any]]) -> list[str]:
    """Rows a second, memory, accuracy and proof of a run, from its events."""
    steps = [event for event in events if event["kind"] == "step"]
    evals = [event for event in events if event["kind"] == "eval"]
    proofs = [event for event in events if event["kind"] == "export"]
    speed = sorted(step["samples_per_s"] for step in steps)[len(steps) // 2]
    accuracy = evals[-1]["metrics"]["accuracy"]
    proof = "passed" if proofs and proofs[-1]["ok"] else "**not passed**"
    return [f"{speed:.0f}", str(steps[-1]["memory_mb"]), f"{accuracy:.1%}", proof]


PARTS: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "Readings beside nvidia-smi": readings, "MIG": slices,
    "Owners of a real process": owners, "Training": training,
}  # fmt: skip


def main() -> int:
    """Print the report; 1 when something in it is marked as wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    os.environ.setdefault("PADDLE_LAB_GPUS", "auto")
    wrong = 0
    print(f"# GPU check, {time.strftime('%Y-%m-%d')}\n")
    with contextlib.suppress(LeftOut):
        for row in nvidia_smi("name", "driver_version"):
            print(f"* {row['name']}, driver {row['driver_version']}")
    print(f"* Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    for title in given.parts:
        print(f"\n## {title}\n")
        begun = time.monotonic()
        try:
            for line in PARTS[title]():
                wrong += "**" in line
                print(line, flush=True)
            print(f"\n{time.monotonic() - begun:.0f} s.")
        except LeftOut as reason:
            print(f"Left out: {reason}.")
    return min(wrong, 1)


if __name__ == "__main__":
    raise SystemExit(main())
