"""The live view for one's own PaddleNLP code: add one callback to one's Trainer.

Imports paddlenlp at its top: reached lazily as ``paddle_lab.LiveCallback``.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import runs_dir
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.training.callbacks import LiveHooks
from paddle_lab.training.reporter import Reporter
from paddle_lab.views import Display, in_notebook, open_display

_TICK_S = 0.25


class LiveCallback(LiveHooks):
    """Draws a plain PaddleNLP Trainer's run live, and lets people stop and pause it.

    ``Trainer(..., callbacks=[paddle_lab.LiveCallback()])``. The Trainer keeps doing its own saving
    and evaluating; a stop ends it after the current step. Weights and randomness are not touched:
    the only change is that the Trainer works out its mean loss up to four times a second.

    ``name`` and ``out`` say where the run's folder goes; ``show=False`` only writes the events.
    """

    def __init__(self, name: str = "trainer", out: str | None = None, show: bool = True) -> None:
        self._name = name
        self._out = out
        self._show = show
        self._view: _View | None = None
        self._ended = True

    @property
    def folder(self) -> RunFolder:
        """The folder of the last run. Raises RunError before there is one."""
        if not hasattr(self, "reporter"):
            raise RunError(
                T("This callback has not seen a training yet.", "该回调尚未经历训练。"),
                code="run.not_begun",
            )
        return self.reporter.folder

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Make the run's folder and show it."""
        self.end("failed")
        folder = RunFolder.create(
            _spec_of(args, self._name, kwargs.get("model")),
            Path(self._out) if self._out else runs_dir(),
        )
        Registry().add(folder)
        rows = args.per_device_train_batch_size * args.gradient_accumulation_steps
        super().__init__(Reporter(folder), rows * max(1, args.dataset_world_size))
        self._ended = False
        self.reporter.begin("model")
        super().on_train_begin(args, state, control, **kwargs)
        if self._show:
            self._view = _view_of(folder)
        _when_cell_ends(self)

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any
    ) -> None:
        """A point of evaluation, under the names the Trainer gives."""
        values = {
            name.removeprefix("eval_"): float(value)
            for name, value in (metrics or {}).items()
            if isinstance(value, (int, float)) and not name.endswith(("runtime", "per_second"))
        }
        self.reporter.write(
            "eval",
            step=int(state.global_step),
            epoch=float(state.epoch or 0),
            split="dev",
            metrics=values,
            best=False,
        )

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A checkpoint that the Trainer wrote."""
        path = f"{args.output_dir}/checkpoint-{state.global_step}"
        self.reporter.write("checkpoint", step=int(state.global_step), path=path, best=False)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The run has ended well, or because somebody asked."""
        stopped = self.reporter.control.stop is not None
        self.end("stopped" if stopped else "finished", int(state.global_step))

    def end(self, state: str, step: int | None = None) -> None:
        """Write the end, once; a training that raised is ended as failed."""
        if self._ended:
            return
        self._ended = True
        self.reporter.end(state, self._logged_step if step is None else step, metrics={})
        if self._view is not None:
            self._view.close()


class _View:
    """A display and the thread that feeds it while the training runs."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._closed = threading.Event()
        self._display.show()
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._pump,), daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        while not self._closed.wait(_TICK_S):
            self._display.tick()

    def close(self) -> None:
        """Show the last, and leave what stays."""
        self._closed.set()
        self._thread.join()
        self._display.freeze()


def _view_of(folder: RunFolder) -> _View | None:
    display = open_display(folder, notebook=in_notebook())
    return _View(display) if display is not None else None


def _spec_of(args: Any, name: str, model: Any) -> RunSpec:
    spec = RunSpec(
        train="(own Trainer)",
        name=name,
        epochs=float(args.num_train_epochs),
        batch_size=int(args.per_device_train_batch_size),
        lr=float(args.learning_rate),
        seed=int(args.seed),
        export=False,
    )
    return replace(spec, model=type(model).__name__) if model is not None else spec


def _when_cell_ends(callback: LiveCallback) -> None:
    """A training that raises never reaches ``on_train_end``: the cell's end tells us instead."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return

    def cell_ended(*_: Any) -> None:
        shell.events.unregister("post_run_cell", cell_ended)
        # A training in a thread of the user's own may well outlive its cell.
        if threading.current_thread() is trained_in:
            callback.end("failed")

    trained_in = threading.current_thread()
    shell.events.register("post_run_cell", cell_ended)
