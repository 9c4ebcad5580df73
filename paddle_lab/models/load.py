"""A resolved model as PaddleNLP's own class, with nothing left random that should not be.

PaddleNLP is given a configuration of our making, and afterwards the weights as arrays. Its own way
to load a folder is not used: it follows indexes, reads further configurations, and unpickles.
"""

from __future__ import annotations

from typing import Any, Literal

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.models.activation import buildable, put_activation
from paddle_lab.models.arrays import Weights
from paddle_lab.models.config import ernie_config, read_config
from paddle_lab.models.convert import SAFETENSORS_FILE, check_shapes, expected_shapes
from paddle_lab.models.projected import put_projected
from paddle_lab.models.resolve import Resolved
from paddle_lab.models.safe_weights import read_weights
from paddle_lab.text.short import first_line

Head = Literal[
    "ErnieForSequenceClassification", "ErnieForTokenClassification", "ErnieForQuestionAnswering"
]


def load_for_classification(
    resolved: Resolved,
    num_labels: int,
    *,
    dropout: float | None = None,
    random_init: bool = False,
) -> Any:
    """``ErnieForSequenceClassification``: see :func:`load_with_head`."""
    return load_with_head(
        resolved,
        "ErnieForSequenceClassification",
        num_labels=num_labels,
        dropout=dropout,
        random_init=random_init,
    )


def load_with_head(
    resolved: Resolved,
    head: Head,
    *,
    num_labels: int,
    dropout: float | None = None,
    random_init: bool = False,
) -> Any:
    """The one constructor of a model: its encoder, and a new head for ``num_labels``.

    ``dropout`` (a share, 0 to 1) replaces the model's own, in the encoder and before the head; None
    leaves it. With ``random_init`` the encoder is as random as the head: call ``paddle.seed``
    before, for the same start each time.

    Raises ModelError when the weights are damaged or leave a part of the encoder random.
    """
    sizes = ernie_config(read_config(resolved.folder))
    weights = None if random_init else _encoder_weights(resolved, sizes)
    import paddlenlp.transformers
    from paddlenlp.transformers import ErnieConfig

    if dropout is not None:
        sizes |= {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    try:
        kind = getattr(paddlenlp.transformers, head)
        model = kind(ErnieConfig(**buildable(sizes), num_labels=num_labels))
        put_projected(model, sizes)
        put_activation(model, sizes)
    except (AssertionError, ValueError, TypeError, KeyError) as error:
        raise _cannot_build(resolved, error) from error
    if weights is not None:
        put_weights(model, weights, str(resolved.folder))
    return model


def _encoder_weights(resolved: Resolved, sizes: dict[str, Any]) -> Weights:
    """The encoder's arrays, all there and of the right shapes. Raises ModelError."""
    weights = read_weights(resolved.folder / SAFETENSORS_FILE)
    shapes = {name: array.shape for name, array in weights.items()}
    check_shapes(shapes, expected_shapes(sizes), str(resolved.folder))
    return weights


def put_weights(model: Any, weights: Weights, source: str) -> None:
    """Put arrays into parameters of their name. Raises ModelError for one that has none."""
    import paddle

    parameters = dict(model.state_dict())
    shapes = {name: tuple(parameters[name].shape) for name in weights if name in parameters}
    check_shapes({name: weights[name].shape for name in shapes}, shapes, source)
    unknown = [name for name in weights if name not in shapes]
    if unknown:
        raise ModelError(
            T(
                "The weights in {source} do not fit its config.json",
                "{source} 中的权重与 config.json 不符",
                source=source,
            ),
            T(
                "The model has no parameter {name} ({count} such).",
                "模型没有参数 {name}（共 {count} 个）。",
                name=unknown[0][:80],
                count=len(unknown),
            ),
            T("Resolve the model again.", "请重新解析该模型。"),
            code="model.damaged",
        )
    for name, array in weights.items():
        parameters[name].set_value(paddle.to_tensor(array))


def _cannot_build(resolved: Resolved, error: Exception) -> ModelError:
    return ModelError(
        T("PaddleNLP cannot build {name}", "PaddleNLP 无法构建 {name}", name=resolved.name),
        T("{error}", "{error}", error=first_line(error)),
        T(
            "Copy or download the model again, or use ernie-lab-mini.",
            "请重新复制或下载该模型，或改用 ernie-lab-mini。",
        ),
        code="model.config",
    )
