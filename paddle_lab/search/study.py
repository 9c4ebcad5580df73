"""What proposes values and judges trials: Optuna, with a study in the search's own folder.

The n-th proposal depends on the seed, n and the trials before it, and on nothing else: so it is the
same in a search that was resumed.
"""

from __future__ import annotations

import logging
import sqlite3
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.errors import EnvError
from paddle_lab.i18n import T
from paddle_lab.search.space import Dimension

if TYPE_CHECKING:
    import optuna

PRUNERS: Final = ("halving", "median", "hyperband", "none")
#: Fewer whole trials say nothing about which option matters.
LEAST_FOR_IMPORTANCE: Final = 5
_NAME: Final = "search"
_PATIENCE_S: Final = 60.0
_MOST_PENDING: Final = 1_000_000


class Study:
    """The trials of one search, as what proposes the next one knows them.

    ``startup`` trials are drawn at random before anything is learnt from them; ``evaluations`` is
    how many a whole trial has at most; ``sampler`` "random" learns nothing (for comparison).
    """

    def __init__(
        self,
        path: Path,
        space: Sequence[Dimension],
        *,
        higher: bool,
        seed: int,
        pruner: str,
        startup: int,
        evaluations: int,
        several: bool = False,
        sampler: str = "tpe",
    ) -> None:
        """Open the study at ``path``, or make it. Raises EnvError where Optuna is missing."""
        self._optuna = optuna_module()
        self._space = tuple(space)
        self._seed, self._startup, self._several = seed, startup, several
        self._sampler = sampler
        self._trials: dict[int, optuna.Trial] = {}
        self._study: optuna.Study = self._optuna.create_study(
            storage=_storage(self._optuna, path),
            study_name=_NAME,
            direction="maximize" if higher else "minimize",
            load_if_exists=True,
            pruner=_pruner(self._optuna, pruner, evaluations),
        )

    def suggest_first(self, params: Mapping[str, Any]) -> None:
        """Let the first trial have these values; a study that has trials stays as it is."""
        if params and not self._study.get_trials(deepcopy=False):
            self._study.enqueue_trial(dict(params))

    def ask(self) -> tuple[int, dict[str, Any]]:
        """The next trial: its number from 0, and its values by dimension."""
        states = self._optuna.trial.TrialState
        trials = self._study.get_trials(deepcopy=False)
        number = sum(trial.state is not states.WAITING for trial in trials)
        self._study.sampler = self._sampler_for(number)
        trial = self._study.ask()
        self._trials[trial.number] = trial
        params = {one.name: _suggested(trial, one) for one in self._space}
        return trial.number, params

    def begun(self, number: int, run: str) -> None:
        """Remember the name of the folder of the trial's run."""
        self._trial(number).set_user_attr("run", run)

    def report(self, number: int, evaluation: int, value: float) -> bool:
        """Take a figure of the trial's n-th evaluation in; whether the trial is to be left."""
        trial = self._trial(number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # told again after a resumption: the first one stands
            trial.report(value, evaluation)
        return bool(trial.should_prune())

    def complete(self, number: int, value: float) -> None:
        """The trial came to its end with this figure."""
        self._tell(number, "COMPLETE", value)

    def prune(self, number: int) -> None:
        """The trial was left before its end."""
        self._tell(number, "PRUNED")

    def fail(self, number: int) -> None:
        """The trial has no figure."""
        self._tell(number, "FAIL")

    def unfinished(self) -> dict[int, str | None]:
        """The trials that are neither over nor failed, with the names of their runs."""
        running = self._optuna.trial.TrialState.RUNNING
        trials = self._study.get_trials(deepcopy=False, states=(running,))
        return {trial.number: trial.user_attrs.get("run") for trial in trials}

    def importance(self) -> dict[str, float] | None:
        """The share of each dimension in what made figures differ, by fANOVA; None: too few."""
        states = self._optuna.trial.TrialState
        whole = self._study.get_trials(deepcopy=False, states=(states.COMPLETE,))
        if len(whole) < LEAST_FOR_IMPORTANCE or len({trial.value for trial in whole}) < 2:
            return None
        importance = self._optuna.importance
        evaluator = importance.FanovaImportanceEvaluator(seed=self._seed)
        try:
            found = importance.get_param_importances(self._study, evaluator=evaluator)
        except (RuntimeError, ValueError):
            return None
        return {name: round(float(share), 4) for name, share in found.items()}

    def _sampler_for(self, number: int) -> Any:
        seed = (self._seed * _MOST_PENDING + number) % 2**32
        samplers = self._optuna.samplers
        if self._sampler == "random":
            return samplers.RandomSampler(seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna calls what it has had for years experimental
            return samplers.TPESampler(
                seed=seed,
                n_startup_trials=self._startup,
                multivariate=True,
                constant_liar=self._several,
            )

    def _tell(self, number: int, state: str, value: float | None = None) -> None:
        self._study.tell(
            number, value, state=self._optuna.trial.TrialState[state], skip_if_finished=True
        )

    def _trial(self, number: int) -> optuna.Trial:
        """A trial by its number; of a search that was resumed it is made anew."""
        if number not in self._trials:
            found = next(one for one in self._study.get_trials(deepcopy=False)
                         if one.number == number)  # fmt: skip
            made: optuna.Trial = self._optuna.trial.Trial(self._study, found._trial_id)
            self._trials[number] = made
        return self._trials[number]


def optuna_module() -> Any:
    """Optuna, saying nothing by itself. Raises EnvError where it is missing."""
    try:
        import optuna
    except ImportError as error:
        raise EnvError(
            T("A search needs Optuna, which is not installed.", "搜索需要 Optuna，但尚未安装。"),
            T("{error}", "{error}", error=error),
            T('Install it: pip install "paddle-lab[search]"',
              '请安装：pip install "paddle-lab[search]"'),
            code="env.no_optuna",
        ) from error  # fmt: skip
    optuna.logging.set_verbosity(logging.WARNING)
    return optuna


def _storage(optuna: Any, path: Path) -> Any:
    """SQLite by a connection of our own: in a URL, a brace or a question mark would be read."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=_PATIENCE_S, check_same_thread=False)

    return optuna.storages.RDBStorage("sqlite:///study.db", engine_kwargs={"creator": connect})


def _pruner(optuna: Any, name: str, evaluations: int) -> Any:
    """What leaves trials early: none before a quarter of its evaluations.

    Earlier figures say little: the learning rate still rises, and high ones look bad at first.
    """
    pruners, first = optuna.pruners, max(1, round(evaluations / 4))
    if name == "none" or evaluations < 2:
        return pruners.NopPruner()
    if name == "hyperband":
        return pruners.HyperbandPruner(
            min_resource=first, max_resource=evaluations, reduction_factor=3
        )
    if name == "median":
        return pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=first)
    return pruners.SuccessiveHalvingPruner(min_resource=first, reduction_factor=4)


def _suggested(trial: optuna.Trial, one: Dimension) -> Any:
    if one.values:
        return trial.suggest_categorical(one.name, list(one.values))
    assert one.low is not None and one.high is not None
    if one.kind == "int":
        return trial.suggest_int(one.name, int(one.low), int(one.high), log=one.log)
    value = trial.suggest_float(one.name, one.low, one.high, log=one.log)
    return min(one.high, max(one.low, float(f"{value:.3g}")))
