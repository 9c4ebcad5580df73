"""A resolved model as PaddleNLP's own class, with nothing left random that should not be."""

from __future__ import annotations

from typing import Any

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.models.convert import (
    SAFETENSORS_FILE,
    check_shapes,
    ernie_config,
    expected_shapes,
    read_config,
)
from paddle_lab.models.resolve import Resolved
from paddle_lab.models.safe_weights import safetensors_entries


def load_for_classification(resolved: Resolved, num_labels: int, **options: Any) -> Any:
    """``ErnieForSequenceClassification``: the model's encoder, a new head for ``num_labels``.

    ``options`` are further settings of PaddleNLP's configuration, such as ``hidden_dropout_prob``.
    The head is random: call ``paddle.seed`` before, for the same start each time.

    Raises ModelError when the weights are damaged or leave a part of the encoder random.
    """
    return load_with_head(
        resolved, "ErnieForSequenceClassification", num_labels=num_labels, **options
    )


def load_with_head(resolved: Resolved, head: str, **options: Any) -> Any:
    """The model as ``head``, one of PaddleNLP's ``ErnieFor...`` classes; see above."""
    check_weights(resolved)
    import paddlenlp.transformers
    from paddlenlp.transformers import ErnieConfig

    model_class = getattr(paddlenlp.transformers, head)
    # A configuration of our own making: the one in the folder may carry the labels of another task.
    config = ErnieConfig(**{**ernie_config(read_config(resolved.folder)), **options})
    try:
        return model_class.from_pretrained(str(resolved.folder), config=config)
    except (AssertionError, ValueError, OSError, RuntimeError, KeyError) as error:
        raise ModelError(
            T(
                "PaddleNLP cannot load {name}",
                "PaddleNLP 无法加载 {name}",
                name=resolved.name,
            ),
            T("{error}", "{error}", error=str(error).strip().splitlines()[0][:300]),
            T(
                "Copy or download the model again, or use ernie-lab-mini.",
                "请重新复制或下载该模型，或改用 ernie-lab-mini。",
            ),
        ) from error


def check_weights(resolved: Resolved) -> None:
    """Refuse a file that is cut short, or that lacks a parameter of the encoder.

    PaddleNLP only logs a warning for missing parameters and leaves them random. Raises ModelError.
    """
    expected = expected_shapes(ernie_config(read_config(resolved.folder)))
    entries = safetensors_entries(resolved.folder / SAFETENSORS_FILE)
    check_shapes(entries.shapes, expected, str(resolved.folder))
