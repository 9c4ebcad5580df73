"""Freed memory is kept for the next array, where the C library can."""

from __future__ import annotations

import ctypes
import platform
import sys

import pytest
from cpu.fresh_process import answer

from paddle_lab.cpu.memory import give_back_memory, keep_memory

on_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")


PAGE_FAULTS = """
import resource
from paddle_lab.cpu import keep_memory
{call}
def use():
    for _ in range(20):
        bytearray(32 << 20)
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
@on_glibc
def test_kept_memory_is_not_cleared_again() -> None:
    plain = int(answer(PAGE_FAULTS.format(call="")))
    kept = int(answer(PAGE_FAULTS.format(call="keep_memory(); keep_memory()")))
    assert kept < plain / 10


IN_A_THREAD = PAGE_FAULTS.replace("\nuse()\nbefore", "\nimport threading\nbefore").replace(
    "\nuse()\nprint",
    "\nfor _ in range(3):\n"
    "    thread = threading.Thread(target=use); thread.start(); thread.join()\n"
    "print",
)


@pytest.mark.slow
@on_glibc
def test_a_worker_thread_keeps_it_too() -> None:
    plain = int(answer(IN_A_THREAD.format(call="")))
    kept = int(answer(IN_A_THREAD.format(call="keep_memory()")))
    assert kept < plain / 10


@on_glibc
def test_it_says_what_it_set() -> None:
    code = "from paddle_lab.cpu import keep_memory; print(sorted(keep_memory()))"
    assert answer(code) == str(["M_ARENA_MAX", "M_MMAP_MAX", "M_TOP_PAD", "M_TRIM_THRESHOLD"])


def test_elsewhere_than_on_glibc_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    monkeypatch.setattr(sys, "platform", "linux")
    assert keep_memory() == {}
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_memory() == {}


FREED = """
from paddle_lab.cpu.memory import give_back_memory
def resident():
    return int(open("/proc/self/statm").read().split()[1])
held = [bytes(100_000) for _ in range(400)]
kept = held[::40]  # what lies below them is not given back by itself
before = resident()
del held
freed = resident()
{call}
print(before - resident())
"""


@on_glibc
def test_freed_memory_is_given_back_to_the_system() -> None:
    plain = int(answer(FREED.format(call="")))
    given = int(answer(FREED.format(call="give_back_memory()")))
    assert given > plain + 5000, "pages of 4 KiB; 40 MB were freed"


def test_giving_memory_back_is_of_no_consequence_without_glibc(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    give_back_memory()
