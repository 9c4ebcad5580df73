"""The plan: every command from here to a working environment, chains resolved at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from paddle_lab.environment import installing
from paddle_lab.environment.conditions import lookup, version_fits
from paddle_lab.environment.derive import derive
from paddle_lab.environment.diagnosis import diagnose
from paddle_lab.environment.evidence import evidence_findings
from paddle_lab.environment.finding_steps import wanted_steps
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.new_environment import activate, as_new, make_new, wrong_python
from paddle_lab.environment.renaming import renaming
from paddle_lab.environment.requirements import demands
from paddle_lab.environment.resolve import Build, best_build
from paddle_lab.environment.tables import Tables, load_tables
from paddle_lab.i18n import T, Text

# Paddle releases that the stack is known to work with.
GOOD_PADDLE = ">=3.0.0,<3.4"


@dataclass(frozen=True)
class Step:
    """Commands that belong together, and why they are needed.

    ``notes`` say what a dry run found that they would change.
    """

    title: Text
    commands: tuple[str, ...]
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Steps in order. ``possible`` is False when no build of Paddle exists for this machine;
    ``steps`` is empty when nothing is to be done."""

    steps: tuple[Step, ...]
    build: Build
    possible: bool

    @property
    def commands(self) -> list[str]:
        """All commands, in order, each as a shell takes it."""
        return [command for step in self.steps for command in step.commands]

    def to_json(self) -> dict[str, Any]:
        """For machines: the build that fits (or why none does) and the steps."""
        return {
            "possible": self.possible,
            "build": self.build.build,
            "requirement": self.build.requirement,
            "index": self.build.index,
            "why": self.build.why.to_json(),
            "steps": [
                {
                    "title": step.title.to_json(),
                    "commands": list(step.commands),
                    "notes": [note.to_json() for note in step.notes],
                }
                for step in self.steps
            ],
            "commands": self.commands,
        }


def make_plan(facts: Mapping[str, Any], findings: Sequence[Finding] = ()) -> Plan:
    """The plan for a fact sheet. Partial sheets give a plan for what is known.

    With an error among ``findings`` it is never empty: what its own steps do not mend they mend, or
    a new environment does. What goes with a proven cause is no step of its own.
    """
    facts, findings = _without_proven_cause(facts, findings)
    tables = load_tables()
    case = derive(facts, tables)
    build = best_build(case, tables)
    steps: list[Step] = list(_files(case))
    needs_new = _new_environment(case, build, tables)
    if build.requirement is None and needs_new is None:
        return Plan((*steps, _impossible(build)), build, possible=False)
    if needs_new is not None:
        steps.append(needs_new)
        case = as_new(case, tables)
        build = best_build(case, tables)
        if build.requirement is None:
            return Plan((_impossible(build),), build, possible=False)
    packages = _packages(case, build, tables)
    planned = [command for step in (*steps, *packages) for command in step.commands]
    whole_set = installing.quoted(tables.installs)
    wanted = wanted_steps(
        findings,
        planned,
        new_environment=needs_new is not None,
        known=demands(facts),
        outcome=tables.stack["outcome"] if any(whole_set in one for one in planned) else None,
    )
    steps += [Step(one.title, one.commands) for one in wanted if one.first]
    steps += packages
    steps += [Step(one.title, one.commands) for one in wanted if not one.first]
    if needs_new is not None:
        steps.append(_use_it(case))
    if steps:
        steps.append(prove(facts, case))
    elif any(finding.severity == "error" for finding in findings):
        steps += [_try_step(), new_environment_step()]
    return Plan(tuple(steps), build, possible=True)


