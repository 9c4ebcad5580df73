"""What experiments prove: findings from the trials of a fact sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.experiments.changes import is_known
from paddle_lab.environment.experiments.remedies import remedy
from paddle_lab.environment.experiments.shown import (
    NO_TIME,
    error_of,
    step_and_change,
    trial_texts,
)
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import reinstall
from paddle_lab.i18n import T, Text

Facts = Mapping[str, Any]
_PUTS_FIRST = frozenset({"variable", "user site", "start", "file"})
Trial = Mapping[str, Any]


def trials_of(facts: Facts) -> list[Trial]:
    """The trials of a sheet that have the form this version writes; a stranger's may have not."""
    trials = facts.get("trials")
    return [trial for trial in trials if _is_trial(trial)] if isinstance(trials, list) else []


def _is_trial(trial: Any) -> bool:
    return (
        isinstance(trial, Mapping)
        and isinstance(trial.get("step"), str)
        and isinstance(trial.get("ok"), bool)
        and isinstance(trial.get("changes"), list)
        and all(
            isinstance(change, list)
            and all(isinstance(part, str) for part in change)
            and is_known(change)
            for change in trial["changes"]
        )
    )


def trial_findings(facts: Facts) -> list[Finding]:
    """The causes that experiments proved; empty when none was."""
    trials = [trial for trial in trials_of(facts) if trial.get("ended") != NO_TIME]
    proof = _proof(trials)
    if proof is not None:
        return [_of_changes(proof, trials, facts)]
    library = next(
        (t for t in reversed(trials) if t["step"].startswith("load ") and not t["ok"]), None
    )
    if library is not None:
        return [_of_library(library, trials, facts)]
    last = trials[-1] if trials else {"ok": False}
    if last["ok"] and not last["changes"] and last["step"] == trials[0]["step"]:
        return [_passing(trials[-1]["step"], trials)]
    return []


def afterwards(facts: Facts) -> Facts:
    """The sheet as it is once the cause that was proven is gone; ``facts`` where none changes it.

    A folder that a variable, the user's site or a file puts first is then not searched any more: of
    packages that stand twice, the second counts.
    """
    proof = _proof([trial for trial in trials_of(facts) if trial.get("ended") != NO_TIME])
    kinds = {change[0] for change in proof["changes"]} if proof else set()
    twice = lookup(facts, "package_problems.twice")
    packages = facts.get("packages")
    if not (kinds & _PUTS_FIRST and isinstance(twice, Mapping) and isinstance(packages, Mapping)):
        return facts
    seconds = {
        name: entries[1]["version"]
        for name, entries in twice.items()
        if len(entries) > 1 and entries[0]["site"] != entries[1]["site"]
    }
    return {**facts, "packages": {**packages, **seconds}} if seconds else facts


def with_trials(finding: Finding, facts: Facts) -> Finding:
    """The finding of a failed step, and what was tried without finding its cause."""
    tried = trial_texts(trials_of(facts))
    if not tried:
        return finding
    commands = ("paddle-lab env --plan",)  # the check, which it would advise, was made
    return replace(finding, tried=(*finding.tried, *tried), commands=commands)


def _proof(trials: Sequence[Trial]) -> Trial | None:
    """The trial that worked with changes, when the same step failed without them right after it."""
    for worked, again in reversed(list(pairwise(trials))):
        same = worked["step"] == again["step"] == trials[0]["step"]
        if same and worked["ok"] and worked["changes"] and not again["ok"] and not again["changes"]:
            return worked
    return None


def _of_changes(proof: Trial, trials: Sequence[Trial], facts: Facts) -> Finding:
    """One finding of a proven set of changes; mostly it is one change."""
    step = proof["step"]
    parts = [remedy(change, facts) for change in proof["changes"]]
    names = [part.name for part in parts]
    both = T(
        " It takes all {n} changes together: each alone is not enough.",
        "需要同时做出全部 {n} 项更改，单独一项不够。",
        n=len(parts),
    )
    worked = step_and_change(proof)
    return Finding(
        id=f"proven-{parts[0].key}",
        family="shadow" if parts[0].key in ("file", "folder", "user-site") else "native",
        severity="error",
        certainty="proven",
        title=_title(names, step),
        cause=T(
            "{why}{both} Tried here: {worked} works; {step} fails again without that: {error}",
            "{why}{both}已在本机试验：{worked} 成功；不做该更改时 {step} 再次失败：{error}",
            why=_sentences([part.why for part in parts]),
            both=both if len(parts) > 1 else "",
            worked=worked,
            step=step,
            error=_last_line(facts, trials),
        ),
        fix=_sentences([part.fix for part in parts]),
        commands=tuple(command for part in parts for command in part.commands),
        sources=("this machine",),
        tried=trial_texts(trials),
        about=tuple(dict.fromkeys(name for part in parts for name in part.about)),
    )


