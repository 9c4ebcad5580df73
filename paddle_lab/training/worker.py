"""A run in a process of its own: ``python -m paddle_lab.training.worker FOLDER [options]``."""

from __future__ import annotations

import argparse
import contextlib
import signal

from paddle_lab.runs import RunFolder
from paddle_lab.runs.claim import file_lock
from paddle_lab.training.ending import end_process
from paddle_lab.training.job import RunJob
from paddle_lab.training.reporter import Control, Reporter


def main() -> int:
    """Run the folder's session; 0 when it ended well, 1 when it failed, 2 when it is another's.

    ``--begun-by`` is the process that took the run up. Were that killed before this one has
    written a word, somebody else may have taken the run up meanwhile: it is then left to them.
    """
    parser = argparse.ArgumentParser(prog="paddle_lab.training.worker")
    parser.add_argument("folder")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--trust", action="store_true")
    parser.add_argument("--train-only", action="store_true")
    parser.add_argument("--requests-from", type=int, default=0, metavar="BYTES")
    parser.add_argument("--begun-by", type=int, metavar="PID")
    args = parser.parse_args()
    control = Control(finish=not args.train_only)
    _take_terminations(control)
    folder = RunFolder.open(args.folder)
    with file_lock(folder.claim_path):
        if is_anothers(folder, args.begun_by):
            return 2
        reporter = Reporter(folder, control, args.requests_from, RunJob(folder.spec()))
        reporter.begin("load")

    reporter.beat()
    from paddle_lab.training.prepare import prepare_process
    from paddle_lab.training.quiet import import_paddlenlp
    from paddle_lab.training.session import run_session

    prepare_process(folder.spec())
    # Paddle and PaddleNLP take the signal for themselves: one that comes meanwhile waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with contextlib.suppress(Exception):  # the session imports them again, and tells of it
        import_paddlenlp(folder.log_path)
    _take_terminations(control)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    outcome = run_session(folder, reporter, resume=args.resume, trust=args.trust)
    return 0 if outcome.error is None else 1


def _take_terminations(control: Control) -> None:
    """Terminating is aborting: the loop leaves at the next step with its checkpoints whole."""
    signal.signal(signal.SIGTERM, lambda *_: setattr(control, "abort", True))


def is_anothers(folder: RunFolder, begun_by: int | None) -> bool:
    """Whether a process lives with the run that is not the one which began this."""
    state = folder.state()
    owner = state.process
    return begun_by is not None and state.live and owner is not None and owner.pid != begun_by


if __name__ == "__main__":
    end_process(main())
