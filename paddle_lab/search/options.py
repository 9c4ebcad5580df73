"""How a search goes about it: options of its command, and of Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.i18n import T
from paddle_lab.options import option, options_of
from paddle_lab.options.declare import OPTIONS
from paddle_lab.options.values import check, typed
from paddle_lab.search.study import PRUNERS


@dataclass(frozen=True, kw_only=True)
class SearchWork:
    """How many trials, for how long, how many at once, and which are left early."""

    trials: int | None = option(
        None,
        T("runs to try at most; 12 when left out", "最多尝试的运行数；缺省为 12"),
        example="12", at_least=1, at_most=10_000, group=OPTIONS, stored=False, common=True,
    )  # fmt: skip
    minutes: float | None = option(
        None,
        T("minutes that the search may take; it ends at whichever comes first",
          "搜索最多用多少分钟；与次数先到者为准"),
        example="20", above=0, at_most=10**6, group=OPTIONS, stored=False, common=True,
    )  # fmt: skip
    jobs: int | None = option(
        None,
        T("trials at work at the same time, each in a process of its own; 1 when left out",
          "同时进行的试验数，各在自己的进程中；缺省为 1"),
        example="2", at_least=1, at_most=64, group=OPTIONS, stored=False,
    )  # fmt: skip
    pruner: str | None = option(
        None,
        T("how trials are left early: halving (when left out) lets about the best quarter go on "
          "after a quarter of the training, median leaves those below the median from there on, "
          "hyperband cuts some later, none leaves no trial",
          "如何提前停止试验：halving（缺省）在训练四分之一处只让约最好的四分之一继续，"
          "median 从那时起停止低于中位数的试验，hyperband 对一部分较晚停止，none 不停止"),
        choices=PRUNERS, example="median", group=OPTIONS, stored=False,
    )  # fmt: skip


def checked_work(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of :class:`SearchWork` that were given, as their types.

    Raises UsageError for one that is none, and for a value that cannot be.
    """
    found = {name: typed(SearchWork, name, value) for name, value in given.items()}
    for one in options_of(SearchWork):
        check(one, found.get(one.name))
    return {name: value for name, value in found.items() if value is not None}
