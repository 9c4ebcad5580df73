"""Join a search that another process, here or on another machine, has begun."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.errors import RunError, UsageError
from paddle_lab.i18n import T
from paddle_lab.search.folder import SearchFolder
from paddle_lab.search.joined import Joined, Why
from paddle_lab.search.others import new_name
from paddle_lab.search.plan import SearchPlan, check_plan
from paddle_lab.search.start import check_ends, search_elsewhere, spec_of, study_of
from paddle_lab.search.worker import Shown, hearing_interrupts

#: Options of a run that say on what it is worked, and change no figure: each machine has its own.
LOCAL: Final = ("threads", "device", "gpus")


@dataclass(frozen=True)
class Part:
    """What a process that joined has done: ``rows`` as ``trials.json`` has them."""

    why: Why
    rows: list[dict[str, Any]]
    interrupted: bool


def join(
    folder: SearchFolder,
    *,
    jobs: int = 1,
    trust: bool = False,
    shown: Shown | None = None,
    local: Mapping[str, Any] | None = None,
) -> Part:
    """Take trials of a search until there are no more, or it ends; ``jobs`` at a time.

    What the folder says is judged as a person's line is: nothing in it starts a program or has
    weights trusted. ``local`` are options of :data:`LOCAL`. Raises RunError where nobody works on
    the search or its folder takes no files, DataError where its rows are not here, or are others,
    and the error that ended it.
    """
    from paddle_lab.training.tables import tables_of

    plan = folder.plan()
    check_plan(plan)
    if not folder.live:
        raise _not_at_work(folder)
    tables = tables_of(folder.data, spec_of(plan))
    options = {**(local or {})}
    if jobs > 1 and "threads" not in options:
        options["threads"] = max(1, usable_cores() // jobs)
    given = {name: value for name, value in plan.given.items() if name != "threads"}
    plan = replace(plan, jobs=jobs, given={**given, **options})
    _check_rows(folder, plan, tables)
    name = new_name()
    study = study_of(folder, plan, by=name)
    try:
        joined = Joined(folder, plan, study, name, tables=tables, trust=trust, shown=shown)
        with hearing_interrupts(joined):
            why, rows = joined.run()
    except OSError as error:
        raise RunError(
            T("The search's folder cannot be written.", "无法写入搜索目录。"),
            T("{path}: {error}", "{path}：{error}", path=folder.path,
              error=error.strerror or error),
            T("All that work on a search write into its folder: make it writable.",
              "所有参与搜索的进程都要写入该目录：请使其可写。"),
            code="run.not_writable",
        ) from error  # fmt: skip
    if joined.error is not None:
        raise joined.error
    return Part(why, rows, joined.interrupted)


def join_elsewhere(
    folder: SearchFolder, *, jobs: int, trust: bool, local: Mapping[str, Any]
) -> subprocess.Popen[bytes]:
    """Let a process of its own join; it outlives this one. Raises RunError."""
    if not folder.live:
        raise _not_at_work(folder)
    command = ["--join", str(folder.path), "--jobs", str(jobs)]
    for name, value in local.items():
        command += [f"--{name}", str(value)]
    return search_elsewhere(folder, command + (["--trust"] if trust else []))


def refuse_with_join(given: Mapping[str, Any]) -> None:
    """The search is as it was begun. Raises UsageError for an option that would change it."""
    changes = [name for name, value in given.items() if value is not None and name not in LOCAL]
    if not changes:
        return
    raise UsageError(
        T("A search that is joined takes no {option}.", "加入搜索时不能使用 {option}。",
          option=changes[0].replace("_", "-")),
        T("It goes on as it was begun; --jobs, --threads, --device, --gpus and --trust are this "
          "process's own.",
          "搜索按开始时的选项进行；--jobs、--threads、--device、--gpus 和 --trust 由本进程决定。"),
        T("Leave it out.", "请去掉它。"),
        code="usage.not_on_resume",
    )  # fmt: skip


def _check_rows(folder: SearchFolder, plan: SearchPlan, tables: Mapping[str, Any]) -> None:
    """Refuse to train on other rows than the other processes: figures could not be compared."""
    from paddle_lab.api import specify
    from paddle_lab.training.preflight import read_first

    given = {name: value for name, value in plan.given.items() if name not in ("train", "dev")}
    train, dev = plan.given["train"], plan.given.get("dev")
    spec, found = specify(train, dev, tables, given)
    check_ends(plan.given, plan.space, train, dev, tables)
    here = read_first(spec, found).fingerprint
    if plan.fingerprint not in (None, here):
        raise RunError(
            T("The rows here are not those of search {name}.", "此处的数据与搜索 {name} 的不同。",
              name=folder.path.name),
            T("{train} has another content on this machine.",
              "{train} 在这台机器上的内容不同。", train=train),
            T("Put the same files under the same names, or into the shared folder.",
              "请在相同路径放置相同的文件，或放在共享目录中。"),
            code="run.data_changed",
        )  # fmt: skip


def _not_at_work(folder: SearchFolder) -> RunError:
    return RunError(
        T("Nobody works on search {name}.", "搜索 {name} 没有进程在进行。", name=folder.path.name),
        T("Another process can join only while it is at work.", "只有进行中的搜索可以加入。"),
        T("Go on with it: %ernie_search --resume {name}", "继续它：%ernie_search --resume {name}",
          name=folder.path.name),
        code="run.not_active",
    )  # fmt: skip
