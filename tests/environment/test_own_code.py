"""A failure of a person's own program: no rule about an environment explains it."""

from __future__ import annotations

import pytest

from paddle_lab.environment import explain

PROGRAM = (
    'Traceback (most recent call last):\n  File "/home/u/work/train.py", line 4, in <module>\n'
)
LIBRARY = '  File "/home/u/v/lib/python3.11/site-packages/paddlenlp/data.py", line 9, in read\n'


@pytest.mark.parametrize(
    "error",
    [
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "IndexError: index 7 is out of bounds for axis 0 with size 5",
        "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xc4 in position 0: invalid",
        "TypeError: plot() got an unexpected keyword argument 'colour'",
        "KeyError: 'label'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'train.csv'",
        "AttributeError: 'NoneType' object has no attribute 'shape'",
    ],
)
def test_a_program_that_fails_by_itself_gets_no_advice(error: str) -> None:
    assert explain(PROGRAM + error, {}).findings == ()


@pytest.mark.parametrize(
    "error",
    [
        "ModuleNotFoundError: No module named 'paddle'",
        "AttributeError: module 'paddle' has no attribute 'io'",
        "ValueError: (InvalidArgument) value of OP(paddle.nn.functional.embedding) "
        "expected >= 0 and < 3907, but got 3957.",
        "OSError: [Errno 28] No space left on device",
    ],
)
def test_what_comes_from_outside_is_explained_all_the_same(error: str) -> None:
    assert explain(PROGRAM + error, {}).findings


def test_a_library_that_raises_is_explained() -> None:
    error = "TypeError: __init__() got an unexpected keyword argument 'num_choices'"
    (first, *_) = explain(PROGRAM + LIBRARY + error, {}).findings
    assert "paddlenlp" in first.cause.in_language("en")
