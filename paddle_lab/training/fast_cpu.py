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

from paddle_lab.training.fast_encoder import Drops, Pass, Shape, encoder_layer, weights_of
from paddle_lab.training.fast_ops import Kernels, Masks, layers
from paddle_lab.training.onednn import ACTIVATIONS, OneDnn, OneDnnError, find

Forward = Callable[..., Any]
_POOLED = ("ErnieForSequenceClassification", "BertForSequenceClassification")


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
        self._bfloat16 = bfloat16
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
                self._dnn = OneDnn(find(), bfloat16=self._bfloat16)
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
        fast = _Forwards(kernels, first_only=_uses_first_token_only(self._model))
        for layer in self._model.sublayers(include_self=True):
            forward = None if "forward" in layer.__dict__ else fast.of(layer)
            if forward is None:
                continue
            # Past Layer.__setattr__: PaddleNLP would wrap it. A bound method follows deepcopy.
            layer.__dict__["forward"] = MethodType(forward, layer)
            self._changed.append(layer)


class _Forwards:
    """The fast ``forward(layer, ...)`` for each kind of layer."""

    def __init__(self, kernels: Kernels, *, first_only: bool) -> None:
        self._kernels = kernels
        self._first_only = first_only
        self._linear, self._layer_norm, self._dropout = layers()
        self._encoder_layer = encoder_layer()

    def of(self, layer: Any) -> Forward | None:
        """The forward for ``layer``, or None where its own is to stay."""
        from paddle import nn

        kind = type(layer)
        if kind is nn.TransformerEncoderLayer and _is_plain_encoder(layer):
            return self._encoder
        if kind is nn.TransformerEncoder and self._first_only and _is_plain_stack(layer):
            return self._stack
        if kind is nn.Linear:
            return self._linear_forward
        if kind is nn.LayerNorm and _is_plain_norm(layer):
            return self._norm_forward
        if kind is nn.Dropout and _is_plain_dropout(layer):
            return self._dropout_forward
        return None

    def _linear_forward(self, layer: Any, x: Any) -> Any:
        if not _fits(x):
            return type(layer).forward(layer, x)
        return self._linear.apply(self._kernels, x.contiguous(), layer.weight, layer.bias)

    def _norm_forward(self, layer: Any, x: Any) -> Any:
        if not _fits(x):
            return type(layer).forward(layer, x)
        return self._layer_norm.apply(
            (self._kernels, layer._epsilon), x.contiguous(), layer.weight, layer.bias
        )

    def _dropout_forward(self, layer: Any, x: Any) -> Any:
        if not (_fits(x) and layer.training and layer.p):
            return type(layer).forward(layer, x)
        return self._dropout.apply(self._kernels, x.contiguous(), layer.p)

    def _stack(self, layer: Any, src: Any, src_mask: Any = None, **options: Any) -> Any:
        """The encoder of a classifier: its last layer is computed for the first tokens alone."""
        if any(options.values()) or layer.enable_recompute or getattr(layer, "_use_cache", False):
            return type(layer).forward(layer, src, src_mask, **options)
        if not _fits(src):
            return type(layer).forward(layer, src, src_mask)
        *others, last = layer.layers
        for other in others:
            src = other(src, src_mask=src_mask)
        return last(src, src_mask=src_mask, first_only=True)

    def _encoder(
        self,
        layer: Any,
        src: Any,
        src_mask: Any = None,
        cache: Any = None,
        output_attentions: bool = False,
        *,
        first_only: bool = False,
    ) -> Any:
        from paddle.nn.layer.transformer import _convert_attention_mask

        simple = cache is None and not output_attentions and _fits(src) and src.ndim == 3
        if not simple:
            given = (src, src_mask, cache) + ((output_attentions,) if output_attentions else ())
            return type(layer).forward(layer, *given)
        attention = layer.self_attn
        texts, length = src.shape[:2]
        asked = 1 if first_only else length
        shape = Shape(texts, length, attention.num_heads, attention.head_dim, asked)
        mask = _convert_attention_mask(src_mask, src.dtype)
        done = Pass(
            kernels=self._kernels,
            shape=shape,
            activation=_activation(layer) or "",
            epsilons=(layer.norm1._epsilon, layer.norm2._epsilon),
            drops=_drops(layer) if layer.training else Drops(),
            mask=None if mask is None else _mask(mask, shape),
        )
        return self._encoder_layer.apply(done, src.contiguous(), *weights_of(layer))


