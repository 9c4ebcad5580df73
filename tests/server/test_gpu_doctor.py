"""The light finds out about the imports by itself, and whoever asks meanwhile is told how far."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from paddle_lab.environment.imports.background import BackgroundTrial
from paddle_lab.server import gpu_doctor
from paddle_lab.server.gpu_doctor import Doctor, Look
from paddle_lab.server.readers import Readers

pytest_plugins = ["pytest_jupyter.jupyter_server"]


class Machine:
    """An environment whose imports are known only after an attempt."""

    def __init__(self, *, calm: bool = True, found: bool | None = True) -> None:
        self.calm = calm
        self.found = found
        self.imports: bool | None = None
        self.looks = 0
        self.attempts: list[bool] = []
        self.may_end = threading.Event()
        self.looked_around = threading.Event()

    def look(self) -> Look:
        self.looks += 1
        light = {None: "grey", True: "green", False: "red"}[self.imports]
        return Look({"light": light, "imports": self.imports}, "a" * 32)

    def is_calm(self) -> bool:
        self.looked_around.set()
        return self.calm

    def attempt(self, *, low: bool) -> dict[str, Any]:
        self.attempts.append(low)
        assert self.may_end.wait(30)
        self.imports = self.found
        return {}


@pytest.fixture
def doctor_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[[Machine], Doctor]:
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path))

    def make(machine: Machine) -> Doctor:
        monkeypatch.setattr(gpu_doctor, "_ask", machine.look)
        trial = BackgroundTrial(machine.attempt, machine.is_calm, delay_s=(0, 0), look_again_s=60)
        return Doctor(Readers(), trial)

    return make


async def until(doctor: Doctor, imports: str) -> dict[str, Any]:
    """Ask as the sidebar does until the answer says so."""
    while (light := await doctor.light())["imports"] != imports:
        await asyncio.sleep(0.01)
    return light


async def test_grey_then_trying_then_green_without_a_click(doctor_of: Any) -> None:
    machine = Machine()
    doctor = doctor_of(machine)
    light = await doctor.light()
    assert (light["light"], light["imports"]) in (("grey", "waiting"), ("grey", "trying"))
    await until(doctor, "trying")
    looks = machine.looks
    machine.may_end.set()
    assert (await until(doctor, "work"))["light"] == "green"
    assert machine.looks == looks + 1  # looked anew once, when the trial was over
    assert machine.attempts == [True]


async def test_a_click_tries_at_once_on_a_busy_machine(doctor_of: Any) -> None:
    machine = Machine(calm=False, found=False)
    machine.may_end.set()
    doctor = doctor_of(machine)
    assert (await doctor.light())["imports"] == "waiting"
    assert machine.looked_around.wait(30)
    assert (await doctor.light(again=True))["imports"] in ("waiting", "trying")
    assert (await until(doctor, "fail"))["light"] == "red"
    assert machine.attempts == [False]


async def test_what_failed_is_tried_again_on_a_click_only(doctor_of: Any) -> None:
    machine = Machine(found=True)
    machine.imports = False
    machine.may_end.set()
    doctor = doctor_of(machine)
    assert (await doctor.light())["imports"] == "fail"
    assert machine.attempts == []
    await doctor.light(again=True)
    assert (await until(doctor, "work"))["light"] == "green"


async def test_a_trial_that_tells_nothing_is_not_repeated_for_ever(doctor_of: Any) -> None:
    machine = Machine(found=None)
    machine.may_end.set()
    doctor = doctor_of(machine)
    await until(doctor, "untried")
    for _ in range(3):
        assert (await doctor.light())["imports"] == "untried"
    assert len(machine.attempts) == 1


async def test_what_is_known_is_not_tried(doctor_of: Any) -> None:
    machine = Machine()
    machine.imports = True
    doctor = doctor_of(machine)
    for again in (False, True):
        assert (await doctor.light(again=again))["imports"] == "work"
    assert machine.attempts == []
