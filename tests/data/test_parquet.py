"""Parquet files of pandas and of `datasets` are read as tables."""

from __future__ import annotations

import io
from typing import Any

import pytest
from classify_data import read
from data.data_files import Write, three_parts

from paddle_lab.errors import DataError

pandas = pytest.importorskip("pandas")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = [(f"这家店第{n}次去", n % 2) for n in range(2500)]


def of_frame(frame: Any, **how: Any) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream, **how)
    return stream.getvalue()


def refusal(path: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        read(str(path))
    three_parts(caught.value)
    return caught.value


@pytest.fixture
def frame() -> Any:
    return pandas.DataFrame(ROWS, columns=["评论", "标签"], index=range(7, 2507))


@pytest.mark.parametrize("compression", ["snappy", "gzip", "zstd", None])
def test_a_frame_that_pandas_saved(compression: str | None, frame: Any, write: Write) -> None:
    path = write("a.parquet", of_frame(frame, compression=compression))
    found = read(str(path))
    assert list(found.rows()) == [(text, str(label)) for text, label in ROWS]
    assert found.where(2499).in_language("en") == "a.parquet row 2500"
    shuffled = read(str(write("b", of_frame(frame.sample(frac=1, random_state=1)))))
    assert sorted(shuffled.rows()) == sorted(found.rows()), "the index is no column"


def test_classes_of_datasets_have_their_names(write: Write) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["差评", "好评"])}
    )
    rows = {"text": [text for text, _ in ROWS[:9]], "label": [0, 1, -1, *([1] * 6)]}
    stream = io.BytesIO()
    datasets.Dataset.from_dict(rows, features=features).to_parquet(stream)
    found = read(str(write("a.parquet", stream.getvalue())), skip_bad=True)
    assert found.labels == ["差评", *["好评"] * 7]


def test_lists_of_labels_stay_lists(write: Write) -> None:
    frame = pandas.DataFrame({"text": ["好吃又近", "难吃"], "labels": [["味道", "位置"], ["味道"]]})
    path = write("a.parquet", of_frame(frame))
    with pytest.raises(DataError, match="2 labels in one row"):
        read(str(path), label="labels")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_one_that_was_cut_short_is_called_damaged(share: float, frame: Any, write: Write) -> None:
    whole = of_frame(frame)
    error = refusal(write("a.parquet", whole[: int(share * len(whole))]))
    assert error.code == "data.damaged"


def test_bytes_that_were_changed_end_in_rows_or_a_message(frame: Any, write: Write) -> None:
    whole = of_frame(frame.head(50))
    for place in range(4, len(whole), 41):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        try:
            read(str(write("a.parquet", bytes(changed))))
        except DataError as error:
            assert error.what and error.why and error.fix


def test_a_text_that_repeats_is_small_in_the_file_and_large_when_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.data.files.LARGEST_FILE", 1 << 20)
    path = write(
        "a.parquet", of_frame(pandas.DataFrame({"text": ["好" * 5000] * 3000, "label": 1}))
    )
    assert path.stat().st_size < 1 << 17
    assert refusal(path).code == "data.too_large"
