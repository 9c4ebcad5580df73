"""The live view for one's own PaddleNLP code: add one callback to one's Trainer.

Imports paddlenlp at its top: reached lazily as ``paddle_lab.LiveCallback``.
"""

from __future__ import annotations

import contextlib
import contextvars
import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec

from paddlenlp.trainer import TrainerCallback

from paddle_lab.cell import in_notebook
from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T, current_language
from paddle_lab.runs import RunFolder
from paddle_lab.text.brief import brief
from paddle_lab.training.own_training import OwnTraining, begin_own_training
from paddle_lab.views import Display, open_display

P = ParamSpec("P")

_TICK_S: Final = 0.25
#: A view that hangs (a browser gone, a terminal that is stopped) is left behind after so long.
_LONGEST_CLOSE_S: Final = 5.0


def _harmless(hook: Callable[P, None]) -> Callable[P, None]:
    """Whatever fails in a hook of a LiveCallback is told by it, and stays there."""

    @wraps(hook)
    def inner(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            hook(*args, **kwargs)
        except Exception as error:
            callback = args[0]
            assert isinstance(callback, LiveCallback)
            callback.tell(error)

    return inner


class LiveCallback(TrainerCallback):
    """Draws a plain PaddleNLP Trainer's run live, and lets people stop and pause it.

    ``Trainer(..., callbacks=[paddle_lab.LiveCallback()])``. The Trainer keeps doing its own saving,
    evaluating and logging, with the same weights, metrics and logs as without the callback:
    the loss is read from its own sum. Each ``train()`` makes its own run, one that goes on from
    a checkpoint as well; ``evaluate()`` and ``predict()`` outside of ``train()`` leave no trace.

    A stop ends the training after the current step, as if that had been the last; the Trainer then
    saves as it would have, with ``--no-save`` it does not. In a training of several processes the
    first makes the run, and requests are not acted on.

    Nothing that fails here reaches the training: it is said once on stderr, and the view has a gap.

    ``name`` and ``out`` say where the run's folder goes; ``show=False`` only writes the events.
    ``paddle-lab export RUN`` makes a bundle of the weights in the Trainer's ``output_dir``.
    """

    def __init__(self, name: str = "trainer", out: str | None = None, show: bool = True) -> None:
        self._name = name
        self._out = out
        self._show = show
        self._view: _View | None = None
        self._training: OwnTraining | None = None
        self._last: RunFolder | None = None
        self._told = False

    @property
    def folder(self) -> RunFolder:
        """The folder of the last run. Raises RunError before there is one."""
        if self._last is None:
            raise RunError(
                T("This callback has not seen a training yet.", "该回调尚未经历训练。"),
                code="run.not_begun",
            )
        return self._last

    @_harmless
    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Make the run's folder and show it."""
        self.end("failed")
        self._told = False
        if not getattr(state, "is_world_process_zero", True):
            return
        model = kwargs.get("model")
        self._training = begin_own_training(self._name, self._out, args, state, model)
        self._last = self._training.folder
        if self._show:
            self._view = _view_of(self._last, self.tell)
        _when_cell_ends(self, self._training)

    @_harmless
    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """After each optimiser step."""
        if self._training is not None:
            self._training.step_ended(state, control, kwargs.get("optimizer"))

    @_harmless
    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After each epoch: a stop may have waited for it."""
        if self._training is not None:
            self._training.epoch_ended(control)

    @_harmless
    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """The Trainer has logged."""
        if self._training is not None:
            self._training.logged(state, logs)

    @_harmless
    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any
    ) -> None:
        """The Trainer has evaluated; outside of a training it is the person's affair alone."""
        if self._training is not None:
            self._training.evaluated(state, metrics)

    @_harmless
    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The Trainer has written a checkpoint."""
        if self._training is not None:
            self._training.saved(args, state)

    @_harmless
    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The run has ended well, or because somebody asked."""
        self.end()

    @_harmless
    def end(self, state: str | None = None) -> None:
        """Write the end, once; a training that raised is ended as failed."""
        training, view = self._training, self._view
        self._training = self._view = None
        try:
            if training is not None:
                training.end(state)
        finally:
            if view is not None:
                view.close()

    def tell(self, error: Exception) -> None:
        """Say what failed, once in a training. Never raises."""
        if self._told:
            return
        self._told = True
        with contextlib.suppress(Exception):  # nobody hears: stderr is closed, or its disk full
            print(_gap(error).in_language(current_language()), file=sys.stderr, flush=True)


class _View:
    """A display and the thread that feeds it while the training runs."""

    def __init__(self, display: Display, tell: Callable[[Exception], None]) -> None:
        self._display = display
        self._tell = tell
        self._closed = threading.Event()
        self._display.show()
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._pump,), daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        try:
            while not self._closed.wait(_TICK_S):
                self._display.tick()
        except Exception as error:
            self._tell(error)

    def close(self) -> None:
        """Show the last, and leave what stays; a view that hangs is left as it is."""
        self._closed.set()
        self._thread.join(_LONGEST_CLOSE_S)
        if not self._thread.is_alive():
            self._display.freeze()


def _view_of(folder: RunFolder, tell: Callable[[Exception], None]) -> _View | None:
    """The view; None where there can be none: the run is written all the same."""
    try:
        display = open_display(folder, notebook=in_notebook())
        return _View(display, tell) if display is not None else None
    except Exception as error:
        tell(error)
        return None


def _gap(error: Exception) -> Any:
    reason = error.what if isinstance(error, PaddleLabError) else f"{type(error).__name__}: {error}"
    if isinstance(error, PaddleLabError) and error.why is not None:
        reason = T("{what} {why}", "{what}{why}", what=error.what, why=error.why)
    return brief(
        T(
            "paddle_lab: the run of this training has a gap ({reason}). The training goes on "
            "as it would without it.",
            "paddle_lab：本次训练的运行记录有缺失（{reason}）。训练照常进行，不受影响。",
            reason=reason,
        )
    )


def _when_cell_ends(callback: LiveCallback, training: OwnTraining) -> None:
    """A training that raises never reaches ``on_train_end``: the cell's end tells us instead."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return

    def cell_ended(*_: Any) -> None:
        with contextlib.suppress(ValueError):  # somebody has taken all listeners off
            shell.events.unregister("post_run_cell", cell_ended)
        # A training in a thread of the user's own may well outlive its cell.
        if threading.current_thread() is trained_in and not training.ended:
            callback.end("failed")

    trained_in = threading.current_thread()
    shell.events.register("post_run_cell", cell_ended)