def _without_proven_cause(
    facts: Mapping[str, Any], findings: Sequence[Finding]
) -> tuple[Mapping[str, Any], Sequence[Finding]]:
    """The sheet as it is once a proven cause is gone, and what is still wrong then."""
    if not facts.get("trials"):
        return facts, findings
    from paddle_lab.environment.experiments.causes import afterwards

    after = afterwards(facts)
    if after is facts:
        return facts, findings
    left = {(finding.id, finding.about) for finding in evidence_findings(after)}
    left |= {(finding.id, finding.about) for finding in diagnose(after)}
    return after, [
        one for one in findings if one.certainty == "proven" or (one.id, one.about) in left
    ]


def _try_step() -> Step:
    return Step(
        T(
            "Look for versions that work, and try them; nothing is changed",
            "查找可用的版本并试验；不会改动任何内容",
        ),
        ("paddle-lab env --try",),
    )


def _use_it(case: Mapping[str, Any]) -> Step:
    return Step(
        T(
            "Use the new environment in this terminal (for a kernel of it: paddle-lab env --fresh "
            "--kernel)",
            "在当前终端中使用新环境（需要内核时：paddle-lab env --fresh --kernel）",
        ),
        (activate(case),),
    )


def new_environment_step() -> Step:
    """The way out that always is: a new environment beside this one."""
    return Step(
        T(
            "A new environment, proven by a training step; this one stays as it is",
            "新建一个经训练步验证的环境；当前环境保持不变",
        ),
        ("paddle-lab env --fresh",),
    )


def _files(case: Mapping[str, Any]) -> list[Step]:
    """Files in the way, to be renamed by hand or by these commands."""
    shadows = case.get("shadows")
    names = (
        [str(s["path"]) for s in shadows if isinstance(s, Mapping) and s.get("path")]
        if isinstance(shadows, list)
        else []
    )
    if not names:
        return []
    commands = [renaming(case, name) for name in names]
    return [Step(T("Rename what hides the libraries", "重命名遮蔽了库的文件"), tuple(commands))]


def _new_environment(case: Mapping[str, Any], build: Build, tables: Tables) -> Step | None:
    """A new environment, where this one cannot be fixed: its Python, or what else lives in it."""
    wrong = wrong_python(case, tables) and bool(_stack_arguments(case, tables))
    rivals = lookup(case, "derived.rivals")
    external = lookup(case, "python.externally_managed") is True
    locked = lookup(case, "storage.site_packages.writable") is False
    if not (wrong or rivals or external or locked) or lookup(case, "python.bits") == 32:
        return None
    if not (wrong or rivals or _packages(case, build, tables)):
        return None  # it may not be written to, and need not be
    if wrong:
        why = T(
            "A new environment: Python {python} has no wheels for the stack",
            "新建环境：Python {python} 没有所需的 wheel",
            python=lookup(case, "python.version"),
        )
    elif rivals:
        why = T(
            "An environment of its own: {names} need other versions than paddlenlp",
            "单独的环境：{names} 与 paddlenlp 的依赖互斥",
            names=", ".join(rivals),
        )
    elif external:
        why = T(
            "An environment of its own: this Python belongs to the system",
            "单独的环境：当前 Python 由系统管理",
        )
    else:
        why = T(
            "An environment of your own: this one may not be written to",
            "自己的环境：当前环境不可写",
        )
    return Step(why, make_new(case, tables))


def _has(case: Mapping[str, Any], name: str) -> bool:
    packages = case.get("packages")
    return isinstance(packages, Mapping) and name in packages


def _packages(case: Mapping[str, Any], build: Build, tables: Tables) -> list[Step]:
    steps = []
    fresh = _unfit_paddle(case, build)
    remove = _to_remove(case, fresh)
    if remove:
        steps.append(
            Step(
                T("Remove what is wrong or in the way", "卸载错误或冲突的包"),
                (installing.uninstall(case, *remove),),
            )
        )
    stack = _stack_arguments(case, tables)
    if fresh and build.index:
        steps.append(
            Step(
                T("Install PaddlePaddle: {why}", "安装飞桨：{why}", why=build.why),
                (installing.install(case, str(build.requirement), index=build.index),),
            )
        )
    elif fresh:
        stack = [str(build.requirement), *(stack or tables.installs)]
    if stack:
        title = T("Install the set that works together", "安装互相兼容的整套版本")
        steps.append(Step(title, (installing.install(case, *stack),)))
    return steps


