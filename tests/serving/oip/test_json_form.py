"""Tensors of the Open Inference Protocol, in JSON and as bytes: read as they were written."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest

from paddle_lab.serving.oip.json_form import read, written
from paddle_lab.serving.oip.tensors import Tensor, Wanted
from paddle_lab.serving.problems import Refused

TEXTS = ["好", "", "😀👍🏽"]


def body(*inputs: dict[str, Any], rest: bytes = b"", **more: Any) -> tuple[bytes, str | None]:
    head = json.dumps({"inputs": list(inputs), **more}).encode()
    return head + rest, str(len(head)) if rest else None


def tensor(name: str = "x", datatype: str = "INT64", shape: Any = (2,), **more: Any) -> Any:
    return {"name": name, "datatype": datatype, "shape": list(shape), **more}


def packed(texts: list[str]) -> bytes:
    return b"".join(struct.pack("<I", len(t.encode())) + t.encode() for t in texts)


def test_numbers_in_json_flat_or_in_rows() -> None:
    for data in ([1, 2, 3, 4], [[1, 2], [3, 4]]):
        found = read(*body(tensor(shape=(2, 2), data=data))).inputs["x"]
        assert found.array is not None and found.array.tolist() == [[1, 2], [3, 4]]
        assert found.array.dtype == np.int64


def test_texts_and_numbers_as_bytes_one_behind_the_other() -> None:
    array = np.arange(6, dtype="<i4").reshape(2, 3)
    texts = packed(TEXTS)
    asked = read(
        *body(
            tensor("t", "BYTES", (3,), parameters={"binary_data_size": len(texts)}),
            tensor("n", "INT32", (2, 3), parameters={"binary_data_size": 24}),
            rest=texts + array.tobytes(),
        )
    )
    assert asked.inputs["t"].texts == TEXTS
    assert asked.inputs["n"].array is not None
    np.testing.assert_array_equal(asked.inputs["n"].array, array)


def test_what_is_written_is_read_again_in_both_forms() -> None:
    given = [
        Tensor("t", "BYTES", (3, 1), texts=TEXTS),
        Tensor("f", "FP32", (2, 2), array=np.array([[1.5, -2], [0, 3e8]], np.float32)),
    ]
    for binary in (True, False):
        content, length = written({"id": "7"}, [(one, binary) for one in given])
        assert bool(length) is binary
        head = json.loads(content[: length or None])
        assert head["id"] == "7"
        text = json.dumps({"inputs": head["outputs"]}).encode()
        again = read(text + content[length:] if length else text, str(len(text)))
        assert again.inputs["t"].texts == TEXTS and again.inputs["t"].shape == (3, 1)
        assert again.inputs["f"].array is not None and given[1].array is not None
        np.testing.assert_array_equal(again.inputs["f"].array, given[1].array)


def test_outputs_are_sent_as_they_are_asked_for() -> None:
    outputs = [{"name": "a", "parameters": {"binary_data": True}}, {"name": "b"}]
    asked = read(*body(tensor(data=[1, 2]), id="3", outputs=outputs))
    assert asked.id == "3" and asked.outputs == (Wanted("a", True), Wanted("b"))
    assert [asked.is_binary(one) for one in asked.outputs] == [True, False]
    asked = read(*body(tensor(data=[1, 2]), parameters={"binary_data_output": True}))
    assert asked.outputs == () and asked.is_binary(Wanted("b"))


@pytest.mark.parametrize(
    "given",
    [
        {},
        3,
        tensor(),
        tensor(name="", data=[1, 2]),
        tensor(datatype="FP16", data=[1, 2]),
        tensor(shape=(3,), data=[1, 2]),
        tensor(shape=(-1,), data=[1, 2]),
        tensor(shape=(1, 1, 1, 1, 2), data=[1, 2]),
        {"name": "x", "datatype": "INT64", "shape": "2", "data": [1, 2]},
        tensor(data=[1, "2"]),
        tensor(data=[1, 2.0]),
        tensor(data=[1, True]),
        tensor(datatype="INT8", data=[1, 128]),
        tensor(datatype="UINT8", data=[1, -1]),
        tensor(datatype="BYTES", data=["a", 1]),
        tensor(data=[1, 2], parameters=3),
        tensor(parameters={"binary_data_size": 99}),
        tensor(parameters={"binary_data_size": 15}),
        tensor(parameters={"binary_data_size": -1}),
        tensor(parameters={"binary_data_size": 16}, data=[1, 2]),
        tensor(datatype="BYTES", parameters={"binary_data_size": 16}),
    ],
)
def test_what_is_no_tensor_is_refused(given: Any) -> None:
    with pytest.raises(Refused) as refused:
        read(*body(given, rest=b"\xff" * 16))
    assert refused.value.status == 400 and "/v2/models" in str(refused.value.error)


def test_heads_and_bytes_that_do_not_fit_are_refused() -> None:
    good, _ = body(tensor(data=[1, 2]))
    for content, length in (
        (good, "x"), (good, "-1"), (good, str(len(good) + 1)), (good + b"x", str(len(good))),
        (b"{}", None), (b'{"inputs": {}}', None), (b"[]", None),
        body(tensor(data=[1, 2]), tensor(data=[1, 2])), body(tensor(data=[1, 2]), id=3),
        body(tensor(data=[1, 2]), outputs=[{"parameters": {}}]),
        body(tensor(data=[1, 2]), outputs=[{"name": "a", "parameters": {"classification": 3}}]),
        body(*[tensor(str(n), data=[1, 2]) for n in range(33)]),
    ):  # fmt: skip
        with pytest.raises(Refused):
            read(content, length)
