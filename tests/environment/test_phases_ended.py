"""An interrupt and a time-out end the script, and the processes that it started."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from paddle_lab.environment import phases
from paddle_lab.environment.phases import run_phases

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups of POSIX")

SCRIPT = """
import json, os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1] + ".part", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.replace(sys.argv[1] + ".part", sys.argv[1])
print("\\x1e" + json.dumps({"begin": "import paddle"}), flush=True)
time.sleep(600)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def is_running(number: int) -> bool:
    """Is there such a process, and not only what is left of an ended one?"""
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] not in ("Z", "X")


def all_end(file: Path) -> bool:
    """Do the processes named in the file end within ten seconds?"""
    numbers = [int(word) for word in file.read_text(encoding="utf-8").split()]
    ends = time.monotonic() + 10
    while any(map(is_running, numbers)) and time.monotonic() < ends:
        time.sleep(0.02)
    return not any(map(is_running, numbers))


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="asks /proc")
def test_an_interrupt_ends_what_was_started(tmp_path: Path, script: Path) -> None:
    def interrupt(phase: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_phases(script, [str(tmp_path / "numbers")], timeout=60, progress=interrupt)
    assert all_end(tmp_path / "numbers")


def test_what_begins_is_heard_and_what_is_said_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(
        "import json\nfor n in 'ab':\n"
        "    print('\\x1e' + json.dumps({'begin': n}), flush=True)\n"
        "    print('\\x1e' + json.dumps({'done': n}), flush=True)\n",
        encoding="utf-8",
    )
    heard: list[str] = []
    said = "import sys; sys.stderr.write('\\x1ffound\\tx\\n')"
    result = run_phases(path, timeout=60, before=said, progress=heard.append)
    assert heard == ["a", "b"]
    assert result["told"] == [["found", "x"]]


def test_a_time_out_between_two_phases_is_a_time_out() -> None:
    result = phases._result('\x1e{"begin": "a"}\n\x1e{"done": "a"}\n', "", None)
    assert result["ended"] == "timeout"
    assert not result["ok"]
