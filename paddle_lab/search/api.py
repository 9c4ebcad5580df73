"""Searching from Python: the same function as behind ``%ernie_search``."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.errors import RunError, UsageError
from paddle_lab.i18n import T
from paddle_lab.search.folder import SearchFolder, find_search
from paddle_lab.search.options import checked_work
from paddle_lab.search.plan import checked_options
from paddle_lab.search.start import (
    TRIALS,
    best_command,
    new_search,
    refuse_with_resume,
    work_elsewhere,
    work_on,
)

if TYPE_CHECKING:
    import pandas

    from paddle_lab.training.run import Run

_POLL_S: Final = 0.2


class Search:
    """One search, live or past.

    What it found: :attr:`best`, :attr:`params`, :attr:`value`, :attr:`command`, :attr:`importance`,
    and all trials as :attr:`trials` or :meth:`table`. A live one answers :meth:`stop`, :meth:`wait`
    and :meth:`join`.
    """

    def __init__(self, folder: SearchFolder) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def find(cls, wanted: str = "last") -> Search:
        """A search by ``last``, id, name or folder. Raises RunError when there is none."""
        return cls(find_search(wanted))

    @property
    def id(self) -> str:
        """The search's short id."""
        return self.folder.plan().id

    @property
    def state(self) -> str:
        """``running``, ``finished``, ``stopped``, ``failed`` or ``crashed``, read now."""
        return str(self.folder.trials()["state"])

    @property
    def live(self) -> bool:
        """Whether a process works on it, or is about to."""
        starting = self._process is not None and self._process.poll() is None
        return starting or self.folder.live

    @property
    def trials(self) -> list[dict[str, Any]]:
        """How each trial stands: ``number`` from 0, ``params``, ``state``, ``value``, ``run``."""
        rows: list[dict[str, Any]] = self.folder.trials()["trials"]
        return rows

    def table(self) -> pandas.DataFrame:
        """The trials as a table: a row for each, a column for each option that varies."""
        import pandas

        plan = self.folder.plan()
        rows = [
            {
                "trial": row["number"] + 1,
                **{one.name: row["params"].get(one.name) for one in plan.space},
                plan.metric: row["value"],
                "evaluations": len(row["evaluations"]),
                "state": row["state"],
                "seconds": row["seconds"],
                "run": row["run"],
            }
            for row in self.trials
        ]
        return pandas.DataFrame(rows)

    @property
    def best(self) -> Run | None:
        """The run of the best whole trial so far; None before there is one."""
        from paddle_lab.training.run import Run

        row = self._best_row()
        return None if row is None or row["run"] is None else Run(self.folder.run(row["run"]))

    @property
    def params(self) -> dict[str, Any]:
        """The values of the best trial, by option; empty before there is one."""
        row = self._best_row()
        return {} if row is None else dict(row["params"])

    @property
    def value(self) -> float | None:
        """The figure of the best trial on the dev rows: too good by chance, as any best of many."""
        row = self._best_row()
        return None if row is None else float(row["value"])

    @property
    def command(self) -> str | None:
        """The line that fine-tunes with the best values; None before there are any."""
        return best_command(self.folder, self._best_row())

    @property
    def importance(self) -> dict[str, float] | None:
        """The share of each option in what made figures differ; None for too few trials."""
        found: dict[str, float] | None = self.folder.trials().get("importance")
        return found

    def stop(self) -> None:
        """Ask the search to stop: its trials end after their step, and can go on later."""
        self.folder.ask_to_stop("api")

    def wait(self) -> Search:
        """Block until nobody works on it; an interrupt stops it first.

        Raises the error that ended it, RunError when its process died, KeyboardInterrupt.
        """
        interrupted: KeyboardInterrupt | None = None
        while self.live:
            try:
                time.sleep(_POLL_S)
            except KeyboardInterrupt as error:
                if interrupted is not None:
                    raise
                interrupted = error
                self.stop()
        if interrupted is not None:
            raise interrupted
        self._raise_what_ended_it()
        return self

    def join(
        self, *, jobs: int | None = None, trust: bool = False, show: bool = True, **local: Any
    ) -> list[dict[str, Any]]:
        """Work on its trials in this process as well, until there are no more; what was done.

        ``local`` are ``threads``, ``device`` and ``gpus`` of this machine. Raises as
        :func:`paddle_lab.search.joining.join` does.
        """
        from paddle_lab.search.joining import join, refuse_with_join

        refuse_with_join(local)
        work = checked_work({"jobs": jobs})
        part = join(self.folder, jobs=work.get("jobs", 1), trust=trust, local=local,
                    shown=_teller(self.folder, show))  # fmt: skip
        if part.interrupted:
            raise KeyboardInterrupt
        return part.rows

    def __repr__(self) -> str:
        from paddle_lab.search.showing import view_of

        return f"<Search {view_of(self.folder).state_line()}>"

    def _repr_html_(self) -> str:
        from paddle_lab.search.showing import view_of

        return view_of(self.folder).html()

    def _best_row(self) -> dict[str, Any] | None:
        content = self.folder.trials()
        best = content.get("best")
        return next((row for row in content["trials"] if row["number"] == best), None)

    def _raise_what_ended_it(self) -> None:
        content = self.folder.trials()
        if content["state"] == "failed" and content.get("error"):
            raise RunError.from_json(content["error"])
        code = None if self._process is None else self._process.poll()
        if content["state"] == "crashed" or code:
            raise RunError(
                T("The process of search {name} ended before the search did.",
                  "搜索 {name} 的进程提前结束。", name=self.folder.path.name),
                T("What it printed is in {path}.", "它的输出在 {path} 中。",
                  path=self.folder.path / "log.txt"),
                T("Go on with it: %ernie_search --resume {name}",
                  "继续它：%ernie_search --resume {name}", name=self.folder.path.name),
                code="run.process_died",
            )  # fmt: skip


