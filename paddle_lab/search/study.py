"""What proposes values and judges trials: Optuna, with a study in the search's own folder.

The n-th proposal depends on the seed, n and the trials before it, and on nothing else: so it is the
same in a search that was resumed.
"""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from paddle_lab.errors import EnvError, PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.search.space import Dimension
from paddle_lab.search.storage import NAME, held, open_storage, unreadable_study

if TYPE_CHECKING:
    import optuna

PRUNERS: Final = ("halving", "median", "hyperband", "none")
#: Fewer whole trials say nothing about which option matters.
LEAST_FOR_IMPORTANCE: Final = 5
_MOST_PENDING: Final = 1_000_000
_STATES: Final = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}


_P = ParamSpec("_P")
_R = TypeVar("_R")


def _guarded(method: Callable[Concatenate[Study, _P], _R]) -> Callable[Concatenate[Study, _P], _R]:
    """Let a damaged or vanished file end the search with one screen of text."""

    @functools.wraps(method)
    def guarded(self: Study, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except PaddleLabError:
            raise
        except Exception as error:  # Optuna's, the file system's: whatever is in the file
            raise unreadable_study(self._path, error) from error

    return guarded


@dataclass(frozen=True)
class Held:
    """A trial that is not over: the name of its run, which process has it, its values."""

    run: str | None
    by: str | None
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """Which process has, or had, a trial, and how it stands: as rows of ``trials.json`` do."""

    by: str | None
    state: str
    value: float | None


class Study:
    """The trials of one search, as what proposes the next one knows them.

    Several processes may have the same study open: each asks for trials ``by`` its own name.
    ``older`` is an SQLite file of an earlier version. ``startup`` trials are drawn at random before
    anything is learnt from them; ``evaluations`` is how many a whole trial has at most; ``sampler``
    "random" learns nothing (for comparison).
    """

    def __init__(
        self,
        path: Path,
        space: Sequence[Dimension],
        *,
        older: Path,
        by: str,
        higher: bool,
        seed: int,
        pruner: str,
        startup: int,
        evaluations: int,
        sampler: str = "tpe",
    ) -> None:
        """Open the study at ``path``, or make it.

        Raises EnvError where Optuna is missing, RunError (``run.unreadable``) for a damaged file:
        so does everything below.
        """
        self._optuna = optuna_module()
        self._space = tuple(space)
        self._seed, self._startup = seed, startup
        self._sampler = sampler
        self._path, self._by = path, by
        self._trials: dict[int, optuna.Trial] = {}
        self._study = self._opened(older, higher, pruner_of(self._optuna, pruner, evaluations))

    @_guarded
    def _opened(self, older: Path, higher: bool, pruner: Any) -> optuna.Study:
        made: optuna.Study = self._optuna.create_study(
            storage=open_storage(self._optuna, self._path, older),
            study_name=NAME,
            direction="maximize" if higher else "minimize",
            load_if_exists=True,
            pruner=pruner,
        )
        return made

    @_guarded
    def suggest_first(self, params: Mapping[str, Any]) -> None:
        """Let the first trial have these values; a study that has trials stays as it is."""
        if params and not self._study.get_trials(deepcopy=False):
            self._study.enqueue_trial(dict(params))

    @_guarded
    def ask(self, most: int) -> tuple[int, dict[str, Any]] | None:
        """The next trial, which is ours: its number from 0, and its values by dimension.

        None when ``most`` were made, whoever made them.
        """
        with held(self._optuna, self._path):
            number = self.made()
            if number >= most:
                return None
            self._study.sampler = self._sampler_for(number)
            trial = self._study.ask()
            trial.set_user_attr("by", self._by)
            params = {one.name: _suggested(trial, one) for one in self._space}
        self._trials[trial.number] = trial
        return trial.number, params

    @_guarded
    def made(self) -> int:
        """How many trials were begun."""
        states = self._optuna.trial.TrialState
        trials = self._study.get_trials(deepcopy=False)
        return sum(trial.state is not states.WAITING for trial in trials)

    @_guarded
    def take(self, number: int, before: str | None) -> bool:
        """Have a trial that nobody works on any more; ``before`` is who had it.

        False where it is over, or another's, by now.
        """
        running = self._optuna.trial.TrialState.RUNNING
        with held(self._optuna, self._path):
            trials = self._study.get_trials(deepcopy=False, states=(running,))
            found = next((trial for trial in trials if trial.number == number), None)
            if found is None or found.user_attrs.get("by") != before:
                return False
            self._trial(number).set_user_attr("by", self._by)
        return True

    @_guarded
    def begun(self, number: int, run: str) -> None:
        """Remember the name of the folder of the trial's run."""
        self._trial(number).set_user_attr("run", run)

    @_guarded
    def report(self, number: int, evaluation: int, value: float) -> bool:
        """Take a figure of the trial's n-th evaluation in; whether the trial is to be left."""
        trial = self._trial(number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # told again after a resumption: the first one stands
            try:
                trial.report(value, evaluation)
            except self._optuna.exceptions.UpdateFinishedTrialError:
                return True  # counted as failed meanwhile: whoever has it is to leave it
        return bool(trial.should_prune())

    def complete(self, number: int, value: float) -> None:
        """The trial came to its end with this figure."""
        self._tell(number, "COMPLETE", value)

    def prune(self, number: int) -> None:
        """The trial was left before its end."""
        self._tell(number, "PRUNED")

    def fail(self, number: int) -> bool:
        """The trial has no figure; False where it had come to its end meanwhile."""
        return self._tell(number, "FAIL")

    @_guarded
    def unfinished(self) -> dict[int, Held]:
        """The trials that are neither over nor failed.

        One that nobody has was asked for by a process that has ended since.
        """
        running = self._optuna.trial.TrialState.RUNNING
        with held(self._optuna, self._path):
            trials = self._study.get_trials(deepcopy=False, states=(running,))
        return {
            trial.number: Held(
                _text(trial.user_attrs.get("run")), _text(trial.user_attrs.get("by")), trial.params
            )
            for trial in trials
        }

    @_guarded
    def ours(self) -> set[int]:
        """The trials that are not over and still ours."""
        running = self._optuna.trial.TrialState.RUNNING
        trials = self._study.get_trials(deepcopy=False, states=(running,))
        return {trial.number for trial in trials if trial.user_attrs.get("by") == self._by}

    @_guarded
    def told(self) -> dict[int, Told]:
        """What is known of each trial that was begun."""
        trials = self._study.get_trials(deepcopy=False)
        return {
            trial.number: Told(
                _text(trial.user_attrs.get("by")),
                _STATES.get(trial.state.name, "running"),
                trial.value if trial.state.name == "COMPLETE" else None,
            )
            for trial in trials
        }

    @_guarded
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
                constant_liar=True,  # of those that others are at, too: it draws elsewhere
            )

    @_guarded
    def _tell(self, number: int, state: str, value: float | None = None) -> bool:
        wanted = self._optuna.trial.TrialState[state]
        try:
            told = self._study.tell(number, value, state=wanted, skip_if_finished=True)
        except self._optuna.exceptions.UpdateFinishedTrialError:  # another was quicker by a moment
            return False
        return bool(told.state is wanted)

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


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def pruner_of(optuna: Any, name: str, evaluations: int) -> Any:
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
