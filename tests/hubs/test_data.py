"""Data sets on a hub: their splits, their classes by name, and what is not read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer

from paddle_lab.api import specify
from paddle_lab.data import Prepared
from paddle_lab.data import hub_rows as rows_of_hubs
from paddle_lab.errors import DataError, HubError
from paddle_lab.hubs import ms_files
from paddle_lab.training.hub_pins import Pin, pinned
from paddle_lab.training.tables import prepare_for

TEXTS = ["这本书很好", "房间太小了", "值得再来", "不会再买", "服务周到", "质量很差"]
CARD = b"""---
license: cc-by-nc-4.0
dataset_info:
  features:
  - name: review
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': bad
          '1': good
---
# Reviews
"""


def csv(rows: int, start: int = 0) -> bytes:
    lines = [f"{TEXTS[n % 6]}{start + n},{n % 2}" for n in range(rows)]
    return ("review,label\n" + "\n".join(lines) + "\n").encode()


def parquet(rows: int, **columns: Any) -> bytes:
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )
    content = {
        "text": [f"{TEXTS[n % 6]}{n}" for n in range(rows)],
        "label": [n % 2 for n in range(rows)],
        **columns,
    }
    out = io.BytesIO()
    datasets.Dataset.from_dict(content, features=features).to_parquet(out)
    return out.getvalue()


def reviews(hub: HubServer, **files: bytes) -> str:
    return hub.store.put(
        "org/reviews",
        {"README.md": CARD, "train.csv": csv(40), "validation.csv": csv(10, 100),
         "test.csv": csv(12, 200), **files},
        kind="datasets",
    )  # fmt: skip


def prepare(given: dict[str, Any]) -> tuple[Prepared, dict[str, Pin], Any]:
    asked, pins = pinned({"train": None, "dev": None, **given}, {})
    spec, tables = specify(asked.pop("train"), asked.pop("dev"), {}, asked)
    return prepare_for(spec, tables), pins, spec


@pytest.mark.parametrize("prefix", ["hf", "ms", "aistudio"])
def test_a_set_gives_its_splits_and_the_names_of_its_classes(hub: HubServer, prefix: str) -> None:
    oid = reviews(hub)
    data, pins, spec = prepare({"train": f"{prefix}:org/reviews"})
    assert data.test is not None
    assert (len(data.train), len(data.dev), len(data.test)) == (40, 10, 12)
    assert data.labels == ["bad", "good"]
    assert spec.train == f"{prefix}:org/reviews:train@{oid}"
    assert spec.dev == f"{prefix}:org/reviews:validation@{oid}"
    assert spec.name == "reviews"
    assert set(pins) == {"train", "dev", "test"}
    assert data.provenance["train"]["licence"]["use"] == "noncommercial"
    again, _, same = prepare({"train": spec.train, "dev": spec.dev, "test": spec.test})
    assert again.fingerprint == data.fingerprint
    assert same.train == spec.train


def test_the_same_rows_are_read_after_the_set_has_changed(hub: HubServer) -> None:
    reviews(hub)
    data, _, spec = prepare({"train": "hf:org/reviews"})
    new = reviews(hub, **{"train.csv": csv(99)})
    again, pins, _ = prepare({"train": spec.train, "dev": spec.dev, "test": spec.test})
    assert again.fingerprint == data.fingerprint
    assert pins["train"].moved == new


def test_offline_the_rows_that_were_read_before_are_there(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews(hub)
    data, _, spec = prepare({"train": "hf:org/reviews"})
    monkeypatch.setenv("PADDLE_LAB_OFFLINE", "1")
    asked = len(hub.asked)
    for train in ("hf:org/reviews", spec.train):
        again, _, _ = prepare({"train": train, "dev": spec.dev, "test": spec.test})
        assert again.fingerprint == data.fingerprint
    assert len(hub.asked) == asked
    with pytest.raises(HubError):
        prepare({"train": "hf:org/others"})


def test_classes_of_parquet_files_stand_in_the_files_themselves(hub: HubServer) -> None:
    hub.store.put(
        "org/p",
        {"data/train-00000-of-00002.parquet": parquet(20),
         "data/train-00001-of-00002.parquet": parquet(16),
         "data/test-00000-of-00001.parquet": parquet(6, label=[-1] * 6)},
        kind="datasets",
    )  # fmt: skip
    data, _, _ = prepare({"train": "hf:org/p"})
    assert data.labels == ["bad", "good"]
    assert len(data.train) + len(data.dev) == 36
    assert data.test is None, "rows whose labels are kept back say nothing of a model"
    assert any("no labels" in one.in_language("en") for one in data.report.notices)


def test_a_configuration_is_named_where_there_are_several(hub: HubServer) -> None:
    card = b"""---
