"""A release that has the name is for other Pythons than the one that runs: then no upgrade helps.

What the releases say of the Pythons that they are for stands in the table of release names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup, version_fits
from paddle_lab.environment.findings import Alternative
from paddle_lab.environment.installing import install, installs_with, quoted
from paddle_lab.environment.new_environment import program_of
from paddle_lab.environment.release_names import History
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text


def unfit_python(known: History, facts: Mapping[str, Any]) -> str:
    """The Python of the facts (``3.6``) where no release that has the name is for it; else ""."""
    python = ".".join(str(lookup(facts, "python.version") or "").split(".")[:2])
    return python if known.fits(python) is False else ""


def is_too_old(known: History, python: str) -> bool:
    """Are the releases that have the name for newer Pythons than ``python``? Not where it is ""."""
    return bool(python) and version_fits(known.nearest(python), f">{python}") is True


def needed(known: History, python: str) -> Text:
    """``3.7 or newer``, ``3.10 or older``: the Pythons that the releases are for."""
    nearest = known.nearest(python)
    if is_too_old(known, python):
        return T("{python} or newer", "{python} 或更新", python=nearest)
    return T("{python} or older", "{python} 或更旧", python=nearest)


def cause(known: History, python: str, who: str | Text, wanted: str) -> Text:
    """Why no command that installs into this environment can help."""
    return T(
        "{who} needs {wanted}, and no release that has it is for Python {python}: they need Python "
        "{needed}. Told by the contents of the releases and by the Pythons that they say or have "
        "wheels for.",
        "{who} 需要 {wanted}，而含有它的版本都不支持 Python {python}：它们需要 Python {needed}。"
        "此结论来自各发布版本的内容，及其声明支持或有 wheel 的 Python。",
        who=who,
        wanted=wanted,
        python=python,
        needed=needed(known, python),
    )


def fix(known: History, python: str, importer: str, *, old: bool) -> Text:
    """What to do, in words."""
    if old:
        return T(
            "This environment cannot get it: make one with Python {needed}, and install there what "
            "your program needs:",
            "当前环境无法获得它：请用 Python {needed} 新建环境，并在其中安装程序所需的包：",
            needed=needed(known, python),
        )
    if importer:
        return T(
            "No release that still has it is for Python {python}: let {importer} be newer, then "
            "restart the kernel:",
            "仍含有它的版本都不支持 Python {python}：请升级 {importer}，然后重启内核：",
            python=python,
            importer=importer,
        )
    return T(
        "No release that still has it is for Python {python}: write the code for the installed "
        "release, or run it with Python {needed}, in an environment of its own:",
        "仍含有它的版本都不支持 Python {python}：请按已安装的版本修改代码，或在单独的环境中使用 "
        "Python {needed}：",
        python=python,
        needed=needed(known, python),
    )


def ways(
    known: History,
    python: str,
    wanted: str,
    importer: str,
    facts: Mapping[str, Any],
    *,
    old: bool,
) -> tuple[Alternative, ...]:
    """The ways out, the recommended one first: another Python, or what asks in another release."""
    named = importer if importer != known.package else ""
    another = _environments(known, python, (wanted, *filter(None, (named,))), facts)
    if not named:
        return another
    return (*another, *_older(named, facts)) if old else (_newer(named, facts), *another)


def _environments(
    known: History, python: str, wanted: tuple[str, ...], facts: Mapping[str, Any]
) -> tuple[Alternative, ...]:
    """A new environment with another Python, by uv, which fetches that Python, or by conda."""
    best = str(load_tables().stack["best_python"])
    other = best if known.fits(best) else known.nearest(python)
    folder = f".venv-{known.package}"
    new = {
        "packages": {},
        "platform": facts.get("platform"),
        "installers": {"uv": "uv"},
        "python": {"executable": program_of(facts, folder)},
    }
    name = f"{known.package}-{other.replace('.', '')}"
    return (
        Alternative(
            T("an environment with Python {python}", "使用 Python {python} 的环境", python=other),
            (f"uv venv --python {other} {folder}", install(new, *wanted)),
        ),
        Alternative(
            T("with conda", "使用 conda"),
            (
                f"conda create -y -n {name} python={other} && conda activate {name}",
                f"python -m pip install {quoted(wanted)}",
            ),
        ),
    )


def _newer(importer: str, facts: Mapping[str, Any]) -> Alternative:
    return Alternative(
        T(
            "a newer {importer} that does without it",
            "不再使用它的新版 {importer}",
            importer=importer,
        ),
        (f"{installs_with(facts)} -U {importer}",),
    )


def _older(importer: str, facts: Mapping[str, Any]) -> tuple[Alternative, ...]:
    """An older release of what asks, where it is known which one is installed."""
    version = lookup(facts, f"packages.{importer}")
    if not version:
        return ()
    return (
        Alternative(
            T(
                "an older {importer} that does without it",
                "不使用它的旧版 {importer}",
                importer=importer,
            ),
            (install(facts, f"{importer}<{version}"),),
        ),
    )
