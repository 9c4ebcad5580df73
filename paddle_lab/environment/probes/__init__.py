"""Probes: each looks at one thing and returns plain JSON values; none can stop another.

They use the standard library only and never import paddle, so that they can also run in the
interpreter that is being diagnosed (``paddle-lab env --python PATH``), whatever is broken there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from paddle_lab.environment.probes import (
    files,
    hardware,
    hiding,
    installers,
    jupyter,
    machine,
    modules,
    network,
    packages,
    requires,
    runtime,
    sites,
    storage,
    wheels,
)
from paddle_lab.environment.redact import clean

FORMAT = "paddle-lab-facts"
VERSION = 1

Probe = Callable[[], Any]

PROBES: tuple[tuple[str, Probe], ...] = (
    ("python", runtime.python),
    ("variables", runtime.variables),
    ("process", runtime.process),
    ("platform", machine.platform_facts),
    ("cpu", machine.cpu),
    ("memory", machine.memory),
    ("packages", packages.versions),
    ("package_problems", packages.problems),
    ("requirements", requires.requirements),
    ("files", files.files),
    ("foreign_wheels", wheels.foreign_wheels),
    ("sites", sites.sites),
    ("paddle", packages.paddle),
    ("installers", installers.installers),
    ("modules", modules.modules),
    ("loaded", modules.loaded),
    ("storage", storage.storage),
    ("shm", storage.shared_memory),
    ("jupyter", jupyter.jupyter),
    ("state", runtime.state),
)


# Each waits for a process of its own and answers several sections: they run beside the others.
BESIDE: tuple[tuple[str, Probe], ...] = (
    ("native", hardware.native),
    ("network", network.network),
    ("hidden", hiding.hidden),
)


def gather(
    probes: tuple[tuple[str, Probe], ...] = PROBES, beside: tuple[tuple[str, Probe], ...] = BESIDE
) -> dict[str, Any]:
    """Run every probe; what fails is written down under ``problems`` and the rest goes on."""
    sheet: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    problems: dict[str, str] = {}
    answers: dict[str, Any] = {}
    waiting = [
        threading.Thread(target=_ask, args=(name, probe, answers, problems), daemon=True)
        for name, probe in beside
    ]
    for thread in waiting:
        thread.start()
    for section, probe in probes:
        _ask(section, probe, sheet, problems)
    for thread in waiting:
        thread.join()
    for name, _ in beside:
        answer = answers.get(name, {})
        problems.update(answer.pop("problems", {}))
        sheet.update(answer)
    sheet["problems"] = dict(sorted(problems.items()))
    return sheet


def _ask(section: str, probe: Probe, answers: dict[str, Any], problems: dict[str, str]) -> None:
    try:
        answers[section] = probe()
    except Exception as error:  # a probe meets anything; what it met is a fact
        problems[section] = clean(f"{type(error).__name__}: {error}")
