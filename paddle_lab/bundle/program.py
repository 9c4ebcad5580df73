"""From a live PaddleNLP model to a Paddle inference program."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.bundle.encoding import IntArray, pad
from paddle_lab.bundle.engine import FloatArray
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T

INPUTS: Final = ("input_ids", "token_type_ids")
PROGRAM_STEM: Final = "model"
PROGRAM_FILE: Final = "model.json"
PARAMS_FILE: Final = "model.pdiparams"


def save_program(model: Any, folder: Path) -> None:
    """Write the inference program of ``model`` (int64 ids [rows, tokens] -> logits [rows, labels]).

    The model is traced through a wrapper, in evaluation mode, and comes back as it was: same mode,
    same parameters, same names. Raises OSError when the files did not get whole onto the disk.
    """
    import paddle
    from paddle.utils import unique_name

    wrapper_class = _wrapper_class()
    spec = [paddle.static.InputSpec([None, None], "int64", name=name) for name in INPUTS]
    # The guard: names made while tracing must not shift those of the next model in this kernel.
    with evaluating(model), unique_name.guard():
        wrapper = wrapper_class(model)
        wrapper.eval()
        try:
            traced = paddle.jit.to_static(wrapper, input_spec=spec, full_graph=True)
            paddle.jit.save(traced, str(folder / PROGRAM_STEM))
        except OSError:
            raise
        except Exception as error:  # whatever tracing or Paddle's C++ writer raises
            raise _cannot_trace(error) from error
    _check_written(model, folder)


def eager_logits(model: Any, ids: Sequence[IntArray]) -> FloatArray:
    """Logits of the live model, each row alone and unpadded: what the program is compared with."""
    import paddle

    rows = []
    with evaluating(model), paddle.no_grad():
        for row in ids:
            batch = paddle.to_tensor(pad([row], 0))
            rows.append(model(batch, token_type_ids=paddle.zeros_like(batch)).numpy()[0])
    logits = np.asarray(rows, dtype=np.float32)
    if not np.isfinite(logits).all():
        raise _refused(
            T("It gives logits that are no finite numbers.", "它给出的 logits 不是有限数。")
        )
    return logits


def check_exportable(model: Any, *, labels: int, max_len: int, vocabulary: int) -> None:
    """Refuse a model that the program, the tokenizer and the manifest could not agree on.

    Raises BundleError.
    """
    import paddle

    config = getattr(model, "config", None)
    limits = (
        ("max_position_embeddings", max_len, T("tokens of a text", "文本的词元数")),
        ("vocab_size", vocabulary, T("words of the tokenizer", "分词器的词数")),
    )
    for name, needed, what in limits:
        has = getattr(config, name, None)
        if has is not None and needed > has:
            raise _refused(
                T(
                    "{needed} {what} were asked for; the model has room for {has}.",
                    "需要 {needed} 个{what}；模型只能容纳 {has} 个。",
                    needed=needed,
                    what=what,
                    has=has,
                )
            )
    outputs = getattr(config, "num_labels", labels)
    if outputs != labels:
        raise _refused(
            T(
                "The model has {outputs} outputs, {labels} labels were given.",
                "模型有 {outputs} 个输出，但给出了 {labels} 个标签。",
                outputs=outputs,
                labels=labels,
            )
        )
    for name, parameter in model.named_parameters():
        if parameter.dtype != paddle.float32:
            raise _refused(
                T(
                    "The parameter {name} is {dtype}; the check compares float32.",
                    "参数 {name} 的类型是 {dtype}；验证需要 float32。",
                    name=name,
                    dtype=str(parameter.dtype),
                )
            )


def count_parameters(model: Any) -> int:
    """How many numbers the model holds."""
    return sum(int(np.prod(parameter.shape)) for parameter in model.parameters())


@contextlib.contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """The model without dropout; every layer's own mode comes back afterwards."""
    modes = [(layer, layer.training) for layer in model.sublayers(include_self=True)]
    model.eval()
    try:
        yield
    finally:
        for layer, mode in modes:
            layer.training = mode


def _wrapper_class() -> Any:
    import paddle

    class Exported(paddle.nn.Layer):  # type: ignore[misc]
        """Only this wrapper is turned into a static function, never the model itself."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, token_type_ids: Any) -> Any:
            return self.model(input_ids, token_type_ids=token_type_ids)

    return Exported


def _check_written(model: Any, folder: Path) -> None:
    """Paddle's writer may come back from a full disk without a word."""
    needed = 4 * count_parameters(model)
    for name, least in ((PROGRAM_FILE, 1), (PARAMS_FILE, needed)):
        path = folder / name
        size = path.stat().st_size if path.exists() else 0
        if size < least:
            raise OSError(f"{name} has {size} bytes, {least} expected: the disk may be full")


def _cannot_trace(error: Exception) -> BundleError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return BundleError(
        T("Paddle cannot write this model's program.", "Paddle 无法写出该模型的程序。"),
        T("{error}", "{error}", error=(lines[-1] if lines else type(error).__name__)[:300]),
        T(
            "The trained weights are kept. Is the disk full? Then try %ernie_export RUN again.",
            "训练得到的权重仍在。请检查磁盘是否已满，然后再试 %ernie_export RUN。",
        ),
    )


def _refused(why: Any) -> BundleError:
    return BundleError(
        T("This model cannot be exported.", "该模型无法导出。"),
        why,
        T(
            "Train with options that fit the model, e.g. a smaller --max-len or --precision fp32.",
            "请使用与模型相符的选项训练，例如更小的 --max-len 或 --precision fp32。",
        ),
    )
