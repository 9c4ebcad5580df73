"""One encoder layer of BERT and ERNIE (normalisation after the residual) as a single operation.

Written out so that nothing is computed or copied twice: heads are strides of the projections, the
scale and the mask of attention are part of its product, dropout and residual are one pass, and the
gradients of a tensor with several uses are summed by the products that make them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from paddle_lab.training.fast_ops import Kernels, Mask, Norm, empty, flat, view
from paddle_lab.training.onednn import View


@dataclass(frozen=True)
class Shape:
    """Sizes of a layer's input [texts, length, heads * width]."""

    texts: int
    length: int
    heads: int
    width: int

    @property
    def features(self) -> int:
        """Numbers a token."""
        return self.heads * self.width

    @property
    def rows(self) -> int:
        """Tokens of the batch."""
        return self.texts * self.length

    def split(self, tensor: Any) -> View:
        """[rows, features] as [texts, heads, length, width]."""
        steps = (self.length * self.features, self.width, self.features, 1)
        return View(tensor.data_ptr(), (self.texts, self.heads, self.length, self.width), steps)

    def split_transposed(self, tensor: Any) -> View:
        """[rows, features] as [texts, heads, width, length]."""
        steps = (self.length * self.features, self.width, 1, self.features)
        return View(tensor.data_ptr(), (self.texts, self.heads, self.width, self.length), steps)

    def scores(self, tensor: Any) -> View:
        """Attention scores as [texts, heads, length, length]."""
        return View(tensor.data_ptr(), (self.texts, self.heads, self.length, self.length))

    def scores_transposed(self, tensor: Any) -> View:
        """The same with queries and keys swapped."""
        square = self.length * self.length
        sizes = (self.texts, self.heads, self.length, self.length)
        return View(tensor.data_ptr(), sizes, (self.heads * square, square, 1, self.length))

    def score_rows(self, tensor: Any) -> View:
        """Attention scores as rows of one query each."""
        return View(tensor.data_ptr(), (self.rows * self.heads, self.length))


@dataclass(frozen=True)
class Drops:
    """Dropout probabilities; 0 in evaluation."""

    attention: float = 0.0
    mixed: float = 0.0
    inner: float = 0.0
    outer: float = 0.0


