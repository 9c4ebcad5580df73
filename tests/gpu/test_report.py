"""A kernel's own word on Paddle's memory: never an import, never an error."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from paddle_lab.gpu import report


def paddle(reserved: list[int], *, cuda: bool = True) -> SimpleNamespace:
    return SimpleNamespace(
        __version__="3.3.1",
        is_compiled_with_cuda=lambda: cuda,
        device=SimpleNamespace(
            cuda=SimpleNamespace(
                device_count=lambda: len(reserved),
                memory_reserved=lambda index: reserved[index],
                memory_allocated=lambda index: reserved[index] // 2,
            )
        ),
    )


@pytest.fixture
def without_paddle(monkeypatch):
    monkeypatch.delitem(sys.modules, "paddle", raising=False)


def test_without_paddle_nothing_is_imported(without_paddle):
    answer = report.memory_report()
    assert (answer["paddle"], answer["devices"]) == (None, [])
    assert "paddle" not in sys.modules
    assert answer["pid"]


def test_devices_that_hold_memory(monkeypatch):
    monkeypatch.setitem(sys.modules, "paddle", paddle([0, 4096]))
    assert report.memory_report()["devices"] == [{"index": 1, "allocated": 2048, "reserved": 4096}]


def test_a_cpu_build_holds_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "paddle", paddle([1], cuda=False))
    assert report.memory_report()["devices"] == []


@pytest.mark.parametrize("error", [RuntimeError, ValueError, OSError])
def test_a_driver_that_fails_in_the_kernel_is_no_error(monkeypatch, error):
    module = paddle([1])

    def fail(index: int) -> int:
        raise error("no device")

    module.device.cuda.memory_reserved = fail
    monkeypatch.setitem(sys.modules, "paddle", module)
    assert report.memory_report()["devices"] == []


def test_a_paddle_that_is_still_being_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "paddle", SimpleNamespace())
    assert report.memory_report()["devices"] == []


def test_answers_on_the_control_channel_and_stops(without_paddle):
    sent = []
    session = SimpleNamespace(send=lambda *parts: sent.append(parts))
    kernel = SimpleNamespace(control_handlers={}, session=session)
    assert report.install(kernel)
    kernel.control_handlers[report.REQUEST]("stream", ["ident"], {"header": {}})
    stream, kind, content, parent, ident = sent[0]
    assert (stream, kind, parent, ident) == ("stream", report.REPLY, {"header": {}}, ["ident"])
    assert content["devices"] == []
    report.uninstall(kernel)
    assert kernel.control_handlers == {}


@pytest.mark.parametrize("kernel", [None, SimpleNamespace(), SimpleNamespace(control_handlers=3)])
def test_a_kernel_without_such_handlers_is_left_alone(kernel):
    assert not report.install(kernel)
    report.uninstall(kernel)
