"""A model of a hub as the start of a run: looked at, refused early, held to a commit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hub_server import HubServer
from model_builders import (
    CONFIG,
    paddle_weights,
    same_encoder,
    write_folder,
    write_safetensors,
    write_shards,
)

from paddle_lab.errors import HubError, ModelError
from paddle_lab.models import resolve_model
from paddle_lab.runs import RunSpec
from paddle_lab.runs.model_name import model_name
from paddle_lab.training.hub_pins import notices_of, pinned, pins_in
from paddle_lab.training.start import create_run


def files_of_a_model(
    folder: Path, seed: int = 0, card: str = "license: apache-2.0"
) -> dict[str, bytes]:
    write_folder(folder)
    write_safetensors(folder / "model.safetensors", paddle_weights(seed=seed))
    (folder / "README.md").write_text(f"---\n{card}\n---\n# A model\n", encoding="utf-8")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run_of(hub: HubServer, given: dict[str, Any], tmp_path: Path) -> Any:
    found, pins = pinned(given, {})
    rows = tmp_path / "rows.tsv"
    rows.write_text("text\tlabel\n很好\t1\n很差\t0\n", encoding="utf-8")
    spec = RunSpec(train=str(rows), model=found["model"], out=str(tmp_path / "runs"))
    return create_run(spec, {}, None, pins)


@pytest.mark.parametrize("prefix", ["hf:", "ms:", "aistudio:", ""])
def test_a_model_is_found_by_its_name_on_a_hub(hub: HubServer, prefix: str, tmp_path: Path) -> None:
    oid = hub.store.put("org/m", files_of_a_model(tmp_path / "m"))
    resolved = resolve_model(f"{prefix}org/m")
    assert resolved.source == "hub"
    assert resolved.revision == oid
    assert resolved.endpoint == hub.address
    assert resolved.licence == "apache-2.0"
    assert resolved.licence_notice is None


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]}, "decoder"),
        ({"model_type": "bert", "is_decoder": True}, "decoder"),
        ({"model_type": "vit"}, "pictures"),
        ({"model_type": "t5"}, "encoder with a decoder"),
        ({"model_type": "albert", "num_hidden_groups": 2, "inner_group_num": 1}, "another form"),
        ({"model_type": "deberta"}, "another form"),
        ({"model_type": "xlm-roberta"}, "tokenizer"),
    ],
)
def test_another_kind_of_model_is_refused_before_its_weights_are_downloaded(
    hub: HubServer, config: dict[str, Any], why: str, tmp_path: Path
) -> None:
    files = files_of_a_model(tmp_path / "m")
    files["config.json"] = json.dumps({**CONFIG, "architectures": None, **config}).encode()
    hub.store.put("org/m", files)
    with pytest.raises(ModelError, match=why) as caught:
        pinned({"model": "hf:org/m"}, {})
    assert caught.value.code == "model.kind"
    assert not any("safetensors" in path for path in hub.paths() + hub.paths("HEAD"))


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"manifest.json": b"{}", "proof.json": b"{}"}, "%ernie_predict"),
        ({"config.json": json.dumps(CONFIG).encode(), "vocab.txt": b"x",
          "model.safetensors.index.json": b"{}"}, "weight_map"),
        ({"notes.txt": b""}, "notes.txt"),
    ],
)  # fmt: skip
def test_a_repository_that_is_no_model_says_what_it_is(
    hub: HubServer, extra: dict[str, bytes], told: str
) -> None:
    hub.store.put("org/m", extra)
    with pytest.raises(ModelError, match=told):
        resolve_model("hf:org/m")


def test_weights_in_several_files_are_fetched_with_their_index(
    hub: HubServer, tmp_path: Path
) -> None:
    files = files_of_a_model(tmp_path / "m")
    del files["model.safetensors"]
    pieces = write_shards(tmp_path / "pieces", "model.safetensors", paddle_weights())
    files |= {path.name: path.read_bytes() for path in pieces}
    hub.store.put("org/m", files)
    resolved = resolve_model("hf:org/m")
    assert same_encoder(resolved.folder, paddle_weights())
    assert resolved.weights_format == "safetensors"

    without = {name: data for name, data in files.items() if "00002-of" not in name}
    hub.store.put("org/n", without)
    before = len(hub.paths())
    with pytest.raises(ModelError, match="model-00002-of-00003"):
        resolve_model("hf:org/n")
    assert not any("00001-of" in path for path in hub.paths()[before:]), "nothing large is fetched"


def test_a_run_keeps_the_commit_and_says_where_it_came_from(
    hub: HubServer, tmp_path: Path, registry_root: Path
) -> None:
    oid = hub.store.put("org/m", files_of_a_model(tmp_path / "m"))
    run = run_of(hub, {"model": "hf:org/m@main"}, tmp_path)
    assert run.spec().model == f"hf:org/m@{oid}"
    facts = pins_in(run)["model"]
    assert facts["asked"] == "hf:org/m@main"
    assert (facts["revision"], facts["endpoint"]) == (oid, hub.address)
    assert facts["licence"] == "apache-2.0"
    assert facts["moved"] is None
    (told,) = notices_of(run, again=False)
    assert hub.address in told.in_language("en")
    assert oid[:8] in told.in_language("en")
    assert oid not in model_name(run.spec().model)


def test_a_resumed_run_reads_the_same_bytes_and_says_that_the_name_moved(
    hub: HubServer, tmp_path: Path, registry_root: Path
) -> None:
    hub.store.put("org/m", files_of_a_model(tmp_path / "m"))
    run = run_of(hub, {"model": "hf:org/m"}, tmp_path)
    first = resolve_model(run.spec().model)
    new = hub.store.put("org/m", files_of_a_model(tmp_path / "n", seed=9))
    told = [one.in_language("en") for one in notices_of(run, again=True)]
    assert any(new[:8] in one and "keeps" in one for one in told)
    assert resolve_model(run.spec().model).sha256 == first.sha256
    assert resolve_model("hf:org/m").sha256 != first.sha256


def test_a_repeated_run_says_that_the_name_moved(
    hub: HubServer, tmp_path: Path, registry_root: Path
) -> None:
    old = hub.store.put("org/m", files_of_a_model(tmp_path / "m"))
    new = hub.store.put("org/m", files_of_a_model(tmp_path / "n", seed=9))
    run = run_of(hub, {"model": f"hf:org/m@{old}"}, tmp_path)
    assert pins_in(run)["model"]["moved"] == new
    assert any(new[:8] in one.in_language("zh") for one in notices_of(run, again=False))


def test_a_run_whose_pins_are_nonsense_is_no_worse_for_it(
    hub: HubServer, tmp_path: Path, registry_root: Path
) -> None:
    hub.store.put("org/m", files_of_a_model(tmp_path / "m"))
    run = run_of(hub, {"model": "hf:org/m"}, tmp_path)
    info = json.loads(run.info_path.read_text("utf-8"))
    info["hubs"] = {"model": {"asked": "hf:../..", "name": 3}, "train": 7}
    run.info_path.write_text(json.dumps(info), encoding="utf-8")
    assert notices_of(run, again=True) == []


def test_what_is_no_name_on_a_hub_is_left_alone(hub: HubServer) -> None:
    given = {"model": "ernie-lab-mini", "train": "reviews"}
    assert pinned(given, {}) == (given, {})
    assert hub.asked == []


def test_an_unknown_model_leaves_no_run_behind(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(HubError):
        run_of(hub, {"model": "hf:org/none"}, tmp_path)
    assert not (tmp_path / "runs").exists()
