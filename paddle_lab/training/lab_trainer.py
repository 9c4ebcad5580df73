"""PaddleNLP's Trainer with our batches, checkpoints, evaluation and micro-batches.

This file imports paddlenlp at its top: it is itself imported only inside functions of this package.
Source of the overridden methods: paddlenlp/trainer/trainer.py, version 3.0.0b4.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paddle
from paddlenlp.trainer import Trainer, TrainingArguments

from paddle_lab.cpu import speed_up_clipping
from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.training.batches import BucketLoader
from paddle_lab.training.checkpoint import (
    MODEL_FILE,
    OPTIMIZER_FILE,
    STATE_FILE,
    TRAINER_STATE_FILE,
    Checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from paddle_lab.training.memory import MicroBatches
from paddle_lab.training.ranks.steps import GradientSums

_NAME_AND_SLOT = "|"


class LabTrainer(Trainer):
    """The loop is PaddleNLP's; what it iterates, saves and evaluates is ours.

    ``objective`` gives the loss of each window [windows] of a batch of tensors; ``evaluator``
    returns the metrics of the current weights. ``checkpoint_state`` gives what a checkpoint must
    remember beside weights and optimizer; ``on_checkpoint`` hears of each, and
    ``on_repeat`` of a step that starts again in smaller parts. ``meet`` is called in each step
    before the ranks of a run need each other.
    """

    def __init__(
        self,
        model: Any,
        args: TrainingArguments,
        loader: BucketLoader,
        *,
        objective: Callable[[Any, dict[str, Any]], Any],
        evaluator: Callable[[], dict[str, float]],
        checkpoints: Path,
        checkpoint_state: Callable[[], dict[str, Any]],
        on_checkpoint: Callable[[Checkpoint | OSError], None],
        micro_batches: MicroBatches,
        on_repeat: Callable[[], None],
        meet: Callable[[], None],
        callbacks: list[Any],
    ) -> None:
        super().__init__(model=model, args=args, train_dataset=loader.data, callbacks=callbacks)
        self._loader = loader
        self._objective = objective
        self._evaluator = evaluator
        self._checkpoints = checkpoints
        self._checkpoint_state = checkpoint_state
        self._on_checkpoint = on_checkpoint
        self._micro_batches = micro_batches
        self._on_repeat = on_repeat
        self._meet = meet
        self._gradients = GradientSums(model, loader.team)

    def get_train_dataloader(self) -> BucketLoader:
        """Our length buckets in place of a DataLoader, whose workers fail in a thread."""
        return self._loader

    def create_optimizer(self, lr_scheduler: Any = None) -> Any:
        """PaddleNLP's optimizer; on a CPU it clips gradients in place, to the same weights."""
        optimizer = super().create_optimizer(lr_scheduler)
        speed_up_clipping(optimizer)
        return optimizer

    def training_step(self, model: Any, inputs: dict[str, Any], step_control: int = 0) -> Any:
        """Forward and backward, in parts when memory asks for it. Returns the batch's mean loss.

        A rank computes its part of the batch; gradients and loss are then those of the whole.
        """
        model.train()
        team = self._loader.team
        step = int(self.state.global_step)

        whole = self._loader.share

        def part_step(part: dict[str, Any], share: float) -> Any:
            share *= whole
            with self.autocast_smart_context_manager():
                loss = self.compute_loss(model, part)
            if share < 1.0:
                loss = loss * share
            (self.scaler.scale(loss) if self.do_grad_scaling else loss).backward()
            return loss.detach()

        def reset() -> None:
            self.optimizer.clear_grad()
            self._on_repeat()
            seed_step(self.args.seed, step, team.rank)

        loss = self._micro_batches.run(inputs, part_step, reset)
        self._meet()  # before the first transfer: none of them waits long
        return self._gradients.sum(loss, self._loader.tokens)

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False) -> Any:
        """The mean of the windows' losses; the model gives outputs alone."""
        return self._objective(model, inputs).mean()

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Our evaluation in sorted batches; hands the metrics to the callbacks."""
        metrics = self._evaluator()
        self.control: Any = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _save_checkpoint(self, model: Any, metrics: Any = None) -> None:
        """Whole or absent; a disk that will not take it does not end the training.

        The ranks of a run have the same weights: the leader writes them.
        """
        if not self._loader.team.leads:
            return
        state = {
            "scheduler": _plain(self.lr_scheduler.state_dict()),
            "scaler": _plain(self.scaler.state_dict()) if self.do_grad_scaling else None,
            **self._checkpoint_state(),
        }
        documents = {STATE_FILE: state, TRAINER_STATE_FILE: dataclasses.asdict(self.state)}
        arrays = {
            MODEL_FILE: model_arrays(self.model),
            OPTIMIZER_FILE: self._optimizer_arrays(),
        }
        step = int(self.state.global_step)
        try:
            saved = write_checkpoint(self._checkpoints, step, documents, arrays)
        except OSError as error:
            self._on_checkpoint(error)
        else:
            self._on_checkpoint(saved)

    def save_weights(self, step: int) -> Checkpoint:
        """A checkpoint of the model alone: exported from, not resumed from. Raises OSError."""
        documents = {STATE_FILE: self._checkpoint_state()}
        arrays = {MODEL_FILE: model_arrays(self.model)}
        return write_checkpoint(self._checkpoints, step, documents, arrays)

    def _optimizer_arrays(self) -> dict[str, Any]:
        """Optimizer tensors under their parameter's own name, whatever paddle counted it as."""
        by_tensor_name = {p.name: name for name, p in self.model.named_parameters()}
        arrays = {}
        for key, tensor in self.optimizer.state_dict().items():
            if not isinstance(tensor, paddle.Tensor):
                continue
            owner = max((name for name in by_tensor_name if key.startswith(name + "_")), key=len)
            slot = key.removeprefix(owner + "_")
            arrays[f"{by_tensor_name[owner]}{_NAME_AND_SLOT}{slot}"] = tensor.numpy()
        return arrays

    def _load_from_checkpoint(self, resume_from_checkpoint: Any = None) -> None:
        """Weights of our checkpoint; refuses one that is not whole."""
        if resume_from_checkpoint:
            checkpoint = read_checkpoint(Path(resume_from_checkpoint))
            restore_model(self.model, checkpoint)

    def _load_optimizer_and_scheduler(self, checkpoint: Any) -> None:
        if not checkpoint:
            return
        saved = read_checkpoint(Path(checkpoint))
        tensor_names = {name: p.name for name, p in self.model.named_parameters()}
        state: dict[str, Any] = {}
        for key, array in saved.arrays(OPTIMIZER_FILE).items():
            name, _, slot = key.partition(_NAME_AND_SLOT)
            if name not in tensor_names:
                raise _does_not_fit(saved, key)
            state[f"{tensor_names[name]}_{slot}"] = paddle.to_tensor(array)
        self.optimizer.set_state_dict(state)
        self.lr_scheduler.set_state_dict(saved.state["scheduler"])
        if self.do_grad_scaling and saved.state.get("scaler"):
            self.scaler.load_state_dict(saved.state["scaler"])

    def _load_rng_state(self, checkpoint: Any) -> None:
        """Nothing to load: randomness is a function of seed and step (:func:`seed_step`)."""


