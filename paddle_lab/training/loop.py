"""The training loop of a run: model, Trainer, hooks. Imports paddle: for functions only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import paddle
from paddlenlp.trainer import PrinterCallback, ProgressCallback

from paddle_lab.cpu import FastCpu
from paddle_lab.devices import choose_device
from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.tasks import Evaluation, get_task
from paddle_lab.tasks.api import ModelOptions
from paddle_lab.tasks.coverage import coverage_of
from paddle_lab.training.arguments import training_arguments
from paddle_lab.training.batches import BucketLoader, Encoded
from paddle_lab.training.callbacks import RunHooks, diverged
from paddle_lab.training.checkpoint import (
    Checkpoint,
    checkpoint_path,
    latest_checkpoint,
    read_checkpoint,
)
from paddle_lab.training.evaluation import predict_outputs
from paddle_lab.training.final_weights import FinalWeights
from paddle_lab.training.inputs import TrainingInputs, codec_from_state
from paddle_lab.training.job import computing_share, know_evaluation
from paddle_lab.training.lab_trainer import LabTrainer, restore_model, seed_step
from paddle_lab.training.memory import MicroBatches, is_out_of_memory
from paddle_lab.training.precision import BFLOAT16, NO_FP16, Trial, choose_format
from paddle_lab.training.ranks.agreement import Agreement
from paddle_lab.training.ranks.team import Team
from paddle_lab.training.reporter import Reporter
from paddle_lab.training.starting_head import take_head

if TYPE_CHECKING:
    from paddle_lab.data import Dataset


class TrainingLoop:
    """Builds everything for a run and trains it; afterwards holds the model.

    The ranks of a ``team`` train together and evaluate together; what follows is the leader's.
    """

    def __init__(
        self,
        folder: RunFolder,
        spec: RunSpec,
        reporter: Reporter,
        inputs: TrainingInputs,
        team: Team | None = None,
    ) -> None:
        self.team = team or Team()
        self.folder = folder
        self.spec = spec
        self.reporter = reporter
        self.inputs = inputs
        self.task = get_task(spec.task)
        self.codec = inputs.codec
        self._agreement = Agreement(self.team, reporter)
        device = self.device = choose_device(spec.device)
        paddle.set_device(device)
        if device == "cpu" and spec.precision == "fp16":
            reporter.notice("warning", "precision", NO_FP16)
        seed_step(spec.seed, -1)
        options = ModelOptions(spec.dropout, spec.random_init, inputs.own)
        self.model = self.task.model(inputs.resolved, self.codec, options)
        self.start = take_head(self.model, spec, self.task, self.codec, inputs.resolved)
        self.loader = BucketLoader(inputs.train, spec.batch_size, spec.seed, self.team)
        data = inputs.prepared
        self.coverage = coverage_of(self.task, data.dev, data.labels)
        self.hooks = RunHooks(
            reporter, spec, len(self.loader), self._set_epoch, self.coverage, len(inputs.dev),
            self.team.rank,
        )  # fmt: skip
        self._trainer = self._build_trainer(device)
        # Switches itself off where it does not apply: on a GPU, for layers it does not know.
        self._fast = FastCpu(
            self.model,
            seed=spec.seed + (self.team.rank << 32),
            step_of=lambda: int(self._trainer.state.global_step),
            bfloat16=device == "cpu" and spec.precision == "bf16",
        )
        self.final = FinalWeights(
            folder.checkpoints, self.hooks, reporter, self._trainer,
            evaluate=self._evaluate, restore=self._restore, coverage=self.coverage,
        )  # fmt: skip

    def train(self, *, resume: bool, on_begun: Callable[[], None] = lambda: None) -> None:
        """Run the loop. Raises RunError when it diverges or memory does not suffice.

        ``on_begun`` is called when a resumption can no longer come to nothing: after its first
        step, or where no step is left.
        """
        if self.start is not None and not resume:
            self.reporter.notice("info", "start", self.start.text)
        try:
            self._train(resume, on_begun)
        finally:
            self._agreement.part()
            self.team = Team()

    def _train(self, resume: bool, on_begun: Callable[[], None]) -> None:
        checkpoint = self._checkpoint_to_go_on_from() if resume else None
        if resume:
            self.hooks.goes_on_from(checkpoint.step if checkpoint else 0, on_begun)
        if checkpoint is not None:
            self.hooks.restore_state(checkpoint)
            self._restore_codec(checkpoint)
        self._fast.use_bfloat16(self._choose_format(resume, checkpoint))
        if checkpoint is not None and self._was_trained_to_its_end(checkpoint):
            restore_model(self.model, checkpoint)
            self.hooks.tell_begun()
            return
        if checkpoint is None:  # random weights of two machines may differ in the last bit
            self.team.copy([tensor for _, tensor in sorted(self.model.state_dict().items())])
        try:
            with self._fast:
                self._trainer.train(
                    resume_from_checkpoint=str(checkpoint.path) if checkpoint else None
                )
            if self._fast.reason is not None and self.device == "cpu":
                self.reporter.notice("info", "slow-kernels", self._slow())
        except ValueError as error:
            if "LossNan" in str(error) or "LossInf" in str(error):
                raise diverged(self.hooks.step, self.spec.lr) from error
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise _no_memory(self.spec) from error
            raise
        finally:
            # None when the Trainer refused its arguments before it made one.
            if self._trainer.optimizer is not None:
                self._trainer.optimizer.clear_grad()

    def _choose_format(self, resume: bool, checkpoint: Checkpoint | None) -> bool:
        """Whether the fast layers compute with bfloat16: the leader decides."""
        found = False
        if self.team.leads and self.device == "cpu":
            begun = None if not resume else checkpoint.state if checkpoint else {}
            batches = Trial(self.model, self._fast, self.loader, self._losses, self.reporter)
            found = choose_format(self.spec, batches, begun)
        return bool(self.team.agree(found))

    def _checkpoint_to_go_on_from(self) -> Checkpoint | None:
        """The newest whole checkpoint, as the leader sees it."""
        found = latest_checkpoint(self.folder.checkpoints) if self.team.leads else None
        step = self.team.agree(None if found is None else found.step)
        if self.team.leads or step is None:
            return found
        return read_checkpoint(checkpoint_path(self.folder.checkpoints, step))

    def _was_trained_to_its_end(self, checkpoint: Checkpoint) -> bool:
        """Whether only what follows the training is left: the Trainer would take one more step."""
        most = int(self._trainer.args.max_steps)  # by --set
        total = most if most > 0 else int(len(self.loader) * self.spec.epochs)
        return checkpoint.step >= total or self.hooks.out_of_patience()

    def evaluate(
        self,
        split: str,
        data: Dataset,
        encoded: Encoded,
        counted: tuple[int, int] | None = None,
        team: Team | None = None,
        computing: float = 1.0,
    ) -> Evaluation | None:
        """What the current weights say of a part; None when the person says stop.

        ``counted`` are the windows of the current phase as ``(before, total)``: those of other
        parts that were evaluated in it, and of all of them. The ranks of a ``team`` share the
        windows out. ``computing`` is the share of the phase's time that outputs take; reading the
        answers, which comes after, takes the rest.
        """
        before, total = counted or (0, len(encoded))
        ranks = 1 if team is None else team.size

        def go_on(done: int) -> bool:
            self.reporter.look()
            self.reporter.control.raise_if_aborted()
            self.reporter.count(min(before + done * ranks, total), total, computing)
            return self.reporter.control.stop != "step"

        with self._fast:
            outputs = predict_outputs(
                self.model,
                self.codec.signature,
                encoded.windows,
                self.spec.eval_batch_size,
                pad_id=encoded.pad_id,
                team=team,
                on_batch=go_on,
            )
        if outputs is None:
            return None
        return Evaluation(split, data, self.codec, encoded.windows, outputs, self.inputs.own)

    def _evaluate(self) -> dict[str, float]:
        dev = self.inputs.dev
        self.reporter.phase("evaluate", done=0, total=len(dev))
        started = time.monotonic()
        self.team.agree()  # all are here: their transfers need not wait
        evaluation = self.evaluate(
            "dev",
            self.inputs.prepared.dev,
            dev,
            team=self.team,
            computing=computing_share(self.reporter.job),
        )
        computed = time.monotonic()
        self.reporter.leave_out(computed - started)
        if evaluation is None:
            return {}
        metrics: dict[str, float] = {}
        if self.team.leads:
            self.codec = self.task.learn(self.inputs.codec, self.model, evaluation)
            measured = self.task.measure(replace(evaluation, codec=self.codec))
            metrics = {name: float(value) for name, value in measured.items()}
        know_evaluation(self.reporter.job, computed - started, time.monotonic() - computed)
        self.reporter.job.count_here(len(dev))
        self.reporter.phase("train")
        return dict(self.team.agree(metrics))

    def _losses(self, model: Any, batch: dict[str, Any]) -> Any:
        """The loss of each window [windows]."""
        inputs = {spec.name: batch[spec.name] for spec in self.codec.signature.inputs}
        targets = {spec.name: batch[spec.name] for spec in self.task.targets}
        outputs = model(**inputs)
        given = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        return self.task.loss(model, tuple(given), targets)

    def _checkpoint_state(self) -> dict[str, Any]:
        """That of the hooks, and the codec where training has taught it something."""
        self.reporter.job.enter("save")
        state = self.hooks.checkpoint_state()
        state[BFLOAT16] = self._fast.bfloat16
        if self.codec is not self.inputs.codec:
            state["codec"] = self.codec.to_json()
        return state

    def _restore(self, checkpoint: Checkpoint) -> None:
        restore_model(self.model, checkpoint)
        self._restore_codec(checkpoint)

    def _restore_codec(self, checkpoint: Checkpoint) -> None:
        tokenizer_json = self.inputs.tokenizer.to_str()
        kept = codec_from_state(self.task, tokenizer_json, self.spec.max_len, checkpoint)
        self.codec = kept or self.inputs.codec

    def _set_epoch(self, epoch: int) -> None:
        self.loader.epoch = epoch

    def _repeat_step(self) -> None:
        self._fast.repeat_step()

    def _slow(self) -> Text:
        return T(
            "Training used Paddle's own kernels: {reason}.",
            "训练使用了 Paddle 自带的算子：{reason}。",
            reason=self._fast.reason,
        )

    def _halved(self, before: int, now: int) -> None:
        self.reporter.notice(
            "warning",
            "memory-halved",
            T(
                "Out of memory with {before} rows at once: going on with {now}. "
                "The batch stays {batch} rows, so the result does not change.",
                "一次处理 {before} 行时内存不足：改为每次 {now} 行。"
                "有效批大小仍为 {batch}，结果不受影响。",
                before=before,
                now=now,
                batch=self.spec.batch_size,
            ),
        )

    def _build_trainer(self, device: str) -> LabTrainer:
        trainer = LabTrainer(
            self.model,
            training_arguments(self.spec, self.folder, device),
            self.loader,
            objective=self._losses,
            evaluator=self._evaluate,
            checkpoints=self.folder.checkpoints,
            checkpoint_state=self._checkpoint_state,
            on_checkpoint=self.hooks.on_checkpoint,
            micro_batches=MicroBatches(self._halved),
            on_repeat=self._repeat_step,
            meet=self._agreement.meet,
            callbacks=[self.hooks],
        )
        for callback in (PrinterCallback, ProgressCallback):
            trainer.remove_callback(callback)
        return trainer


def _no_memory(spec: RunSpec) -> RunError:
    return RunError(
        T("Memory does not suffice even for one row at a time.", "即使一次一行，内存也不够。"),
        T(
            "Model {model}, at most {n} tokens a row.",
            "模型 {model}，每行最多 {n} 个词元。",
            model=spec.model,
            n=spec.max_len,
        ),
        T(
            "Try --max-len {half}, a smaller model, or --save-memory.",
            "请尝试 --max-len {half}、更小的模型，或 --save-memory。",
            half=max(16, spec.max_len // 2),
        ),
        code="run.out_of_memory",
    )
