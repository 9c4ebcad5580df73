"""Start a run: the one function behind the magic, the terminal and Python."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paddle_lab.data import Prepared
from paddle_lab.errors import PaddleLabError, RunError
from paddle_lab.i18n import T
from paddle_lab.paths import expanded, runs_dir
from paddle_lab.runs import ProcessMark, Registry, RunFolder, RunSpec
from paddle_lab.runs.claim import file_lock
from paddle_lab.runs.folder import removed_meanwhile
from paddle_lab.runs.requests import requests_size
from paddle_lab.runs.spec import OWN_TRAINER
from paddle_lab.training.hub_pins import HUBS_KEY, Pin
from paddle_lab.training.launchers import LAUNCHERS, Launch
from paddle_lab.training.moved import check_data
from paddle_lab.training.preflight import with_absolute_sources
from paddle_lab.training.ranks.placing import Placing, placing_of
from paddle_lab.training.run import Run
from paddle_lab.training.standing import record_end
from paddle_lab.training.starting_model import frozen_model
from paddle_lab.training.surroundings import surroundings
from paddle_lab.training.tables import check_sources, keep_tables

_NOT_BEGUN = T("Interrupted before the training began.", "在训练开始前被中断。")


def create_run(
    spec: RunSpec,
    names: Mapping[str, Any] | None = None,
    prepared: Prepared | None = None,
    pins: Mapping[str, Pin] | None = None,
) -> RunFolder:
    """Make the run's folder and register it.

    ``names`` are the notebook's variables that ``spec`` may name as data, ``prepared`` its data
    where they were read already, ``pins`` what of it lies on hubs. Raises DataError or RunError.
    """
    check_sources(spec, names or {})
    model, start = frozen_model(spec.model)
    spec = replace(with_absolute_sources(spec, names or {}), model=model)
    root = expanded(spec.out) if spec.out else runs_dir()
    registry = Registry()
    facts = surroundings() if start is None else {**surroundings(), "start": start}
    if pins:
        facts[HUBS_KEY] = {part: pin.to_json() for part, pin in pins.items()}
    folder = RunFolder.create(spec, root, created=registry.next_moment(), **facts)
    try:
        folder.reserve_space()
        keep_tables(folder, spec, names or {}, prepared)
        _register(registry, folder)
    except (PaddleLabError, KeyboardInterrupt):
        # A run that never was is nothing to find, list or resume.
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return folder


def resumable_run(wanted: str, moved: Mapping[str, str] | None = None) -> RunFolder:
    """The folder of a run that was stopped, crashed or aborted, to go on with.

    ``moved`` says where parts of its data lie now: they must be the same rows.
    Raises RunError when it still runs or has finished, DataError when its data are gone: then
    nothing has been written.
    """
    folder = Registry().find(wanted).folder
    state = folder.state()
    if state.live:
        raise _still_running(folder)
    spec = folder.spec()
    if spec.train == OWN_TRAINER:
        raise _not_ours(folder)
    if state.state == "finished" and not (state.end or {}).get("to_finish"):
        raise RunError(
            T(
                "Run {id} has finished; there is nothing to resume.",
                "运行 {id} 已经完成，无需恢复。",
                id=folder.id,
            ),
            fix=T(
                "Start a new run, with more --epochs if you like.",
                "请开始新的运行，需要时增加 --epochs。",
            ),
            code="run.finished",
        )
    if not os.access(folder.path, os.W_OK):
        raise _read_only(folder)
    check_data(folder, spec, moved or {})
    return folder


def begin(
    folder: RunFolder,
    *,
    resume: bool,
    isolate: bool = False,
    trust: bool = False,
    prepared: Prepared | None = None,
    finish: bool = True,
    placing: Placing | None = None,
) -> Run:
    """Begin a prepared run folder in a thread, or in processes of its own when it asks for them.

    ``resume`` goes on from its last checkpoint, and registers a run that only lay in a folder.
    ``isolate`` asks for a process whatever the run's specification says; ``trust`` allows this
    call, and none after it, weights that are a program; ``prepared`` are its data where they were
    read already. Without ``finish`` neither report nor bundle is made: a resumption makes them.
    ``placing`` says on what it is worked where that is not its specification's. Raises RunError
    when the folder cannot be written, EnvError where there are no such GPUs.
    """
    spec = folder.spec()
    placing, apart = placing or placing_of(spec, {}), isolate or spec.isolate
    run = Run(folder)
    since = _claim(folder) if resume else 0
    launch = Launch(
        folder,
        resume=resume,
        trust=trust,
        since=since,
        prepared=prepared,
        finish=finish,
        placing=placing,
        stays=apart,
    )
    try:
        if resume:
            Registry().adopt(folder)
        name = "distributed" if placing.apart else "process" if apart else "thread"
        return run.start(LAUNCHERS.get(name).launch(launch))
    except (PaddleLabError, OSError) as error:
        problem = error if isinstance(error, PaddleLabError) else _not_begun(folder, error)
        record_end(folder, "failed", problem)
        raise problem from error
    except BaseException as error:  # most often interrupted while Paddle was imported
        if not run.working:
            leave(folder, error)
        raise


def leave(folder: RunFolder, error: BaseException) -> None:
    """Write the end of a run that was left before anything worked on it."""
    kept = _NOT_BEGUN if isinstance(error, KeyboardInterrupt) else None
    record_end(folder, "aborted", kept=kept)


def _not_begun(folder: RunFolder, error: OSError) -> RunError:
    return RunError(
        T("The run could not begin.", "运行无法开始。"),
        T("{error}", "{error}", error=error),
        T("Free memory or disk space, or make the folder writable, then: "
          "%ernie_finetune --resume {run}",
          "请释放内存或磁盘空间，或使目录可写，然后：%ernie_finetune --resume {run}",
          run=folder.path.name),
        code="run.disk",
    )  # fmt: skip


def _claim(folder: RunFolder) -> int:
    """Say at once that the run goes on, so that nobody resumes it a second time.

    Returns the offset in the file of requests from which on they are meant for this resumption.
    Raises RunError when another process was quicker, or when nothing can be written.
    """
    try:
        with file_lock(folder.claim_path):
            if not folder.info_path.exists():
                raise removed_meanwhile(folder)
            if folder.state().live:
                raise _still_running(folder)
            folder.reserve_space()
            with folder.open_log() as log:
                mark = ProcessMark.of_this_process()
                log.append("phase", phase="queued", process=mark.to_json())
            return requests_size(folder.requests_path)
    except FileNotFoundError as error:
        raise removed_meanwhile(folder) from error
    except OSError as error:
        raise _not_begun(folder, error) from error


def _read_only(folder: RunFolder) -> RunError:
    return RunError(
        T("Run {name} is another user's, and cannot be gone on with here.",
          "运行 {name} 属于其他用户，不能在此继续。", name=folder.path.name),
        T("{path}: {error}", "{path}：{error}", path=folder.path, error=os.strerror(errno.EACCES)),
        T("Copy it, and go on with the copy: cp -r {path} . ; %ernie_finetune --resume ./{name}",
          "请复制后继续副本：cp -r {path} . ；%ernie_finetune --resume ./{name}",
          path=folder.path, name=folder.path.name),
        code="run.not_writable",
    )  # fmt: skip


def _not_ours(folder: RunFolder) -> RunError:
    saved = folder.state().checkpoints
    where = saved[-1].get("path") if saved else None
    return RunError(
        T("Run {id} was made by your own Trainer.", "运行 {id} 由您自己的 Trainer 产生。",
          id=folder.id),
        T("Only that Trainer can go on with it.", "只有该 Trainer 能够继续它。"),
        T('In your own code: trainer.train(resume_from_checkpoint="{where}")',
          '请在您自己的代码中：trainer.train(resume_from_checkpoint="{where}")', where=where)
        if where
        else T("It saved no checkpoint: run your own code again.",
               "它没有保存检查点：请重新运行您自己的代码。"),
        code="run.own_trainer",
    )  # fmt: skip


def _still_running(folder: RunFolder) -> RunError:
    return RunError(
        T("Run {id} is still running.", "运行 {id} 仍在进行。", id=folder.id),
        fix=T("Stop it first: %ernie_stop {id}", "请先停止它：%ernie_stop {id}", id=folder.id),
        code="run.active",
    )


def _register(registry: Registry, folder: RunFolder) -> None:
    try:
        registry.add(folder)
    except OSError as error:
        raise RunError(
            T("The run cannot be registered.", "无法登记本次运行。"),
            T("{error}", "{error}", error=error),
            T(
                "Set PADDLE_LAB_DATA_DIR to a writable folder.",
                "请把 PADDLE_LAB_DATA_DIR 设为可写目录。",
            ),
            code="run.not_registered",
        ) from error
