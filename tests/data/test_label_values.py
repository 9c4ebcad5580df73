"""Labels are texts inside; outside they have the type and the spelling that they came with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_lab.data import read
from paddle_lab.data.label_values import checked_values, label_values
from paddle_lab.tasks import get_task
from paddle_lab.tasks.codec import Windows

TEXTS = ["很好用", "太慢了", "一般般", "不推荐"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1, 0, 1, 0], {"1": 1, "0": 0}),
        ([1.0, 0.0, 1.0, 0.0], {"1": 1.0, "0": 0.0}),
        ([True, False, True, False], {"True": True, "False": False}),
        (["1.0", "0.0", "1.0", "0.0"], {"1": "1.0", "0": "0.0"}),
        (["1", "0", "1", "0"], {}),
        (["好", "差", "好", "差"], {}),
        ([np.int64(2), np.int64(3), np.int64(2), np.int64(3)], {"2": 2, "3": 3}),
    ],
)
def test_a_frames_labels_keep_their_type(labels: list[Any], expected: dict[str, Any]) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"text": TEXTS, "label": labels})
    data = read(get_task("classify"), frame)
    found = data.provenance.get("label_values", {})
    assert found == expected
    assert [type(value) for value in found.values()] == [type(v) for v in expected.values()]


@pytest.mark.parametrize(
    ("written", "expected"),
    [(["1", "0"], {"1": 1, "0": 0}), (["1.0", "0.0"], {"1": 1.0, "0": 0.0}),
     (["01", "00"], {}), (["好", "1"], {})],
)  # fmt: skip
def test_a_files_numbers_are_numbers_as_pandas_reads_them(
    tmp_path: Path, written: list[str], expected: dict[str, Any]
) -> None:
    path = tmp_path / "rows.csv"
    rows = [f"{text},{written[n % 2]}" for n, text in enumerate(TEXTS)]
    path.write_text("text,label\n" + "\n".join(rows), encoding="utf-8")
    found = read(get_task("classify"), path).provenance.get("label_values", {})
    assert found == expected and list(map(type, found.values())) == list(
        map(type, expected.values())
    )


def test_the_codec_carries_them_into_the_bundle_and_into_answers() -> None:
    from bundle.tiny import build_tokenizer_json

    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"text": TEXTS, "label": [1, 0, 1, 0]})
    task, tokenizer = get_task("classify"), build_tokenizer_json()
    codec = task.codec(tokenizer, 16, read(task, frame), None)
    content = codec.to_json()
    assert content == {"labels": ["0", "1"], "values": {"0": 0, "1": 1}}
    again = task.codec_from(tokenizer, 16, content)
    windows = Windows([np.array([1])], np.array([0]), [False], [False])
    (answer,) = again.decode({"text": ["x"]}, windows, {"logits": np.array([[0.0, 2.0]])})
    assert answer.label == "1" and answer.value == 1 and type(answer.value) is int
    assert answer.to_json()["value"] == 1
    assert task.beside(answer)["prediction"] == 1 and task.is_right(answer, 1.0)
    assert task.is_right(answer, "0") is False and task.is_right(answer, "x") is None


@pytest.mark.parametrize("content", [[], {"1": 2}, {"1": None}, {"1": [1]}, {"a": float("nan")}])
def test_values_that_are_not_those_of_the_labels_are_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="value"):
        checked_values(content)


def test_very_many_different_labels_are_no_classes() -> None:
    assert label_values(range(30_000)) == {}
