"""Messages of gRPC without generated code: their bytes are those of the public protocol."""

from __future__ import annotations

import contextlib
import random

import pytest

from paddle_lab.serving.rpc.messages import message, read


def field(number: int, content: bytes) -> bytes:
    """A text, bytes or a message as it travels."""
    return bytes([number << 3 | 2, len(content)]) + content


def test_a_request_that_was_written_by_hand_is_read() -> None:
    parameter = field(1, b"deadline_ms") + field(2, bytes([2 << 3, 50]))
    contents = field(5, field(8, "好".encode()) + field(8, b""))
    tensor = field(1, b"text") + field(2, b"BYTES") + field(3, bytes([2])) + contents
    content = field(1, b"reviews") + field(3, b"7") + field(4, parameter) + field(5, tensor)
    content += field(6, field(1, b"answer")) + field(7, b"raw")
    given = read("ModelInferRequest", content, 99)
    assert (given.model_name, given.model_version, given.id) == ("reviews", "", "7")
    assert given.parameters["deadline_ms"].WhichOneof("parameter_choice") == "int64_param"
    assert given.parameters["deadline_ms"].int64_param == 50
    (one,) = given.inputs
    assert (one.name, one.datatype, list(one.shape)) == ("text", "BYTES", [2])
    assert list(one.contents.bytes_contents) == ["好".encode(), b""]
    assert given.outputs[0].name == "answer" and list(given.raw_input_contents) == [b"raw"]
    assert read("ModelInferRequest", given.SerializeToString(), 99) == given


def test_numbers_have_the_fields_of_the_protocol() -> None:
    contents = message("InferTensorContents")
    by_number = {one.number: one.name for one in contents.DESCRIPTOR.fields}
    assert by_number == {
        1: "bool_contents", 2: "int_contents", 3: "int64_contents", 4: "uint_contents",
        5: "uint64_contents", 6: "fp32_contents", 7: "fp64_contents", 8: "bytes_contents",
    }  # fmt: skip
    answer = message("ModelInferResponse")(model_name="m", raw_output_contents=[b"\x01"])
    assert answer.SerializeToString() == field(1, b"m") + field(6, b"\x01")
    assert message("HealthCheckResponse")(status=1).SerializeToString() == b"\x08\x01"


@pytest.mark.parametrize("content", [b"\xff", b"\x0a\x05x", field(1, b"\xff"), b"\x0b" * 50])
def test_bytes_that_are_no_message_are_said_to_be_none(content: bytes) -> None:
    with pytest.raises(ValueError, match="no ModelInferRequest"):
        read("ModelInferRequest", content, 99)


def test_fields_are_counted_before_a_message_is_made() -> None:
    given = message("ModelInferRequest")(model_name="m")
    given.parameters["a"].bool_param = True  # with key, value and choice four fields
    tensor = given.inputs.add(name="text", shape=[2])  # three, and its contents
    tensor.contents.bytes_contents.extend([b"", b"x"])  # two more
    content = given.SerializeToString()
    assert read("ModelInferRequest", content, 11) == given
    with pytest.raises(OverflowError):
        read("ModelInferRequest", content, 10)
    # Elements of numbers stand in one field, and what is unknown is one, whatever it holds.
    tensor.contents.int64_contents.extend(range(1000))
    content = given.SerializeToString() + field(15, content)
    assert read("ModelInferRequest", content, 13).inputs[0].contents.int64_contents[999] == 999


def test_what_is_no_message_is_counted_to_an_end() -> None:
    chance = random.Random(0)
    for _ in range(2000):
        content = chance.randbytes(chance.randrange(60))
        with contextlib.suppress(ValueError, OverflowError):
            read("ModelInferRequest", content, 20)
