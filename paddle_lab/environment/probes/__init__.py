"""Probes: each looks at one thing and returns plain JSON values; none can stop another.

They use the standard library only and never import paddle, so that they can also run in the
interpreter that is being diagnosed (``paddle-lab env --python PATH``), whatever is broken there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from paddle_lab.environment.probes import (
    files,
    hardware,
    installers,
    jupyter,
    machine,
    modules,
    packages,
    requires,
    runtime,
    storage,
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
    ("paddle", packages.paddle),
    ("installers", installers.installers),
    ("modules", modules.modules),
    ("shadows", modules.shadows),
    ("loaded", modules.loaded),
    ("native", hardware.native),
    ("storage", storage.storage),
    ("shm", storage.shared_memory),
    ("jupyter", jupyter.jupyter),
    ("state", runtime.state),
)


def gather(probes: tuple[tuple[str, Probe], ...] = PROBES) -> dict[str, Any]:
    """Run every probe; what fails is written down under ``problems`` and the rest goes on."""
    sheet: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    problems: dict[str, str] = {}
    for section, probe in probes:
        try:
            sheet[section] = probe()
        except Exception as error:  # a probe meets anything; what it met is a fact
            problems[section] = clean(f"{type(error).__name__}: {error}")
    native = sheet.pop("native", None)
    if isinstance(native, dict):
        problems.update(native.pop("problems", {}))
        sheet.update(native)
    sheet["problems"] = problems
    return sheet
