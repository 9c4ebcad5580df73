"""``--layers``: a model folder of its own, with the first layer, the last, and some between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_builders import CONFIG, paddle_weights, write_folder, write_safetensors

from paddle_lab.errors import UsageError
from paddle_lab.models import resolve_model
from paddle_lab.models.config import read_config
from paddle_lab.models.convert import of_layers
from paddle_lab.models.fewer_layers import evenly, with_layers
from paddle_lab.models.resolve import Resolved
from paddle_lab.models.safe_weights import read_weights

QUERY = "ernie.encoder.layers.{}.self_attn.q_proj.weight"


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resolved:
    """A model of two layers."""
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    folder = write_folder(tmp_path / "model", CONFIG)
    write_safetensors(folder / "model.safetensors", paddle_weights())
    return resolve_model(str(folder))


@pytest.mark.parametrize(
    ("count", "wanted", "chosen"),
    [(4, 1, [0]), (4, 2, [0, 3]), (12, 3, [0, 6, 11]), (6, 4, [0, 2, 3, 5]), (3, 3, [0, 1, 2])],
)
def test_layers_are_as_far_apart_as_can_be(count: int, wanted: int, chosen: list[int]) -> None:
    assert evenly(count, wanted) == chosen


def test_those_that_stay_are_numbered_anew_and_the_rest_is_as_it_was() -> None:
    weights = {QUERY.format(layer): np.full(2, layer) for layer in range(12)}
    weights["ernie.embeddings.word_embeddings.weight"] = np.ones(3)
    found = of_layers(weights, [0, 5, 11])
    assert {name: int(array[0]) for name, array in found.items()} == {
        QUERY.format(0): 0,
        QUERY.format(1): 5,
        QUERY.format(2): 11,
        "ernie.embeddings.word_embeddings.weight": 1,
    }


def test_the_folder_has_the_layers_alone_and_the_whole_one_stays(whole: Resolved) -> None:
    before = read_weights(whole.folder / "model.safetensors")
    one = with_layers(whole, 1)
    assert one.layers == (0,) and one.folder != whole.folder
    assert read_config(one.folder)["num_hidden_layers"] == 1
    found = read_weights(one.folder / "model.safetensors")
    assert np.array_equal(found[QUERY.format(0)], before[QUERY.format(0)])
    assert QUERY.format(1) not in found
    assert read_weights(whole.folder / "model.safetensors").keys() == before.keys()
    assert with_layers(whole, 1).folder == one.folder, "made once"


def test_all_of_them_are_the_model_itself(whole: Resolved) -> None:
    assert with_layers(whole, None) is whole and with_layers(whole, 2) is whole


def test_more_than_there_are_is_refused(whole: Resolved) -> None:
    with pytest.raises(UsageError, match="has 2"):
        with_layers(replace(whole, name="mine"), 3)
