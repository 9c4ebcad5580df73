"""One run from its folder to its bundle: read, encode, train, report, export.

Called in a worker thread of the kernel, or in a process of its own: in both, everything it needs is
in the run folder and everything it tells is in the events.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paddle_lab.data import Prepared
from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.garbage import only_new_searched
from paddle_lab.i18n import T, Text
from paddle_lab.paths import is_about_writing
from paddle_lab.runs import RunFolder, RunSpec, RunState
from paddle_lab.training.inputs import TrainingInputs, load_inputs
from paddle_lab.training.job import know_inputs, remember_job
from paddle_lab.training.quiet import import_paddlenlp, logging_to
from paddle_lab.training.ranks.team import Team
from paddle_lab.training.reporter import Aborted, Discarded, Reporter
from paddle_lab.training.standing import not_gone_on, stand_as_before
from paddle_lab.training.unexpected import unexpected

if TYPE_CHECKING:
    from paddle_lab.training.loop import TrainingLoop

_NOT_TRAINED = T("Stopped before the first step.", "在第一步之前停止。")
_NOTHING_KEPT = T("No weights were kept.", "没有保留权重。")


@dataclass
class Outcome:
    """How a run ended: ``state`` as the ``end`` event has it, and the error if it failed."""

    state: str
    step: int = 0
    error: PaddleLabError | None = None


def run_session(
    folder: RunFolder,
    reporter: Reporter,
    *,
    resume: bool = False,
    trust: bool = False,
    prepared: Prepared | None = None,
    spec: RunSpec | None = None,
    meet: Callable[[TrainingInputs], Team] = lambda inputs: Team(),
) -> Outcome:
    """Do the whole run. Never raises an Exception: a failure is the ``end`` event and the outcome.

    ``trust``: the person who began it allows weights that are a program. ``prepared`` are its data
    where they were read already. ``spec`` stands in for the folder's. ``meet`` gives the ranks that
    train together, of which this one leads. Raises PeersLost alone, when one of them is gone.
    """
    spec = spec or folder.spec()
    progress = Progress(reporter, folder.state())
    try:
        with _unplugged_progress_bars():
            inputs = _begin(folder, spec, reporter, trust, prepared)
            return _run(folder, spec, reporter, progress, inputs, meet, resume=resume)
    except Aborted as left:
        return progress.leave(left, _kept_checkpoints(folder))
    except PaddleLabError as error:
        return progress.fail(error)
    except OSError as error:
        if not is_about_writing(error):
            _write_traceback(folder)
            return progress.fail(unexpected(error, folder))
        return progress.fail(_not_written(error, folder))
    except Exception as error:  # the last line before a person: nothing may escape as a traceback
        _write_traceback(folder)
        return progress.fail(unexpected(error, folder))


class Progress:
    """Where the run stands, so that its end can be told from anywhere."""

    def __init__(self, reporter: Reporter, state: RunState) -> None:
        self.reporter = reporter
        self.before = state.before  # until a resumption has done its first step
        self.step = state.step
        self.train_seconds: float | None = None
        self.weights_step: int | None = None
        self.metrics: dict[str, float | None] = {}
        self.coverage: dict[str, Any] | None = None

    def begun(self) -> None:
        """The run goes on: how it stood before is over."""
        self.before = None

    def end(self, state: str, *, kept: Text | None = None, to_finish: bool = False) -> Outcome:
        """Write the ``end`` event; ``to_finish``: its report is still to be made."""
        self.reporter.end(
            state,
            self.step,
            kept=kept.to_json() if kept else None,
            weights_step=self.weights_step,
            metrics=self.metrics,
            **({} if self.coverage is None else {"coverage": self.coverage}),
            **({"to_finish": True} if to_finish else {}),
            train_seconds=self.train_seconds,
        )
        return Outcome(state, self.step)

    def abort(self, kept: Text | None) -> Outcome:
        """Write the ``end`` event of a run that was left; a resumption not begun changes none."""
        return self.end("aborted", kept=kept) if self.before is None else self.fail(not_gone_on())

    def leave(self, left: Aborted, kept: Text | None) -> Outcome:
        """The end of a run that was left; one that makes nothing more was only stopped."""
        if isinstance(left, Discarded):
            return self.end("stopped", kept=kept or _NOTHING_KEPT)
        return self.abort(kept)

    def fail(self, error: PaddleLabError) -> Outcome:
        """Write the ``end`` event of a failure; of a resumption before its training, as it was."""
        if self.before is not None:
            for kind, fields in stand_as_before(self.before, self.step, error):
                self.reporter.write(kind, durable=kind == "end", **fields)
            self.reporter.close()
            return Outcome("failed", self.step, error)
        self.reporter.end(
            "failed",
            self.step,
            error=error.to_json(),
            metrics=self.metrics,
            train_seconds=self.train_seconds,
        )
        return Outcome("failed", self.step, error)


def _begin(
    folder: RunFolder, spec: RunSpec, reporter: Reporter, trust: bool, prepared: Prepared | None
) -> TrainingInputs:
    reporter.begin("load")
    if spec.report_to == "visualdl":
        _write_visualdl(folder, reporter)
    import_paddlenlp(folder.log_path)
    reporter.phase("data")
    return load_inputs(folder, spec, reporter, trust=trust, prepared=prepared)


def _run(
    folder: RunFolder,
    spec: RunSpec,
    reporter: Reporter,
    progress: Progress,
    inputs: TrainingInputs,
    meet: Callable[[TrainingInputs], Team],
    *,
    resume: bool,
) -> Outcome:
    if not resume and _is_stopped(reporter):
        return progress.end("stopped", kept=_NOT_TRAINED)
    with logging_to(folder.log_path), only_new_searched():
        import paddle
        from paddle.utils import unique_name

        from paddle_lab.cpu import set_threads
        from paddle_lab.training.loop import TrainingLoop

        if not paddle.in_dynamic_mode():
            paddle.disable_static()
        # OpenMP keeps its number of threads for each thread of ours.
        set_threads(spec.threads or None)
        # Names count up in a kernel; without the guard a second run cannot load its optimizer.
        team = meet(inputs)
        with unique_name.guard():
            loop = TrainingLoop(folder, spec, reporter, inputs, team)
            know_inputs(reporter.job, inputs, len(loop.loader))
            started = time.monotonic()
            try:
                loop.train(resume=resume, on_begun=progress.begun)
            finally:
                if progress.before is None:
                    progress.step = loop.hooks.step
                team.close()
            progress.train_seconds = round(time.monotonic() - started, 2)
            stopped = reporter.control.stop is not None
            whole = _finish(folder, spec, inputs, loop, progress)
    if not whole:
        return progress.end("stopped", kept=_kept_checkpoints(folder) or _NOTHING_KEPT)
    finish = reporter.control.finish
    if not stopped and finish:
        remember_job(reporter.job)
    if not (stopped or finish):
        return progress.end("finished", kept=_trained(folder), to_finish=True)
    return progress.end("stopped" if stopped else "finished", kept=loop.final.text())


def _is_stopped(reporter: Reporter) -> bool:
    """Whether somebody wants the run to stop before its first step: there is nothing to keep."""
    reporter.look(now=True)
    reporter.control.raise_if_aborted()
    return reporter.control.stop == "step"


def _finish(
    folder: RunFolder, spec: RunSpec, inputs: TrainingInputs, loop: TrainingLoop, progress: Progress
) -> bool:
    """Best weights, report and bundle; False when the person wants nothing more made.

    Raises RunError when the disk took none of them.
    """
    if not progress.reporter.control.save:
        return False
    loop.final.put_back()
    progress.weights_step = loop.final.step
    if not progress.reporter.control.finish:
        if not loop.final.on_disk():
            raise _nothing_kept(folder)
        return True
    try:
        exported = _report_and_export(folder, spec, inputs, loop, progress)
    except RunError as error:
        if loop.final.on_disk():
            raise
        raise _nothing_kept(folder) from error
    if not progress.reporter.control.save:
        return False
    if not exported and not loop.final.on_disk():
        raise _nothing_kept(folder)
    return True


def _report_and_export(
    folder: RunFolder, spec: RunSpec, inputs: TrainingInputs, loop: TrainingLoop, progress: Progress
) -> bool:
    """Whether there is a bundle now; the person may stop either."""
    from paddle_lab.training.finish import export_run, report_run

    reporter = progress.reporter
    report = report_run(folder, spec, reporter, inputs, loop)
    if report is not None:
        progress.metrics, progress.coverage = dict(report["metrics"]), report["coverage"]
    if not spec.export or not reporter.control.save:
        return False
    return export_run(folder, spec, reporter, inputs, loop, report)


def _write_visualdl(folder: RunFolder, reporter: Reporter) -> None:
    from paddle_lab.training.visualdl_log import VisualDlLog

    def lost(error: OSError) -> None:
        reporter.notice(
            "warning",
            "visualdl-lost",
            T("The VisualDL log ends here ({error}); the run goes on.",
              "VisualDL 日志到此为止（{error}）；训练继续进行。", error=error.strerror or error),
        )  # fmt: skip

    curves = folder.path / "visualdl"
    reporter.add_listener(VisualDlLog(curves, lost))
    reporter.notice(
        "info",
        "visualdl",
        T("Curves for VisualDL: visualdl --logdir {folder}",
          "VisualDL 曲线：visualdl --logdir {folder}", folder=curves),
    )  # fmt: skip


def _kept_checkpoints(folder: RunFolder) -> Text | None:
    from paddle_lab.training.checkpoint import latest_checkpoint

    checkpoint = latest_checkpoint(folder.checkpoints)
    if checkpoint is None:
        return None
    return T(
        "The checkpoint of step {step} is kept.",
        "已保留第 {step} 步的检查点。",
        step=checkpoint.step,
    )


def _trained(folder: RunFolder) -> Text:
    return T(
        "Trained, without report and bundle. Make them: %ernie_finetune --resume {id}",
        "已训练，未生成报告和模型包。需要时：%ernie_finetune --resume {id}",
        id=folder.id,
    )


def _nothing_kept(folder: RunFolder) -> RunError:
    return RunError(
        T("The trained weights could not be written.", "无法写入训练得到的权重。"),
        T("{path} cannot be written any more.", "{path} 无法再写入文件。", path=folder.path),
        T(
            "Free some space, then go on from the last checkpoint: %ernie_finetune --resume {id}",
            "请释放磁盘空间，然后从最近的检查点继续：%ernie_finetune --resume {id}",
            id=folder.id,
        ),
        code="run.disk",
    )


def _not_written(error: OSError, folder: RunFolder) -> RunError:
    return RunError(
        T("The run could not write its files.", "运行无法写入文件。"),
        T("{path}: {error}", "{path}：{error}", path=error.filename or folder.path,
          error=error.strerror or error),
        T("Free some space or make the folder writable, then: %ernie_finetune --resume {id}",
          "请释放磁盘空间或使目录可写，然后：%ernie_finetune --resume {id}", id=folder.id),
        code="run.disk",
    )  # fmt: skip


def _write_traceback(folder: RunFolder) -> None:
    import traceback

    try:
        with folder.log_path.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
    except OSError:
        # A full disk: the error itself is still told.
        return


def _unplugged_progress_bars() -> Any:
    """PaddleNLP draws progress bars into the cell while it loads; our card shows the progress."""
    import contextlib
    import os

    @contextlib.contextmanager
    def quiet() -> Any:
        before = os.environ.get("TQDM_DISABLE")
        os.environ["TQDM_DISABLE"] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ["TQDM_DISABLE"]
            else:
                os.environ["TQDM_DISABLE"] = before

    return quiet()


def log_file(folder: RunFolder) -> Path:
    """Where the run's library output goes."""
    return folder.log_path