def _unfit_paddle(case: Mapping[str, Any], build: Build) -> bool:
    """Must Paddle itself be installed anew?"""
    kind = lookup(case, "derived.paddle_kind")
    if kind is None or kind == "both" or lookup(case, "paddle.impostor") or _has(case, "paddle"):
        return True
    if lookup(case, "derived.paddle_incomplete"):
        return True
    if not version_fits(lookup(case, "derived.paddle_version"), GOOD_PADDLE):
        return True
    if kind == "gpu" and not build.index:
        return True
    wrong_card = lookup(case, "derived.wheel_runs_here") is False
    return (
        (kind == "cpu" and bool(build.index))
        or wrong_card
        or lookup(case, "derived.driver_too_old") is True
    )


def _to_remove(case: Mapping[str, Any], fresh: bool) -> list[str]:
    impostors = ("paddle", "common", "dual", "tight", "data", "prox")
    remove = [name for name in impostors if _has(case, "paddle") and _has(case, name)]
    if fresh:
        remove += [name for name in ("paddlepaddle", "paddlepaddle-gpu") if _has(case, name)]
    return remove


def _stack_arguments(case: Mapping[str, Any], tables: Tables) -> list[str]:
    """The whole set when anything of it is not right, plus what must move with it; else nothing."""
    packages = case.get("packages")
    packages = packages if isinstance(packages, Mapping) else {}
    wanted = [Requirement(line) for line in tables.stack["requires"]]
    right = all(
        item.name in packages
        and version_fits(packages[item.name], str(item.specifier)) is not False
        for item in wanted
    )
    companions = _companions(case, tables)
    if right and not companions and not lookup(case, "derived.broken_pins"):
        return []
    return [*tables.installs, *companions]


def _companions(case: Mapping[str, Any], tables: Tables) -> list[str]:
    """Installed packages that exclude what the plan installs: the resolver must move them."""
    outcome: Mapping[str, str] = tables.stack["outcome"]
    requirements = case.get("requirements")
    found = []
    own = {Requirement(line).name for line in tables.stack["requires"]} | {
        "paddlepaddle",
        "paddlepaddle-gpu",
    }
    for owner, lines in (requirements if isinstance(requirements, Mapping) else {}).items():
        if owner not in own and any(_excludes(str(line), outcome) for line in lines):
            found.append(str(owner))
    return sorted(found)


def _excludes(line: str, outcome: Mapping[str, str]) -> bool:
    try:
        wanted = Requirement(line)
    except InvalidRequirement:  # metadata older than the standard
        return False
    planned = outcome.get(wanted.name.lower().replace("_", "-"))
    if planned is None or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
        return False
    return version_fits(planned, str(wanted.specifier)) is False


def _impossible(build: Build) -> Step:
    return Step(
        T("No Paddle build can run here: {why}", "此处没有可运行的飞桨：{why}", why=build.why), ()
    )


def prove(facts: Mapping[str, Any], case: Mapping[str, Any]) -> Step:
    """The last step: the real check, of the environment that the plan leads to."""
    program = str(lookup(case, "python.executable") or "")
    if program and (not _has(facts, "paddle-lab") or program != lookup(facts, "python.executable")):
        command = f"paddle-lab env --python {installing.shell_word(case, program)} --check"
    elif lookup(facts, "jupyter.terminal_elsewhere") is True:
        command = f"{installing.python(facts)} -m paddle_lab.cli env --check"
    else:
        command = "paddle-lab env --check"
    return Step(
        T(
            "Restart the kernel, then prove it with one real training step",
            "重启内核，然后用一次真实训练步验证",
        ),
        (command,),
    )
