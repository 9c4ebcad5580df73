"""``%ernie_serve``: a service beside the notebook, with a line to try; it ends with the kernel."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from bundle.making import make_bundle
from serving.process import until

from paddle_lab.commands import Context, serve
from paddle_lab.commands.result import Result
from paddle_lab.commands.serve_beside import words_of
from paddle_lab.errors import EnvError, PaddleLabError, ServerError, UsageError
from paddle_lab.serving.beside import Beside, running

REPOSITORY = Path(__file__).resolve().parents[2]


def ask(*words: str, notebook: bool = True) -> Result:
    args = serve.build_parser("%ernie_serve").parse_args(list(words))
    return serve.execute(args, Context(notebook=notebook))


@pytest.fixture(autouse=True)
def english_and_nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    yield
    for one in running():
        one.stop()


def test_the_line_of_the_terminal_says_the_same() -> None:
    words = ["last", "a=b", "--workers", "2", "--deadline", "1.5", "--log-requests", "--detach",
             "--host", "0.0.0.0", "--lang", "zh", "--batch-padding", "0",
             "--grpc-port", "0"]  # fmt: skip
    args = serve.build_parser("%ernie_serve").parse_args(words)
    said = words_of(args, serve.ServeOptions)
    assert said[:4] == ["last", "a=b", "--port", "0"]
    again = serve.build_parser("paddle-lab serve").parse_args(said)
    for name in ("bundles", "workers", "deadline", "log_requests", "host", "batch_padding",
                 "grpc_port"):  # fmt: skip
        assert getattr(again, name) == getattr(args, name), name
    assert not again.detach and again.lang is None


def test_what_is_for_a_notebook_is_refused_in_a_terminal() -> None:
    for word in ("--stop", "--detach"):
        with pytest.raises(UsageError) as refused:
            ask("last", word, notebook=False)
        assert refused.value.code == "usage.notebook_only"


def test_nothing_runs_and_nothing_is_ended() -> None:
    assert "serves nothing" in ask().text and ask().value == []
    assert ask("--stop").json == {"ended": []}


def test_grpc_without_its_packages_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("paddle_lab.serving.rpc.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(EnvError, match=r"paddle-lab\[grpc\]") as refused:
        ask("last", "--grpc-port", "0")
    assert refused.value.code == "env.no_grpc"
    assert "serves nothing" in ask().text  # HTTP alone does without


def test_a_bundle_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(PaddleLabError, match=r"not a bundle|no run"):
        ask(f"a={tmp_path}")
    assert running() == []


@pytest.mark.slow
def test_what_it_says_when_it_cannot_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"damaged|cannot load") as refused:
        ask(str(make_bundle(tmp_path / "broken")))
    assert refused.value.code == "server.not_served" and running() == []


@pytest.mark.slow
def test_it_is_shown_with_a_line_that_works_and_ends_when_it_is_told(real_bundle: Path) -> None:
    result = ask(f"tiny={real_bundle}", "--grpc-port", "0")
    service = result.value
    assert isinstance(service, Beside) and service.url in result.text
    assert (
        service.grpc is not None
        and f"gRPC (Open Inference Protocol): {service.grpc}" in result.text
    )
    assert "tiny" in str(result.html) and result.json["models"][0]["state"] == "ready"
    curl = shlex.split(next(line for line in result.text.splitlines() if line.startswith("curl ")))
    request = urllib.request.Request(curl[1], data=curl[3].encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert "label" in json.load(answer)["answer"]
    assert [one["pid"] for one in ask().json] == [service.pid]
    assert ask("--stop").json == {"ended": [service.url]}
    assert not service.running and not psutil.pid_exists(service.pid)


KERNEL = """
import sys, time
from paddle_lab.commands import Context, serve
args = serve.build_parser("%ernie_serve").parse_args(sys.argv[1:])
print(serve.execute(args, Context(notebook=True)).value.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_it_ends_with_a_kernel_that_is_killed_unless_it_is_detached(real_bundle: Path) -> None:
    kernels: list[Any] = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, str(real_bundle), *words],
            stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
        )
        for words in ([], ["--detach"])
    ]  # fmt: skip
    bound, detached = (psutil.Process(int(kernel.stdout.readline())) for kernel in kernels)
    try:
        for kernel in kernels:
            kernel.kill()
            kernel.wait()
        until(lambda: not bound.is_running(), 60)
        assert detached.is_running() and detached.status() != psutil.STATUS_ZOMBIE
    finally:
        detached.terminate()
    until(lambda: not detached.is_running() or detached.status() == psutil.STATUS_ZOMBIE, 60)
