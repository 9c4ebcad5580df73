"""ERNIE with its masked-language-model head and a bag-of-words head, and their two losses."""

from __future__ import annotations

from typing import Any

from pretraining.batches import PAD_ID, Batch


class Network:
    """The model and its two losses. ``model`` is PaddleNLP's; ``bag`` is not kept afterwards.

    On a CPU the encoder computes by oneDNN, with products in bfloat16 (``paddle_lab.training``):
    1.7 times the speed of Paddle's own kernels, measured on one core with AMX.
    """

    def __init__(self, config: Any, bag_size: int) -> None:
        import paddle
        from paddlenlp.transformers import ErnieForMaskedLM

        from paddle_lab.cpu import FastCpu

        self.model = ErnieForMaskedLM(config)
        self.model.train()
        self.bag = paddle.nn.Linear(config.hidden_size, bag_size)
        # Without dropout there are no masks to draw, so the step does not matter.
        self._fast = FastCpu(self.model, seed=0, step_of=lambda: 0, bfloat16=True)
        self._fast.enable()

    @property
    def fast(self) -> bool:
        """Whether the encoder computes by oneDNN; else by Paddle, as on a GPU."""
        return self._fast.layers > 0

    def parameters(self) -> list[Any]:
        """All that is trained."""
        return [*self.model.parameters(), *self.bag.parameters()]

    def losses(self, batch: Batch) -> tuple[Any, Any]:
        """Mean cross-entropy, in nats, of the hidden tokens and of the bag of words."""
        import paddle
        from paddle.nn import functional

        hidden = self._encode(paddle.to_tensor(batch.ids))
        chosen = paddle.gather(
            hidden.reshape([-1, hidden.shape[-1]]), paddle.to_tensor(batch.places)
        )
        token_loss = functional.cross_entropy(
            self._token_logits(chosen), paddle.to_tensor(batch.answers)
        )
        pooled = self.model.ernie.pooler(hidden)
        # One fused operator: Paddle's log_softmax alone is 60 times slower on a CPU.
        bag_loss = functional.cross_entropy(
            self.bag(pooled), paddle.to_tensor(batch.bags), soft_label=True
        )
        return token_loss, bag_loss

    def _encode(self, ids: Any) -> Any:
        """Hidden states of the last layer, [texts, length, hidden]."""
        rows, width = ids.shape
        padding = (ids == PAD_ID).astype("float32").reshape([rows, 1, 1, width]) * -1e4
        ernie = self.model.ernie
        return ernie.encoder(ernie.embeddings(ids), padding)

    def _token_logits(self, hidden: Any) -> Any:
        """Only for the places that were hidden: the vocabulary is the widest layer by far."""
        import paddle

        head = self.model.cls.predictions
        hidden = head.layer_norm(head.activation(head.transform(hidden)))
        words = self.model.ernie.embeddings.word_embeddings.weight
        return paddle.matmul(hidden, words, transpose_y=True) + head.decoder_bias
