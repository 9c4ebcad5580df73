"""A resolved model as PaddleNLP's own class, with nothing left random that should not be."""

from __future__ import annotations

from typing import Any, Final

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

_DROPOUTS: Final = ("hidden_dropout_prob", "attention_probs_dropout_prob")


def load_for_classification(
    resolved: Resolved, num_labels: int, *, dropout: float | None = None, random_init: bool = False
) -> Any:
    """``ErnieForSequenceClassification`` with a new head for ``num_labels``."""
    return load_with_head(
        resolved,
        "ErnieForSequenceClassification",
        num_labels=num_labels,
        dropout=dropout,
        random_init=random_init,
    )


def load_with_head(
    resolved: Resolved,
    head: str,
    *,
    num_labels: int | None = None,
    dropout: float | None = None,
    random_init: bool = False,
) -> Any:
    """The one constructor of a model: its encoder in PaddleNLP's class ``head`` (``ErnieFor...``).

    ``num_labels`` are the outputs of a new head; ``dropout`` that of all layers, None leaves the
    model's own; ``random_init`` takes the architecture alone. What is not loaded is random: call
    ``paddle.seed`` before, for the same start each time.

    Raises ModelError when the weights are damaged or leave a part of the encoder random.
    """
    if not random_init:
        check_weights(resolved)
    import paddlenlp.transformers
    from paddlenlp.transformers import ErnieConfig

    model_class = getattr(paddlenlp.transformers, head)
    # A configuration of our own making: the one in the folder may carry the labels of another task.
    settings = ernie_config(read_config(resolved.folder))
    if num_labels is not None:
        settings["num_labels"] = num_labels
    if dropout is not None:
        settings |= dict.fromkeys(_DROPOUTS, dropout)
    config = ErnieConfig(**settings)
    if random_init:
        return model_class(config)
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
