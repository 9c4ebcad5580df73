"""The list of models: what is here, what can be had, without a network."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from model_builders import CONFIG, paddle_weights, write_folder, write_safetensors

from paddle_lab.cli import main
from paddle_lab.commands.offering import offer
from paddle_lab.models.catalog import paddlenlp_names


@pytest.fixture(autouse=True)
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("PPNLP_HOME", str(tmp_path / "ppnlp"))
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "HF_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, dict[str, object]]:
    assert main(["models", *words, "--json"]) == 0
    return {one["name"]: one for one in json.loads(capsys.readouterr().out)}


def test_the_shipped_model_is_here_and_larger_ones_can_be_had(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = listed(capsys)
    mini, nano = found["ernie-lab-mini"], found["ernie-3.0-nano-zh"]
    assert mini["here"]
    assert mini["licence"] == "apache-2.0"
    assert isinstance(mini["layers"], int)
    assert not nano["here"]
    assert nano["licence"] is None, "nobody says it here"
    assert nano["epoch_s"] > mini["epoch_s"]  # type: ignore[operator]
    assert nano["bytes"] > 40_000_000  # type: ignore[operator]


def test_the_page_of_models_is_told_of_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    told = offer()
    assert (told["rows"], told["tokens"]) == (10_000, 64)
    names = [one["name"] for one in told["models"]]
    assert set(listed(capsys)) | set(paddlenlp_names()) == set(names)
    assert len(set(names)) == len(names)


def test_a_word_finds_names_that_are_not_in_the_short_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = listed(capsys, "bert-base-chinese")
    if found:  # PaddleNLP is installed
        assert all("bert-base-chinese" in name for name in found)
        assert "bert-base-chinese" not in listed(capsys)
    assert main(["models", "no-such-model"]) == 0
    assert "hf:org/name" in capsys.readouterr().out


def test_what_the_hubs_library_has_downloaded_is_here(
    own_caches: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = "a" * 40
    place = own_caches / "hf" / "models--org--mine"
    folder = write_folder(place / "snapshots" / commit, {**CONFIG, "model_type": "bert"})
    write_safetensors(folder / "model.safetensors", paddle_weights())
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(commit, encoding="utf-8")
    other = own_caches / "hf" / "models--org--gpt" / "snapshots" / commit
    write_folder(other, {**CONFIG, "model_type": "gpt2"})
    found = listed(capsys, "--here")
    assert found["hf:org/mine"]["licence"] == "mit"
    assert found["hf:org/mine"]["layers"] == 2
    assert found["hf:org/mine"]["bytes"] == os.path.getsize(folder / "model.safetensors")  # noqa: PTH202
    assert "hf:org/gpt" not in found
    assert all(one["here"] for one in found.values())


def test_the_table_is_there_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for language, word in (("en", "An epoch of 10,000 rows"), ("zh", "一轮")):
        assert main(["models", "--lang", language]) == 0
        assert word in capsys.readouterr().out
