"""Embeddings narrower than the layers, with the projection that leads from one to the other.

ALBERT and small ELECTRA models have such; those of PaddleNLP's ERNIE are as wide as its layers.
"""

from __future__ import annotations

from typing import Any, Final

#: What PaddleNLP gives every normalisation of ERNIE when it makes a model.
_EPSILON: Final = 1e-12


def put_projected(model: Any, sizes: dict[str, Any]) -> None:
    """Give a model with ``ernie`` in it narrower embeddings, as random as the others were.

    ``sizes`` are an ``ernie_config`` with ``embedding_size``; without it nothing is done.
    """
    width = sizes.get("embedding_size")
    if width is None:
        return
    from paddle import nn
    from paddlenlp.transformers import ErnieConfig
    from paddlenlp.transformers.ernie.modeling import ErnieEmbeddings

    class ProjectedEmbeddings(ErnieEmbeddings):  # type: ignore[misc]
        """ERNIE's embeddings, then a linear layer to the width of the model."""

        def __init__(self, config: Any, hidden: int, attributes: Any) -> None:
            super().__init__(config, attributes)
            self.layer_norm._epsilon = _EPSILON
            self.projection = nn.Linear(config.hidden_size, hidden, weight_attr=attributes)

        def forward(self, *args: Any, **named: Any) -> Any:
            """States of the model's width."""
            return self.projection(super().forward(*args, **named))

    deviation = float(sizes.get("initializer_range", 0.02))
    from paddle import ParamAttr

    attributes = ParamAttr(initializer=nn.initializer.Normal(std=deviation))
    narrow = ErnieConfig(**{**sizes, "hidden_size": width, "num_attention_heads": 1})
    model.ernie.embeddings = ProjectedEmbeddings(narrow, sizes["hidden_size"], attributes)
