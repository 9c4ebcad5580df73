"""Begin a search, or go on with one: the checks first, then the folder, then the work."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.errors import RunError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded, runs_dir
from paddle_lab.runs.claim import file_lock
from paddle_lab.search.engine import Engine
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.others import new_name, silent_owner
from paddle_lab.search.plan import SearchPlan, check_plan
from paddle_lab.search.space import Dimension, options_with, space_of, usual_values
from paddle_lab.search.study import Study, optuna_module
from paddle_lab.search.worker import Shown, hearing_interrupts

#: With fewer in a whole trial there is little to leave early.
LEAST_EVALUATIONS: Final = 8
TRIALS: Final = 12


def new_search(
    given: Mapping[str, Any],
    names: Mapping[str, Any],
    *,
    trials: int = TRIALS,
    minutes: float | None = None,
    jobs: int = 1,
    pruner: str = "halving",
) -> SearchFolder:
    """The folder of a new search over the options that ``given`` has as ranges or lists.

    ``names`` are the notebook's variables that its data may name. Raises what a run would refuse
    before it begins (UsageError, DataError, ModelError, RunError), and EnvError without Optuna.
    """
    from paddle_lab.api import specify
    from paddle_lab.tasks import get_task
    from paddle_lab.tasks.api import higher_is_better
    from paddle_lab.training.hub_pins import pinned
    from paddle_lab.training.preflight import read_first, with_absolute_sources
    from paddle_lab.training.ranks.placing import placing_of, refuse_machines
    from paddle_lab.training.tables import keep_tables

    given, space = space_of(given)
    optuna_module()
    given, _ = pinned(given, names)  # every trial reads the same bytes of a hub
    spec, tables = specify(given.get("train"), given.get("dev"), names, _without_data(given))
    refuse_machines(placing_of(spec), "%ernie_search")
    given["task"] = spec.task
    check_ends(given, space, spec.train, spec.dev, tables)
    prepared = read_first(spec, tables)
    spec = with_absolute_sources(spec, tables)
    sources = {name: getattr(spec, name) for name in ("train", "dev", "test", "task", "name")}
    given = {**given, **{name: value for name, value in sources.items() if value is not None}}
    given.pop("isolate", None)
    for name in ("drop_issues", "soft"):
        if given.get(name) is not None:
            given[name] = getattr(spec, name)
    if given.get("add"):
        given["add"] = list(spec.add)
    longest = [float(one.high or max(one.values)) for one in space if one.name == "epochs"]
    epochs = longest[0] if longest else spec.epochs
    each = spec.evals_per_epoch
    if pruner != "none" and "evals_per_epoch" not in given:
        each = max(each, math.ceil(LEAST_EVALUATIONS / epochs))
        given["evals_per_epoch"] = each
    if jobs > 1 and not spec.threads and spec.device in ("auto", "cpu"):
        given["threads"] = max(1, usable_cores() // jobs)
    folder = SearchFolder.create(
        expanded(spec.out) if spec.out else runs_dir(),
        name=spec.name,
        task=spec.task,
        metric=spec.metric,
        higher=higher_is_better(get_task(spec.task), spec.metric),
        given=given,
        space=space,
        trials=trials,
        minutes=minutes,
        jobs=jobs,
        seed=spec.seed,
        pruner=pruner,
        startup=min(10, max(3, trials // 4)),
        evaluations=max(1, round(epochs * each)),
        fingerprint=prepared.fingerprint,
    )
    keep_tables(folder.data, spec, tables, prepared)
    study_of(folder, folder.plan()).suggest_first(usual_values(spec, space))
    return folder


def study_of(
    folder: SearchFolder, plan: SearchPlan, sampler: str = "tpe", by: str | None = None
) -> Study:
    """The study of a search, to work on ``by`` a name.

    Raises EnvError without Optuna, RunError for a damaged file.
    """
    return Study(
        folder.study_path,
        plan.space,
        older=folder.older_study_path,
        by=by or new_name(),
        higher=plan.higher,
        seed=plan.seed,
        pruner=plan.pruner,
        startup=plan.startup,
        evaluations=plan.evaluations,
        sampler=sampler,
    )


def work_on(
    folder: SearchFolder,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    trust: bool = False,
    shown: Shown | None = None,
    sampler: str = "tpe",
    finish: bool = True,
    say: Callable[[Text], None] = lambda _: None,
) -> dict[str, Any]:
    """Search until it is over or interrupted; how it stands then, as ``trials.json``.

    ``trials`` and ``minutes`` take the place of those that it was begun with; without ``finish``
    the best gets no report and no bundle. The first interrupt
    stops the trials after their step, a second within two seconds lets them leave at once. ``say``
    shows what is waited for, where another machine had the search. Raises
    RunError when another process works on it, and the error that ended it.
    """
    from paddle_lab.training.tables import tables_of

    plan = folder.plan()
    check_plan(plan)
    plan = replace(
        plan,
        trials=plan.trials if trials is None else trials,
        minutes=plan.minutes if minutes is None else minutes,
    )
    judged = silent_owner(folder, say)
    study = study_of(folder, plan, sampler)
    tables = tables_of(folder.data, spec_of(plan))
    with file_lock(folder.claim_path):
        if folder.live and folder.process() != judged:
            raise at_work(folder)
        engine = Engine(folder, plan, study, tables=tables, trust=trust, shown=shown, finish=finish)
        engine.claim()
    with hearing_interrupts(engine):
        ended = engine.run()
    if engine.error is not None:
        raise engine.error
    return ended


def work_elsewhere(
    folder: SearchFolder,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    trust: bool = False,
) -> subprocess.Popen[bytes]:
    """Let a process of its own work on a search; it outlives this one.

    Raises RunError when another process works on it, or this one cannot be started.
    """
    if folder.live:
        raise at_work(folder)
    command = ["--resume", str(folder.path)]
    command += [] if trials is None else ["--trials", str(trials)]
    command += [] if minutes is None else ["--minutes", str(minutes)]
    return search_elsewhere(folder, command + (["--trust"] if trust else []))


def search_elsewhere(folder: SearchFolder, words: list[str]) -> subprocess.Popen[bytes]:
    """A process of its own that does what ``words`` say of a search. Raises RunError."""
    command = [sys.executable, "-m", "paddle_lab.cli", "search", "--quiet", *words]
    try:
        with (folder.path / "log.txt").open("ab") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
    except OSError as error:
        raise RunError(
            T("The search could not begin.", "搜索无法开始。"),
            T("{error}", "{error}", error=error),
            code="run.disk",
        ) from error


def best_command(folder: SearchFolder, row: Mapping[str, Any] | None) -> str | None:
    """The line that fine-tunes with the values of a trial; None without one."""
    from paddle_lab.runs.reproduce import commands

    if row is None or row["run"] is None:
        return None
    try:
        spec = folder.run(row["run"]).spec()
    except RunError:  # its run was removed
        return None
    plan = folder.plan()
    return commands(replace(spec, name=plan.name, out=plan.given.get("out")))["magic"]


def spec_of(plan: SearchPlan) -> Any:
    """The specification as far as it names the data."""
    from paddle_lab.runs import RunSpec

    given = plan.given
    return RunSpec(
        train=str(given["train"]),
        dev=given.get("dev"),
        test=given.get("test"),
        add=tuple(given.get("add") or ()),
        drop_issues=given.get("drop_issues"),
        soft=given.get("soft"),
        task=plan.task,
    )


def _without_data(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in ("train", "dev")}


def check_ends(
    given: Mapping[str, Any],
    space: tuple[Dimension, ...],
    train: str,
    dev: str | None,
    tables: Mapping[str, Any],
) -> None:
    """Refuse before the first trial what a value of a dimension would be refused for."""
    from paddle_lab.api import specify
    from paddle_lab.training.preflight import check_model

    for one in space:
        for value in one.values or (one.low, one.high):
            options = _without_data(options_with(given, {one.name: value}))
            spec, _ = specify(train, dev, tables, options)
            check_model(spec)


def at_work(folder: SearchFolder) -> RunError:
    """The error for a search that another process works on."""
    return RunError(
        T("Search {name} is still at work.", "搜索 {name} 仍在进行。", name=folder.path.name),
        fix=T("Work on it as well: %ernie_search --join {name}; or stop it first: "
              "%ernie_stop {name}",
              "一起进行：%ernie_search --join {name}；或先停止它：%ernie_stop {name}",
              name=folder.path.name),
        code="run.active",
    )  # fmt: skip


def refuse_with_resume(given: Mapping[str, Any]) -> None:
    """A search goes on as it was begun. Raises UsageError for an option that would change it."""
    changes = [name for name, value in given.items() if value is not None]
    if not changes:
        return
    raise UsageError(
        T("A resumed search takes no {option}.", "恢复搜索时不能使用 {option}。",
          option=changes[0].replace("_", "-")),
        T("It goes on with the data and options it was begun with; --trials and --minutes may be "
          "given anew.",
          "它会沿用开始时的数据和选项；可以重新给出 --trials 和 --minutes。"),
        T("Leave it out, or start a new search without --resume.",
          "请去掉它，或不用 --resume 开始新的搜索。"),
        code="usage.not_on_resume",
    )  # fmt: skip
