"""Which Paddle build fits a machine: Python, platform, driver and cards together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version

from paddle_lab.environment.conditions import lookup, version_fits
from paddle_lab.environment.installing import INDEX
from paddle_lab.environment.tables import Tables
from paddle_lab.i18n import T, Text


@dataclass(frozen=True)
class Build:
    """A Paddle wheel that fits, or the reason why none does.

    ``requirement`` is None when no wheel exists; ``index`` is None for the default index.
    """

    requirement: str | None
    index: str | None
    build: str  # "cpu", "cu126", ... or "none"
    why: Text
    image: str | None = None

    @property
    def arguments(self) -> list[str]:
        """What follows ``pip install``."""
        if self.requirement is None:
            return []
        return [self.requirement, *(["-i", self.index] if self.index else [])]


def capabilities(case: Mapping[str, Any]) -> list[str]:
    """Compute capabilities of the cards, lowest first."""
    devices = lookup(case, "gpu.devices")
    if not isinstance(devices, list):
        return []
    found = [
        str(d["compute_capability"])
        for d in devices
        if isinstance(d, Mapping) and d.get("compute_capability")
    ]
    return sorted(found, key=_number)


def _number(text: Any) -> tuple[int, ...]:
    try:
        return Version(str(text)).release
    except InvalidVersion:
        return (0,)


def older(one: Any, other: Any) -> bool:
    """Is version ``one`` below ``other``? Both are dotted numbers such as "550.54.14"."""
    return _number(one) < _number(other)


def runs_on(capability: str, archs: list[str]) -> bool:
    """Does a build for ``archs`` run on a card: the same, or the same major number and older."""
    wanted = _number(capability)
    return any(_number(a)[0] == wanted[0] and _number(a) <= wanted for a in archs)


def cpu_build(case: Mapping[str, Any], tables: Tables, why: Text | None = None) -> Build:
    """The newest CPU wheel for this platform and Python."""
    system = str(lookup(case, "platform.system") or "Linux")
    machine = _machine(system, str(lookup(case, "platform.machine") or "x86_64"))
    python = str(lookup(case, "python.version") or tables.stack["best_python"])
    flags = lookup(case, "cpu.flags")
    if machine in ("x86_64", "AMD64") and isinstance(flags, list) and "avx" not in flags:
        return _none(
            T(
                "this processor (or virtual machine) has no AVX, which every Paddle wheel needs",
                "该处理器（或虚拟机）不支持 AVX，而所有飞桨 wheel 都需要 AVX",
            )
        )
    if lookup(case, "platform.libc.name") == "musl":
        return _none(
            T(
                "Alpine's musl libc has no Paddle wheel; use a glibc system such as Debian",
                "Alpine 的 musl libc 没有对应的飞桨 wheel；请换用 Debian 等 glibc 系统",
            )
        )
    rows = [row for row in tables.cpu if (row["system"], row["machine"]) == (system, machine)]
    if not rows:
        return _none(
            T(
                "there is no Paddle wheel for {system} on {machine}",
                "没有适用于 {system} {machine} 的飞桨 wheel",
                system=system,
                machine=machine,
            )
        )
    for row in rows:
        if version_fits(python, row["python"]):
            reason = why or T(
                "the newest CPU build for Python {python} on {system} {machine}",
                "适用于 Python {python}、{system} {machine} 的最新 CPU 版",
                python=python,
                system=system,
                machine=machine,
            )
            return Build(
                f"paddlepaddle=={row['paddle']}", None, "cpu", reason, tables.images["cpu"]
            )
    return _none(
        T(
            "no Paddle wheel exists for Python {python} (3.9 to 3.13 are supported)",
            "没有适用于 Python {python} 的飞桨 wheel（支持 3.9 到 3.13）",
            python=python,
        )
    )


def _machine(system: str, machine: str) -> str:
    lowered = machine.lower()
    if lowered in ("x86_64", "amd64"):
        return "AMD64" if system == "Windows" else "x86_64"
    if lowered in ("arm64", "aarch64"):
        return "arm64" if system == "Darwin" else "aarch64"
    return machine


def _none(why: Text) -> Build:
    return Build(None, None, "none", why)


def best_build(case: Mapping[str, Any], tables: Tables) -> Build:
    """The Paddle build for the machine of ``case``: the GPU one where card and driver allow it.

    All visible cards must run it. The driver decides which CUDA builds are possible; among those
    the one with the newest Paddle for the oldest card wins.
    """
    cards = capabilities(case)
    system = str(lookup(case, "platform.system") or "Linux")
    machine = _machine(system, str(lookup(case, "platform.machine") or "x86_64"))
    if not cards or system == "Darwin" or machine not in ("x86_64", "AMD64"):
        return cpu_build(case, tables)
    plain = cpu_build(case, tables)
    if plain.requirement is None and plain.build == "none" and "avx" in plain.why.en.lower():
        return plain
    python = str(lookup(case, "python.version") or tables.stack["best_python"])
    driver = lookup(case, "gpu.driver")
    key = "driver_windows" if system == "Windows" else "driver_linux"
    fitting = [row for row in tables.gpu if all(runs_on(card, row["archs"]) for card in cards)]
    if not fitting:
        return cpu_build(
            case,
            tables,
            T(
                "no current GPU build runs on compute capability {cards}: the CPU build works here",
                "当前没有 GPU 版支持计算能力 {cards} 的显卡：此处可使用 CPU 版",
                cards=", ".join(cards),
            ),
        )
    usable = [row for row in fitting if not driver or not older(driver, row[key])]
    if not usable:
        lowest = min(fitting, key=lambda row: _number(row[key]))
        return cpu_build(
            case,
            tables,
            T(
                "the driver {driver} is older than {needed}, which {build} needs for this card: "
                "update the driver, until then the CPU build works",
                "驱动 {driver} 低于该显卡所需 {build} 版本的最低驱动 {needed}:"
                "请升级驱动，升级前可使用 CPU 版",
                driver=driver,
                needed=lowest[key],
                build=lowest["build"],
            ),
        )
    usable = [row for row in usable if version_fits(python, row["python"])]
    if not usable:
        return plain
    row = _preferred(usable, driver)
    why = T(
        "{build} is the build for compute capability {cards}"
        + (" and driver {driver}" if driver else ""),
        "{build} 适用于计算能力 {cards}" + (" 与驱动 {driver}" if driver else ""),
        build=row["build"],
        cards=", ".join(cards),
        driver=driver,
    )
    index = INDEX.format(build=row["build"])
    return Build(f"paddlepaddle-gpu=={row['paddle']}", index, row["build"], why, row["image"])


def gpu_build(case: Mapping[str, Any], tables: Tables) -> Build:
    """The GPU build where one is asked for, also when no card is seen here.

    Without a known card it is the build that the driver carries; the CPU one, with the reason, when
    the known cards or the platform have no GPU build.
    """
    build = best_build(case, tables)
    if build.index or capabilities(case):
        return build
    system = str(lookup(case, "platform.system") or "Linux")
    machine = _machine(system, str(lookup(case, "platform.machine") or "x86_64"))
    if system == "Darwin" or machine not in ("x86_64", "AMD64"):
        return cpu_build(
            case,
            tables,
            T(
                "there is no GPU build of Paddle for {system} on {machine}",
                "没有适用于 {system} {machine} 的飞桨 GPU 版",
                system=system,
                machine=machine,
            ),
        )
    driver = lookup(case, "gpu.driver")
    key = "driver_windows" if system == "Windows" else "driver_linux"
    rows = [row for row in tables.gpu if not driver or not older(driver, row[key])]
    row = _preferred(rows or list(tables.gpu), driver if rows else None)
    why = T(
        "{build} needs driver {driver} or newer and runs on compute capability {first} to {last}",
        "{build} 需要驱动 {driver} 或更高，适用于计算能力 {first} 到 {last}",
        build=row["build"],
        driver=row[key],
        first=row["archs"][0],
        last=row["archs"][-1],
    )
    index = INDEX.format(build=row["build"])
    return Build(f"paddlepaddle-gpu=={row['paddle']}", index, row["build"], why, row["image"])


def _preferred(rows: list[Mapping[str, Any]], driver: Any) -> Mapping[str, Any]:
    """With a known driver the newest CUDA it carries; without, the one most drivers carry.

    cu126 is asked for by most (documented for 3.x) when the driver is not known.
    """
    if driver:
        return rows[0]
    return next((row for row in rows if row["build"] == "cu126"), rows[0])
