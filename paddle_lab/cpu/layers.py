"""Which layers can compute by oneDNN, and the forwards that do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from paddle_lab.cpu.encoder import Drops, LayerContext, Shape, encoder_layer, weights_of
from paddle_lab.cpu.onednn import ACTIVATIONS, GELU_BY_TANH
from paddle_lab.cpu.ops import Kernels, layers

Forward = Callable[..., Any]
_POOLED = ("ErnieForSequenceClassification", "BertForSequenceClassification")
_UNSEEN = -1e30  # far below the -1e4 that PaddleNLP gives to padding


class Forwards:
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
        if kind is nn.TransformerEncoder and _is_plain_stack(layer):
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
        """A whole encoder, on texts padded to one of a few lengths.

        Each length costs machine code and the time to make it, so that few are worth some padding.
        For a classifier the last layer is computed for the first tokens alone.
        """
        if any(options.values()) or layer.enable_recompute or getattr(layer, "_use_cache", False):
            return type(layer).forward(layer, src, src_mask, **options)
        if not _fits(src):
            return type(layer).forward(layer, src, src_mask)
        length = src.shape[1]
        src, mask = _padded(src, src_mask, _rounded(length))
        *others, last = layer.layers
        for other in others:
            src = other(src, src_mask=mask)
        if self._first_only:
            return last(src, src_mask=mask, first_only=True)
        src = last(src, src_mask=mask)
        return src if src.shape[1] == length else src[:, :length]

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
        context = LayerContext(
            kernels=self._kernels,
            shape=shape,
            activation=_activation(layer) or "",
            epsilons=(layer.norm1._epsilon, layer.norm2._epsilon),
            drops=_drops(layer) if layer.training else Drops(),
            mask=None if mask is None else _mask(mask, shape),
        )
        return self._encoder_layer.apply(context, src.contiguous(), *weights_of(layer))


def _fits(x: Any) -> bool:
    import paddle

    return bool(
        paddle.in_dynamic_mode() and x.dtype == paddle.float32 and x.size and x.place.is_cpu_place()
    )


def _rounded(length: int) -> int:
    """The next of the lengths 4, 8 .. 64, 72 .. 128, 144 .. 256, 288 ..: at most 32 up to 256."""
    step = 4 if length <= 64 else 8 if length <= 128 else 16 if length <= 256 else 32
    return -(-length // step) * step


def _padded(src: Any, src_mask: Any, length: int) -> tuple[Any, Any]:
    """``src`` [texts, length, features] and its mask for ``length`` tokens, the new ones unseen."""
    import paddle
    from paddle.nn.functional import pad
    from paddle.nn.layer.transformer import _convert_attention_mask

    texts, present, features = src.shape
    missing = length - present
    if not missing:
        return src, src_mask
    mask = _convert_attention_mask(src_mask, src.dtype)
    if mask is None:
        mask = paddle.zeros([texts, 1, 1, present])
    if mask.shape[2] == present:
        mask = pad(mask, [0, 0, 0, 0, 0, missing, 0, 0], value=0.0)
    mask = pad(mask, [0, 0, 0, 0, 0, 0, 0, missing], value=_UNSEEN)
    return paddle.concat([src, paddle.zeros([texts, missing, features])], axis=1), mask


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
    """Whether `LayerContext` computes what the layer does: nothing inside is replaced or hooked."""
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


def uses_first_token_only(model: Any) -> bool:
    """Whether the model's output depends on the first token's last state alone, by its forward."""
    kind = type(model)
    return kind.__module__.startswith("paddlenlp.transformers.") and kind.__name__ in _POOLED


def _activation(layer: Any) -> str | None:
    """The name that oneDNN knows the layer's activation by."""
    from paddle.nn import functional

    given = layer.activation
    if isinstance(given, partial) and given.func is functional.gelu and not given.args:
        return GELU_BY_TANH if given.keywords == {"approximate": True} else None
    plain = (name for name in ACTIVATIONS if given is getattr(functional, name, None))
    return next(plain, None)


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
