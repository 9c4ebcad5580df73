"""Processes with Paddle imported, each forked from one that has done nothing else.

An import of PaddleNLP takes several processor seconds, one of Paddle more than one, and whoever
only wants a process of its own to be killed or refused need not pay them each time. Everything of
``paddle_lab`` is imported anew.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ordinary_user import AS_ORDINARY_USER

ROOT = Path(__file__).parents[1]


class Forks:
    """The process that has imported Paddle; :meth:`run` forks it. One at a time.

    ``module`` is what it has imported: "paddlenlp", and Paddle with it, or "paddle" alone. Even
    where the tests are root's, it is refused what the permissions of a file refuse.
    """

    def __init__(self, module: str = "paddlenlp") -> None:
        self._module = module
        self._begin()

    def _begin(self) -> None:
        self._first = subprocess.Popen(
            [*AS_ORDINARY_USER, sys.executable, __file__, self._module],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._answer()

    def run(
        self, words: tuple[str, ...], env: Mapping[str, str], cwd: Path
    ) -> subprocess.CompletedProcess[str]:
        """``python WORDS`` with ``-m module`` or a file first."""
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, name) for name in ("stdout", "stderr")]
            wanted = {
                "words": words,
                "env": dict(env),
                "cwd": str(cwd),
                "files": list(map(str, files)),
            }
            assert self._first.stdin is not None
            self._first.stdin.write(json.dumps(wanted) + "\n")
            self._first.stdin.flush()
            try:
                code = self._answer()
            except BaseException:  # a test out of time: the next gets no answer to this one
                os.killpg(self._first.pid, signal.SIGKILL)
                self.close()
                self._begin()
                raise
            out, err = (path.read_text(encoding="utf-8") for path in files)
        return subprocess.CompletedProcess(words, code, out, err)

    def _answer(self) -> int:
        assert self._first.stdout is not None
        line = self._first.stdout.readline()
        assert line, "the process that is forked has ended"
        return int(line)

    def close(self) -> None:
        """End the process that is forked."""
        self._first.communicate()


def main() -> int:
    """Import Paddle, then fork for each line of the standard input, and answer with the end."""
    from paddle_lab.training.ending import end_process
    from paddle_lab.training.quiet import import_paddlenlp

    if sys.argv[1] == "paddlenlp":
        import_paddlenlp(Path(os.devnull))
    else:
        importlib.import_module(sys.argv[1])
    for name in [name for name in sys.modules if name.partition(".")[0] == "paddle_lab"]:
        del sys.modules[name]
    gc.freeze()  # its children look for garbage among their own objects alone
    print(0, flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            end_process(_become(**json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    return 0


def _become(words: list[str], env: dict[str, str], cwd: str, files: list[str]) -> int:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for number, path in enumerate([os.devnull, *files]):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
    how: Any = runpy.run_path
    if words[0] == "-m":
        how, words = runpy.run_module, words[1:]
    sys.argv = words
    try:
        how(words[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
