"""The functions that people call: the same ones as behind the magics and the terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.runs import Registry, RunFolder, RunRef, RunSpec

if TYPE_CHECKING:
    from paddle_lab.training.run import Run

_TICK_S: Final = 0.25
_TICKS_ELSEWHERE: Final = 8
_PARTS: Final = ("train", "dev", "test")


def finetune(
    train: Any = None,
    dev: Any = None,
    *,
    resume: str | None = None,
    trust: bool = False,
    background: bool = False,
    names: Mapping[str, Any] | None = None,
    show: bool = True,
    **options: Any,
) -> Run:
    """Fine-tune a model on labelled texts and export it, proven to work.

    ``train``, ``dev`` and the option ``test`` are files, DataFrames, lists of (text, label), names
    in ``names``, or a sample's name such as ``"reviews"``. ``options`` are the fields of
    :class:`paddle_lab.runs.RunSpec`; None means "not given". ``resume`` goes on with a run by name,
    id or folder, with the options it was begun with; only what it is worked on (``procs``,
    ``gpus``, ``nnodes``, ``restarts``, ``isolate``, ...) and files that lie elsewhere now may be
    given anew. ``trust`` lets this call, and none after it, load weights that run a program. Blocks
    until the run has ended unless ``background``.

    Raises UsageError, DataError, ModelError, HubError or RunError, each with what to do.
    """
    from paddle_lab.interrupts import told_in_one_line

    with told_in_one_line():
        run = launch(train, dev, resume=resume, trust=trust, names=names, show=show, **options)
        return run if background else run.wait()


def launch(
    train: Any = None,
    dev: Any = None,
    *,
    resume: str | None = None,
    trust: bool = False,
    names: Mapping[str, Any] | None = None,
    show: bool = True,
    queue: bool = False,
    **options: Any,
) -> Run:
    """Begin a run and its live view, and return at once. Arguments as :func:`finetune`.

    With ``queue`` a new run waits for its turn behind those that train (:mod:`paddle_lab.queue`).

    An interrupt meanwhile waits for what is imported, and then ends the run that was made.
    """
    from paddle_lab.training.hub_pins import pinned
    from paddle_lab.training.preflight import read_first
    from paddle_lab.training.ranks.placing import placing_of, refuse_machines
    from paddle_lab.training.start import begin, create_run, leave, resumable_run

    _check_trust(trust)
    if resume is not None:
        moved = _moved({"train": train, "dev": dev, "test": options.pop("test", None)})
        _refuse_changes(options)
        folder, prepared = resumable_run(resume, moved), None
        placing = placing_of(folder.spec(), options)
    else:
        asked, pins = pinned({"train": train, "dev": dev, **options}, names or {})
        spec, tables = specify(asked.pop("train"), asked.pop("dev"), names or {}, asked)
        placing = placing_of(spec)
        if queue:
            refuse_machines(placing, "--queue")
        found = read_first(spec, tables)
        folder = create_run(spec, tables, found, pins)
        # Variables and --add are read as a resumption reads them: from the run's own copy.
        prepared = None if tables or spec.add else found
    try:
        display = _shown(folder, resumed=resume is not None) if show else None
    except KeyboardInterrupt as error:
        if resume is None:
            leave(folder, error)
        raise
    try:
        run = (
            _queued(folder)
            if queue
            else begin(
                folder,
                resume=resume is not None,
                isolate=bool(options.get("isolate")),
                trust=trust,
                prepared=prepared,
                placing=placing,
            )
        )
    except BaseException:
        if display is not None:
            display.freeze()
        raise
    if display is not None:
        _follow(run, display, elsewhere=queue)
    return run


def specify(
    train: Any, dev: Any, names: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[RunSpec, dict[str, Any]]:
    """The whole specification, and the notebook variables that its data name."""
    from paddle_lab.data.folders import with_folder_parts, with_table_parts
    from paddle_lab.errors import UsageError
    from paddle_lab.i18n import T
    from paddle_lab.options import typed
    from paddle_lab.tasks.recognition import choose_task
    from paddle_lab.training.options import resolve_spec

    if train is None:
        raise UsageError(
            T("No training data were given.", "没有给出训练数据。"),
            fix=T("For example: %ernie_finetune reviews", "例如：%ernie_finetune reviews"),
            code="usage.no_data",
        )
    tables: dict[str, Any] = {}
    if hasattr(train, "__fspath__"):
        train = train.__fspath__()
    given, parts = with_table_parts({"train": train, "dev": dev, **options}, names)
    names = {**names, **parts}
    given = with_folder_parts(given, names)
    folder = train if isinstance(train, str) and given["train"] != train else None
    for part in _PARTS:
        value = given.get(part)
        if value is None:
            continue
        if not isinstance(value, str):
            if hasattr(value, "__fspath__"):
                given[part] = value.__fspath__()
                continue
            tables[part] = value
            given[part] = part
        elif value in names:
            tables[value] = names[value]
    for name in ("drop_issues", "soft"):
        if hasattr(given.get(name), "__fspath__"):
            given[name] = given[name].__fspath__()
    given["add"], further = _added(given.get("add"), names)
    tables |= further
    if typed(RunSpec, "task", given.get("task")) is None:
        given["task"] = choose_task(
            given["train"],
            names=tables,
            **{
                name: given.get(name)
                for name in ("text", "label", "column", "sep", "encoding", "sheet")
            },
        )
    spec = resolve_spec(given)
    name = spec.name
    if options.get("name") is None:
        name = _default_name(folder or spec.train)
    # One line: the name stands in commands and tables.
    return replace(spec, name=" ".join(name.split()) or "run"), tables


def _added(value: Any, names: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The names of what is added, and the variables among them: one source, or several."""
    if value is None:
        return None, {}
    single = isinstance(value, str) or hasattr(value, "columns") or hasattr(value, "__fspath__")
    tables: dict[str, Any] = {}
    told: list[str] = []
    for number, source in enumerate([value] if single else value, start=1):
        name = source.__fspath__() if hasattr(source, "__fspath__") else source
        if not isinstance(name, str):
            name = f"add{number}"
            tables[name] = source
        elif name in names:
            tables[name] = names[name]
        told.append(name)
    return told, tables