configs:
- config_name: a
  data_files:
  - {split: train, path: a.csv}
- config_name: b
  data_files:
  - {split: train, path: b.tsv}
  sep: "\\t"
---
"""
    tsv = csv(8).replace(b",", b"\t")
    hub.store.put("org/c", {"README.md": card, "a.csv": csv(20), "b.tsv": tsv}, kind="datasets")
    with pytest.raises(DataError, match="a, b") as caught:
        prepare({"train": "hf:org/c"})
    assert caught.value.code == "data.config"
    with pytest.raises(DataError, match="no configuration x"):
        prepare({"train": "hf:org/c/x"})
    data, _, spec = prepare({"train": "hf:org/c/b:train"})
    assert len(data.train) + len(data.dev) == 8
    assert spec.train.startswith("hf:org/c/b:train@")


def test_a_configuration_of_one_name_is_not_that_of_another(hub: HubServer) -> None:
    card = b"---\nconfigs:\n- {config_name: a, data_files: a.csv}\n" \
           b"- {config_name: b, data_files: b.csv}\n---\n"  # fmt: skip
    hub.store.put("org/c", {"README.md": card, "a.csv": csv(20), "b.csv": csv(8)}, kind="datasets")
    _, _, spec = prepare({"train": "hf:org/c/b"})
    commit = spec.train.partition("@")[2]
    with pytest.raises(DataError, match="several configurations"):
        prepare({"train": f"hf:org/c@{commit}"})
    data, _, _ = prepare({"train": f"hf:org/c/a@{commit}"})
    assert len(data.train) + len(data.dev) == 20


def test_older_and_packed_layouts_are_read(hub: HubServer) -> None:
    import gzip

    infos = {"default": {"features": {
        "review": {"dtype": "string", "_type": "Value"},
        "label": {"names": ["bad", "good"], "_type": "ClassLabel"},
    }, "splits": {"train": {"name": "train", "num_bytes": 1, "num_examples": 20}}}}  # fmt: skip
    hub.store.put("org/old", {"dataset_infos.json": json.dumps(infos).encode(),
                              "train.csv": csv(20)}, kind="datasets")  # fmt: skip
    data, _, _ = prepare({"train": "hf:org/old"})
    assert data.labels == ["bad", "good"]
    hub.store.put("org/packed", {"train.csv.gz": gzip.compress(csv(20))}, kind="datasets")
    packed, _, _ = prepare({"train": "hf:org/packed"})
    assert len(packed.train) + len(packed.dev) == 20


def test_an_unknown_split_is_answered_with_those_there_are(hub: HubServer) -> None:
    reviews(hub)
    with pytest.raises(DataError, match="validation") as caught:
        prepare({"train": "hf:org/reviews:trian"})
    assert caught.value.code == "data.part"


def test_what_a_person_gives_as_a_part_stays(hub: HubServer, tmp_path: Path) -> None:
    reviews(hub)
    own = tmp_path / "own.csv"
    own.write_bytes(csv(6, 900).replace(b",0", b",bad").replace(b",1", b",good"))
    data, pins, _ = prepare({"train": "hf:org/reviews", "dev": str(own)})
    assert len(data.dev) == 6
    assert set(pins) == {"train", "test"}


def jsonl(rows: int) -> bytes:
    lines = [{"review": f"{TEXTS[n % 6]}{n}", "label": n % 2} for n in range(rows)]
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()


def grouped(rows: int) -> bytes:
    """Parquet in groups of rows, as large sets have them."""
    import pyarrow as pa
    from pyarrow import parquet as files

    table = pa.table({"review": [f"{TEXTS[n % 6]}{n}" for n in range(rows)],
                      "label": [n % 2 for n in range(rows)]})  # fmt: skip
    out = io.BytesIO()
    files.write_table(table, out, row_group_size=1000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("file", "make"), [("train.csv", csv), ("train.jsonl", jsonl), ("train.parquet", grouped)]
)
def test_of_a_large_split_of_modelscope_only_parts_are_asked_for(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, file: str, make: Callable[[int], bytes]
) -> None:
    monkeypatch.setattr(rows_of_hubs, "_SMALL", 1000)
    monkeypatch.setattr(rows_of_hubs, "_ROWS_AT_LEAST", 100)
    monkeypatch.setattr(ms_files, "BLOCK", 1 << 18)
    content = make(60_000 if file == "train.csv" else 3000)
    hub.store.put("org/big", {"README.md": CARD, file: content}, kind="datasets")
    data, _, spec = prepare({"train": "ms:org/big", "limit": 10})
    assert len(data.train) == 10
    assert data.labels == ["bad", "good"]
    notice = next(one for one in data.report.notices if "first" in one.in_language("en"))
    assert "200" in notice.in_language("en")
    assert hub.ranges > 0
    if file == "train.csv":  # of the others `datasets` asks for more than there is here
        assert hub.furthest < 0.9 * len(content), "the rest stayed where it is"
    again, _, _ = prepare({"train": spec.train, "limit": 10})
    assert again.fingerprint == data.fingerprint


@pytest.mark.parametrize(("answers", "code"), [("no parts", "hub.interrupted"),
                                               ("nothing", "hub.busy")])  # fmt: skip
def test_parts_that_do_not_come_are_an_error_of_the_hub(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, answers: str, code: str
) -> None:
    monkeypatch.setattr(rows_of_hubs, "_SMALL", 1000)
    hub.store.put("org/big", {"train.csv": csv(5000)}, kind="datasets")
    if answers == "nothing":
        hub.faults.refuse("/repo?", 503, times=9, Retry_After="0")
    hub.faults.whole = answers == "no parts"
    with pytest.raises(HubError) as caught:
        prepare({"train": "ms:org/big", "limit": 10})
    assert caught.value.code == code


def test_of_a_large_split_only_the_beginning_is_read_where_few_rows_are_wanted(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_of_hubs, "_SMALL", 1000)
    monkeypatch.setattr(rows_of_hubs, "_ROWS_AT_LEAST", 100)
    big = csv(5000)
    hub.store.put("org/big", {"README.md": CARD, "train.csv": big}, kind="datasets")
    data, _, spec = prepare({"train": "hf:org/big", "limit": 10})
    assert len(data.train) == 10
    assert data.labels == ["bad", "good"]
    notice = next(one for one in data.report.notices if "first" in one.in_language("en"))
    assert "200" in notice.in_language("en")
    assert not list(Path(spec.train).parent.glob("*.incomplete"))
    whole = [path for path in hub.paths() if path.endswith("/train.csv")]
    assert whole, "it was read over the network"
    again, _, _ = prepare({"train": spec.train, "limit": 10})
    assert again.fingerprint == data.fingerprint


def test_a_set_with_a_program_is_refused_with_the_way_out(hub: HubServer) -> None:
    files = {"reviews.py": b"raise SystemExit", "train.csv": csv(8)}
    reviews(hub, **files)
    with pytest.raises(DataError, match="save_to_disk") as caught:
        prepare({"train": "hf:org/reviews"})
    assert caught.value.code == "data.script"
    converted = {"default/train/0000.parquet": parquet(20), "default/test/0000.parquet": parquet(6),
                 "other/partial-train/0000.parquet": parquet(8)}  # fmt: skip
    hub.store.repo("org/reviews", "datasets").commit(converted, branch="refs/convert/parquet")
    with pytest.raises(DataError, match="hf:org/reviews@refs/convert/parquet"):
        prepare({"train": "hf:org/reviews"})
    data, _, _ = prepare({"train": "hf:org/reviews@refs/convert/parquet"})
    assert data.test is not None
    assert (len(data.train) + len(data.dev), len(data.test)) == (20, 6)
    assert data.labels == ["bad", "good"]
    other, _, _ = prepare({"train": "hf:org/reviews/other@refs/convert/parquet"})
    assert len(other.train) + len(other.dev) == 8


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a.png": b"\x89PNG", "b.png": b"\x89PNG"}, "data.no_texts"),
        ({"README.md": b"---\nconfigs: 7\n---\n", "train.csv": b"a"}, "data.layout"),
        ({"train.parquet": b"PAR1 no"}, "data.unreadable"),
        ({}, "data.layout"),
    ],
)
def test_what_cannot_be_read_as_rows_is_said(
    hub: HubServer, files: dict[str, bytes], code: str
) -> None:
    hub.store.put("org/odd", files, kind="datasets")
    with pytest.raises(DataError) as caught:
        prepare({"train": "hf:org/odd"})
    assert caught.value.code == code
    assert len(caught.value.in_language("zh").splitlines()) == 3


def test_tasks_are_told_by_the_rows_of_a_hub_too(hub: HubServer) -> None:
    lines = [{"sentence1": a, "sentence2": b, "label": n % 2}
             for n, (a, b) in enumerate(zip(TEXTS * 4, TEXTS[1:] * 5, strict=False))]  # fmt: skip
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    hub.store.put("org/pairs", {"train.jsonl": content}, kind="datasets")
    _, _, spec = prepare({"train": "hf:org/pairs"})
    assert spec.task == "pair"


def test_a_folder_that_datasets_saved_is_read_with_its_parts(tmp_path: Path) -> None:
    import datasets

    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["bad", "good"])}
    )

    def table(rows: int) -> Any:
        content = {
            "text": [f"{TEXTS[n % 6]}{n}" for n in range(rows)],
            "label": [n % 2 for n in range(rows)],
        }
        return datasets.Dataset.from_dict(content, features=features)

    whole = datasets.DatasetDict(train=table(30).shuffle(seed=1), validation=table(8))
    whole.save_to_disk(tmp_path / "saved")
    before = sorted(path.name for path in (tmp_path / "saved").rglob("*"))
    data, _, _ = prepare({"train": str(tmp_path / "saved")})
    assert (len(data.train), len(data.dev)) == (30, 8)
    assert data.labels == ["bad", "good"]
    single, _, _ = prepare({"train": str(tmp_path / "saved" / "validation")})
    assert len(single.train) + len(single.dev) == 8
    assert sorted(path.name for path in (tmp_path / "saved").rglob("*")) == before


def test_a_saved_folder_opens_no_file_but_its_own(tmp_path: Path) -> None:
    import datasets

    datasets.Dataset.from_dict({"text": ["a"], "label": ["b"]}).save_to_disk(tmp_path / "t")
    state = json.loads((tmp_path / "t" / "state.json").read_text())
    state["_data_files"] = [{"filename": "../outside.arrow"}]
    (tmp_path / "outside.arrow").write_bytes(b"")
    (tmp_path / "t" / "state.json").write_text(json.dumps(state))
    with pytest.raises(DataError, match="outside"):
        prepare({"train": str(tmp_path / "t")})


def test_all_trials_of_a_search_read_the_same_commit(
    hub: HubServer, tmp_path: Path, registry_root: Path
) -> None:
    from paddle_lab.search.start import new_search

    oid = reviews(hub)
    given = {"train": "hf:org/reviews", "lr": "1e-5..5e-5", "out": str(tmp_path / "runs")}
    plan = new_search(given, {}, trials=2).plan()
    assert plan.given["train"] == f"hf:org/reviews:train@{oid}"
    assert plan.given["dev"] == f"hf:org/reviews:validation@{oid}"
