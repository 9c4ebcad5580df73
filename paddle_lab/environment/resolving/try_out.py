"""Try proposed versions before anything is changed: the plan's, then those of a date.

Each proposal is laid over the environment in a folder that is removed, and the real check (import,
one training step, one inference) runs with it. The first that passes is what is proposed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paddle_lab.environment import installing
from paddle_lab.environment.blame import read
from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.parties import asked
from paddle_lab.environment.finding_steps import named_packages
from paddle_lab.environment.plan import Plan, Step, prove
from paddle_lab.environment.probes.installers import find_uv
from paddle_lab.environment.requirements import installed
from paddle_lab.environment.resolving.by_date import by_date
from paddle_lab.environment.resolving.changes import Change
from paddle_lab.environment.resolving.dry_run import rehearse
from paddle_lab.environment.resolving.makers import Uv
from paddle_lab.environment.resolving.overlay import Overlay, free_mb, needed_mb
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text

BUDGET_SECONDS = 900.0
CHECK_SECONDS = 240.0
_ROUNDS = 3
_FIRST = "paddlenlp"  # what the known set is built around

Say = Callable[[Text], None]


@dataclass(frozen=True)
class Proposal:
    """Versions to try, and where they come from."""

    label: Text
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Attempt:
    """What came out of one proposal. ``said`` is the last line of what failed."""

    proposal: Proposal
    ok: bool
    said: str
    seconds: float
    text: str = field(default="", repr=False)

    def to_json(self) -> dict[str, Any]:
        """For machines, as one trial of the fact sheet."""
        return {
            "change": self.proposal.label.in_language("en"),
            "packages": {change.name: change.new for change in self.proposal.changes},
            "ok": self.ok,
            "text": self.said,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Trials:
    """All attempts, and the notes on what could not be tried."""

    attempts: tuple[Attempt, ...]
    notes: tuple[Text, ...]

    @property
    def works(self) -> Proposal | None:
        """The proposal that passed."""
        return next((one.proposal for one in self.attempts if one.ok), None)


def try_out(
    facts: Mapping[str, Any], plan: Plan, text: str, python: str, *, say: Say = lambda text: None
) -> Trials:
    """Try what the plan proposes, then versions of a date, until something works.

    ``text`` is the error of what fails now. Nothing is installed into the environment.
    """
    trial = _Trial(facts, python, say)
    for proposal in trial.proposals(plan, text):
        attempt = trial.attempt(proposal)
        if attempt is not None and attempt.ok:
            break
    notes = {note.in_language("en"): note for note in trial.notes}
    return Trials(tuple(trial.attempts), tuple(notes.values()))


def tried_plan(works: Proposal, plan: Plan, facts: Mapping[str, Any]) -> Plan:
    """The plan that installs exactly what was tried; steps that install nothing else stay."""
    others = tuple(
        step
        for step in plan.steps
        if not any(named_packages(line)[0] or _is_ours(line) for line in step.commands)
    )
    pins = [change.pin for change in works.changes]
    index = installing.own_index(facts, "paddlepaddle-gpu") if _has_gpu(pins) else None
    title = T("Install what was tried: {label}", "安装已试验通过的版本：{label}", label=works.label)
    install = Step(title, (installing.install(facts, *pins, extra_index=index),))
    return Plan((*others, install, prove(facts, facts)), plan.build, plan.possible)


def _is_ours(command: str) -> bool:
    """Is it a question to the doctor: the proof, or the way out that is taken now?"""
    return command.startswith("paddle-lab env") or " -m paddle_lab.cli env" in command


def _has_gpu(pins: Sequence[str]) -> bool:
    return any(pin.startswith("paddlepaddle-gpu==") for pin in pins)


class _Trial:
    def __init__(self, facts: Mapping[str, Any], python: str, say: Say) -> None:
        self.facts = facts
        self.python = python
        self.say = say
        self.until = time.monotonic() + BUDGET_SECONDS
        self.attempts: list[Attempt] = []
        self.notes: list[Text] = []

    def proposals(self, plan: Plan, text: str) -> Iterator[Proposal]:
        """Best first; each is made when the one before has failed."""
        if planned := self.of_plan(plan):
            yield planned
        program = find_uv()
        if program is None:
            self.notes.append(
                T(
                    "Versions of a date need uv (pip install uv); only the known set can be tried.",
                    "按日期解析需要 uv（pip install uv）；否则只能尝试已知的整套版本。",
                )
            )
        else:
            yield from self.by_dates(Uv(program), text)
        if not planned and (known := self.known_set()):
            yield known

    def of_plan(self, plan: Plan) -> Proposal | None:
        """What the installations of the plan would change, all together."""
        changes: dict[str, Change] = {}
        self.say(T("asking what the plan would change ...", "正在查询修复计划将改动什么……"))
        for command in plan.commands:
            said = rehearse(command, self.facts, self.python)
            if said is not None and said.done.no_network:
                self.notes.append(_NO_NETWORK)
            elif said is not None and not said.done.ok:
                self.notes.append(
                    T("{command}: {reason}", "{command}：{reason}", command=command[:120],
                      reason=said.done.reason)
                )  # fmt: skip
            elif said is not None:
                changes.update({change.name: change for change in said.changes})
        label = T("the plan's versions", "修复计划中的版本")
        return Proposal(label, tuple(changes.values())) if changes else None

    def by_dates(self, uv: Uv, text: str) -> Iterator[Proposal]:
        """The one package that broke another, as often as that uncovers the next; then all."""
        moved: dict[str, Change] = {}
        broken: list[str] = []
        for _ in range(_ROUNDS):
            parties = self.parties(text)
            if parties is None or parties[1] in moved:
                break
            older = [parties[0], *(self.first if self.first != [parties[0]] else [])]
            broken = broken or older
            found = next(
                (f for one in older if (f := self.resolved(uv, one, parties[1], moved))), None
            )
            if found is None:
                break
            moved.update({change.name: change for change in found.changes})
            yield Proposal(found.label, tuple(moved.values()))
            text = self.attempts[-1].text if self.attempts else ""
        for one in dict.fromkeys([*self.first, *broken]):
            if whole := self.resolved(uv, one, None, {}):
                yield whole

    @property
    def first(self) -> list[str]:
        """The package that the known set is built around, where it is installed."""
        return [_FIRST] if _FIRST in installed(self.facts) else []

    def parties(self, text: str) -> tuple[str, str] | None:
        """The older package and the newer one that no longer fits it, both installed."""
        trace = read(text)
        if trace is None:
            return None
        request = asked(trace)
        pairs = [(str(error.caller), str(error.raiser)) for error in trace.errors]
        if request is not None:
            pairs.insert(0, (request.importer, request.provider))
        packages = installed(self.facts)
        for pair in pairs:
            one, other = (owned(name, self.facts, trace.sites).name for name in pair)
            if one != other and {one, other} <= set(packages):
                return one, other
        return None

    def resolved(
        self, uv: Uv, broken: str, provider: str | None, moved: Mapping[str, Change]
    ) -> Proposal | None:
        """The versions of the day on which ``broken`` was released."""
        self.say(
            T(
                "looking for the versions of the day on which {name} was released ...",
                "正在查找 {name} 发布当日的版本……",
                name=broken,
            )
        )
        found = by_date(
            uv,
            self.facts,
            self.python,
            broken,
            provider=provider,
            moved={name: change.new for name, change in moved.items()},
        )
        if found.outcome != "found":
            self.notes.append(_outcome(found.outcome, found.broken, found.reason))
            return None
        before = installed(self.facts)
        changes = tuple(Change(one.name, before.get(one.name), one.new) for one in found.changes)
        label = T(
            "{name} as of {day}, when {broken} was released",
            "{name} 取 {day} 的版本（{broken} 的发布日）",
            name=", ".join([*moved, provider]) if provider else T("what it needs", "其依赖"),
            day=found.day,
            broken=found.broken,
        )
        return Proposal(label, changes)

    def known_set(self) -> Proposal | None:
        """The set of the tables, when nothing else is to be had."""
        command = installing.install(self.facts, *load_tables().installs)
        said = rehearse(command, self.facts, self.python)
        if said is None or not said.done.ok or not said.changes:
            return None
        return Proposal(T("the known set of Paddle Lab", "Paddle Lab 已知的整套版本"), said.changes)

    def attempt(self, proposal: Proposal) -> Attempt | None:
        """Lay it over the environment and run the check; None where that cannot be tried."""
        needed, free = needed_mb([change.name for change in proposal.changes]), free_mb()
        left = self.until - time.monotonic()
        if free < needed or left < CHECK_SECONDS / 4:
            self.notes.append(_no_room(needed, free) if free < needed else _NO_TIME)
            return None
        pins = [change.pin for change in proposal.changes]
        self.say(
            T(
                "trying {label}: {n} packages, about {needed} MB ...",
                "正在尝试：{label}，{n} 个包，约 {needed} MB……",
                label=proposal.label,
                n=len(pins),
                needed=needed,
            )
        )
        began = time.monotonic()
        index = installing.own_index(self.facts, "paddlepaddle-gpu") if _has_gpu(pins) else None
        with Overlay(self.python) as overlay:
            put = overlay.put(pins, index)
            check = overlay.check(min(left, CHECK_SECONDS)) if put.ok else {}
        ok = check.get("ok") is True
        text = "" if ok else str(check.get("text") or check.get("signal") or put.reason)
        said = next((line for line in reversed(text.splitlines()) if line.strip()), "")[:300]
        spent = round(time.monotonic() - began, 1)
        self.attempts.append(Attempt(proposal, ok, said, spent, text))
        return self.attempts[-1]


_NO_NETWORK = T("The package index was not reached.", "无法访问软件包索引。")
_NO_TIME = T("There was no time left for another trial.", "没有剩余时间继续尝试。")


def _no_room(needed: int, free: int) -> Text:
    return T(
        "Not tried: it needs about {needed} MB of temporary space, {free} MB are free (TMPDIR).",
        "未尝试：约需 {needed} MB 临时空间，剩余 {free} MB（TMPDIR）。",
        needed=needed,
        free=free,
    )


def _outcome(outcome: str, broken: str, reason: str) -> Text:
    if outcome == "no network":
        return _NO_NETWORK
    texts = {
        "no dates": T(
            "The package index that is used here tells no upload dates, so versions of a date "
            "cannot be found.",
            "当前使用的软件包索引不提供上传日期，无法按日期查找版本。",
        ),
        "not released": T(
            "{broken} is not on the package index that is used here.",
            "当前使用的软件包索引中没有 {broken}。",
            broken=broken,
        ),
        "same": T(
            "The versions of the day on which {broken} was released are those installed.",
            "{broken} 发布当日的版本与已安装的相同。",
            broken=broken,
        ),
    }
    return texts.get(outcome) or T(
        "No set of that day fits {broken}: {reason}",
        "没有适合 {broken} 的当日版本：{reason}",
        broken=broken,
        reason=reason,
    )
