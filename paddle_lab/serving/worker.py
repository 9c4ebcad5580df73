"""A process with one loaded bundle: batches on standard input, outputs on standard output.

    python -m paddle_lab.serving.worker FOLDER --threads 1

It ends when its input ends, so it never outlives the front. What the libraries print goes to
standard error.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from paddle_lab.errors import PaddleLabError, ServerError
from paddle_lab.i18n import T
from paddle_lab.serving import frames
from paddle_lab.serving.processes import How
from paddle_lab.text.short import last_line

if TYPE_CHECKING:
    from paddle_lab.bundle.loaded import Loaded

#: The exit code after a message that says why.
SAID: int = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Load, measure, say so, and run what comes until the input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--runtime")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int)
    args = parser.parse_args(argv)
    given, answers = _channels()
    _leave_signals()
    try:
        program, ready = loaded(args.folder, How(args.runtime, args.device, args.threads))
    except Exception as error:
        _send(answers, {"kind": "broken", "error": _told(error).to_json()})
        return SAID
    _leave_signals()  # importing Paddle takes them over
    _send(answers, ready)
    while (message := frames.read(given.read)) is not None:
        head, arrays = message
        said, found = outputs_of(program, arrays)
        _send(answers, {**said, "id": head["id"]}, found)
    return 0


def loaded(folder: str, how: How) -> tuple[Loaded, dict[str, Any]]:
    """The program, and what a worker says of it. Raises what the runtime does."""
    from paddle_lab.bundle.loaded import load_program_of
    from paddle_lab.cpu.memory import give_back_memory
    from paddle_lab.serving.identity import identity_of
    from paddle_lab.serving.measured import measure

    program = load_program_of(folder, device=how.device, threads=how.threads, runtime=how.runtime)
    manifest = program.manifest
    limits = measure(program.run_batch, manifest.signature, manifest.max_len)
    give_back_memory()
    return program, {
        "kind": "ready",
        "identity": identity_of(manifest),
        "runtime": program.runtime,
        "device": program.device,
        "measured": limits.to_json(),
    }


def outputs_of(
    program: Loaded, arrays: Mapping[str, Any]
) -> tuple[dict[str, Any], frames.Arrays | None]:
    """The message that answers one padded batch: its head and its outputs."""
    try:
        outputs = program.run_batch(arrays)
        found = {spec.name: outputs[spec.name] for spec in program.manifest.signature.outputs}
    except Exception as error:  # whatever the runtime's C++ raises
        return {"kind": "failed", "error": _told(error).to_json()}, None
    return {"kind": "outputs"}, found


def _channels() -> tuple[IO[bytes], IO[bytes]]:
    """The two pipes to the front; what prints to standard output from now on is not on them."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    given = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    return given, answers


def _leave_signals() -> None:
    """The front decides when a worker ends: SIGTERM and Ctrl-C for a whole group do not."""
    if (paddle := sys.modules.get("paddle")) is not None:
        paddle.disable_signal_handler()
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _send(answers: IO[bytes], head: dict[str, Any], arrays: frames.Arrays | None = None) -> None:
    answers.write(frames.packed(head, arrays))
    answers.flush()


def _told(error: Exception) -> PaddleLabError:
    """What an error says to the front, which decides how much of it others may know."""
    if isinstance(error, PaddleLabError):
        return error
    return ServerError(
        T("The model could not be run.", "无法运行模型。"),
        T("{kind}: {error}", "{kind}：{error}",
          kind=type(error).__name__, error=last_line(error)[:300]),
        T("Check the bundle: paddle-lab export BUNDLE --verify-only",
          "请检查模型包：paddle-lab export 模型包 --verify-only"),
        code="server.model_failed",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
