"""What a model takes and gives in the protocol: texts and answers, or the program's own tensors."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from paddle_lab.i18n import T
from paddle_lab.serving.answering import answers_to
from paddle_lab.serving.generation import Generation
from paddle_lab.serving.models import Model
from paddle_lab.serving.oip.tensors import BYTES, Inference, Tensor, datatype_of
from paddle_lab.serving.problems import too_large
from paddle_lab.serving.problems import wrong_tensors as wrong
from paddle_lab.serving.requests import Bounds, check_rows, deadline_of
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import IntArray, Windows
from paddle_lab.tasks.encoding import LONG_TEXT

#: What the service is called.
NAME: Final = "paddle-lab"
#: Outputs of a request of texts: the whole answer as JSON, and what it comes down to.
ANSWER: Final = "answer"
PREDICTION: Final = "prediction"
IDS: Final = "input_ids"
TYPES: Final = "token_type_ids"

#: Waits for what it is given, for as long as the client does.
Waiting = Callable[[Awaitable[list[Tensor]]], Awaitable[list[Tensor]]]


def metadata(name: str, versions: Sequence[str], generation: Generation) -> dict[str, Any]:
    """Inputs and outputs. Texts are asked for, or the program's inputs in their place."""
    signature = generation.manifest.signature
    texts = [{"name": role, "datatype": BYTES, "shape": [-1]} for role in generation.roles]
    raw = [
        {"name": spec.name, "datatype": datatype_of(spec.dtype), "shape": _shape(spec.dims),
         "parameters": {"optional": True}}
        for spec in signature.inputs
    ]  # fmt: skip
    answers = [{"name": one, "datatype": BYTES, "shape": [-1]} for one in (ANSWER, PREDICTION)]
    outputs = [
        {"name": spec.name, "datatype": datatype_of(spec.dtype), "shape": _shape(spec.dims)}
        for spec in signature.outputs
    ]
    return {
        "name": name,
        "versions": list(versions),
        "platform": f"paddle_lab_{generation.runtime}",
        "inputs": [*texts, *raw],
        "outputs": [*answers, *outputs],
    }


async def infer(
    model: Model, asked: Inference, bounds: Bounds, began: float, waiting: Waiting
) -> list[Tensor]:
    """The outputs of a request, those that it asks for in their order. Raises Refused."""
    with model.generation.used() as generation:
        found = await waiting(_outputs(generation, asked, bounds, began))
    model.metrics.answered(_rows_in(asked), time.monotonic() - began)
    return found


async def _outputs(
    generation: Generation, asked: Inference, bounds: Bounds, began: float
) -> list[Tensor]:
    deadline_s = deadline_of(asked.parameters.get("deadline_ms"), bounds)
    if IDS in asked.inputs:
        found = await _of_tokens(generation, asked, bounds, deadline_s, began)
    else:
        found = await _of_texts(generation, asked, bounds, deadline_s, began)
    if not asked.outputs:
        return list(found.values())
    missing = [one.name for one in asked.outputs if one.name not in found]
    if missing:
        raise wrong(
            T("there is no output {name} of these inputs; there are {known}",
              "这些输入没有输出 {name}；可用的有 {known}", name=missing[0], known=", ".join(found))
        )  # fmt: skip
    return [found[one.name] for one in asked.outputs]


def _rows_in(asked: Inference) -> int:
    """How many rows a request has."""
    return max((one.shape[0] if one.shape else 1 for one in asked.inputs.values()), default=0)


