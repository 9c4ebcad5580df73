"""Fast training of BERT and ERNIE encoders on a CPU: the same numbers in less than half the time.

    with FastCpu(model, seed=0, step_of=lambda: trainer.state.global_step):
        trainer.train()

While it is enabled, the layers of one model compute by oneDNN (``onednn.py`` says why) in training
and in evaluation; forward hooks, ``state_dict`` and ``copy.deepcopy`` work as ever. Layers it does
not know, inputs that are not float32 on a CPU and static graphs go their own way. Export with the
switch off. ``backward(retain_graph=True)`` and then again is not for these layers: Paddle's PyLayer
does not survive it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType, TracebackType
from typing import Any

from paddle_lab.cpu.layers import Forwards, uses_first_token_only
from paddle_lab.cpu.onednn import OneDnn, OneDnnError, find
from paddle_lab.cpu.ops import Kernels, Masks


class FastCpu:
    """The switch for one model. Enabling and disabling nest; disabling restores the model exactly.

    ``step_of`` tells the optimiser step that a forward belongs to: with ``seed`` it decides the
    dropout masks. ``bfloat16`` rounds the factors of matrix products to bfloat16: about three times
    their speed on processors with AMX, at the usual mixed-precision error.
    """

    def __init__(
        self, model: Any, *, seed: int, step_of: Callable[[], int], bfloat16: bool = False
    ) -> None:
        self._model = model
        self._masks = Masks(abs(seed), step_of)
        self.bfloat16 = bfloat16
        self._dnn: OneDnn | None = None
        self._changed: list[Any] = []
        self._depth = 0
        self.reason: str | None = None
        """Why nothing was made faster, or None."""

    @property
    def layers(self) -> int:
        """How many layers compute by oneDNN now."""
        return len(self._changed)

    def __enter__(self) -> FastCpu:
        self.enable()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disable()

    def enable(self) -> bool:
        """Make the model fast where that is possible; else returns False and sets ``reason``."""
        self._depth += 1
        if self._depth > 1:
            return self.reason is None
        try:
            self.reason = self._unfit()
            if self.reason is None:
                self._dnn = OneDnn(find(), bfloat16=self.bfloat16)
                self._swap(Kernels(self._dnn, self._masks))
        except OneDnnError as error:
            self.reason = str(error)
        return self.reason is None

    def disable(self) -> None:
        """Give the layers their own forward back. More calls than `enable` do nothing."""
        if self._depth == 0:
            return
        self._depth -= 1
        if self._depth:
            return
        for layer in self._changed:
            del layer.__dict__["forward"]
        self._changed.clear()
        if self._dnn is not None:
            self._dnn.close()
            self._dnn = None

    def use_bfloat16(self, wanted: bool) -> None:
        """Round factors to bfloat16, or not, from the next `enable` on: it must be disabled now."""
        if self._depth:
            raise RuntimeError("the number format is chosen while the layers are Paddle's own")
        self.bfloat16 = wanted

    def repeat_step(self) -> None:
        """Say that the current step begins anew (after running out of memory): same masks again."""
        self._masks.repeat_step()

    def _unfit(self) -> str | None:
        import paddle

        parameters = list(self._model.parameters())
        if not all(parameter.place.is_cpu_place() for parameter in parameters):
            return "the model is not on the CPU"
        if not all(parameter.dtype == paddle.float32 for parameter in parameters):
            return "the model is not float32"
        if any(getattr(layer, "enable_recompute", False) for layer in self._model.sublayers()):
            return "recomputation would draw other dropout masks in its second forward"
        return None

    def _swap(self, kernels: Kernels) -> None:
        fast = Forwards(kernels, first_only=uses_first_token_only(self._model))
        for layer in self._model.sublayers(include_self=True):
            forward = None if "forward" in layer.__dict__ else fast.of(layer)
            if forward is None:
                continue
            # Past Layer.__setattr__: PaddleNLP would wrap it. A bound method follows deepcopy.
            layer.__dict__["forward"] = MethodType(forward, layer)
            self._changed.append(layer)
