"""The oneDNN library inside Paddle's CPU wheel, called directly.

Paddle's own CPU kernels for GELU, dropout, layer normalisation, sums over rows and their gradients
run on one core and mostly without vector instructions. The same wheel holds oneDNN (Apache-2.0),
whose primitives use every core and AVX-512; Paddle itself turns to it in inference only. Its C
interface (https://uxlfoundation.github.io/oneDNN/) is stable within a major version, so ctypes
suffices. Calls release the interpreter's lock, may come from any thread, and give bit-equal answers
for equal inputs and number of threads.
"""

from __future__ import annotations

from ctypes import c_float, c_void_p
from pathlib import Path

from paddle_lab.cpu import onednn_core as core
from paddle_lab.cpu.onednn_core import Core, Make, OneDnnError, PostOps, View

__all__ = ["ACTIVATIONS", "GELU_BY_TANH", "OneDnn", "OneDnnError", "View", "find"]

_FORWARD_TRAINING, _BACKWARD = 64, 128
_SOFTMAX = 0x30000
_SCALE_AND_SHIFT = 2 | 4
GELU_BY_TANH = "gelu_tanh"
ACTIVATIONS = {"relu": 0x20, "gelu": 0x31, GELU_BY_TANH: 0x2B}


def find() -> Path:
    """The oneDNN library of the installed Paddle. Raises `OneDnnError` where there is none."""
    import paddle

    libraries = Path(paddle.__file__).parent / "libs"
    found = sorted(libraries.glob("libdnnl.so.*"))
    if not found:
        raise OneDnnError("this build of Paddle brings no oneDNN library")
    return found[0]


