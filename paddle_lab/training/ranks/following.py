"""What the ranks do that do not lead: the same training, of which they tell nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.training.inputs import TrainingInputs, load_inputs
from paddle_lab.training.quiet import import_paddlenlp, logging_to
from paddle_lab.training.ranks.agreement import FollowingReporter, log_of
from paddle_lab.training.ranks.team import Team
from paddle_lab.training.reporter import Aborted

Meet = Callable[[TrainingInputs], Team]


def follow_run(
    folder: RunFolder, spec: RunSpec, rank: int, meet: Meet, *, resume: bool, trust: bool
) -> None:
    """Train with the others until the training is over; writes nothing but a log.

    ``meet`` gives the team, once the rows are read. Raises PaddleLabError, PeersLost.
    """
    log, reporter = log_of(folder, rank), FollowingReporter(folder)
    import_paddlenlp(log)
    inputs = load_inputs(folder, spec, reporter, trust=trust, keep=False)
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
