"""The container image of a kit: built without a daemon, started, asked, and what it takes.

    python benchmarks/image.py                        # as root, on Debian or Ubuntu
    python benchmarks/image.py --run last --runtime onnx-int8

Needs Debian's `buildah` and `mmdebstrap`, and the package registry. Pictures of `python:*-slim` are
not fetched: a base of the same name is made of Debian's packages. The kit's own Dockerfile is built
as it is, its Python packages from wheels that are fetched before. The container runs its own
command; answers are compared with the predictor's. Then the same command runs on the same files
once more, as the same user, where the root is mounted read-only and /tmp alone can be written.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psutil

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "benchmarks")]
from serving_environment import build_wheel, run
from serving_wheel import serving_wheel

STORE: Final = ("buildah", "--storage-driver", "vfs")
#: What `python:3.11-slim-bookworm` has, as far as the kit's Dockerfile asks for it.
SUITE: Final = "bookworm"
PACKAGES: Final = "python3,python3-venv,python-is-python3,ca-certificates"
IMAGE: Final = "localhost/kit:latest"
USER: Final = 10001
PORT: Final = 8123


def main() -> int:
    """Build, start, ask, print; 1 where something is not as it should be."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--run", default="last", help="a run or a bundle with the runtime")
    made.add_argument("--runtime", default="onnx-int8")
    made.add_argument("--texts", type=int, default=200)
    given = made.parse_args()
    for program in ("buildah", "mmdebstrap"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not installed: apt install buildah mmdebstrap")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = serving_wheel(build_wheel(folder), folder)
        words = [given.run, "--runtime", given.runtime, "--wheel", wheel, "--port", PORT]
        kit = folder / "kit"
        lab = [sys.executable, "-m", "paddle_lab.cli"]
        run(*lab, "kit", "docker", *map(str, words), "--name", "reviews", "--out", kit)
        base = base_image(folder, kit)
        build(folder, kit)
        return judge(kit, given.texts, base)


def base_image(folder: Path, kit: Path) -> float:
    """An image with the name that the Dockerfile begins with; its megabytes."""
    first = next(line for line in (kit / "Dockerfile").read_text().splitlines() if "FROM" in line)
    tree = folder / "base.tar"
    run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", SUITE, tree)
    container = run(*STORE, "from", "scratch").strip()
    run(*STORE, "add", "--quiet", container, tree, "/")
    settings = folder / "pip.conf"
    settings.write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    run(*STORE, "add", "--quiet", container, settings, "/etc/pip.conf")
    run(*STORE, "commit", "--quiet", container, first.split()[1])
    run(*STORE, "rm", container)
    return tree.stat().st_size / 1e6


def build(folder: Path, kit: Path) -> None:
    """The image of the kit's Dockerfile; pip takes wheels from a folder, and asks no index."""
    wheels = folder / "wheels"
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", wheels]
    run(*download, "-r", kit / "requirements.txt", cwd=kit)
    run(
        *STORE, "build", "--isolation", "chroot", "--format", "docker", "--pull-never",
        "--volume", f"{wheels}:/wheels:ro", "--tag", IMAGE, kit,
    )  # fmt: skip


def judge(kit: Path, texts: int, base_mb: float) -> int:
    """Start it, compare, print."""
    from serving import reviews

    from paddle_lab.bundle import load_bundle

    config = json.loads(run(*STORE, "inspect", "--type", "image", IMAGE))["Docker"]["config"]
    rows = reviews(texts)
    predictor = load_bundle(kit / "bundle", device="cpu")
    expected = [predictor.predict([row])[0].label for row in rows]
    with running(config) as (started, image_mb, process):
        # One by one: with 8 bits an answer hangs a little on those it is computed with.
        answers = [ask("/predict", {"text": row})["answer"] for row in rows]
        serving = serving_parts(process)
        users = {part.uids().real for part in serving}
        ready_s = time.monotonic() - started
        resident = sum(part.memory_info().rss for part in serving) / 1e6
    checks = {
        f"labels equal, of {texts}": [answer["label"] for answer in answers] == expected,
        f"runs as user {USER}": users == {USER} and config["User"] == str(USER),
        "answers with a read-only root": answers_read_only(config, rows[0], expected[0]),
        "has a health check": "/health/ready" in " ".join(config["Healthcheck"]["Test"]),
    }
    print(f"image {image_mb:.0f} MB, of which Debian and Python {base_mb:.0f} MB")
    print(f"first answers {ready_s:.1f} s after the start, {resident:.0f} MB resident")
    for what, holds in checks.items():
        print(f"{what}: {'yes' if holds else 'NO'}")
    return 0 if all(checks.values()) else 1


#: What `--read-only --tmpfs /tmp` makes of a root, in a mount namespace of its own: $0 is the root.
READ_ONLY: Final = """
set -e
mount --bind "$0" "$0"
mount -o remount,bind,ro "$0"
mount -t tmpfs tmpfs "$0/tmp"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
if touch "$0/srv/written" 2>/dev/null; then exit 9; fi
user=$1
shift
exec chroot --userspec="$user:$user" "$@"
"""


def answers_read_only(config: dict[str, Any], row: str, expected: str) -> bool:
    """Whether the service starts and answers with a root that is mounted read-only."""
    container = run(*STORE, "from", "--pull-never", IMAGE).strip()
    tree = run(*STORE, "mount", container).strip()
    environment = dict(pair.split("=", 1) for pair in config["Env"])
    command = ["unshare", "--mount", "sh", "-c", READ_ONLY, tree, str(USER), tree]
    process = subprocess.Popen(
        [*command, *config["Entrypoint"]], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(process)
        return bool(ask("/predict", {"text": row})["answer"]["label"] == expected)
    finally:
        process.terminate()
        process.wait(60)
        run(*STORE, "rm", container)


def wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    """Return when the service answers that it is ready; ends the program when it does not start."""
    for _ in range(240):
        time.sleep(0.5)
        if process.poll() is not None:
            raise SystemExit(f"the container ended with {process.returncode}")
        with suppress(OSError):
            ask("/health/ready")
            return
    raise SystemExit("the container was not ready after two minutes")


@contextmanager
def running(config: dict[str, Any]) -> Iterator[tuple[float, float, psutil.Process]]:
    """A container that runs the image's own command, until it answers; it is told to end."""
    container = run(*STORE, "from", "--pull-never", IMAGE).strip()
    tree = Path(run(*STORE, "mount", container).strip())
    size = sum(path.lstat().st_size for path in tree.rglob("*") if not path.is_dir()) / 1e6
    command = [*STORE, "run", "--isolation", "chroot", "--user", config["User"]]
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, container, "--", *config["Entrypoint"]], stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(process)
        yield started, size, psutil.Process(process.pid)
    finally:
        for part in serving_parts(psutil.Process(process.pid)):
            if part.cmdline()[1] == config["Entrypoint"][0]:
                part.terminate()
        print(f"exit code after SIGTERM: {process.wait(60)}")
        run(*STORE, "rm", container)


def serving_parts(process: psutil.Process) -> list[psutil.Process]:
    """The front and its workers, among all that starts and holds the container."""
    found = []
    for part in process.children(recursive=True):
        with suppress(psutil.Error):  # one that has ended is none
            if part.cmdline()[0].startswith("/opt/serve/bin/"):
                found.append(part)
    return found


def ask(path: str, content: Any = None) -> Any:
    """What the service says."""
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", body)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


if __name__ == "__main__":
    if os.geteuid():
        raise SystemExit("building without a daemon in a chroot needs root")
    sys.exit(main())
