"""The kernel's end of the comm: requests are taken off the shell, and answered in their order."""

from __future__ import annotations

import contextvars
import logging
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.text.short import last_line
from paddle_lab.trial.conversation import Conversation, Reply, refused

_IMPORT_S: Final = 300.0


def open_comm(comm: Any, message: Any, kernel: Any) -> None:
    """A page opened ``comm``; its data say which run it is about."""
    data = message["content"].get("data")
    run_id = data.get("run_id") if isinstance(data, dict) else None
    talk = Conversation(str(run_id), folder_of_notebook(), lambda: _import_paddle(kernel))
    comm.on_msg(lambda asked: _submit(comm, talk, asked["content"].get("data")))
    _submit(comm, talk, data)


def folder_of_notebook() -> Path:
    """Where the notebook lies; the kernel's folder where nobody says."""
    notebook = Path(os.environ.get("JPY_SESSION_NAME", ""))
    return notebook.parent if notebook.is_absolute() and notebook.parent.is_dir() else Path.cwd()


@cache
def _worker() -> ThreadPoolExecutor:
    """One thread for all boxes: the kernel goes on, and answers come in the order of questions."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="paddle-lab-trial")


def _submit(comm: Any, talk: Conversation, request: Any) -> None:
    context = contextvars.copy_context()
    _worker().submit(context.run, _reply, comm, talk, request)


def _reply(comm: Any, talk: Conversation, request: Any) -> None:
    for message in _safe(talk, request):
        comm.send(message)


def _safe(talk: Conversation, request: Any) -> Iterator[Reply]:
    """The replies; what nobody foresaw is told, too, and logged."""
    try:
        yield from talk.answer(request)
    except Exception as error:  # the last line before a person
        logging.getLogger(__name__).exception("paddle_lab: a question could not be answered")
        number = request.get("id") if isinstance(request, dict) else None
        problem: PaddleLabError = RunError(
            T("The question could not be answered: {error}", "无法回答：{error}",
              error=f"{type(error).__name__}: {last_line(error)}"),
            fix=T("In a cell, %ernie_predict says more.",
                  "在单元格中使用 %ernie_predict 可了解更多。"),
            code="run.question",
        )  # fmt: skip
        yield refused(problem, number if isinstance(number, int) else None)


def _import_paddle(kernel: Any) -> None:
    """Import paddle in the kernel's main thread.

    Paddle is in dynamic mode in the thread that imported it: in another, the notebook's own cells
    would find themselves in static mode.
    """
    if "paddle" in sys.modules:
        return
    from paddle_lab.devices import import_paddle, no_paddle

    problems: list[ImportError] = []
    done = threading.Event()

    def work() -> None:
        try:
            import_paddle()
        except ImportError as error:
            problems.append(error)
        finally:
            done.set()

    if kernel is None or threading.current_thread() is threading.main_thread():
        work()
    else:
        kernel.io_loop.add_callback(work)
        done.wait(_IMPORT_S)
    if problems:
        raise no_paddle(problems[0])
