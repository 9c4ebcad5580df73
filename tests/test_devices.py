"""Names of devices mean the same in training and in prediction."""

from __future__ import annotations

import pytest

from paddle_lab.devices import choose_device, gpu_number, no_paddle
from paddle_lab.errors import EnvError, UsageError

paddle = pytest.importorskip("paddle")


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Paddle that sees two GPUs."""
    monkeypatch.setattr(paddle, "is_compiled_with_cuda", lambda: True)
    monkeypatch.setattr(paddle.device.cuda, "device_count", lambda: 2)
    return monkeypatch


def test_names_are_those_that_paddle_has() -> None:
    for name in ("", "GPU", "gpu:", "gpu:x", "gpu:1 ", "cpu:0", "tpu", "gpu:１"):
        with pytest.raises(UsageError, match=f"'{name}' is not a device"):
            choose_device(name)


def test_where_paddle_sees_gpus_auto_is_the_first(gpus: pytest.MonkeyPatch) -> None:
    assert choose_device("auto") == "gpu"
    assert choose_device("gpu:1") == "gpu:1"
    assert choose_device("cpu") == "cpu"
    assert [gpu_number(name) for name in ("gpu", "gpu:1")] == [0, 1]


def test_a_gpu_that_is_not_there_is_told_with_those_that_are(gpus: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvError, match="no gpu:2") as caught:
        choose_device("gpu:2")
    assert "gpu:1 or less" in str(caught.value)
    assert caught.value.code == "env.no_gpu"


def test_without_gpus_auto_is_the_cpu_and_a_gpu_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paddle, "is_compiled_with_cuda", lambda: False)
    assert choose_device("auto") == "cpu"
    with pytest.raises(EnvError, match="no GPU that this Paddle can use"):
        choose_device("gpu")


@pytest.mark.parametrize(
    ("missing", "named"),
    [("setuptools", "setuptools<81"), ("pkg_resources", "setuptools<81"), ("httpx.x", "httpx")],
)
def test_what_paddle_itself_lacks_is_named(missing: str, named: str) -> None:
    error = no_paddle(ModuleNotFoundError(f"No module named '{missing}'", name=missing))
    assert f'pip install "{named}"' in str(error.fix) and "paddlepaddle" not in str(error.fix)


def test_paddle_that_is_not_there_is_for_the_doctor() -> None:
    error = no_paddle(ModuleNotFoundError("No module named 'paddle'", name="paddle"))
    assert "%paddle_env" in str(error.fix)
