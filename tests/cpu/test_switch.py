"""The switch leaves no trace, repeats to the bit, and says why where it does nothing."""

from __future__ import annotations

import copy
import gc
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_lab.cpu import onednn_core, set_threads
from paddle_lab.cpu.onednn import OneDnnError, find
from paddle_lab.cpu.ops import Masks
from paddle_lab.training.memory import is_out_of_memory

paddle = pytest.importorskip("paddle")
try:
    find()
except OneDnnError as error:
    pytest.skip(str(error), allow_module_level=True)
pytestmark = pytest.mark.usefixtures("on_cpu")

from cpu.models import Arrays, assert_close, batch, build, fast, gradients, loss_of  # noqa: E402


def test_a_mask_drops_its_share_and_depends_on_seed_step_and_place_alone() -> None:
    step = 0
    source = Masks(9, lambda: step)
    first, second = source.draw(0.1, 200_001), source.draw(0.1, 200_001)
    share = 1 - first.kept.mean()
    assert share == pytest.approx(0.1, abs=0.003)
    assert first.scale == pytest.approx(1 / 0.9, abs=1e-4)
    assert abs(np.corrcoef(first.kept, second.kept)[0, 1]) < 0.01
    neighbours = np.corrcoef(first.kept[1:], first.kept[:-1])[0, 1]
    assert abs(neighbours) < 0.01

    step = 1
    later = source.draw(0.1, 200_001)
    assert not np.array_equal(first.kept, later.kept)
    resumed = Masks(9, lambda: 1).draw(0.1, 200_001)
    assert np.array_equal(later.kept, resumed.kept)
    assert not np.array_equal(Masks(8, lambda: 1).draw(0.1, 200_001).kept, resumed.kept)


def test_repeating_a_step_draws_its_masks_again() -> None:
    model = build(hidden_dropout_prob=0.2)
    with fast(model) as switch:
        loss, first = gradients(model)
        switch.repeat_step()
        again, second = gradients(model)
    assert loss == again
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_dropout_keeps_the_mean_and_evaluation_draws_nothing() -> None:
    model = build(hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5)
    x = paddle.ones([64, 4096])
    drop = model.dropout
    with fast(model):
        kept = drop(x).numpy()
        model.eval()
        same = drop(x).numpy()
        quiet = [float(loss_of(model)) for _ in range(2)]
    assert set(np.unique(kept).round(4)) == {0.0, 2.0}
    assert kept.mean() == pytest.approx(1.0, abs=0.01)
    assert (same == 1).all()
    assert quiet[0] == quiet[1]


def train(model: Any, steps: range, optimizer: Any = None) -> Any:
    set_threads(2)  # a thread's own: the order of sums depends on it
    step = 0
    optimizer = optimizer or paddle.optimizer.AdamW(
        1e-2, parameters=model.parameters(), grad_clip=paddle.nn.ClipGradByGlobalNorm(1.0)
    )
    with fast(model, seed=3, step=lambda: step) as switch:
        assert switch.reason is None
        for step in steps:  # noqa: B007 - read by the switch
            loss_of(model).backward()
            optimizer.step()
            optimizer.clear_grad()
    return optimizer


def weights(model: Any) -> Arrays:
    return {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}


def equal(left: Arrays, right: Arrays) -> bool:
    return all(np.array_equal(left[name], right[name]) for name in left)


def test_equal_seeds_give_equal_weights_also_when_a_run_is_cut_in_two() -> None:
    options = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
    whole, cut = build(**options), build(**options)
    start = weights(whole)
    train(whole, range(6))
    optimizer = train(cut, range(2))
    train(cut, range(2, 6), optimizer)
    assert equal(weights(whole), weights(cut))
    assert not equal(weights(whole), start)


def test_a_worker_thread_computes_the_same() -> None:
    here, there = build(hidden_dropout_prob=0.1), build(hidden_dropout_prob=0.1)
    train(here, range(3))
    worker = threading.Thread(target=train, args=(there, range(3)))
    worker.start()
    worker.join()
    assert equal(weights(here), weights(there))


def test_evaluation_without_gradients_is_fast_too() -> None:
    model = build("ErnieForTokenClassification")
    model.eval()
    with paddle.no_grad():
        plain = float(loss_of(model))
        with fast(model):
            quick = float(loss_of(model))
    assert quick == pytest.approx(plain, rel=1e-5)