def _of_library(trial: Trial, trials: Sequence[Trial], facts: Facts) -> Finding:
    """One shared library that ends the process, or cannot be loaded, by itself."""
    file = trial["step"].removeprefix("load ")
    owner, sizes = _strings(trial.get("owner")), _strings(trial.get("sizes"))
    cut = (
        T(
            "It is cut short: {size} bytes of at least {needed}.",
            "文件不完整：只有 {size} 字节，至少应有 {needed} 字节。",
            size=sizes[0],
            needed=sizes[1],
        )
        if len(sizes) == 2
        else T(
            "Loaded alone, in a process of its own, it fails too: {error}.",
            "在独立进程中单独加载也会失败：{error}。",
            error=error_of(trial),
        )
    )
    name = owner[0].lower().replace("_", "-") if owner else ""
    return Finding(
        id="proven-library",
        family="native",
        severity="error",
        certainty="proven",
        title=T(
            "{file} cannot be loaded ({error})",
            "无法加载 {file}（{error}）",
            file=file,
            error=error_of(trial),
        ),
        cause=T(
            "{cut} It belongs to {owner}.",
            "{cut}它属于 {owner}。",
            cut=cut,
            owner=" ".join(owner) or T("no package", "未知的包"),
        ),
        fix=T(
            "Put exactly this package back, in the same version.",
            "请重新安装这个包的同一版本。",
        ),
        commands=(reinstall(facts, name) if name else "paddle-lab env --plan",),
        sources=("this machine",),
        tried=trial_texts(trials),
        about=tuple(filter(None, (name, file))),
    )


def _strings(value: Any) -> list[str]:
    return [str(part)[:200] for part in value] if isinstance(value, list) else []


def _passing(step: str, trials: Sequence[Trial]) -> Finding:
    return Finding(
        id="fails-sometimes",
        family="native",
        severity="warning",
        certainty="proven",
        title=T("{step} failed once and then worked", "{step} 失败过一次，随后成功", step=step),
        cause=T(
            "The same step, repeated without any change, worked.",
            "不做任何更改重复同一步骤时成功。",
        ),
        fix=T("Run the check again.", "请再运行一次检查。"),
        commands=("paddle-lab env --check",),
        sources=("this machine",),
        tried=trial_texts(trials),
    )


def _last_line(facts: Facts, trials: Sequence[Trial]) -> str:
    again = next((t for t in reversed(trials) if not t["ok"]), trials[0])  # and a page later
    text = str(lookup(facts, "check.text") or again.get("text") or "").strip()
    if lookup(facts, "check.signal"):
        return str(lookup(facts, "check.signal"))
    return next((line for line in reversed(text.splitlines()) if line[:1].strip()), "")[:300]


def _title(names: Sequence[Text], step: str) -> Text:
    if len(names) == 1:
        return T("{name} makes {step} fail", "{name} 导致 {step} 失败", name=names[0], step=step)
    several = [name.in_language("en").rstrip(",") for name in names]
    return T(
        "{step} fails by {n} causes together: {en}",
        "{n} 个原因共同导致 {step} 失败：{zh}",
        step=step,
        n=len(names),
        en=" and ".join(name[:1].lower() + name[1:] for name in several),
        zh="；".join(name.in_language("zh") for name in names),
    )


def _sentences(texts: Sequence[Text]) -> Text:
    unique = list(dict.fromkeys((t.in_language("en"), t.in_language("zh")) for t in texts))
    return Text(" ".join(en for en, _ in unique), "".join(zh for _, zh in unique))