class OneDnn(Core):
    """The operations. Every output is given by the caller, and may be the first input's memory."""

    def matmul(
        self,
        left: View,
        right: View,
        out: View,
        *,
        bias: View | None = None,
        scale: float = 1.0,
        add: View | None = None,
        accumulate: bool = False,
    ) -> None:
        """``out = scale * (left @ right + bias) + add``; with ``accumulate``, ``out += ...``.

        All have the same rank, batch axes first; axes of ``bias`` and ``add`` may have size 1.
        """

        def make(views: list[c_void_p], attributes: c_void_p) -> c_void_p:
            biased = views[3] if bias else None
            return self.made("matmul", views[0], views[1], biased, views[2], attributes)

        arguments = [(core.SRC, left), (core.WEIGHTS, right), (core.DST, out)]
        if bias:
            arguments.append((core.BIAS, bias))
        name = "matmul with bias" if bias else "matmul"
        self.run(name, arguments, make, PostOps(scale, add, accumulate))

    def activation(self, name: str, x: View, out: View) -> None:
        """``out = name(x)``; "gelu" is by the error function, "gelu_tanh" by the tangent."""
        self.run(name, [(core.SRC, x), (core.DST, out)], self._activation(name))

    def activation_gradient(self, name: str, x: View, dy: View, out: View) -> None:
        """``out = dy * name'(x)``."""

        def make(views: list[c_void_p], attributes: c_void_p) -> c_void_p:
            hint = self._activation(name)([views[0], views[0]], attributes)
            made = self.made(
                "eltwise_backward",
                *(ACTIVATIONS[name], views[2], views[1], views[0]),
                *(c_float(0), c_float(0), hint, attributes),
            )
            self.released(hint)
            return made

        arguments = [(core.SRC, x), (core.DIFF_DST, dy), (core.DIFF_SRC, out)]
        self.run(f"{name} gradient", arguments, make)

    def softmax(self, x: View, out: View) -> None:
        """Softmax over the columns of ``x`` [rows, columns]."""
        self.run("softmax", [(core.SRC, x), (core.DST, out)], self._softmax)

    def softmax_gradient(self, y: View, dy: View, out: View) -> None:
        """Gradient of `softmax`, from its output ``y``."""

        def make(views: list[c_void_p], attributes: c_void_p) -> c_void_p:
            hint = self._softmax([views[0], views[0]], attributes)
            given = (_SOFTMAX, views[2], views[1], views[0], 1, hint, attributes)
            made = self.made("softmax_backward", *given)
            self.released(hint)
            return made

        arguments = [(core.DST, y), (core.DIFF_DST, dy), (core.DIFF_SRC, out)]
        self.run("softmax gradient", arguments, make)

    def layer_norm(
        self,
        x: View,
        weights: tuple[View, View],
        epsilon: float,
        out: View,
        statistics: tuple[View, View],
    ) -> None:
        """Normalise the rows of ``x`` [rows, columns]; weights: scale and shift [columns].

        Mean and variance of each row are written to ``statistics`` [rows].
        """

        def make(views: list[c_void_p], attributes: c_void_p) -> c_void_p:
            return self._layer_norm(views[0], views[2], epsilon, attributes)

        arguments = [(core.SRC, x), (core.DST, out)]
        arguments += zip((core.MEAN, core.VARIANCE), statistics, strict=True)
        arguments += zip((core.SCALE, core.SHIFT), weights, strict=True)
        self.run(f"layer_norm {epsilon}", arguments, make)

    def layer_norm_gradient(
        self,
        x: View,
        weights: tuple[View, View],
        epsilon: float,
        statistics: tuple[View, View],
        *,
        dy: View,
        out: tuple[View, View, View],
    ) -> None:
        """Gradients of `layer_norm` by ``x``, scale and shift, into ``out``."""

        def make(views: list[c_void_p], attributes: c_void_p) -> c_void_p:
            rows, statistic = views[0], views[2]
            hint = self._layer_norm(rows, statistic, epsilon, attributes)
            made = self.made(
                "layer_normalization_backward",
                *(_BACKWARD, rows, rows, rows, statistic),
                *(c_float(epsilon), _SCALE_AND_SHIFT, hint, attributes),
            )
            self.released(hint)
            return made

        arguments = [(core.SRC, x), (core.DIFF_DST, dy)]
        arguments += zip((core.MEAN, core.VARIANCE), statistics, strict=True)
        arguments += zip((core.SCALE, core.SHIFT), weights, strict=True)
        outputs = (core.DIFF_SRC, core.DIFF_SCALE, core.DIFF_SHIFT)
        arguments += zip(outputs, out, strict=True)
        self.run(f"layer_norm gradient {epsilon}", arguments, make)

    def add(self, left: View, right: View, out: View) -> None:
        """``out = left + right``."""
        arguments = [(core.SRC, left), (core.SRC_1, right), (core.DST, out)]
        self.run("add", arguments, self._binary(core.BINARY_ADD))

    def multiply(
        self, left: View, right: View, out: View, *, scale: float = 1.0, add: View | None = None
    ) -> None:
        """``out = scale * left * right + add``; ``right`` may be uint8."""
        arguments = [(core.SRC, left), (core.SRC_1, right), (core.DST, out)]
        self.run("multiply", arguments, self._binary(core.BINARY_MUL), PostOps(scale, add))

    def _activation(self, name: str) -> Make:
        def make(views: list[c_void_p], attributes: c_void_p) -> c_void_p:
            given = (_FORWARD_TRAINING, ACTIVATIONS[name], views[0], views[1])
            return self.made("eltwise_forward", *given, c_float(0), c_float(0), attributes)

        return make

    def _softmax(self, views: list[c_void_p], attributes: c_void_p) -> c_void_p:
        given = (_FORWARD_TRAINING, _SOFTMAX, views[0], views[1], 1, attributes)
        return self.made("softmax_forward", *given)

    def _layer_norm(
        self, rows: c_void_p, statistic: c_void_p, epsilon: float, attributes: c_void_p
    ) -> c_void_p:
        return self.made(
            "layer_normalization_forward",
            *(_FORWARD_TRAINING, rows, rows, statistic),
            *(c_float(epsilon), _SCALE_AND_SHIFT, attributes),
        )

    def _binary(self, kind: int) -> Make:
        def make(views: list[c_void_p], attributes: c_void_p) -> c_void_p:
            return self.made("binary", kind, views[0], views[1], views[2], attributes)

        return make
