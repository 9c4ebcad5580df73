"""What is said of an error that nothing here knows: what was tried, who failed, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.environment.blame import Traceback, read
from paddle_lab.environment.blame.owning import Owned, owned
from paddle_lab.environment.blame.project import Project, project_of
from paddle_lab.environment.blame.structure import PERSON
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.experiments.causes import trials_of
from paddle_lab.environment.experiments.shown import trial_texts
from paddle_lab.environment.installing import install
from paddle_lab.environment.requirements import demands
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text

Row = tuple[Text, Text]
_MOST_TRIALS = 8
# What a package raises when it meets a version of another that it does not know.
_OF_MISFITS = ("ImportError", "ModuleNotFoundError", "AttributeError", "TypeError", "NameError")


@dataclass(frozen=True)
class Step:
    """One thing to do next, and what it brings."""

    command: str
    brings: Text


@dataclass(frozen=True)
class NotKnown:
    """Everything that can be said honestly; each part may be empty.

    ``tried``: what was looked at and what came out; ``where``: who raised and who called;
    ``likely``: unproven; ``steps``: the cheapest first; ``project``: where a report belongs.
    """

    tried: tuple[Row, ...]
    where: tuple[Text, ...]
    likely: Text | None
    steps: tuple[Step, ...]
    project: Project | None

    def to_json(self, language: str) -> dict[str, Any]:
        """The same as plain strings in one language."""
        return {
            "tried": [
                {"what": what.in_language(language), "result": result.in_language(language)}
                for what, result in self.tried
            ],
            "where": [line.in_language(language) for line in self.where],
            "likely": self.likely.in_language(language) if self.likely else None,
            "next": [
                {"command": step.command, "brings": step.brings.in_language(language)}
                for step in self.steps
            ],
            "project": self.project.to_json() if self.project else None,
        }


def not_known(text: str, facts: Mapping[str, Any], *, foreign: bool = False) -> NotKnown:
    """What to say of ``text`` when no finding does; of a ``foreign`` one nothing here was tried."""
    trace = read(text)
    mine = {} if foreign else facts
    return NotKnown(
        tried=() if foreign else tuple(tried(facts)),
        where=tuple(_where(trace, mine)) if trace else (),
        likely=_likely(trace, mine) if trace else None,
        steps=tuple(_steps(facts, foreign)),
        project=project_of(trace, mine) if trace else None,
    )


def tried(facts: Mapping[str, Any]) -> list[Row]:
    """What was looked at and tried on this machine, and what came out."""
    rows: list[Row] = []
    files = facts.get("files")
    if isinstance(files, Mapping):
        damaged = files.get("damaged") or {}
        rows.append(
            (
                T("files of {n} packages", "{n} 个包的文件", n=files.get("distributions")),
                T("damaged: {names}", "已损坏：{names}", names=", ".join(damaged))
                if damaged
                else T("complete", "完整"),
            )
        )
    known = demands(facts)
    if known:
        unmet = [one for one in known if not one.met]
        rows.append(
            (
                T("{n} requirements", "{n} 条依赖要求", n=len(known)),
                T("{n} not met", "{n} 条未满足", n=len(unmet))
                if unmet
                else T("all met", "全部满足"),
            )
        )
    return [*rows, *_imported(facts), *_phases(facts), *_trials(facts)]


def _imported(facts: Mapping[str, Any]) -> list[Row]:
    results = lookup(facts, "imports.results")
    return [
        (T("import {name}", "导入 {name}", name=result.get("name")), _outcome(result))
        for result in (results if isinstance(results, list) else [])
        if isinstance(result, Mapping)
    ]


def _phases(facts: Mapping[str, Any]) -> list[Row]:
    phases = lookup(facts, "check.phases")
    return [
        (Text("{name}", "{name}", {"name": phase.get("name")}), _outcome(phase))
        for phase in (phases if isinstance(phases, list) else [])
        if isinstance(phase, Mapping)
    ]


def _trials(facts: Mapping[str, Any]) -> list[Row]:
    lines = trial_texts(trials_of(facts)[:_MOST_TRIALS])
    return [(Text("tried", "已试"), line) for line in lines]


def _outcome(result: Mapping[str, Any]) -> Text:
    if result.get("ok"):
        return T("works, {s} s", "成功，{s} 秒", s=result.get("seconds", "?"))
    return T("FAILS", "失败")


def _where(trace: Traceback, facts: Mapping[str, Any]) -> list[Text]:
    """The error, whose code raised it, and who called that."""
    lines = [Text("{line}", "{line}", {"line": trace.cause.line[:300]})] if trace.cause.name else []
    if trace.final is not trace.cause and trace.final.name:
        lines.append(T("then: {line}", "随后：{line}", line=trace.final.line[:300]))
    raiser, caller = _named(trace.raiser, facts, trace), _named(trace.caller, facts, trace)
    if raiser is not None and caller is not None:
        lines.append(
            T(
                "raised in {raiser}, called by {caller}",
                "在 {raiser} 中抛出，由 {caller} 调用",
                raiser=raiser,
                caller=caller,
            )
        )
    elif raiser is not None:
        lines.append(T("raised in {raiser}", "在 {raiser} 中抛出", raiser=raiser))
    return lines


def _named(package: str | None, facts: Mapping[str, Any], trace: Traceback) -> Owned | Text | None:
    if package is None:
        return None
    if package == PERSON:
        return T("your own code", "您自己的代码")
    return owned(package, facts, trace.sites)


def _likely(trace: Traceback, facts: Mapping[str, Any]) -> Text | None:
    """One guess, called so; None where the frames do not even support that."""
    raiser, caller = trace.raiser, trace.caller
    if raiser == PERSON:
        return T(
            "a mistake in your own code, not in the environment",
            "自己代码中的错误，而非环境问题",
        )
    if raiser is None or caller in (None, PERSON) or trace.cause.kind not in _OF_MISFITS:
        return None
    return T(
        "{raiser} and {caller} do not fit each other",
        "{raiser} 与 {caller} 不匹配",
        raiser=owned(raiser, facts, trace.sites),
        caller=owned(str(caller), facts, trace.sites),
    )


def _steps(facts: Mapping[str, Any], foreign: bool) -> list[Step]:
    steps = []
    if not foreign:
        steps.append(
            Step(
                f"{install(facts, *load_tables().installs)} --dry-run",
                T(
                    "shows what the versions that work together would change; changes nothing",
                    "显示换成互相匹配的版本会改动什么，不做任何更改",
                ),
            )
        )
        if "check" not in facts:
            steps.append(
                Step(
                    "paddle-lab env --check",
                    T("tries it here, with one change at a time", "在本机逐项改变条件来试验"),
                )
            )
        steps.append(
            Step(
                "paddle-lab env --fresh",
                T(
                    "a new environment, proven; yours stays as it is",
                    "新建并验证一个环境，现有环境不变",
                ),
            )
        )
    steps.append(
        Step(
            "paddle-lab env --explain FILE --report",
            T(
                "a report to post: error, versions, what was tried; no tokens, no names",
                "生成可公开的报告：错误、版本、已试内容；不含令牌和用户名",
            ),
        )
    )
    return steps