def _moved(parts: Mapping[str, Any]) -> dict[str, str]:
    """Where the files of a resumed run lie now. Raises UsageError for what is no file."""
    from paddle_lab.data.folders import with_folder_parts
    from paddle_lab.errors import UsageError
    from paddle_lab.i18n import T

    given = {part: value for part, value in parts.items() if value is not None}
    for part, value in given.items():
        if not isinstance(value, str) and not hasattr(value, "__fspath__"):
            raise UsageError(
                T("A resumed run takes a file as {part}, no variable.",
                  "恢复运行时 {part} 只能是文件，不能是变量。", part=part),
                T("Rows of variables are kept in the run's folder.",
                  "变量的数据保存在运行目录中。"),
                T("Leave it out, or save the rows as they were in a file.",
                  "请去掉它，或把原来的数据存成文件。"),
                code="usage.not_on_resume",
            )  # fmt: skip
        given[part] = value if isinstance(value, str) else value.__fspath__()
    if "train" in given:
        given = {part: v for part, v in with_folder_parts(given, {}).items() if v is not None}
    return {part: str(given[part]) for part in _PARTS if part in given}


def _refuse_changes(given: Mapping[str, Any]) -> None:
    """A resumed run goes on as it was begun: an option that would change nothing is refused."""
    from paddle_lab.errors import UsageError
    from paddle_lab.i18n import T
    from paddle_lab.options import find_option, typed

    changes = [name for name, value in given.items() if typed(RunSpec, name, value) is not None]
    fixed = [option for name in changes if (option := find_option(RunSpec, name)).fixed]
    if not fixed:
        return
    raise UsageError(
        T("A resumed run takes no {option}.", "恢复运行时不能使用 {option}。",
          option=fixed[0].shown),
        T("It goes on with the data and options it was begun with.",
          "它会沿用开始时的数据和选项。"),
        T("Leave it out, or start a new run without --resume.",
          "请去掉它，或不用 --resume 开始新的运行。"),
        code="usage.not_on_resume",
    )  # fmt: skip


def _check_trust(trust: object) -> None:
    """Only True and False: a text such as "no" must not count as a yes. Raises UsageError."""
    from paddle_lab.options.declare import find_option
    from paddle_lab.options.trust import Trust
    from paddle_lab.options.values import typed, wrong_kind

    if typed(Trust, "trust", trust) is None:
        raise wrong_kind(find_option(Trust, "trust"), trust)


def list_runs() -> list[RunRef]:
    """The runs of this user, newest first; a notebook shows them as a table."""
    from paddle_lab.views.runs_table import ShownRuns

    return ShownRuns(Registry().list())


def _default_name(source: str) -> str:
    from pathlib import PurePath

    from paddle_lab.hubs import hub_name

    on_hub = hub_name(source)
    if on_hub is not None:
        return on_hub.repo.rpartition("/")[2]
    path = PurePath(source)
    plain = [
        part for part in (*reversed(path.parents[:-1]), path) if not set("*?[") & set(str(part))
    ]
    return (plain[-1].stem if plain else "") or "run"


def _shown(folder: RunFolder, *, resumed: bool) -> Any:
    """The run's view; a run that was made and is left before it was shown has ended."""
    try:
        return _show(folder)
    except KeyboardInterrupt as error:
        if not resumed:
            from paddle_lab.training.start import leave

            leave(folder, error)
        raise


def _queued(folder: RunFolder) -> Run:
    """The run, which the queue's process begins. One that finds no place has failed."""
    from paddle_lab.errors import PaddleLabError
    from paddle_lab.queue.asking import add
    from paddle_lab.training.run import Run
    from paddle_lab.training.standing import record_end

    try:
        add(folder)
    except PaddleLabError as error:
        record_end(folder, "failed", error)
        raise
    return Run(folder)


def _show(folder: RunFolder) -> Any:
    """Show the run where this is called: a card in a notebook, lines in a terminal."""
    from paddle_lab.cell import in_notebook
    from paddle_lab.views import open_display

    in_cell = in_notebook()
    display = open_display(folder, notebook=in_cell)
    if display is not None:
        display.show()
    if in_cell:
        from IPython.core.getipython import get_ipython

        from paddle_lab.trial.register import register

        register(getattr(get_ipython(), "kernel", None))
    return display


def _follow(run: Run, display: Any, *, elsewhere: bool) -> None:
    """Feed the display while the run works, here or ``elsewhere``, and freeze it at the end."""

    def pump() -> None:
        while run.working:
            display.tick()
            time.sleep(_TICK_S)
        display.freeze()

    def pump_elsewhere() -> None:
        """Of a run that another process begins; whether it lives is read from its whole log."""
        while run.live:
            for _ in range(_TICKS_ELSEWHERE):
                display.tick()
                time.sleep(_TICK_S)
        display.freeze()

    if elsewhere:
        threading.Thread(target=pump_elsewhere, name="paddle-lab-view", daemon=True).start()
    else:
        run.accompany(pump, "paddle-lab-view")
