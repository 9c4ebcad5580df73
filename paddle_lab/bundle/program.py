"""From a live PaddleNLP model to a Paddle inference program."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.bundle.manifest import PARAMS_FILE, PROGRAM_FILE
from paddle_lab.errors import BundleError
from paddle_lab.i18n import T
from paddle_lab.tasks.batching import Gathering, inputs_of
from paddle_lab.tasks.codec import Outputs, Signature, Windows
from paddle_lab.text.short import last_line

PROGRAM_STEM: Final = "model"


def save_program(model: Any, signature: Signature, folder: Path) -> None:
    """Write the inference program of ``model``, with the inputs and outputs of ``signature``.

    The model is traced through a wrapper, in evaluation mode, and comes back as it was: same mode,
    same parameters, same names. Raises OSError when the files did not get whole onto the disk.
    """
    import paddle
    from paddle.utils import unique_name

    wrapper_class = _wrapper_class([spec.name for spec in signature.inputs])
    spec = [
        paddle.static.InputSpec(
            [None if isinstance(size, str) else size for size in item.dims],
            item.dtype,
            name=item.name,
        )
        for item in signature.inputs
    ]
    # The guard: names made while tracing must not shift those of the next model in this kernel.
    with evaluating(model), unique_name.guard():
        wrapper = wrapper_class(model)
        wrapper.eval()
        try:
            traced = paddle.jit.to_static(wrapper, input_spec=[spec], full_graph=True)
            paddle.jit.save(traced, str(folder / PROGRAM_STEM))
        except OSError:
            raise
        except Exception as error:  # whatever tracing or Paddle's C++ writer raises
            raise _cannot_trace(error) from error
    _check_written(model, folder)


def eager_outputs(model: Any, signature: Signature, windows: Windows) -> Outputs:
    """What the live model gives for each window alone and unpadded: the program's measure.

    Raises BundleError when its outputs are not those of the signature, or not finite.
    """
    import paddle

    found = Gathering(signature, windows.lengths())
    with evaluating(model), paddle.no_grad():
        for row in range(len(windows.ids)):
            inputs = inputs_of(windows, [row], 0)
            given = model(**{name: paddle.to_tensor(array) for name, array in inputs.items()})
            try:
                found.put([row], named(signature, given))
            except ValueError as error:
                raise _refused(T("{error}", "{error}", error=error)) from error
    outputs = found.outputs()
    if not all(
        np.isfinite(part).all() for spec in signature.outputs for part in outputs[spec.name]
    ):
        raise _refused(T("Its outputs are not finite numbers.", "它给出的输出不是有限数。"))
    return outputs


def named(signature: Signature, given: Any) -> dict[str, Any]:
    """A live model's output, one tensor or several, as arrays by name. Raises ValueError."""
    tensors = list(given) if isinstance(given, (tuple, list)) else [given]
    if len(tensors) != len(signature.outputs):
        raise ValueError(f"{len(signature.outputs)} outputs expected, {len(tensors)} given")
    return {
        spec.name: tensor.numpy() for spec, tensor in zip(signature.outputs, tensors, strict=True)
    }


def check_exportable(model: Any, *, max_len: int, vocabulary: int) -> None:
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


def _wrapper_class(names: list[str]) -> Any:
    import paddle

    class Exported(paddle.nn.Layer):  # type: ignore[misc]
        """Only this wrapper is turned into a static function, never the model itself."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, inputs: Any) -> Any:
            return self.model(**dict(zip(names, inputs)))  # noqa: B905 Paddle reads this source

    return Exported


def _check_written(model: Any, folder: Path) -> None:
    """Paddle's writer may come back from a full disk without a word. Raises OSError."""
    path = folder / PROGRAM_FILE
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        json.loads(text)
    except ValueError as error:
        raise OSError(f"{PROGRAM_FILE} is cut off: the disk may be full") from error
    # The program names the parameters that it uses: not those of a pooler that its head leaves out.
    used = [parameter for parameter in model.parameters() if f'"{parameter.name}"' in text]
    least = 4 * sum(int(np.prod(parameter.shape)) for parameter in used)
    path = folder / PARAMS_FILE
    size = path.stat().st_size if path.exists() else 0
    if size < max(1, least):
        raise OSError(f"{PARAMS_FILE} has {size} bytes, {least} expected: the disk may be full")


def _cannot_trace(error: Exception) -> BundleError:
    return BundleError(
        T("Paddle cannot write this model's program.", "Paddle 无法写出该模型的程序。"),
        T("{error}", "{error}", error=last_line(error)),
        T(
            "The trained weights are kept. Is the disk full? Then try %ernie_export RUN again.",
            "训练得到的权重仍在。请检查磁盘是否已满，然后再试 %ernie_export RUN。",
        ),
        code="bundle.program_not_written",
    )


def _refused(why: Any) -> BundleError:
    return BundleError(
        T("This model cannot be exported.", "该模型无法导出。"),
        why,
        T(
            "Train with options that fit the model, e.g. a smaller --max-len or --precision fp32.",
            "请使用与模型相符的选项训练，例如更小的 --max-len 或 --precision fp32。",
        ),
        code="bundle.not_exportable",
    )