def seed_step(seed: int, step: int, rank: int = 0) -> None:
    """Make the randomness of a step a function of (seed, step), so that resuming repeats it.

    Each rank of a run has its own.
    """
    paddle.seed((seed * 1_000_003 + step + rank * 15_485_863) % (2**31))


def model_arrays(model: Any) -> dict[str, Any]:
    """The model's parameters and buffers as numpy arrays by name."""
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def restore_model(model: Any, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's weights into ``model``. Raises RunError when they are another model's."""
    arrays = checkpoint.arrays(MODEL_FILE)
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    for name in sorted(shapes.keys() | arrays.keys()):
        if name not in arrays or arrays[name].shape != shapes.get(name):
            raise _does_not_fit(checkpoint, name)
    model.set_state_dict({name: paddle.to_tensor(array) for name, array in arrays.items()})


def _does_not_fit(checkpoint: Checkpoint, name: str) -> RunError:
    return RunError(
        T(
            "The checkpoint {path} is another model's.",
            "检查点 {path} 属于另一个模型。",
            path=checkpoint.path,
        ),
        T("{name} does not fit.", "{name} 不符。", name=name[:100]),
        T("Start the run again.", "请重新开始运行。"),
        code="run.checkpoint",
    )


def _plain(state: dict[str, Any]) -> dict[str, Any]:
    """A state dictionary as JSON can hold it."""
    return {
        key: value.item() if hasattr(value, "item") else value
        for key, value in state.items()
        if isinstance(value, (int, float, str, bool)) or hasattr(value, "item")
    }
