"""Datasets of PaddleNLP, Paddle and Hugging Face as variables; parts of one are parts."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from classify_data import prepare, read
from data.data_files import three_parts

from paddle_lab.api import specify
from paddle_lab.commands import Context, data
from paddle_lab.data.folders import with_table_parts
from paddle_lab.errors import DataError
from paddle_lab.training.tables import prepare_for

ROWS = [{"text": f"这家店第{n}次去", "label": n % 2, "qid": ""} for n in range(40)]
NAMED = [(row["text"], "好评" if row["label"] else "差评") for row in ROWS]


class MapDataset:
    """As PaddleNLP's: rows by number, names of the classes beside."""

    def __init__(self, rows: list[Any], names: list[str] | None) -> None:
        self.data, self.label_list = rows, names

    def __getitem__(self, number: int) -> Any:
        return self.data[number]

    def __len__(self) -> int:
        return len(self.data)


class IterDataset:
    """As PaddleNLP's: rows in their order, from the beginning each time."""

    def __init__(self, rows: list[Any], names: list[str] | None) -> None:
        self.data, self.label_list = rows, names

    def __iter__(self) -> Iterator[Any]:
        yield from self.data


@pytest.mark.parametrize("kind", [MapDataset, IterDataset])
def test_datasets_of_paddlenlp(kind: Any) -> None:
    names = {"ds": kind(ROWS, ["差评", "好评"])}
    assert list(read("ds", names=names).rows()) == NAMED
    assert list(read(names["ds"]).rows()) == NAMED
    assert read("ds", names={"ds": kind(ROWS, None)}).labels == ["0", "1"] * 20
    pairs = kind([(row["text"], row["label"]) for row in ROWS], ["差评", "好评"])
    assert list(read(pairs).rows()) == NAMED


def test_a_real_dataset_of_paddlenlp() -> None:
    datasets = pytest.importorskip("paddlenlp.datasets")
    made = datasets.MapDataset([dict(row) for row in ROWS], label_list=["差评", "好评"])
    assert list(read(made).rows()) == NAMED


def test_what_can_be_read_once_only_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        read("rows", names={"rows": (row for row in ROWS)})
    assert caught.value.code == "data.variable"
    three_parts(caught.value)


def test_a_dataset_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paddle_lab.data.objects._MOST_ROWS", 30)
    for kind in (MapDataset, IterDataset):
        with pytest.raises(DataError) as caught:
            read("ds", names={"ds": kind(ROWS, None)})
        assert caught.value.code == "data.too_large"
        three_parts(caught.value)


@pytest.fixture(params=["Hugging Face", "PaddleNLP", "dict of frames"])
def parts(request: pytest.FixtureRequest) -> Any:
    sizes = {"train": ROWS, "validation": ROWS[:10], "test": ROWS[:6]}
    if request.param == "PaddleNLP":
        return {name: MapDataset(rows, ["差评", "好评"]) for name, rows in sizes.items()}
    if request.param == "dict of frames":
        pandas = pytest.importorskip("pandas")
        whole = pandas.DataFrame(ROWS)
        whole["label"] = [label for _, label in NAMED]
        return {name: whole.head(len(rows)) for name, rows in sizes.items()}
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["差评", "好评"]),
         "qid": datasets.Value("string")}
    )  # fmt: skip
    return datasets.DatasetDict(
        {name: datasets.Dataset.from_list(rows, features=features) for name, rows in sizes.items()}
    )


def test_parts_of_a_dataset_are_the_parts_of_a_run(parts: Any) -> None:
    for train, names in ((parts, {}), ("ds", {"ds": parts})):
        spec, tables = specify(train, None, names, {})
        prepared = prepare_for(spec, tables)
        assert prepared.test is not None
        sizes = (len(prepared.train), len(prepared.dev), len(prepared.test))
        assert sizes == (40, 10, 6) and prepared.labels == ["好评", "差评"]
    assert (spec.train, spec.dev, spec.test) == ("ds:train", "ds:validation", "ds:test")
    assert spec.name == "ds"


def test_the_data_command_reads_all_parts(parts: Any) -> None:
    args = data.build_parser().parse_args(["ds"])
    found = data.execute(args, Context(names={"ds": parts})).json
    assert list(found["parts"]) == ["train", "dev", "test"]


def test_one_part_is_named(parts: Any) -> None:
    spec, tables = specify("ds:validation", None, {"ds": parts}, {})
    assert spec.train == "ds:validation" and set(tables) == {"ds:validation"}
    given, _ = with_table_parts({"train": "ds", "dev": "ds:test", "test": None}, {"ds": parts})
    assert given["dev"] == "ds:test", "a part that was given stays"


def test_a_part_that_is_not_there(parts: Any) -> None:
    with pytest.raises(DataError) as caught:
        specify("ds:unsupervised", None, {"ds": parts}, {})
    assert caught.value.code == "data.part"
    assert "train, validation, test" in three_parts(caught.value)
    with pytest.raises(DataError) as caught:
        read("ds", names={"ds": parts})
    assert caught.value.code == "data.part" and "ds:train" in three_parts(caught.value)


def test_an_object_that_is_no_dataset_stays_an_error() -> None:
    for value in (SimpleNamespace(), 3, {"a", "b"}, object):
        with pytest.raises(DataError):
            prepare(value)
