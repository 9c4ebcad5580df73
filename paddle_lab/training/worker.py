"""A run in a process of its own: ``python -m paddle_lab.training.worker FOLDER [options]``."""

from __future__ import annotations

import argparse
import signal
import sys

from paddle_lab.runs import RunFolder
from paddle_lab.training.reporter import Control, Reporter


def main() -> int:
    """Run the folder's session; 0 when it ended well, 1 when it failed."""
    parser = argparse.ArgumentParser(prog="paddle_lab.training.worker")
    parser.add_argument("folder")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--trust", action="store_true")
    parser.add_argument("--requests-from", type=int, default=0, metavar="BYTES")
    args = parser.parse_args()
    control = Control()
    # Terminating is aborting: the loop leaves at the next step with its checkpoints whole.
    signal.signal(signal.SIGTERM, lambda *_: setattr(control, "abort", True))

    from paddle_lab.training.session import run_session
    from paddle_lab.training.start import prepare_process

    folder = RunFolder.open(args.folder)
    prepare_process(folder.spec())
    reporter = Reporter(folder, control, args.requests_from)
    outcome = run_session(folder, reporter, resume=args.resume, trust=args.trust)
    return 0 if outcome.error is None else 1


if __name__ == "__main__":
    sys.exit(main())
