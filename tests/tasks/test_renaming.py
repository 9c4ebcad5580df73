"""Other names for the labels in a codec's JSON; all else stays."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.errors import UsageError
from paddle_lab.tasks.renaming import labels_in, renamed_labels


@pytest.mark.parametrize(
    ("codec", "names", "expected"),
    [
        ({"labels": ["0", "1"]}, {"0": "差评"}, ["差评", "1"]),
        ({"labels": ["0", "1"]}, {0: "差评", 1.0: "好评"}, ["差评", "好评"]),
        ({"labels": ["a", "b"], "thresholds": [0.4, 0.6]}, {"a": "b", "b": "a"}, ["b", "a"]),
        ({"types": ["LOC", "PER"], "transitions": [[0.0]]}, {"LOC": "地点"}, ["地点", "PER"]),
        ({"labels": ["0", "1"]}, {}, ["0", "1"]),
    ],
)
def test_labels_and_types_are_named_anew(
    codec: dict[str, Any], names: dict[Any, str], expected: list[str]
) -> None:
    found = renamed_labels(codec, names)
    assert labels_in(found) == expected
    others = {key: value for key, value in codec.items() if key not in ("labels", "types")}
    assert {key: found[key] for key in others} == others


@pytest.mark.parametrize("codec", [{"pair": False, "mean": 0.0}, {"answer_length": 30}])
def test_a_task_without_labels_has_none_to_name(codec: dict[str, Any]) -> None:
    assert labels_in(codec) == []
    with pytest.raises(UsageError, match="no label 'a'"):
        renamed_labels(codec, {"a": "b"})


def test_a_label_that_is_mistyped_is_named() -> None:
    with pytest.raises(UsageError, match="positive"):
        renamed_labels({"labels": ["negative", "positive"]}, {"positve": "好评"})
