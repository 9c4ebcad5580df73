"""A process that ends without taking its modules apart leaves nothing undone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import atexit, ctypes, sys, tempfile, threading, time
from paddle_lab.training.ending import end_process

folder = tempfile.TemporaryDirectory()
atexit.register(print, "registered")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
print(folder.name, flush=True)
ctypes.CDLL(None).puts(b"from-C")
print("the last word", end="", file=sys.stderr)
end_process(3)
"""


def test_threads_are_waited_for_and_what_was_registered_is_done() -> None:
    unset = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, env=unset)
    folder, *words = done.stdout.split()
    assert words == ["thread", "registered", "from-C"]
    assert not Path(folder).exists(), "temporary folders are removed"
    assert (done.stderr, done.returncode) == ("the last word", 3)
