"""What the ranks do that do not lead: the same training, of which they tell nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Final

from paddle_lab.errors import PaddleLabError
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.settings import load_settings
from paddle_lab.training.inputs import TrainingInputs, load_inputs
from paddle_lab.training.quiet import import_paddlenlp, logging_to
from paddle_lab.training.ranks.agreement import FollowingReporter, log_of
from paddle_lab.training.ranks.team import Team
from paddle_lab.training.reporter import Aborted

_AGAIN_S: Final = 2.0
#: What is said of a model that is not on the machine, where the network may not be asked.
_NOT_HERE: Final = ("model.unreachable", "hub.not_here")

Meet = Callable[[TrainingInputs], Team]


def follow_run(
    folder: RunFolder,
    spec: RunSpec,
    rank: int,
    meet: Meet,
    *,
    resume: bool,
    trust: bool,
    fetches: bool,
) -> None:
    """Train with the others until the training is over; writes nothing but a log.

    ``meet`` gives the team, once the rows are read. ``fetches``: this rank gets a model that is not
    on its machine; the others of the machine wait for it. Raises PaddleLabError, PeersLost.
    """
    log, reporter = log_of(folder, rank), FollowingReporter(folder)
    import_paddlenlp(log)
    inputs = _inputs(folder, spec, reporter, trust, fetches)
    with logging_to(log):
        import paddle
        from paddle.utils import unique_name

        from paddle_lab.cpu import set_threads
        from paddle_lab.training.loop import TrainingLoop

        if not paddle.in_dynamic_mode():
            paddle.disable_static()
        set_threads(spec.threads)
        team = meet(inputs)
        with unique_name.guard():
            loop = TrainingLoop(folder, spec, reporter, inputs, team)
            with contextlib.suppress(Aborted):
                loop.train(resume=resume)
        team.close()


def _inputs(
    folder: RunFolder, spec: RunSpec, reporter: FollowingReporter, trust: bool, fetches: bool
) -> TrainingInputs:
    while True:
        try:
            return load_inputs(folder, spec, reporter, trust=trust, keep=False, offline=not fetches)
        except PaddleLabError as error:
            if fetches or load_settings().offline or error.code not in _NOT_HERE:
                raise
        time.sleep(_AGAIN_S)  # another rank gets it; were that to fail, the run ends
