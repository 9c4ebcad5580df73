"""One process at a time takes a run up or away; one that hangs is named, not waited for."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from paddle_lab.errors import RunError
from paddle_lab.runs.claim import file_lock

HOLDER = """
import sys, time
from pathlib import Path
from paddle_lab.runs.claim import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with file_lock(tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    with file_lock(tmp_path / "lock"):
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_holder_that_hangs_is_told_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(RunError, match="holds this run") as caught, file_lock(lock, 0.1):
            pass
        assert caught.value.code == "run.locked" and caught.value.fix is not None
    finally:
        holder.kill()
        holder.communicate()
    with file_lock(lock, 0.1):
        pass


def test_a_lock_in_a_folder_that_is_gone_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), file_lock(tmp_path / "gone" / "lock"):
        pass
