"""One encoder layer of BERT and ERNIE (normalisation after the residual) as a single operation.

Written out so that nothing is computed or copied twice: heads are strides of the projections, the
scale and the mask of attention are part of its product, dropout and residual are one pass, and the
gradients of a tensor with several uses are summed by the products that make them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from paddle_lab.cpu.onednn import View
from paddle_lab.cpu.ops import Kernels, Mask, Norm, empty, flat, view


@dataclass(frozen=True)
class Shape:
    """Sizes of a layer's input [texts, length, heads * width].

    ``asked`` is how many tokens of each text, from the first, the layer's output is wanted for: all
    of them, or 1 where only the first token's state is used afterwards.
    """

    texts: int
    length: int
    heads: int
    width: int
    asked: int

    @property
    def features(self) -> int:
        """Numbers a token."""
        return self.heads * self.width

    def tokens(self) -> Any:
        """An empty tensor [all tokens, features]."""
        return empty(self.texts * self.length, self.features)

    def outputs(self) -> Any:
        """An empty tensor [asked tokens, features]."""
        return empty(self.texts * self.asked, self.features)

    def split(self, tensor: Any) -> View:
        """[tokens, features], all or asked, as [texts, heads, tokens, width]."""
        tokens = tensor.shape[0] // self.texts
        steps = (tokens * self.features, self.width, self.features, 1)
        return View(tensor.data_ptr(), (self.texts, self.heads, tokens, self.width), steps)

    def split_transposed(self, tensor: Any) -> View:
        """The same as [texts, heads, width, tokens]."""
        tokens = tensor.shape[0] // self.texts
        steps = (tokens * self.features, self.width, 1, self.features)
        return View(tensor.data_ptr(), (self.texts, self.heads, self.width, tokens), steps)

    def scores(self) -> Any:
        """An empty tensor [texts, heads, asked, length]."""
        return empty(self.texts, self.heads, self.asked, self.length)

    def scores_transposed(self, tensor: Any) -> View:
        """Scores as [texts, heads, length, asked]."""
        block = self.asked * self.length
        sizes = (self.texts, self.heads, self.length, self.asked)
        return View(tensor.data_ptr(), sizes, (self.heads * block, block, 1, self.length))

    def first(self, tokens: Any) -> View:
        """The first token of each text of [all tokens, features], as [texts, features]."""
        steps = (self.length * self.features, 1)
        return View(tokens.data_ptr(), (self.texts, self.features), steps)


@dataclass(frozen=True)
class Drops:
    """Dropout probabilities; 0 in evaluation."""

    attention: float = 0.0
    mixed: float = 0.0
    inner: float = 0.0
    outer: float = 0.0


@dataclass
class LayerContext:
    """One forward of a layer and what its gradient needs; weights as `weights_of` gives them."""

    kernels: Kernels
    shape: Shape
    activation: str
    epsilons: tuple[float, float]
    drops: Drops
    mask: Any  # float32, sizes that broadcast to [texts, heads, asked, length], or None
    kept: dict[str, Any] = field(default_factory=dict)
    masks: dict[str, Mask | None] = field(default_factory=dict)

    def forward(self, x: Any, weights: tuple[Any, ...]) -> Any:
        """The layer's output [texts, asked, features] for ``x`` [texts, length, features]."""
        qw, qb, kw, kb, vw, vb, ow, ob, s1, h1, w1, b1, w2, b2, s2, h2 = weights
        kernels, dnn, shape = self.kernels, self.kernels.dnn, self.shape
        asking = x if shape.asked == shape.length else x[:, : shape.asked].contiguous()
        query, key, value = shape.outputs(), shape.tokens(), shape.tokens()
        kernels.linear(flat(asking), qw, qb, view(query))
        kernels.linear(flat(x), kw, kb, view(key))
        kernels.linear(flat(x), vw, vb, view(value))

        scores = shape.scores()
        dnn.matmul(
            *(shape.split(query), shape.split_transposed(key), view(scores)),
            scale=shape.width**-0.5,
            add=None if self.mask is None else view(self.mask),
        )
        dnn.softmax(flat(scores), flat(scores))
        self._draw("attention", self.drops.attention, scores)
        chosen, scale = self._chosen(scores)
        context = shape.outputs()
        dnn.matmul(view(chosen), shape.split(value), shape.split(context), scale=scale)
        del chosen

        mixed, middle = shape.outputs(), shape.outputs()
        kernels.linear(view(context), ow, ob, view(mixed))
        kernels.add_dropped(view(mixed), self._draw("mixed", self.drops.mixed, mixed), flat(asking))
        statistics1 = kernels.layer_norm(view(mixed), Norm(s1, h1, self.epsilons[0]), view(middle))

        before = empty(middle.shape[0], w1.shape[1])
        kernels.linear(view(middle), w1, b1, view(before))
        inner = empty(*before.shape)
        dnn.activation(self.activation, view(before), view(inner))
        dropped = self._draw("inner", self.drops.inner, inner)
        if dropped is not None:
            kernels.drop(view(inner), dropped, view(inner))
        outer = shape.outputs()
        kernels.linear(view(inner), w2, b2, view(outer))
        kernels.add_dropped(view(outer), self._draw("outer", self.drops.outer, outer), view(middle))
        out = empty(shape.texts, shape.asked, shape.features)
        statistics2 = kernels.layer_norm(view(outer), Norm(s2, h2, self.epsilons[1]), flat(out))

        self.kept = {
            **{"asking": asking, "query": query, "key": key, "value": value, "scores": scores},
            **{"context": context, "mixed": mixed, "middle": middle, "before": before},
            **{"inner": inner, "outer": outer},
            **{"statistics1": statistics1, "statistics2": statistics2},
        }
        return out

    def backward(self, x: Any, weights: tuple[Any, ...], dy: Any) -> tuple[Any, ...]:
        """Gradients by ``x`` and each of the weights; None for what is frozen."""
        s1, h1, w1, b1, w2, b2, s2, h2 = weights[8:]
        kernels, kept = self.kernels, self.kept
        self.kept = {}  # free each layer's memory for the next one's gradients

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
        dasking, ds1, dh1 = kernels.layer_norm_gradient(
            view(kept["mixed"]), norm1, kept["statistics1"], view(dmiddle)
        )
        dx, *attention = self._attention_gradients(x, weights, dasking, kept)
        return dx, *attention, ds1, dh1, dw1, db1, dw2, db2, ds2, dh2

    def _attention_gradients(
        self, x: Any, weights: tuple[Any, ...], dasking: Any, kept: dict[str, Any]
    ) -> list[Any]:
        """Gradients by ``x`` and the projections; ``dasking`` is the residual's part of it."""
        kernels, dnn, shape = self.kernels, self.kernels.dnn, self.shape
        qw, qb, kw, kb, vw, vb, ow, ob = weights[:8]
        dmixed = self._dropped(dasking, self.masks["mixed"])
        dow = kernels.weight_gradient(view(kept["context"]), view(dmixed), ow)
        dob = kernels.bias_gradient(view(dmixed), ob)
        dcontext = shape.outputs()
        kernels.input_gradient(view(dmixed), ow, view(dcontext))

        chosen, scale = self._chosen(kept["scores"])
        dquery, dkey, dvalue = shape.outputs(), shape.tokens(), shape.tokens()
        turned = shape.scores_transposed(chosen)
        dnn.matmul(turned, shape.split(dcontext), shape.split(dvalue), scale=scale)
        del chosen
        dscores = shape.scores()
        factors = (shape.split(dcontext), shape.split_transposed(kept["value"]))
        dnn.matmul(*factors, view(dscores), scale=scale)
        mask, rows = self.masks["attention"], flat(dscores)
        if mask is not None:
            kernels.drop(rows, mask, rows, scaled=False)
        dnn.softmax_gradient(flat(kept["scores"]), rows, rows)
        scale = shape.width**-0.5
        dnn.matmul(view(dscores), shape.split(kept["key"]), shape.split(dquery), scale=scale)
        turned = shape.scores_transposed(dscores)
        dnn.matmul(turned, shape.split(kept["query"]), shape.split(dkey), scale=scale)

        uses = ((kept["asking"], dquery, qw, qb), (x, dkey, kw, kb), (x, dvalue, vw, vb))
        gradients: list[Any] = []
        for given, gradient, weight, bias in uses:
            gradients.append(kernels.weight_gradient(flat(given), view(gradient), weight))
            gradients.append(kernels.bias_gradient(view(gradient), bias))
        dx = None
        if not x.stop_gradient:
            kernels.input_gradient(view(dquery), qw, view(dasking), accumulate=True)
            whole = shape.asked == shape.length
            dx = dasking if whole else shape.tokens()
            kernels.input_gradient(view(dkey), kw, view(dx), accumulate=whole)
            kernels.input_gradient(view(dvalue), vw, view(dx), accumulate=True)
            if not whole:
                dnn.add(shape.first(dx), view(dasking), shape.first(dx))
            dx = dx.reshape(x.shape)
        return [dx, *gradients, dow, dob]

    def _chosen(self, scores: Any) -> tuple[Any, float]:
        """Attention probabilities after dropout, still to be multiplied by the returned scale."""
        mask = self.masks["attention"]
        if mask is None:
            return scores, 1.0
        chosen = empty(*scores.shape)
        self.kernels.drop(flat(scores), mask, flat(chosen), scaled=False)
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
    """The 16 parameters of a ``paddle.nn.TransformerEncoderLayer``, in `LayerContext`'s order."""
    attention = layer.self_attn
    parts = [attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj]
    parts += (layer.norm1, layer.linear1, layer.linear2, layer.norm2)
    return tuple(weight for part in parts for weight in (part.weight, part.bias))


def encoder_layer() -> Any:
    """A PyLayer: ``apply(layer, x, *weights)``."""
    from paddle.autograd import PyLayer

    class EncoderLayer(PyLayer):
        @staticmethod
        def forward(context: Any, layer: LayerContext, x: Any, *weights: Any) -> Any:
            context.layer = layer
            context.save_for_backward(x, *weights)
            return layer.forward(x, weights)

        @staticmethod
        def backward(context: Any, dy: Any) -> tuple[Any, ...]:
            x, *weights = context.saved_tensor()
            layer: LayerContext = context.layer
            return layer.backward(x, tuple(weights), dy.contiguous())

    return EncoderLayer
