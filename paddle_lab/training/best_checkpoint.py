"""Which of a run's checkpoints holds what it has learnt."""

from __future__ import annotations

from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import RunFolder
from paddle_lab.runs.reproduce import commands
from paddle_lab.training.checkpoint import (
    Checkpoint,
    checkpoint_path,
    latest_checkpoint,
    read_checkpoint,
)


def best_checkpoint(folder: RunFolder) -> Checkpoint:
    """The checkpoint with the weights that the run ended with, else its newest whole one.

    Raises RunError when there is none.
    """
    state = folder.state()
    ended_with = (state.end or {}).get("weights_step")
    step = ended_with if ended_with is not None else (state.best or {}).get("step")
    if step is not None:
        path = checkpoint_path(folder.checkpoints, int(step))
        if path.is_dir():
            return read_checkpoint(path)
    newest = latest_checkpoint(folder.checkpoints)
    if newest is None:
        raise RunError(
            T(
                "Run {name} kept no checkpoint.",
                "运行 {name} 没有保留检查点。",
                name=folder.path.name,
            ),
            T(
                "It ended before the first one was written, or they were removed.",
                "它在写入第一个检查点之前就结束了，或检查点已被删除。",
            ),
            _how_to_get_weights(folder, state.state),
            code="run.no_checkpoint",
        )
    return newest


def _how_to_get_weights(folder: RunFolder, state: str) -> Text:
    if state != "finished":  # one that has finished cannot be resumed
        return T("Go on with it: %ernie_finetune --resume {id}",
                 "请继续该运行：%ernie_finetune --resume {id}", id=folder.id)  # fmt: skip
    return T("Train it again: {command}", "请重新训练：{command}",
             command=commands(folder.spec())["magic"])  # fmt: skip
