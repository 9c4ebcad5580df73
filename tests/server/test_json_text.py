"""What is sent is JSON for every reader: no NaN, no half surrogate, one line."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from paddle_lab.server.json_text import to_json
from paddle_lab.text.well_formed import well_formed


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ({"a": math.nan, "b": [math.inf, -math.inf, 1.5]}, {"a": None, "b": [None, None, 1.5]}),
        ({"name": "half \ud83d"}, {"name": "half \ufffd"}),
        ({"\udc80 key": "\ud83d\ude00"}, {"\ufffd key": "\U0001f600"}),
        ({"a": math.nan, "name": "\udfff中文"}, {"a": None, "name": "\ufffd中文"}),
        ({"name": "<script>\u202e\x00\n\u2028"}, {"name": "<script>\u202e\x00\n\u2028"}),
    ],
)
def test_what_json_cannot_hold_is_replaced(content: Any, read: Any) -> None:
    line = to_json(content)
    line.encode("utf-8")
    assert "\n" not in line
    assert json.loads(line, parse_constant=lambda name: 1 / 0) == read


def test_whole_text_stays_as_it_is() -> None:
    assert well_formed("中文 \U0001f600 \x00") == "中文 \U0001f600 \x00"
