"""One rank of a run: ``python -m paddle_lab.training.ranks.rank FOLDER --rank 1 --size 2 ...``.

Started by the supervisor alone, and it ends when that does, however it is ended.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import socket
import sys
import threading
import time
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from paddle_lab.errors import PaddleLabError
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.runs.process import ProcessMark
from paddle_lab.training.ending import end_process
from paddle_lab.training.ranks.agreement import LeadingReporter, log_of
from paddle_lab.training.ranks.channel import PeersLost
from paddle_lab.training.ranks.failures import LOST_OTHERS, write_error
from paddle_lab.training.ranks.team import Place, Team, join

if TYPE_CHECKING:
    from paddle_lab.training.inputs import TrainingInputs

#: The environment variable by which the supervisor hands a rank the run's token.
TOKEN: Final = "PADDLE_LAB_RANKS_TOKEN"
_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG
_LOOK_S: Final = 0.5


def main() -> int:
    """Do one rank's part of the run; 0 when it ended well."""
    args = _parser().parse_args()
    end_with(args.supervisor)
    folder = RunFolder.open(args.folder)
    place = Place(
        args.rank, args.size, args.host, args.port, os.environ.pop(TOKEN, ""),
        args.threads, args.device,
    )  # fmt: skip
    spec = replace(
        folder.spec(), threads=args.threads, device=args.device, procs=args.size, gpus=None
    )
    listening = None if args.listening is None else socket.socket(fileno=args.listening)
    try:
        if args.rank == 0:
            return _lead(folder, spec, place, listening, args)
        return _follow(folder, spec, place, args)
    except PeersLost as lost:
        print(f"lost the other ranks: {lost}", file=sys.stderr)
        return LOST_OTHERS


def _lead(
    folder: RunFolder,
    spec: RunSpec,
    place: Place,
    listening: socket.socket | None,
    args: argparse.Namespace,
) -> int:
    from paddle_lab.training.job import RunJob

    reporter = LeadingReporter(
        folder, args.requests_from, RunJob(spec), ProcessMark.of_process(args.supervisor),
        finish=not args.train_only,
    )  # fmt: skip
    hear = lambda *_: reporter.abort()  # noqa: E731
    signal.signal(signal.SIGTERM, hear)
    reporter.beat()
    from paddle_lab.training.prepare import prepare_process
    from paddle_lab.training.quiet import import_paddlenlp
    from paddle_lab.training.session import run_session

    prepare_process(spec)
    # Paddle and PaddleNLP take the signal for themselves: one that comes meanwhile waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with contextlib.suppress(Exception):  # the session imports them again, and tells of it
        import_paddlenlp(folder.log_path)
    signal.signal(signal.SIGTERM, hear)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def meet(inputs: TrainingInputs) -> Team:
        return join(place, listening, inputs.prepared.fingerprint)

    outcome = run_session(
        folder, reporter, resume=args.resume, trust=args.trust, spec=spec, meet=meet
    )
    return 0 if outcome.error is None else 1


def _follow(folder: RunFolder, spec: RunSpec, place: Place, args: argparse.Namespace) -> int:
    from paddle_lab.training.prepare import prepare_process
    from paddle_lab.training.ranks.following import follow_run

    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the leader is told, and tells all
    prepare_process(spec)

    def meet(inputs: TrainingInputs) -> Team:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return join(place, None, inputs.prepared.fingerprint)

    try:
        follow_run(
            folder, spec, place.rank, meet,
            resume=args.resume, trust=args.trust, fetches=args.fetches,
        )  # fmt: skip
    except PaddleLabError as error:
        write_error(folder, place.rank, error)
        return 1
    except Exception as error:  # the supervisor tells it; nobody reads this rank's traceback first
        from paddle_lab.training.unexpected import unexpected

        traceback.print_exc()
        write_error(folder, place.rank, unexpected(error, folder, log_of(folder, place.rank)))
        return 1
    return 0


def end_with(supervisor: int) -> None:
    """End this process as soon as its parent, ``supervisor``, has: also when that is killed."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    threading.Thread(target=_watch, args=(supervisor,), daemon=True).start()


def _watch(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(_LOOK_S)
    os._exit(LOST_OTHERS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="paddle_lab.training.ranks.rank")
    parser.add_argument("folder")
    for name in ("rank", "size", "port", "threads", "supervisor"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--listening", type=int, metavar="DESCRIPTOR")
    parser.add_argument("--requests-from", type=int, default=0, metavar="BYTES")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--trust", action="store_true")
    parser.add_argument("--fetches", action="store_true")
    parser.add_argument("--train-only", action="store_true")
    return parser


if __name__ == "__main__":
    end_process(main())