def hyperparameter_search(
    train: Any = None,
    dev: Any = None,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    jobs: int | None = None,
    pruner: str | None = None,
    resume: str | None = None,
    trust: bool = False,
    background: bool = False,
    names: Mapping[str, Any] | None = None,
    show: bool = True,
    **options: Any,
) -> Search:
    """Try values of options in runs of their own; the best ends with a report and a bundle.

    Data and ``options`` as :func:`paddle_lab.finetune`. Those that vary are a range as a text
    (``lr="1e-5..1e-4"``) or a list of values (``batch_size=[16, 32]``). ``trials`` (12) and
    ``minutes`` end it, ``jobs`` (1) are at work at the same time, and ``pruner`` (``"halving"``)
    says which are left early. ``resume`` goes on with a search by ``last``, id, name or folder,
    with more ``trials`` or ``minutes`` where those are given. Blocks until it is over, unless in
    the ``background``: then a process of its own works on it, which outlives this one.

    Raises UsageError, DataError, ModelError, HubError or RunError, each with what to do, and
    EnvError where Optuna is missing.
    """
    from paddle_lab.interrupts import told_in_one_line

    work = checked_work({"trials": trials, "minutes": minutes, "jobs": jobs, "pruner": pruner})
    with told_in_one_line():
        if resume is not None:
            given = {"train": train, "dev": dev, **options}
            refuse_with_resume({**given, "jobs": jobs, "pruner": pruner})
            search = Search.find(resume)
        else:
            search = _begun(train, dev, names or {}, work, options)
        limits: dict[str, Any] = {
            name: value for name, value in work.items() if name in ("trials", "minutes")
        }
        if background:
            search._process = work_elsewhere(search.folder, **limits, trust=trust)
            return search
        return _worked_on(search, limits, trust=trust, show=show)


def _begun(
    train: Any, dev: Any, names: Mapping[str, Any], work: dict[str, Any], options: dict[str, Any]
) -> Search:
    if train is None:
        raise UsageError(
            T("No training data were given.", "没有给出训练数据。"),
            fix=T('For example: hyperparameter_search("reviews", lr="1e-5..1e-4")',
                  '例如：hyperparameter_search("reviews", lr="1e-5..1e-4")'),
            code="usage.no_data",
        )  # fmt: skip
    given = checked_options({"train": train, "dev": dev, **options})
    return Search(new_search(given, names, **{"trials": TRIALS, **work}))


def _worked_on(search: Search, limits: dict[str, Any], *, trust: bool, show: bool) -> Search:
    from paddle_lab.cell import in_notebook
    from paddle_lab.interrupts import interrupted
    from paddle_lab.training.busy import busy_kernel

    with busy_kernel():
        ended = work_on(search.folder, **limits, trust=trust, shown=_teller(search.folder, show))
    if ended["interrupted"] and in_notebook():
        raise interrupted()  # so that the kernel drops the cells that are queued
    return search


def _teller(folder: SearchFolder, show: bool) -> Any:
    from paddle_lab.cell import in_notebook
    from paddle_lab.search.showing import teller

    return teller(folder, notebook=in_notebook()) if show else None
