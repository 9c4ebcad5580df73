"""Number formats on a CPU: bfloat16 where the processor multiplies it and a trial shows a gain.

oneDNN rounds float32 factors to bfloat16 only for AMX; on other processors, those with AVX512-BF16
among them, the mode is accepted and nothing is faster. So it is refused there. ``auto`` tries both
formats on some batches of the run, and takes bfloat16 when it is faster and the losses agree.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.cpu import FastCpu
from paddle_lab.devices import processor_flags
from paddle_lab.errors import RunError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import RunSpec
from paddle_lab.training.batches import BucketLoader
from paddle_lab.training.reporter import Reporter

#: So many times the speed is worth other numbers; so far, relative to the loss, these may differ.
LEAST_GAIN: Final = 1.3
MOST_APART: Final = 0.02
#: Fewer steps do not pay for a trial.
FEWEST_STEPS: Final = 100
#: The key in a checkpoint's state.
BFLOAT16: Final = "bfloat16"
_BATCHES: Final = 2
_ROUNDS: Final = 2

NO_FP16: Final = T(
    "--precision fp16 needs a GPU: this run trains in fp32.",
    "--precision fp16 需要 GPU：本次使用 fp32 训练。",
)
_NOT_HERE: Final = T(
    "This processor has no AMX: the run, which was begun with bfloat16, goes on in fp32.",
    "此处理器没有 AMX：以 bfloat16 开始的运行改用 fp32 继续。",
)


@dataclass(frozen=True)
class Tried:
    """Seconds of a batch, forward and backward, and the mean loss: in fp32 and in bf16."""

    seconds: tuple[float, float]
    losses: tuple[float, float]

    @property
    def gain(self) -> float:
        """How many times as fast bf16 is."""
        return self.seconds[0] / self.seconds[1]

    @property
    def apart(self) -> float:
        """How far the losses are from each other, relative to that in fp32."""
        whole, rounded = self.losses
        return abs(rounded - whole) / max(abs(whole), 1e-6)

    @property
    def taken(self) -> bool:
        """Whether bf16 is worth it."""
        return self.gain >= LEAST_GAIN and self.apart <= MOST_APART

    def told(self) -> Text:
        """The figures, and what follows."""
        figures = {
            "gain": self.gain, "apart": self.apart,
            "whole": 1000 * self.seconds[0], "rounded": 1000 * self.seconds[1],
        }  # fmt: skip
        if self.taken:
            return T(
                "Trains with bfloat16 products: {gain:.1f} times as fast on some batches of this "
                "run ({rounded:.0f} ms instead of {whole:.0f}), and the loss differs by "
                "{apart:.1%}. --precision fp32 leaves it out.",
                "使用 bfloat16 矩阵乘法训练：在本次运行的几个批次上速度为 {gain:.1f} 倍"
                "（{rounded:.0f} 毫秒，原为 {whole:.0f} 毫秒），损失相差 {apart:.1%}。"
                "使用 --precision fp32 可关闭。",
                **figures,
            )
        return T(
            "Trains in fp32: on some batches of this run bfloat16 was {gain:.1f} times as fast "
            "({rounded:.0f} ms, fp32 {whole:.0f}; {least} times are asked for), and the loss "
            "differs by {apart:.1%}.",
            "使用 fp32 训练：在本次运行的几个批次上，bfloat16 的速度为 {gain:.1f} 倍"
            "（{rounded:.0f} 毫秒，fp32 为 {whole:.0f} 毫秒；要求 {least} 倍），"
            "损失相差 {apart:.1%}。",
            least=LEAST_GAIN, **figures,
        )  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """Both formats on the first batches of a run, without changing a weight or a mask of dropout.

    ``losses`` gives the loss of each window of a batch.
    """

    model: Any
    fast: FastCpu
    loader: BucketLoader
    losses: Callable[[Any, dict[str, Any]], Any]
    reporter: Reporter

    def run(self) -> Tried | None:
        """What was measured; None where the layers were not made fast."""
        import paddle

        with self.fast:
            if self.fast.reason is not None:
                return None
        generators = paddle.get_rng_state()
        self.model.train()
        batches = list(itertools.islice(self.loader, _BATCHES))
        seconds: tuple[list[float], list[float]] = ([], [])
        losses: tuple[list[float], list[float]] = ([], [])
        for _ in range(_ROUNDS):
            for rounded in (False, True):
                self.fast.use_bfloat16(rounded)
                with self.fast:
                    # In the first one oneDNN makes its primitives.
                    for number, batch in enumerate((batches[0], *batches)):
                        took, loss = self._step(batch)
                        if number:
                            seconds[rounded].append(took)
                            losses[rounded].append(loss)
        self.fast.repeat_step()
        paddle.set_rng_state(generators)
        return Tried(
            (statistics.median(seconds[0]), statistics.median(seconds[1])),
            (statistics.fmean(losses[0]), statistics.fmean(losses[1])),
        )

    def _step(self, batch: dict[str, Any]) -> tuple[float, float]:
        """Seconds of a batch, and its mean loss: with the same dropout each time."""
        self.reporter.look()
        self.reporter.control.raise_if_left()
        self.fast.repeat_step()
        begun = time.perf_counter()
        loss = self.losses(self.model, batch).mean()
        loss.backward()
        for parameter in self.model.parameters():
            parameter.clear_grad()
        return time.perf_counter() - begun, float(loss)


def has_amx() -> bool:
    """Whether this processor multiplies tiles of bfloat16."""
    return "amx_bf16" in processor_flags()


def choose_format(spec: RunSpec, trial: Trial, begun: Mapping[str, Any] | None) -> bool:
    """Whether a run on the CPU computes with bfloat16 products; says why, where there is a choice.

    ``begun`` is the state of the checkpoint that a resumed run goes on from, None for a new run: it
    goes on as it was begun, so that its weights are those of the undisturbed one. Raises RunError
    where bfloat16 was asked for and gains nothing.
    """
    asked = spec.precision == "bf16"
    if begun is not None:
        wanted = asked or (spec.precision == "auto" and begun.get(BFLOAT16) is True)
        if wanted and not has_amx():
            trial.reporter.notice("warning", "precision", _NOT_HERE)
        return wanted and has_amx()
    if asked and not has_amx():
        raise _no_gain()
    steps = len(trial.loader) * spec.epochs
    if spec.precision != "auto" or not has_amx() or steps < FEWEST_STEPS:
        return asked
    tried = trial.run()
    if tried is None:
        return False
    trial.reporter.notice("info", "precision", tried.told())
    return tried.taken


def _no_gain() -> RunError:
    return RunError(
        T("--precision bf16 gains nothing on this processor.",
          "--precision bf16 在此处理器上没有收益。"),
        T("Training multiplies bfloat16 by AMX, which it has not; elsewhere the results would only "
          "be less exact.",
          "训练依靠 AMX 进行 bfloat16 乘法，而它没有 AMX；在别处只会降低结果的精度。"),
        T("Leave --precision out, or take fp32.", "请去掉 --precision，或使用 fp32。"),
        code="run.no_bfloat16",
    )  # fmt: skip