async def _of_texts(
    generation: Generation, asked: Inference, bounds: Bounds, deadline_s: float, began: float
) -> dict[str, Tensor]:
    roles = generation.roles
    if set(asked.inputs) != set(roles):
        raise wrong(
            T("this model reads {roles}, or {ids}; given was {keys}",
              "该模型读取 {roles}，或 {ids}；得到的是 {keys}", roles=", ".join(roles), ids=IDS,
              keys=", ".join(asked.inputs))
        )  # fmt: skip
    shapes = {one.shape for one in asked.inputs.values()}
    rows = {role: asked.inputs[role].texts for role in roles}
    if len(shapes) != 1 or any(texts is None for texts in rows.values()):
        raise wrong(T("its texts are not BYTES of one shape", "文本不是同一形状的 BYTES"))
    (shape,) = shapes
    if len(shape) > 2 or (len(shape) == 2 and shape[1] != 1):
        raise wrong(T("texts have the shape [n] or [n, 1]",
                               "文本的形状应为 [n] 或 [n, 1]"))  # fmt: skip
    texts: dict[str, list[str]] = {role: list(column or []) for role, column in rows.items()}
    count = len(next(iter(texts.values())))
    check_rows(texts, bounds)
    long_text = asked.parameters.get("long_text")
    if long_text is not None and long_text not in LONG_TEXT:
        raise wrong(T("long_text is not one of {known}", "long_text 应为 {known} 之一",
                               known=", ".join(LONG_TEXT)))  # fmt: skip
    generation.admit(count, count, deadline_s)
    answers = await answers_to(generation, texts, long_text, deadline_s, began)
    task = get_task(generation.manifest.task)
    given = {
        ANSWER: [json.dumps(answer.to_json(), ensure_ascii=False) for answer in answers],
        PREDICTION: [_plain(task.beside(answer)) for answer in answers],
    }
    return {name: Tensor(name, BYTES, shape, texts=values) for name, values in given.items()}


def _plain(beside: Mapping[str, Any]) -> str:
    """The prediction as a text: a label as it is, all else as JSON."""
    value = beside.get("prediction")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def _of_tokens(
    generation: Generation, asked: Inference, bounds: Bounds, deadline_s: float, began: float
) -> dict[str, Tensor]:
    """The program's outputs for token ids as they are, padding included."""
    known = {IDS, TYPES}
    if not set(asked.inputs) <= known:
        raise wrong(T("beside {ids} there may be {types} alone",
                               "除 {ids} 外只能有 {types}", ids=IDS, types=TYPES))  # fmt: skip
    ids = _integers(asked.inputs[IDS], generation.largest_id)
    if ids.ndim != 2 or not ids.shape[1] or not ids.shape[0]:
        raise wrong(T("{ids} has the shape [rows, tokens]",
                               "{ids} 的形状应为 [行数, 词元数]", ids=IDS))  # fmt: skip
    if ids.shape[1] > generation.manifest.max_len:
        raise too_large(T("{n} tokens", "{n} 个词元", n=ids.shape[1]),
                        generation.manifest.max_len, "max_len")  # fmt: skip
    types = None
    if TYPES in asked.inputs:
        types = _integers(asked.inputs[TYPES], 1)
        if types.shape != ids.shape:
            raise wrong(T("{types} has another shape than {ids}",
                                   "{types} 与 {ids} 的形状不同",
                                   ids=IDS, types=TYPES))  # fmt: skip
    count = len(ids)
    windows = Windows(
        list(ids), np.arange(count), [False] * count, [False] * count,
        list(types) if types is not None else None,
    )  # fmt: skip
    left_s = max(deadline_s - (time.monotonic() - began), 0.001)
    outputs = await generation.run(windows, left_s)
    found = {}
    for spec in generation.manifest.signature.outputs:
        array = np.asarray(outputs[spec.name])
        found[spec.name] = Tensor(spec.name, datatype_of(array.dtype), array.shape, array=array)
    return found


def _integers(tensor: Tensor, largest: int) -> IntArray:
    """Whole numbers from 0: one beyond what the program knows could end its process."""
    array = tensor.array
    if array is None or array.dtype.kind not in "iu":
        raise wrong(T("{name} does not hold whole numbers", "{name} 不是整数",
                               name=tensor.name))  # fmt: skip
    if array.size and not (int(array.min()) >= 0 and int(array.max()) <= largest):
        raise wrong(T("{name} holds numbers outside 0 to {n}",
                               "{name} 中有 0 到 {n} 之外的数",
                               name=tensor.name, n=largest))  # fmt: skip
    return np.ascontiguousarray(array, np.int64)


def _shape(dims: Sequence[str | int]) -> list[int]:
    return [-1 if isinstance(size, str) else size for size in dims]
