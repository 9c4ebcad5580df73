"""Loss and gradients of the fast kernels are those of Paddle's own, for every head and shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_lab.cpu.onednn import OneDnnError, find
from paddle_lab.cpu.ops import Masks
from paddle_lab.models.activation import put_activation

paddle = pytest.importorskip("paddle")
try:
    find()
except OneDnnError as error:
    pytest.skip(str(error), allow_module_level=True)
pytestmark = pytest.mark.usefixtures("on_cpu")

from cpu.models import LENGTH, TEXTS, VOCABULARY, assert_close, batch, build, fast, gradients  # noqa: E402


@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize(
    "kind",
    [
        "ErnieForSequenceClassification",
        pytest.param("BertForSequenceClassification", marks=pytest.mark.slow),
        "ErnieForTokenClassification",
        pytest.param("BertForTokenClassification", marks=pytest.mark.slow),
        "ErnieForMaskedLM",
    ],
)
def test_loss_and_every_gradient_are_those_of_paddle(kind: str, activation: str) -> None:
    model = build(kind, hidden_act=activation)
    plain_loss, plain = gradients(model)
    with fast(model) as switch:
        assert switch.reason is None and switch.layers > 0
        quick_loss, quick = gradients(model)
    assert quick_loss == pytest.approx(plain_loss, rel=1e-5)
    assert_close(plain, quick)


def test_gelu_by_the_tangent_has_fast_kernels_too() -> None:
    model = build(hidden_act="gelu")
    plain = gradients(model)[0]
    put_activation(model, {"hidden_act": "gelu_new"})
    loss, slow = gradients(model)
    assert loss != pytest.approx(plain, rel=1e-6), "it is another function"
    layers = len(model.ernie.encoder.layers)
    with fast(model) as switch:
        assert switch.reason is None and switch.layers > layers
        quick_loss, quick = gradients(model)
    assert quick_loss == pytest.approx(loss, rel=1e-5)
    assert_close(slow, quick)


@pytest.mark.parametrize("texts_length", [(1, 1), (1, 7), (3, 2), (2, 63), (2, 64)])
def test_odd_batch_shapes(texts_length: tuple[int, int]) -> None:
    ids = paddle.to_tensor(np.random.default_rng(0).integers(1, VOCABULARY, texts_length))
    for kind in ("ErnieForSequenceClassification", "ErnieForTokenClassification"):
        model = build(kind)
        _, plain = gradients(model, input_ids=ids)
        with fast(model):
            _, quick = gradients(model, input_ids=ids)
        assert_close(plain, quick)


def masks() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    per_text = (rng.random((TEXTS, LENGTH)) < 0.8).astype("int64")
    per_text[:, 0] = 1
    per_query = np.where(rng.random((TEXTS, 1, LENGTH, LENGTH)) < 0.8, 0.0, -1e4)
    per_query[:, :, :, 0] = 0
    shared = per_query[:1]
    return {
        "per text": paddle.to_tensor(per_text),
        "per query": paddle.to_tensor(per_query.astype("float32")),
        "shared": paddle.to_tensor(shared.astype("float32")),
        "bool": paddle.to_tensor(per_query == 0),
    }


@pytest.mark.parametrize("name", ["per text", "per query", "shared", "bool"])
@pytest.mark.parametrize("kind", ["ErnieForSequenceClassification", "ErnieForTokenClassification"])
def test_every_form_of_attention_mask(name: str, kind: str) -> None:
    model, inputs = build(kind), {"input_ids": batch(), "attention_mask": masks()[name]}
    _, plain = gradients(model, **inputs)
    with fast(model):
        _, quick = gradients(model, **inputs)
    assert_close(plain, quick)


def test_with_dropout_the_gradient_is_that_of_the_masks_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Paddle's own layers, given the same masks in the same order, are the reference."""
    options = {"hidden_dropout_prob": 0.3, "attention_probs_dropout_prob": 0.2}
    model = build("ErnieForTokenClassification", **options)
    unpadded = {"input_ids": batch(12)}  # else the masks' sizes would differ
    with fast(model, seed=4):
        _, quick = gradients(model, **unpadded)
        _, again = gradients(model, **unpadded)
    assert any(np.abs(quick[name] - again[name]).max() > 0 for name in quick)  # other masks

    same_masks = Masks(4, lambda: 0)

    def dropout(x: Any, p: float, training: bool, **_: Any) -> Any:
        assert training
        if not p:
            return x
        mask = same_masks.draw(p, x.size)
        kept = paddle.to_tensor(mask.kept.astype("float32")).reshape(x.shape)
        return x * kept * mask.scale

    monkeypatch.setattr("paddle.nn.functional.dropout", dropout)
    _, plain = gradients(model, **unpadded)
    assert_close(plain, quick)


