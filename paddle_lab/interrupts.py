"""The interrupt signal: never in the middle of an import, and told in one line.

A module whose import is cut off stays half-made in its process: after an interrupted ``import
paddle`` no cell of that kernel can train any more. So an interrupt that comes while modules are
imported waits for them, and acts then. Imports next to nothing: a kernel's first line needs it.
"""

from __future__ import annotations

import _thread
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from paddle_lab.i18n import Text

_AGAIN_S: Final = 0.02
_IMPORTING: Final = "<frozen importlib._bootstrap>"
_open: list[_Waiting] = []


class Interrupted(KeyboardInterrupt):
    """A person interrupted a command; a notebook shows one line of it, and runs no queued cell."""

    def __init__(self, what: Text) -> None:
        from paddle_lab.i18n import current_language

        super().__init__(str(what))
        self.what = what
        self._language = current_language()

    def __str__(self) -> str:
        return self.what.in_language(self._language)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        from paddle_lab.text.visible import visible

        return [visible(str(self))]


def interrupted() -> Interrupted:
    """What ends a command of ours that was interrupted."""
    from paddle_lab.i18n import T

    return Interrupted(
        T("Interrupted. Cells queued behind this one do not run.",
          "已中断。排在后面的单元不再运行。")
    )  # fmt: skip


@contextlib.contextmanager
def told_in_one_line() -> Iterator[None]:
    """Let an interrupt wait for imports; it leaves a notebook's cell as :class:`Interrupted`."""
    try:
        with after_imports():
            yield
    except Interrupted:
        raise
    except KeyboardInterrupt:
        from paddle_lab.cell import in_notebook

        if in_notebook():
            raise interrupted() from None
        raise


def _raise() -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def after_imports(act: Callable[[], None] = _raise) -> Iterator[None]:
    """Take the interrupt signal; where it comes while a module is imported, ``act`` after that.

    Outside the main thread no signal can be had, and nothing is changed there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = _Waiting(act, _imports(sys._getframe()))
    _open.append(waiting)
    before = signal.signal(signal.SIGINT, waiting)
    try:
        yield
    finally:
        waiting.leave()
        signal.signal(signal.SIGINT, before)
        _open.remove(waiting)
    if waiting.asked:
        waiting.act()


def act_from_now_on(act: Callable[[], None]) -> None:
    """Until the command ends, an interrupt that nobody else takes does ``act``.

    For a command whose work goes on in another thread, which would not hear of an exception.
    """
    if threading.current_thread() is threading.main_thread():
        for waiting in _open:
            waiting.act = act


@contextlib.contextmanager
def sparing_children() -> Iterator[None]:
    """What this thread starts meanwhile does not get the interrupt signal.

    Jupyter sends it to the kernel and all its processes. Paddle asks programs as it is imported
    (``paddle/base/core.py`` reads a number from ``ldd``), and fails where one was ended by it.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where it goes to one process
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Waiting:
    """The handler; an interrupt that must wait is sent again until no import is under way.

    One at a time: ``_sent`` says that it is on its way, so that it counts once. ``depth`` counts
    the imports that the block itself is part of, as in a module that trains when it is imported:
    those are not waited for.
    """

    def __init__(self, act: Callable[[], None], depth: int) -> None:
        self.act = act
        self._depth = depth
        self._timer: threading.Timer | None = None
        self._sent = self._done = self._left = False
        self.asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        again, self._sent = self._sent, False
        if again:
            self._timer = None
            if self._done:
                return
        if self._left or _imports(frame) > self._depth:
            self.asked, self._done = True, False
            if not self._left and self._timer is None:
                self._timer = threading.Timer(_AGAIN_S, self._send_again)
                self._timer.daemon = True
                self._timer.start()
            return
        self._end_timer()
        self.asked, self._done = False, True
        self.act()

    def leave(self) -> None:
        """Send nothing any more; what comes now is only remembered."""
        self._left = True
        self._end_timer()

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None

    def _send_again(self) -> None:
        self._sent = True
        # The real signal, where there is one, also ends a system call that the thread waits in.
        if hasattr(signal, "pthread_kill"):
            main = threading.main_thread().ident
            assert main is not None, "the main thread runs"
            signal.pthread_kill(main, signal.SIGINT)
        else:
            _thread.interrupt_main(signal.SIGINT)


def _imports(frame: FrameType | None) -> int:
    """How many frames of the import system are on the stack."""
    count = 0
    while frame is not None:
        count += frame.f_code.co_filename == _IMPORTING
        frame = frame.f_back
    return count


def is_half_imported(name: str) -> bool:
    """Whether an import of this package was cut off here: parts of it are there, itself is not."""
    return name not in sys.modules and any(
        module.startswith(f"{name}.") for module in list(sys.modules)
    )
