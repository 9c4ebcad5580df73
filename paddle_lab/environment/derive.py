"""Facts that follow from other facts and the tables: what the rules ask about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup, version_fits
from paddle_lab.environment.requirements import demands, stack, unmet
from paddle_lab.environment.resolve import best_build, capabilities, older, runs_on
from paddle_lab.environment.tables import Tables


def derive(
    facts: Mapping[str, Any], tables: Tables, said: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """``facts`` with a section ``derived``; partial sheets will do. ``said``: clues of a text."""
    case = dict(facts)
    case["derived"] = {
        **_paddle(facts, tables),
        **_gpu(facts, tables),
        **_broken_pins(facts),
        **_jupyter(facts),
        "versions_apart": _apart(_packages(facts), tables),
        "rivals": _rivals(facts, tables),
        "build": best_build(facts, tables).build,
        **_text_says(said or {}, tables),
    }
    return case


def _packages(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    packages = facts.get("packages")
    return packages if isinstance(packages, Mapping) else {}


def _paddle(facts: Mapping[str, Any], tables: Tables) -> dict[str, Any]:
    packages = _packages(facts)
    gpu, cpu = packages.get("paddlepaddle-gpu"), packages.get("paddlepaddle")
    version = gpu or cpu or lookup(facts, "paddle.version")
    found: dict[str, Any] = {"paddle_version": str(version).split("+")[0] if version else None}
    found["paddle_kind"] = "both" if gpu and cpu else "gpu" if gpu else "cpu" if cpu else None
    found["wheel_cuda"] = lookup(facts, "paddle.cuda")
    if found["wheel_cuda"] is None and gpu:
        found["wheel_cuda"] = _cuda_of(str(gpu))
    if found["paddle_kind"] in ("gpu",):
        found["bundled_cuda"] = bool(version_fits(found["paddle_version"], ">=3.0.0b0"))
    searched = str(lookup(facts, "variables.LD_LIBRARY_PATH") or "")
    named = re.findall(r"cuda-(\d+\.\d)", searched)
    found["other_cuda_first"] = [n for n in named if n != str(found["wheel_cuda"])]
    looked = facts.get("paddle")
    # A text tells the wheel's CUDA at most: then the folder was not looked at.
    absent = (
        isinstance(looked, Mapping) and bool(set(looked) - {"cuda"}) and not looked.get("folder")
    )
    found["paddle_incomplete"] = (
        bool(found["paddle_kind"] and absent) if "paddle" in facts else None
    )
    return found


def _cuda_of(version: str) -> str | None:
    """The CUDA version that a 2.x wheel's name tells; the plain ones are 11.8."""
    post = version.partition(".post")[2]
    if post.isdigit() and len(post) == 3:
        return f"{post[:2]}.{post[2]}"
    return "11.8" if version_fits(version, ">=2.5,<3") else None


def _gpu(facts: Mapping[str, Any], tables: Tables) -> dict[str, Any]:
    cards = capabilities(facts)
    cuda = lookup(facts, "paddle.cuda") or _cuda_of(
        str(_packages(facts).get("paddlepaddle-gpu") or "")
    )
    found: dict[str, Any] = {"cards": cards, "card_count": len(cards)}
    if "gpu" not in facts or not cards:
        return found
    visible = str(lookup(facts, "variables.CUDA_VISIBLE_DEVICES") or "")
    numbers = [int(part) for part in visible.split(",") if part.strip().isdecimal()]
    found["cards_not_there"] = [number for number in numbers if number >= len(cards)]
    found["lowest_capability"] = float(cards[0])
    found["highest_capability"] = float(cards[-1])
    cuda = str(cuda)
    if cuda in tables.wheel_archs:
        archs = tables.wheel_archs[cuda]
        found["wheel_runs_here"] = all(runs_on(card, archs) for card in cards)
    driver = lookup(facts, "gpu.driver")
    if driver and cuda in tables.driver_linux:
        found["driver_too_old"] = older(driver, tables.driver_linux[cuda])
    return found


def _text_says(clues: Mapping[str, Any], tables: Tables) -> dict[str, Any]:
    """Do the card, the driver and the wheel that a text itself names fit each other?"""
    found: dict[str, Any] = {}
    packages = clues.get("packages") or {}
    cuda = lookup(clues, "paddle.cuda") or _cuda_of(str(packages.get("paddlepaddle-gpu") or ""))
    cuda = str(cuda)
    cards = capabilities(clues)
    if cards and cuda in tables.wheel_archs:
        found["text_wheel_runs"] = all(runs_on(card, tables.wheel_archs[cuda]) for card in cards)
    found["text_versions_apart"] = _apart(packages, tables)
    driver = lookup(clues, "gpu.driver")
    if driver and cuda in tables.driver_linux:
        found["text_driver_too_old"] = older(driver, tables.driver_linux[cuda])
    return found


def _apart(packages: Mapping[str, Any], tables: Tables) -> bool | None:
    """Do paddlenlp and Paddle not belong together? None when one of them is not known."""
    paddle = packages.get("paddlepaddle-gpu") or packages.get("paddlepaddle")
    library = packages.get("paddlenlp")
    for row in tables.pairs if paddle and library else ():
        if version_fits(library, row["paddlenlp"]):
            fits = version_fits(str(paddle).split(".post")[0], row["paddle"])
            return None if fits is None else not fits
    return None


def _jupyter(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Kernels whose Python is gone, and modules loaded in another version than installed."""
    kernels = lookup(facts, "jupyter.kernels")
    broken = [
        str(kernel.get("name"))
        for kernel in (kernels if isinstance(kernels, list) else [])
        if isinstance(kernel, Mapping) and kernel.get("exists") is False
    ]
    loaded = facts.get("loaded")
    stale = []
    for module, state in (loaded if isinstance(loaded, Mapping) else {}).items():
        name = _DISTRIBUTION_OF.get(module, module.replace("_", "-"))
        installed = _packages(facts).get(name) or (
            _packages(facts).get("paddlepaddle-gpu") if module == "paddle" else None
        )
        version = state.get("version") if isinstance(state, Mapping) else None
        if version and installed and str(version) != str(installed).split(".post")[0]:
            stale.append(f"{module} {version} is loaded, {installed} is installed")
        elif isinstance(state, Mapping) and state.get("complete") is False:
            stale.append(f"{module} is loaded incompletely")
    return {"broken_kernels": broken, "stale_modules": stale}


_DISTRIBUTION_OF = {"paddle": "paddlepaddle", "cv2": "opencv-python", "pkg_resources": "setuptools"}


def _rivals(facts: Mapping[str, Any], tables: Tables) -> list[str]:
    packages = _packages(facts)
    return [
        row["package"]
        for row in tables.rivals
        if row["package"] in packages and version_fits(packages[row["package"]], row["is"])
    ]


def _broken_pins(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Requirements of the stack's packages that the installed versions do not meet, in words."""
    if not isinstance(facts.get("requirements"), Mapping):
        return {}
    known = demands(facts)
    needed = set(stack(facts, known))
    return {
        "broken_pins": [
            f"{demand.owner} {demand.owner_version} asks {demand.name}{demand.specifier}, "
            + (f"{demand.installed} is installed" if demand.installed else "which is not installed")
            for demand in unmet(facts, known)
            if demand.owner in needed
        ]
    }