def test_frozen_weights_get_no_gradient_and_change_nothing_else() -> None:
    model = build()
    frozen = ["ernie.embeddings", "layers.1.linear2", "layers.1.self_attn.q_proj"]
    for name, parameter in model.named_parameters():
        parameter.stop_gradient = any(part in name for part in frozen)
    _, plain = gradients(model)
    with fast(model):
        _, quick = gradients(model)
    assert not any(part in name for name in quick for part in frozen)
    assert_close(plain, quick)


def test_a_frozen_normalisation_still_scales_the_gradient() -> None:
    """Paddle 3.3's own kernel forgets a frozen scale: with it, all gradients below are wrong."""
    model = build()
    _, free = gradients(model)
    for name, parameter in model.named_parameters():
        parameter.stop_gradient = "norm1" in name
    with fast(model):
        _, quick = gradients(model)
    for gradients_of in (free, quick):
        for name in [name for name in gradients_of if "norm1" in name]:
            del gradients_of[name]
    assert_close(free, quick)


def test_bfloat16_products_come_close() -> None:
    model = build()
    _, plain = gradients(model)
    with fast(model, bfloat16=True):
        _, quick = gradients(model)
    assert_close(plain, quick, tolerance=0.1)


SIDES = [(1, 1, 1), (1, 7, 1), (5, 7, 1), (1, 7, 3), (5, 1, 3), (5, 1, 1), (1, 1, 3), (65, 64, 1)]


@pytest.mark.parametrize("sizes", SIDES, ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_a_linear_layer_of_any_sides(sizes: tuple[int, int, int], bias: bool) -> None:
    """Rows, inputs and outputs of 1 among them: output and all gradients are Paddle's."""
    rows, inputs, outputs = sizes
    layer = paddle.nn.Linear(inputs, outputs, bias_attr=None if bias else False)
    given = np.random.default_rng(0).normal(size=(rows, inputs)).astype("float32")
    weights = np.random.default_rng(1).normal(size=(rows, outputs)).astype("float32")

    def numbers() -> dict[str, np.ndarray]:
        x = paddle.to_tensor(given, stop_gradient=False)
        y = layer(x)
        (y * paddle.to_tensor(weights)).sum().backward()
        found = {name: weight.grad.numpy().copy() for name, weight in layer.named_parameters()}
        layer.clear_gradients()
        return {**found, "x": x.grad.numpy(), "y": y.numpy()}

    plain = numbers()
    with fast(layer) as switch:
        assert switch.layers == 1
        quick = numbers()
    for name, expected in plain.items():
        np.testing.assert_allclose(quick[name], expected, rtol=1e-4, atol=1e-5, err_msg=name)


HEADS = [
    *(("ErnieForSequenceClassification", outputs) for outputs in (1, 2, 5)),
    *(("ErnieForTokenClassification", outputs) for outputs in (1, 2, 9)),
    *(("BertForTokenClassification", outputs) for outputs in (1, 3)),
    *((name, 2) for name in ("ErnieForQuestionAnswering", "UIE", "ErnieModel")),
]


@pytest.mark.parametrize("texts_length", [(TEXTS, LENGTH), (1, 9), (3, 1), (1, 1)], ids=str)
@pytest.mark.parametrize(("kind", "outputs"), HEADS)
def test_every_head_with_token_types_and_mask(
    kind: str, outputs: int, texts_length: tuple[int, int]
) -> None:
    """Heads with one output (a score, the start and end of a span) read and train like others."""
    texts, length = texts_length
    rng = np.random.default_rng(2)
    present = np.ones((texts, length), dtype="int64")
    present[-1, max(1, length - 4) :] = 0
    inputs = {
        "input_ids": rng.integers(1, VOCABULARY, (texts, length)) * present,
        "token_type_ids": np.tile(np.arange(length) >= length // 2, (texts, 1)).astype("int64"),
        "attention_mask": present,
    }
    tensors = {name: paddle.to_tensor(array) for name, array in inputs.items()}
    model = build(kind, num_labels=outputs)
    plain_loss, plain = gradients(model, **tensors)
    with fast(model) as switch:
        assert switch.reason is None and switch.layers > 0
        quick_loss, quick = gradients(model, **tensors)
    assert quick_loss == pytest.approx(plain_loss, rel=1e-4, abs=1e-5)
    assert_close(plain, quick, tolerance=2e-5)


@pytest.mark.parametrize("heads", [1, 8, 32], ids=lambda heads: f"{heads} heads of {32 // heads}")
def test_heads_of_any_width(heads: int) -> None:
    model = build("ErnieForTokenClassification", num_attention_heads=heads)
    _, plain = gradients(model)
    with fast(model):
        _, quick = gradients(model)
    assert_close(plain, quick)