def forwards(model: Any) -> list[Any]:
    return [layer for layer in model.sublayers(include_self=True) if "forward" in layer.__dict__]


def test_afterwards_the_model_is_as_it_was() -> None:
    model = build()
    before_loss, before = gradients(model)
    keys = list(model.state_dict())
    with fast(model):
        assert forwards(model)
        assert list(model.state_dict()) == keys
        gradients(model)
    assert not forwards(model)
    after_loss, after = gradients(model)
    assert after_loss == before_loss
    assert equal(before, after)


def test_an_error_inside_restores_too_and_switches_nest() -> None:
    model = build()
    switch = fast(model)
    with pytest.raises(ValueError, match="inside"), switch, switch:
        raise ValueError("inside")
    assert not forwards(model) and switch.layers == 0
    switch.enable()
    switch.enable()
    switch.disable()
    assert forwards(model)
    switch.disable()
    switch.disable()
    assert not forwards(model)


def test_a_copy_of_the_model_computes_with_its_own_weights() -> None:
    model = build()
    with fast(model):
        twin = copy.deepcopy(model)
        loss = float(loss_of(model))
        twin.classifier.bias.set_value(twin.classifier.bias + 1.0)
        assert float(loss_of(twin)) != loss
        assert float(loss_of(model)) == loss
        layer = twin.ernie.encoder.layers[0]
        layer.linear1.weight.set_value(paddle.zeros_like(layer.linear1.weight))
        assert float(loss_of(model)) == loss


def test_hidden_states_and_attentions_are_all_there() -> None:
    model = build()
    model.eval()
    for option in ("output_hidden_states", "output_attentions"):
        plain = model(batch(), return_dict=True, **{option: True})
        with fast(model):
            quick = model(batch(), return_dict=True, **{option: True})
        name = option.removeprefix("output_")
        for left, right in zip(getattr(plain, name), getattr(quick, name), strict=True):
            assert left.shape == right.shape
            assert np.allclose(left.numpy(), right.numpy(), atol=1e-5)


def test_watched_and_replaced_layers_keep_their_own_forward() -> None:
    model = build("ErnieForTokenClassification")
    seen: list[int] = []
    layer = model.ernie.encoder.layers[0]
    layer.linear1.register_forward_post_hook(lambda *_: seen.append(1))

    class Louder(paddle.nn.Linear):
        def forward(self, x: Any) -> Any:
            return 2 * super().forward(x)

    louder = Louder(32, 32)
    model.ernie.encoder.layers[1].self_attn.out_proj = louder
    _, plain = gradients(model)
    with fast(model):
        assert louder not in forwards(model)
        assert model.ernie.encoder.layers[1] not in forwards(model)
        _, quick = gradients(model)
    assert len(seen) == 2
    assert_close(plain, quick)


def test_models_that_do_not_fit_say_why_and_work_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    double = build().to(dtype="float64")
    with fast(double) as switch:
        assert switch.reason == "the model is not float32"
        assert not forwards(double)

    recomputing = build()
    recomputing.ernie.encoder.enable_recompute = True
    assert not fast(recomputing).enable()

    def absent() -> Path:
        raise OneDnnError("no oneDNN here")

    monkeypatch.setattr("paddle_lab.cpu.switch.find", absent)
    model = build()
    with fast(model) as switch:
        assert switch.reason == "no oneDNN here"
        assert np.isfinite(gradients(model)[0])


def test_lack_of_memory_in_a_gradient_is_known_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build()
    with fast(model):
        loss = loss_of(model)
        monkeypatch.setattr(onednn_core._Primitive, "run", lambda *_: 1)
        with pytest.raises(Exception, match="ResourceExhausted") as caught:
            loss.backward()
        assert is_out_of_memory(caught.value)
        monkeypatch.undo()
        model.clear_gradients()
        assert np.isfinite(gradients(model)[0])


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_a_hundred_steps_hold_no_memory() -> None:
    options = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
    model = build(**options, hidden_size=64, intermediate_size=256)
    optimizer = train(model, range(10))
    gc.collect()
    before = resident_mib()
    train(model, range(100), optimizer)
    gc.collect()
    assert resident_mib() - before < 30  # what a step keeps for its gradient is 2 MiB
