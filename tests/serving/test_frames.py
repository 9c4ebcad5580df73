"""What front and worker say to each other arrives as it was, and nothing else is taken."""

from __future__ import annotations

import asyncio
import io
import json
import struct
from typing import Any

import numpy as np
import pytest

from paddle_lab.serving.frames import LARGEST_HEAD, BadFrame, packed, read, read_async, unpacked

ARRAYS = {
    "ids": np.arange(6, dtype=np.int64).reshape(2, 3),
    "logits": np.linspace(-1, 1, 4, dtype=np.float32).reshape(2, 2),
    "none": np.zeros((0, 5), dtype=np.float32),
}


def test_a_message_arrives_as_it_was_sent_one_after_the_other() -> None:
    pipe = io.BytesIO(packed({"id": 7, "名": "值"}, ARRAYS) + packed({"id": 8}))
    first, second = read(pipe.read), read(pipe.read)
    assert first is not None and second is not None and read(pipe.read) is None
    assert first[0] == {"id": 7, "名": "值"} and second == ({"id": 8}, {})
    for name, array in ARRAYS.items():
        assert first[1][name].dtype == array.dtype
        np.testing.assert_array_equal(first[1][name], array)


def test_columns_of_an_array_are_sent_in_their_order() -> None:
    array = np.arange(6, dtype=np.int64).reshape(2, 3).T
    message = read(io.BytesIO(packed({}, {"x": array})).read)
    assert message is not None
    np.testing.assert_array_equal(message[1]["x"], array)


def test_a_stream_gives_the_same() -> None:
    async def story() -> Any:
        stream = asyncio.StreamReader()
        stream.feed_data(packed({"id": 1}, ARRAYS))
        return await read_async(stream.readexactly)

    head, arrays = asyncio.run(story())
    assert head == {"id": 1} and arrays["ids"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("cut", [3, 8, 20, -1])
def test_a_pipe_that_ends_within_a_message_is_told(cut: int) -> None:
    with pytest.raises(BadFrame):
        read(io.BytesIO(packed({"id": 1}, ARRAYS)[:cut]).read)


@pytest.mark.parametrize(
    "arrays",
    [
        [["x", "object", [1]]],
        [["x", "float32", [2]]],
        [["x", "int64", [-1]]],
        [["x", "int64", [1] * 7]],
        [["x", "int64"]],
        [["x", "int64", ["1"]]],
        {"x": 1},
        3,
    ],
)
def test_arrays_that_are_none_are_refused(arrays: Any) -> None:
    with pytest.raises(BadFrame):
        unpacked(json.dumps({"arrays": arrays}).encode(), b"\0" * 4)


def test_more_bytes_than_arrays_and_a_head_without_end_are_refused() -> None:
    with pytest.raises(BadFrame, match="more than"):
        unpacked(b'{"arrays": []}', b"x")
    with pytest.raises(BadFrame):
        unpacked(b"[]", b"")
    with pytest.raises(BadFrame):
        read(io.BytesIO(struct.pack("!II", LARGEST_HEAD + 1, 0)).read)