@dataclass
class Pass:
    """One forward of a layer and what its gradient needs; weights as `weights_of` gives them."""

    kernels: Kernels
    shape: Shape
    activation: str
    epsilons: tuple[float, float]
    drops: Drops
    mask: Any  # float32, sizes that broadcast to [texts, heads, length, length], or None
    kept: dict[str, Any] = field(default_factory=dict)
    masks: dict[str, Mask | None] = field(default_factory=dict)

    def forward(self, x: Any, weights: tuple[Any, ...]) -> Any:
        """The layer's output for ``x`` [texts, length, features]."""
        qw, qb, kw, kb, vw, vb, ow, ob, s1, h1, w1, b1, w2, b2, s2, h2 = weights
        kernels, dnn, shape = self.kernels, self.kernels.dnn, self.shape
        rows, features = shape.rows, shape.features
        query, key, value = (empty(rows, features) for _ in range(3))
        for weight, bias, out in ((qw, qb, query), (kw, kb, key), (vw, vb, value)):
            kernels.linear(flat(x), weight, bias, view(out))

        scores = empty(shape.texts, shape.heads, shape.length, shape.length)
        dnn.matmul(
            *(shape.split(query), shape.split_transposed(key), shape.scores(scores)),
            scale=shape.width**-0.5,
            add=None if self.mask is None else view(self.mask),
        )
        dnn.softmax(shape.score_rows(scores), shape.score_rows(scores))
        chosen, scale = self._chosen(scores, draw=True)
        context = empty(rows, features)
        dnn.matmul(shape.scores(chosen), shape.split(value), shape.split(context), scale=scale)
        del chosen

        mixed = empty(rows, features)
        kernels.linear(view(context), ow, ob, view(mixed))
        kernels.add_dropped(view(mixed), self._draw("mixed", self.drops.mixed, mixed), flat(x))
        middle = empty(rows, features)
        statistics1 = kernels.layer_norm(view(mixed), Norm(s1, h1, self.epsilons[0]), view(middle))

        before = empty(rows, w1.shape[1])
        kernels.linear(view(middle), w1, b1, view(before))
        inner = empty(*before.shape)
        dnn.activation(self.activation, view(before), view(inner))
        dropped = self._draw("inner", self.drops.inner, inner)
        if dropped is not None:
            kernels.drop(view(inner), dropped, view(inner))
        outer = empty(rows, features)
        kernels.linear(view(inner), w2, b2, view(outer))
        kernels.add_dropped(view(outer), self._draw("outer", self.drops.outer, outer), view(middle))
        out = empty(*x.shape)
        statistics2 = kernels.layer_norm(view(outer), Norm(s2, h2, self.epsilons[1]), flat(out))

        self.kept = {
            **{"query": query, "key": key, "value": value, "scores": scores, "context": context},
            **{"mixed": mixed, "middle": middle, "before": before, "inner": inner, "outer": outer},
            **{"statistics1": statistics1, "statistics2": statistics2},
        }
        return out

    def backward(self, x: Any, weights: tuple[Any, ...], dy: Any) -> tuple[Any, ...]:
        """Gradients by ``x`` and each of the weights; None for what is frozen."""
        if not self.kept:
            raise RuntimeError("the gradient of a fast encoder layer can be taken only once")
        s1, h1, w1, b1, w2, b2, s2, h2 = weights[8:]
        kernels, kept = self.kernels, self.kept
        self.kept = {}

        norm2 = Norm(s2, h2, self.epsilons[1])
        dmiddle, ds2, dh2 = kernels.layer_norm_gradient(
            view(kept["outer"]), norm2, kept["statistics2"], flat(dy)
        )
        douter = self._dropped(dmiddle, self.masks["outer"])
        dw2 = kernels.weight_gradient(view(kept["inner"]), view(douter), w2)
        db2 = kernels.bias_gradient(view(douter), b2)
        dinner = empty(*kept["inner"].shape)
        kernels.input_gradient(view(douter), w2, view(dinner))
        inner_mask = self.masks["inner"]
        if inner_mask is not None:
            kernels.drop(view(dinner), inner_mask, view(dinner))
        kernels.dnn.activation_gradient(
            self.activation, view(kept["before"]), view(dinner), view(dinner)
        )
        dw1 = kernels.weight_gradient(view(kept["middle"]), view(dinner), w1)
        db1 = kernels.bias_gradient(view(dinner), b1)
        kernels.input_gradient(view(dinner), w1, view(dmiddle), accumulate=True)
        del dinner, douter

        norm1 = Norm(s1, h1, self.epsilons[0])
        dx, ds1, dh1 = kernels.layer_norm_gradient(
            view(kept["mixed"]), norm1, kept["statistics1"], view(dmiddle)
        )
        attention = self._attention_gradients(x, weights, dx, kept)
        dx = None if x.stop_gradient else dx.reshape(x.shape)
        return dx, *attention, ds1, dh1, dw1, db1, dw2, db2, ds2, dh2

    def _attention_gradients(
        self, x: Any, weights: tuple[Any, ...], dx: Any, kept: dict[str, Any]
    ) -> list[Any]:
        """Gradients by the projections; their part of the gradient by ``x`` is added to ``dx``."""
        kernels, dnn, shape = self.kernels, self.kernels.dnn, self.shape
        ow, ob = weights[6:8]
        dmixed = self._dropped(dx, self.masks["mixed"])
        dow = kernels.weight_gradient(view(kept["context"]), view(dmixed), ow)
        dob = kernels.bias_gradient(view(dmixed), ob)
        dcontext = empty(shape.rows, shape.features)
        kernels.input_gradient(view(dmixed), ow, view(dcontext))

        chosen, scale = self._chosen(kept["scores"], draw=False)
        dvalue, dquery, dkey = (empty(shape.rows, shape.features) for _ in range(3))
        dnn.matmul(
            *(shape.scores_transposed(chosen), shape.split(dcontext), shape.split(dvalue)),
            scale=scale,
        )
        del chosen
        dscores = empty(*kept["scores"].shape)
        given = (shape.split(dcontext), shape.split_transposed(kept["value"]))
        dnn.matmul(*given, shape.scores(dscores), scale=scale)
        mask, rows = self.masks["attention"], shape.score_rows(dscores)
        if mask is not None:
            kernels.drop(rows, mask, rows, scaled=False)
        dnn.softmax_gradient(shape.score_rows(kept["scores"]), rows, rows)
        factor = shape.width**-0.5
        dnn.matmul(
            *(shape.scores(dscores), shape.split(kept["key"]), shape.split(dquery)), scale=factor
        )
        dnn.matmul(
            *(shape.scores_transposed(dscores), shape.split(kept["query"]), shape.split(dkey)),
            scale=factor,
        )
        gradients: list[Any] = []
        for place, gradient in enumerate((dquery, dkey, dvalue)):
            weight, bias = weights[2 * place : 2 * place + 2]
            gradients.append(kernels.weight_gradient(flat(x), view(gradient), weight))
            gradients.append(kernels.bias_gradient(view(gradient), bias))
            if not x.stop_gradient:
                kernels.input_gradient(view(gradient), weight, view(dx), accumulate=True)
        return [*gradients, dow, dob]

    def _chosen(self, scores: Any, *, draw: bool) -> tuple[Any, float]:
        """Attention probabilities after dropout, still to be multiplied by the returned scale."""
        if draw:
            self._draw("attention", self.drops.attention, scores)
        mask = self.masks["attention"]
        if mask is None:
            return scores, 1.0
        chosen = empty(*scores.shape)
        rows = self.shape.score_rows
        self.kernels.drop(rows(scores), mask, rows(chosen), scaled=False)
        return chosen, mask.scale

    def _draw(self, name: str, probability: float, like: Any) -> Mask | None:
        mask = self.kernels.masks.draw(probability, like.size) if probability else None
        self.masks[name] = mask
        return mask

    def _dropped(self, gradient: Any, mask: Mask | None) -> Any:
        """``gradient`` through a dropout; itself where there is none."""
        if mask is None:
            return gradient
        out = empty(*gradient.shape)
        self.kernels.drop(view(gradient), mask, view(out))
        return out


def weights_of(layer: Any) -> tuple[Any, ...]:
    """The 16 parameters of a ``paddle.nn.TransformerEncoderLayer``, in the order of `Pass`."""
    attention = layer.self_attn
    parts = [attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj]
    parts += (layer.norm1, layer.linear1, layer.linear2, layer.norm2)
    return tuple(weight for part in parts for weight in (part.weight, part.bias))


def encoder_layer() -> Any:
    """A PyLayer: ``apply(pass, x, *weights)``."""
    from paddle.autograd import PyLayer

    class EncoderLayer(PyLayer):
        @staticmethod
        def forward(context: Any, done: Pass, x: Any, *weights: Any) -> Any:
            context.done = done
            context.save_for_backward(x, *weights)
            return done.forward(x, weights)

        @staticmethod
        def backward(context: Any, dy: Any) -> tuple[Any, ...]:
            x, *weights = context.saved_tensor()
            done: Pass = context.done
            return done.backward(x, tuple(weights), dy.contiguous())

    return EncoderLayer