def _fits(x: Any) -> bool:
    import paddle

    return bool(
        paddle.in_dynamic_mode() and x.dtype == paddle.float32 and x.size and x.place.is_cpu_place()
    )


def _mask(mask: Any, shape: Shape) -> Any:
    """An additive mask in one of the two shapes that oneDNN is quick at."""
    if mask.ndim == 4 and tuple(mask.shape) == (shape.texts, 1, 1, shape.length):
        return mask.contiguous()
    whole = mask.expand([shape.texts, shape.heads, shape.length, shape.length])
    return whole[:, :, : shape.asked].contiguous()


def _drops(layer: Any) -> Drops:
    return Drops(
        attention=layer.self_attn.dropout or 0.0,
        mixed=layer.dropout1.p,
        inner=layer.dropout.p,
        outer=layer.dropout2.p,
    )


def _is_plain_encoder(layer: Any) -> bool:
    """Whether `Pass` computes what the layer does: nothing replaced, hooked or left out inside."""
    from paddle import nn

    attention = layer.self_attn
    linears = [attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj]
    linears += [layer.linear1, layer.linear2]
    dropouts = [layer.dropout, layer.dropout1, layer.dropout2]
    parts = [attention, *linears, layer.norm1, layer.norm2, *dropouts]
    return (
        not layer.normalize_before
        and type(attention) is nn.MultiHeadAttention
        and attention.kdim == attention.vdim == attention.embed_dim
        and 0 <= (attention.dropout or 0) < 1
        and _activation(layer) is not None
        and all(type(linear) is nn.Linear and linear.bias is not None for linear in linears)
        and all(_is_plain_norm(norm) for norm in (layer.norm1, layer.norm2))
        and all(_is_plain_dropout(dropout) for dropout in dropouts)
        and not any(_is_touched(part) for part in parts)
    )


def _is_plain_stack(layer: Any) -> bool:
    from paddle import nn

    plain = layer.norm is None and len(layer.layers) > 0
    known = all(type(one) is nn.TransformerEncoderLayer for one in layer.layers)
    return plain and known and all(map(_is_plain_encoder, layer.layers))


def _uses_first_token_only(model: Any) -> bool:
    """Whether the model's output depends on the first token's last state alone, by its forward."""
    kind = type(model)
    return kind.__module__.startswith("paddlenlp.transformers.") and kind.__name__ in _POOLED


def _activation(layer: Any) -> str | None:
    """The name that oneDNN knows the layer's activation by."""
    from paddle.nn import functional

    known = (name for name in ACTIVATIONS if layer.activation is getattr(functional, name))
    return next(known, None)


def _is_plain_norm(layer: Any) -> bool:
    from paddle import nn

    return (
        type(layer) is nn.LayerNorm
        and layer.weight is not None
        and layer.bias is not None
        and len(layer._normalized_shape) == 1
    )


def _is_plain_dropout(layer: Any) -> bool:
    from paddle import nn

    plain = type(layer) is nn.Dropout and layer.axis is None and layer.mode == "upscale_in_train"
    return plain and isinstance(layer.p, (int, float)) and 0 <= layer.p < 1


def _is_touched(layer: Any) -> bool:
    """Whether somebody watches or replaced the layer's forward."""
    hooked = layer._forward_pre_hooks or layer._forward_post_hooks
    return bool(hooked) or "forward" in layer.__dict__
