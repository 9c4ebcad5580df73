"""Linear, layer normalisation, dropout and a whole encoder layer by oneDNN, with their gradients.

Everything works on rows: a tensor of shape [..., features] is [rows, features]. What a gradient
needs is kept in the operation's context until its backward ran, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from paddle_lab.cpu.onednn import OneDnn, View

_LEVELS = 1 << 16  # a dropout probability is rounded to 1/65536


@dataclass(frozen=True)
class Mask:
    """Dropout's choice: 1 where a number is kept; kept numbers are multiplied by ``scale``."""

    kept: npt.NDArray[np.uint8]
    scale: float

    def view(self, sizes: tuple[int, ...]) -> View:
        """The mask as memory of shape ``sizes``."""
        return View(self.kept.ctypes.data, sizes, dtype="uint8")


class Masks:
    """Dropout masks as a pure function of (seed, step, how many were drawn in that step).

    So a resumed run draws what the undisturbed one draws, and no generator's state is ever saved.
    The scale is one over the exact share that is kept on average, so dropout stays unbiased.
    """

    def __init__(self, seed: int, step_of: Callable[[], int]) -> None:
        self._seed = seed
        self._step_of = step_of
        self._step: int | None = None
        self._drawn = 0

    def repeat_step(self) -> None:
        """Draw the current step's masks again from the first."""
        self._drawn = 0

    def draw(self, probability: float, size: int) -> Mask:
        """A mask for ``size`` numbers of which each is dropped with ``probability`` in (0, 1)."""
        step = int(self._step_of())
        if step != self._step:
            self._step, self._drawn = step, 0
        self._drawn += 1
        dropped = min(_LEVELS - 1, max(1, round(probability * _LEVELS)))
        source = np.random.SFC64([self._seed, step, self._drawn])
        draws = source.random_raw(size // 4 + 1).view(np.uint16)[:size]
        return Mask((draws >= dropped).view(np.uint8), _LEVELS / (_LEVELS - dropped))


def view(tensor: Any, *sizes: int) -> View:
    """A contiguous float32 tensor as memory, of shape ``sizes`` (default: its own)."""
    return View(tensor.data_ptr(), sizes or tuple(tensor.shape))


def empty(*sizes: int) -> Any:
    """A float32 tensor whose numbers are not set."""
    import paddle

    return paddle.empty(sizes, dtype="float32")


@dataclass(frozen=True)
class Kernels:
    """What the operations share: the library and the source of dropout masks."""

    dnn: OneDnn
    masks: Masks

    def linear(self, x: View, weight: Any, bias: Any, out: View) -> None:
        """``out = x @ weight + bias`` for ``x`` [rows, in]; ``bias`` may be None."""
        row = None if bias is None else view(bias, 1, bias.shape[0])
        self.dnn.matmul(x, view(weight), out, bias=row)

    def weight_gradient(self, x: View, dy: View, weight: Any) -> Any:
        """``x^T @ dy``, or None for a frozen weight."""
        if weight.stop_gradient:
            return None
        gradient = empty(*weight.shape)
        self.dnn.matmul(_transposed(x), dy, view(gradient))
        return gradient

    def bias_gradient(self, dy: View, bias: Any) -> Any:
        """The sum over the rows of ``dy`` as a product with ones; None without a trained bias."""
        if bias is None or bias.stop_gradient:
            return None
        rows, columns = dy.sizes
        ones, gradient = np.ones((1, rows), dtype=np.float32), empty(columns)
        self.dnn.matmul(View(ones.ctypes.data, (1, rows)), dy, view(gradient, 1, columns))
        return gradient

    def input_gradient(self, dy: View, weight: Any, out: View, *, accumulate: bool = False) -> None:
        """``out = dy @ weight^T``, or ``out +=`` that."""
        self.dnn.matmul(dy, _transposed(view(weight)), out, accumulate=accumulate)

    def layer_norm(self, x: View, norm: Norm, out: View) -> tuple[Any, Any]:
        """Normalise rows; returns each row's mean and variance."""
        rows = x.sizes[0]
        mean, variance = empty(rows), empty(rows)
        statistics = (view(mean), view(variance))
        self.dnn.layer_norm(x, norm.views(), norm.epsilon, out, statistics)
        return mean, variance

    def layer_norm_gradient(
        self, x: View, norm: Norm, statistics: tuple[Any, Any], dy: View
    ) -> tuple[Any, Any, Any]:
        """Gradients by ``x`` [rows, features], scale and shift; None for frozen weights."""
        out = (empty(*x.sizes), empty(x.sizes[1]), empty(x.sizes[1]))
        mean, variance = statistics
        given = (view(mean), view(variance))
        views = (view(out[0]), view(out[1]), view(out[2]))
        self.dnn.layer_norm_gradient(x, norm.views(), norm.epsilon, given, dy=dy, out=views)
        scale = None if norm.scale.stop_gradient else out[1]
        return out[0], scale, None if norm.shift.stop_gradient else out[2]

    def add_dropped(self, x: View, mask: Mask | None, residual: View) -> None:
        """``x = dropout(x) + residual``, in place."""
        if mask is None:
            self.dnn.add(x, residual, x)
        else:
            self.dnn.multiply(x, mask.view(x.sizes), x, scale=mask.scale, add=residual)

    def drop(self, x: View, mask: Mask, out: View, *, scaled: bool = True) -> None:
        """``out = x`` where the mask keeps it, times its scale if ``scaled``, else 0."""
        self.dnn.multiply(x, mask.view(x.sizes), out, scale=mask.scale if scaled else 1.0)


@dataclass(frozen=True)
class Norm:
    """Weights of a layer normalisation."""

    scale: Any
    shift: Any
    epsilon: float

    def views(self) -> tuple[View, View]:
        """Scale and shift as memory."""
        return view(self.scale), view(self.shift)


def _transposed(matrix: View) -> View:
    rows, columns = matrix.sizes
    return View(matrix.address, (columns, rows), (1, columns))


def flat(tensor: Any) -> View:
    """A contiguous tensor [..., features] as [rows, features]."""
    features = tensor.shape[-1]
    return View(tensor.data_ptr(), (tensor.size // features, features))


def layers() -> tuple[Any, Any, Any]:
    """PyLayers (linear, layer_norm, dropout); see their ``forward`` for the arguments."""
    from paddle.autograd import PyLayer

    class Linear(PyLayer):
        @staticmethod
        def forward(context: Any, kernels: Kernels, x: Any, weight: Any, bias: Any) -> Any:
            context.kernels, context.bias = kernels, bias
            context.save_for_backward(x, weight)
            out = empty(*x.shape[:-1], weight.shape[1])
            kernels.linear(flat(x), weight, bias, flat(out))
            return out

        @staticmethod
        def backward(context: Any, dy: Any) -> tuple[Any, ...]:
            x, weight = context.saved_tensor()
            kernels, bias, dy = context.kernels, context.bias, dy.contiguous()
            dx = None
            if not x.stop_gradient:
                dx = empty(*x.shape)
                kernels.input_gradient(flat(dy), weight, flat(dx))
            gradients = (dx, kernels.weight_gradient(flat(x), flat(dy), weight))
            return (
                gradients if bias is None else (*gradients, kernels.bias_gradient(flat(dy), bias))
            )

    class LayerNorm(PyLayer):
        @staticmethod
        def forward(
            context: Any, settings: tuple[Kernels, float], x: Any, scale: Any, shift: Any
        ) -> Any:
            kernels, epsilon = settings
            out = empty(*x.shape)
            context.kernels, context.norm = kernels, Norm(scale, shift, epsilon)
            context.statistics = kernels.layer_norm(flat(x), context.norm, flat(out))
            context.save_for_backward(x)
            return out

        @staticmethod
        def backward(context: Any, dy: Any) -> tuple[Any, ...]:
            (x,) = context.saved_tensor()
            dx, scale, shift = context.kernels.layer_norm_gradient(
                flat(x), context.norm, context.statistics, flat(dy.contiguous())
            )
            return dx.reshape(x.shape), scale, shift

    class Dropout(PyLayer):
        @staticmethod
        def forward(context: Any, kernels: Kernels, x: Any, probability: float) -> Any:
            context.kernels, context.mask = kernels, kernels.masks.draw(probability, x.size)
            out = empty(*x.shape)
            kernels.drop(flat(x), context.mask, flat(out))
            return out

        @staticmethod
        def backward(context: Any, dy: Any) -> Any:
            dx = empty(*dy.shape)
            context.kernels.drop(flat(dy.contiguous()), context.mask, flat(dx))
            return dx

    return Linear, LayerNorm, Dropout
