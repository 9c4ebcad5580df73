"""ERNIE with its masked-language-model head and a bag-of-words head, written for speed on a CPU.

The parameters are those of PaddleNLP's ``ErnieForMaskedLM``, so that what is trained here loads
there; only the computation is spelled out anew. Measured on one core (Paddle 3.3, 4,096 tokens,
hidden 192): the gradient of a bias is a sum over rows, which Paddle's CPU kernel does in 30 ms for
[4096, 768] and a product with a row of ones in 0.5 ms.
"""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Callable
from typing import Any

from paddle_lab.models.pretraining.batches import Batch


def keep_freed_memory() -> bool:
    """Let glibc reuse freed arrays in place of giving them back: 1.3 times the speed on a CPU.

    Every operator allocates its output; above 128 KiB glibc maps fresh pages for each, which the
    kernel must clear. Returns whether it took effect (glibc on Linux only).
    """
    if not sys.platform.startswith("linux"):
        return False
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return False
    wanted = ((mmap_threshold, 32 << 20), (trim_threshold, (2 << 30) - 1), (top_pad, 64 << 20))
    return all(mallopt(name, value) == 1 for name, value in wanted)


def fast_linear() -> Callable[[Any, Any, Any], Any]:
    """``x @ weight + bias`` for ``x`` [rows, in], with a fast bias gradient."""
    import paddle
    from paddle.autograd import PyLayer

    class Linear(PyLayer):  # type: ignore[misc]
        @staticmethod
        def forward(context: Any, x: Any, weight: Any, bias: Any) -> Any:
            context.save_for_backward(x, weight)
            return paddle.addmm(bias, x, weight)

        @staticmethod
        def backward(context: Any, gradient: Any) -> Any:
            x, weight = context.saved_tensor()
            ones = paddle.ones([1, gradient.shape[0]], dtype=gradient.dtype)
            return (
                paddle.matmul(gradient, weight, transpose_y=True),
                paddle.matmul(x, gradient, transpose_x=True),
                paddle.matmul(ones, gradient).reshape([-1]),
            )

    return Linear.apply  # type: ignore[no-any-return]


class Network:
    """The model and its two losses. ``model`` is PaddleNLP's; ``bag`` is not kept afterwards."""

    def __init__(self, config: Any, bag_size: int) -> None:
        import paddle
        from paddlenlp.transformers import ErnieForMaskedLM

        self.model = ErnieForMaskedLM(config)
        self.bag = paddle.nn.Linear(config.hidden_size, bag_size)
        self._heads = config.num_attention_heads
        self._linear = fast_linear()

    def parameters(self) -> list[Any]:
        """All that is trained."""
        return [*self.model.parameters(), *self.bag.parameters()]

    def losses(self, batch: Batch) -> tuple[Any, Any]:
        """Mean cross-entropy, in nats, of the hidden tokens and of the bag of words."""
        import paddle
        from paddle.nn import functional

        ids = paddle.to_tensor(batch.ids)
        hidden = self._encode(ids)
        chosen = paddle.gather(hidden, paddle.to_tensor(batch.places))
        token_loss = functional.cross_entropy(
            self._token_logits(chosen), paddle.to_tensor(batch.answers)
        )

        rows, width = batch.ids.shape
        pooler = self.model.ernie.pooler.dense
        first = hidden.reshape([rows, width, -1])[:, 0]
        pooled = functional.tanh(self._linear(first, pooler.weight, pooler.bias))
        logits = self._linear(pooled, self.bag.weight, self.bag.bias)
        bags = paddle.to_tensor(batch.bags)
        # One fused operator: Paddle's log_softmax alone is 60 times slower on a CPU.
        bag_loss = functional.cross_entropy(logits, bags, soft_label=True)
        return token_loss, bag_loss

    def _token_logits(self, hidden: Any) -> Any:
        import paddle
        from paddle.nn import functional

        head = self.model.cls.predictions
        hidden = functional.relu(self._linear(hidden, head.transform.weight, head.transform.bias))
        hidden = _layer_norm(hidden, head.layer_norm)
        words = self.model.ernie.embeddings.word_embeddings.weight
        return paddle.matmul(hidden, words, transpose_y=True) + head.decoder_bias

    def _encode(self, ids: Any) -> Any:
        """Hidden states of the last layer, [texts * length, hidden]."""
        from paddle.nn import functional

        ernie = self.model.ernie
        parts = ernie.embeddings
        rows, width = ids.shape
        hidden = (
            functional.embedding(ids, parts.word_embeddings.weight)
            + parts.position_embeddings.weight[:width]
            + parts.token_type_embeddings.weight[0]
        )
        hidden = _layer_norm(hidden, parts.layer_norm).reshape([rows * width, -1])
        padding = (ids == 0).astype("float32").reshape([rows, 1, 1, width]) * -1e4
        for layer in ernie.encoder.layers:
            mixed = self._attention(hidden, layer.self_attn, rows, width, padding)
            hidden = _layer_norm(hidden + mixed, layer.norm1)
            inner = functional.relu(self._linear(hidden, layer.linear1.weight, layer.linear1.bias))
            outer = self._linear(inner, layer.linear2.weight, layer.linear2.bias)
            hidden = _layer_norm(hidden + outer, layer.norm2)
        return hidden

    def _attention(self, hidden: Any, attention: Any, rows: int, width: int, padding: Any) -> Any:
        import paddle
        from paddle.nn import functional

        size = hidden.shape[1] // self._heads

        def heads(layer: Any) -> Any:
            projected = self._linear(hidden, layer.weight, layer.bias)
            return projected.reshape([rows, width, self._heads, size]).transpose([0, 2, 1, 3])

        query = heads(attention.q_proj) * (1 / math.sqrt(size))
        scores = paddle.matmul(query, heads(attention.k_proj), transpose_y=True) + padding
        context = paddle.matmul(functional.softmax(scores), heads(attention.v_proj))
        context = context.transpose([0, 2, 1, 3]).reshape([rows * width, -1])
        return self._linear(context, attention.out_proj.weight, attention.out_proj.bias)


def _layer_norm(x: Any, layer: Any) -> Any:
    from paddle.nn import functional

    return functional.layer_norm(x, [x.shape[-1]], layer.weight, layer.bias, layer._epsilon)
