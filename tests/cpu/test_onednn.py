"""oneDNN's operations agree with numpy, and its absence is told."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from paddle_lab.cpu import onednn, onednn_core
from paddle_lab.cpu.onednn import OneDnn, OneDnnError, View, find
from paddle_lab.training.memory import is_out_of_memory

paddle = pytest.importorskip("paddle")
try:
    LIBRARY = find()
except OneDnnError as error:
    pytest.skip(str(error), allow_module_level=True)

Array = Any


@pytest.fixture
def dnn() -> Iterator[OneDnn]:
    library = OneDnn(LIBRARY)
    yield library
    library.close()


def numbers(*sizes: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=sizes).astype("float32")


def of(array: Array, *sizes: int) -> View:
    return View(array.ctypes.data, sizes or array.shape, dtype=str(array.dtype))


def gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def test_matmul_with_bias_scale_addend_and_strides(dnn: OneDnn) -> None:
    left, right, bias = numbers(3, 5, 4), numbers(3, 6, 4, seed=1), numbers(6, seed=2)
    addend, out = numbers(3, 1, 6, seed=3), np.empty((3, 5, 6), dtype="float32")
    turned = View(right.ctypes.data, (3, 4, 6), (24, 1, 4))
    dnn.matmul(of(left), turned, of(out), bias=of(bias, 1, 1, 6), scale=0.5, add=of(addend))
    expected = 0.5 * (left @ right.transpose(0, 2, 1) + bias) + addend
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
    before = out.copy()
    dnn.matmul(of(left), turned, of(out), accumulate=True)
    np.testing.assert_allclose(out, before + left @ right.transpose(0, 2, 1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sizes", list(itertools.product((1, 2, 17), repeat=3)), ids=str)
@pytest.mark.parametrize("left_turned", [False, True])
@pytest.mark.parametrize("right_turned", [False, True])
def test_a_product_with_sides_of_one_in_rows_or_columns(
    dnn: OneDnn, sizes: tuple[int, int, int], left_turned: bool, right_turned: bool
) -> None:
    """[1, n] has the same steps in both orders; oneDNN must not take one for the other.

    The fixture's library is closed after each test, which empties oneDNN's own cache: it would
    serve one order with what was made for the other.
    """
    rows, inner, columns = sizes
    left, right = numbers(rows, inner), numbers(inner, columns, seed=1)
    out = np.full((rows, columns), np.nan, dtype="float32")
    stored_left = np.ascontiguousarray(left.T if left_turned else left)
    stored_right = np.ascontiguousarray(right.T if right_turned else right)
    dnn.matmul(
        View(stored_left.ctypes.data, (rows, inner), (1, rows) if left_turned else ()),
        View(stored_right.ctypes.data, (inner, columns), (1, inner) if right_turned else ()),
        of(out),
    )
    np.testing.assert_allclose(out, left @ right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "relu"])
def test_activations_and_their_gradients(dnn: OneDnn, name: str) -> None:
    x = np.linspace(-6, 6, 1001, dtype="float32").reshape(7, 143)
    dy, out, dx = numbers(7, 143), np.empty_like(x), np.empty_like(x)
    functions = {"gelu": gelu, "gelu_tanh": gelu_tanh, "relu": lambda x: np.maximum(x, 0)}
    function = functions[name]
    wide = x.astype("float64")
    dnn.activation(name, of(x), of(out))
    np.testing.assert_allclose(out, function(wide), atol=2e-6)
    dnn.activation_gradient(name, of(x), of(dy), of(dx))
    slope = (function(wide + 1e-6) - function(wide - 1e-6)) / 2e-6
    away = np.abs(x) > 1e-3  # relu has no slope at 0
    np.testing.assert_allclose(dx[away], (dy * slope)[away], atol=1e-5)


def test_softmax_and_its_gradient(dnn: OneDnn) -> None:
    x, dy = numbers(5, 9) * 4, numbers(5, 9, seed=1)
    y, dx = np.empty_like(x), np.empty_like(x)
    dnn.softmax(of(x), of(y))
    expected = np.exp(x - x.max(1, keepdims=True))
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-7)
    dnn.softmax_gradient(of(y), of(dy), of(dx))
    np.testing.assert_allclose(dx, y * (dy - (dy * y).sum(1, keepdims=True)), atol=1e-6)


def test_layer_norm_and_its_gradients(dnn: OneDnn) -> None:
    x, scale, shift, dy = numbers(6, 16), numbers(16, seed=1), numbers(16, seed=2), numbers(6, 16)
    y, mean, variance = np.empty_like(x), np.empty(6, "float32"), np.empty(6, "float32")
    weights, statistics = (of(scale), of(shift)), (of(mean), of(variance))
    dnn.layer_norm(of(x), weights, 1e-5, of(y), statistics)
    normal = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(y, normal * scale + shift, atol=1e-5)

    dx, dscale, dshift = np.empty_like(x), np.empty_like(scale), np.empty_like(shift)
    outputs = (of(dx), of(dscale), of(dshift))
    dnn.layer_norm_gradient(of(x), weights, 1e-5, statistics, dy=of(dy), out=outputs)
    np.testing.assert_allclose(dshift, dy.sum(0), atol=1e-5)
    np.testing.assert_allclose(dscale, (dy * normal).sum(0), atol=1e-5)
    inner = dy * scale
    expected = inner - inner.mean(1, keepdims=True)
    expected -= normal * (inner * normal).mean(1, keepdims=True)
    expected /= np.sqrt(x.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(dx, expected, atol=1e-5)


def test_sums_and_masked_products_in_place(dnn: OneDnn) -> None:
    x, residual = numbers(4, 8), numbers(4, 8, seed=1)
    mask = (numbers(4, 8, seed=2) > 0).astype("uint8")
    expected = 1.5 * x * mask + residual
    dnn.multiply(of(x), of(mask), of(x), scale=1.5, add=of(residual))
    np.testing.assert_allclose(x, expected, atol=1e-6)
    dnn.add(of(x), of(residual), of(x))
    np.testing.assert_allclose(x, expected + residual, atol=1e-6)


def test_forgotten_primitives_are_made_again(dnn: OneDnn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onednn_core, "_KEPT", 3)
    for _ in range(3):
        for size in range(1, 9):
            x = numbers(size, 4)
            out = np.empty_like(x)
            dnn.add(of(x), of(x), of(out))
            np.testing.assert_array_equal(out, 2 * x)
    dnn.close()
    dnn.add(of(x), of(x), of(out))
    np.testing.assert_array_equal(out, 2 * x)


def test_threads_that_share_a_primitive_do_not_mix_their_memory(dnn: OneDnn) -> None:
    wrong: list[int] = []

    def work(seed: int) -> None:
        x = numbers(32, 64, seed=seed)
        out = np.empty_like(x)
        for _ in range(200):
            dnn.add(of(x), of(x), of(out))
            if not np.array_equal(out, 2 * x):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_refused_call_is_an_error(dnn: OneDnn) -> None:
    with pytest.raises(OneDnnError, match="matmul: status"):
        dnn.matmul(of(numbers(3, 4)), of(numbers(5, 6)), of(numbers(3, 6)))


def test_lack_of_memory_is_told_as_paddle_tells_it(
    dnn: OneDnn, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = numbers(3, 4)
    monkeypatch.setattr(onednn_core._Primitive, "run", lambda *_: 1)
    with pytest.raises(MemoryError, match="ResourceExhausted") as caught:
        dnn.add(of(x), of(x), of(x))
    assert is_out_of_memory(caught.value)


def test_a_library_that_is_absent_or_another_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "libdnnl.so.3"
    broken.write_bytes(b"no library")
    with pytest.raises(OneDnnError, match=r"libdnnl\.so\.3"):
        OneDnn(broken)

    monkeypatch.setattr(paddle, "__file__", str(tmp_path / "paddle" / "__init__.py"))
    with pytest.raises(OneDnnError, match="brings no oneDNN"):
        find()

    version = SimpleNamespace(contents=SimpleNamespace(major=4, minor=0, patch=0))
    other = SimpleNamespace(dnnl_version=lambda: version)
    monkeypatch.setattr(onednn_core.ctypes, "CDLL", lambda _: other)
    monkeypatch.setattr(onednn_core, "_declare", lambda _: None)
    with pytest.raises(OneDnnError, match="version 4, expected 3"):
        onednn.OneDnn(LIBRARY)
