"""Which Python and which platform a release has a wheel for, as the index tells it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from paddle_lab.environment import installing
from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.new_environment import program_of
from paddle_lab.environment.resolving.makers import Uv, pins_of
from paddle_lab.environment.resolving.tools import Done
from paddle_lab.i18n import T, Text

SECONDS = 30.0
PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
# uv's names of platforms, and how people call them.
PLATFORMS = {
    "x86_64-unknown-linux-gnu": "Linux x86_64",
    "aarch64-unknown-linux-gnu": "Linux ARM64",
    "x86_64-pc-windows-msvc": "Windows",
    "aarch64-apple-darwin": "macOS (Apple silicon)",
    "x86_64-apple-darwin": "macOS (Intel)",
}
_AT_ONCE = 4
_WANTED = (
    re.compile(r"No matching distribution found for ([\w.\-]+)==([\w.+!]+)"),
    re.compile(r"satisfies the requirement ([\w.\-]+)==([\w.+!]+)"),
    re.compile(r"[Bb]ecause ([\w.\-]+)==([\w.+!]+) has no wheels"),
    re.compile(r"there is no version of ([\w.\-]+)==([\w.+!]+)"),
)


@dataclass(frozen=True)
class Wheels:
    """Where a release has wheels. ``pythons`` are those of the platform that was asked for.

    ``newest`` is the newest release with a wheel for the Python and the platform asked for, None
    when there is none. ``asked``: False where the index was not reached.
    """

    name: str
    version: str
    platform: str
    here: bool
    pythons: tuple[str, ...]
    platforms: tuple[str, ...]
    newest: str | None
    asked: bool = True


def wheels_of(uv: Uv, name: str, version: str, python: str, platform: str) -> Wheels:
    """The wheels of a release, for ``python`` ("3.13") on ``platform`` and around it."""
    pin = f"{name}=={version}"
    first = _ask(uv, pin, python, platform)
    if first.no_network:
        return Wheels(name, version, platform, False, (), (), None, asked=False)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        others = [one for one in PYTHONS if one != python]
        answers = pool.map(lambda one: _ask(uv, pin, one, platform).ok, others)
        pythons = {one for one, there in zip(others, answers, strict=True) if there}
        if first.ok:
            pythons.add(python)
        elsewhere = [one for one in PLATFORMS if one != platform]
        # A Python that most releases have a wheel for, when this one has none anywhere.
        nearest = python if first.ok or not pythons else max(pythons, key=PYTHONS.index)
        there = pool.map(lambda one: _ask(uv, pin, nearest, one).ok, elsewhere)
        platforms = {one for one, found in zip(elsewhere, there, strict=True) if found}
    if pythons:
        platforms.add(platform)
    newest = pins_of(_ask(uv, name, python, platform).out)
    return Wheels(
        name,
        version,
        platform,
        first.ok,
        tuple(one for one in PYTHONS if one in pythons),
        tuple(one for one in PLATFORMS if one in platforms),
        newest[0].partition("==")[2] if newest else None,
    )


def platform_of(case: Mapping[str, Any]) -> str:
    """uv's name of the platform of a case."""
    system = str(lookup(case, "platform.system") or "Linux")
    machine = str(lookup(case, "platform.machine") or "x86_64").lower()
    arm = machine in ("arm64", "aarch64")
    if system == "Windows":
        return "x86_64-pc-windows-msvc"
    if system == "Darwin":
        return "aarch64-apple-darwin" if arm else "x86_64-apple-darwin"
    return "aarch64-unknown-linux-gnu" if arm else "x86_64-unknown-linux-gnu"


def wanted_release(text: str) -> tuple[str, str] | None:
    """The release that an installer says it did not find, or None."""
    for pattern in _WANTED:
        found = pattern.search(text)
        if found:
            return found[1], found[2].rstrip(".,")
    return None


def wheel_finding(text: str, case: Mapping[str, Any], uv: Uv) -> Finding | None:
    """What the index says of the release that an installer did not find; None where it says none.

    ``case`` is the machine that the text comes from.
    """
    wanted = wanted_release(text)
    if wanted is None:
        return None
    version = str(lookup(case, "python.version") or f"3.{sys.version_info[1]}")
    python = ".".join(version.split(".")[:2])
    found = wheels_of(uv, *wanted, python, platform_of(case))
    return _finding(found, python, case) if found.asked else None


def _finding(found: Wheels, python: str, case: Mapping[str, Any]) -> Finding:
    pin = f"{found.name}=={found.version}"
    where = PLATFORMS[found.platform]
    other = [one for one in found.pythons if one != python]
    here = installing.install(case, f"{found.name}=={found.newest}") if found.newest else None
    with_other: tuple[str, ...] = ()
    if other and not found.here:
        folder = f".venv-{found.name}"
        new = {"packages": {}, "platform": case.get("platform"), "installers": {"uv": "uv"}}
        new["python"] = {"executable": program_of(case, folder)}
        with_other = (f"uv venv --python {other[-1]} {folder}", installing.install(new, pin))
    ways = [
        Alternative(
            T("the newest version for Python {python}", "适用于 Python {python} 的最新版本",
              python=python), (here,))
    ] if here and with_other else []  # fmt: skip
    return Finding(
        id="wheel-matrix",
        family="packages",
        severity="note" if found.here else "error",
        certainty="proven",
        title=T(
            "{pin} has no wheel for Python {python} on {where}",
            "{pin} 没有适用于 Python {python}、{where} 的 wheel",
            pin=pin, python=python, where=where,
        ) if not found.here else T(
            "{pin} has a wheel for Python {python} on {where}",
            "{pin} 有适用于 Python {python}、{where} 的 wheel",
            pin=pin, python=python, where=where,
        ),
        cause=_cause(found, where),
        fix=T(
            "Use a Python that has one, in an environment of its own:",
            "在单独的环境中使用有 wheel 的 Python：",
        ) if with_other else T("Install:", "安装：") if here or found.here else T(
            "Use one of those platforms, or another version.", "请换用上述平台，或换一个版本。"
        ),
        commands=with_other or (
            (installing.install(case, pin),) if found.here else (here,) if here else ()
        ),
        sources=("the package index, asked now",),
        evidence=(f"{pin}: Python {', '.join(found.pythons) or '-'} ({where})",),
        score=45.0,
        alternatives=tuple(ways),
    )  # fmt: skip


def _cause(found: Wheels, where: str) -> Text:
    if found.here:
        return T(
            "The index that this machine uses has it. So another index, an old pip, or another "
            "Python was asked.",
            "本机所用的源中有该版本。可能当时使用了其他源、旧版 pip 或另一个 Python。",
        )
    platforms = ", ".join(PLATFORMS[one] for one in found.platforms)
    if not platforms:
        return T(
            "The index has no wheel of this version for any platform: it was withdrawn, has "
            "another name, or is on another index.",
            "源中没有该版本的任何 wheel：可能已撤回、名称不同，或在其他源。",
        )
    return T(
        "There are wheels for Python {pythons} on {where}; platforms with wheels: {platforms}.",
        "{where} 上有 Python {pythons} 的 wheel；有 wheel 的平台：{platforms}。",
        pythons=", ".join(found.pythons) or "-",
        where=where,
        platforms=platforms,
    )


def _ask(uv: Uv, wanted: str, python: str, platform: str) -> Done:
    words = ["pip", "compile", "-", "-q", "--no-header", "--no-annotate", "--no-deps"]
    words += ["--only-binary", ":all:", "--python-version", python, "--python-platform", platform]
    return uv.run(words, SECONDS, wanted)
