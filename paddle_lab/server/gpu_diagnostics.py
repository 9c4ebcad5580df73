"""What "copy diagnostics" copies. No names of people, notebooks or files."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any, Final

from paddle_lab._version import __version__
from paddle_lab.gpu.ownership import Ownership
from paddle_lab.gpu.readings import MIB
from paddle_lab.gpu.sampler import Sample
from paddle_lab.runs.summary import RunSummary
from paddle_lab.versions import version_of

_PACKAGES: Final = (
    "jupyterlab",
    "notebook",
    "jupyter-server",
    "ipykernel",
    "nvidia-ml-py",
    "pynvml",
    "paddlepaddle",
    "paddlepaddle-gpu",
    "paddlenlp",
)


def diagnostics(
    sample: Sample | None, setting: str, ownership: Ownership, summaries: Sequence[RunSummary]
) -> str:
    """A few lines of plain text for a teacher or a bug report."""
    lines = [
        f"paddle-lab {__version__}, Python {platform.python_version()}, {platform.platform()}",
        ", ".join(f"{name} {version}" for name in _PACKAGES if (version := version_of(name))),
        f"PADDLE_LAB_GPUS={setting}",
    ]
    if sample is not None:
        lines += _gpus(sample)
    kinds = [owner.kind for owner in ownership.owners]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    lines.append(f"owners: {counted or 'none'}; " + _codes(ownership.notes))
    states = [summary.state for summary in summaries]
    lines.append(
        "runs: " + (", ".join(f"{states.count(s)} {s}" for s in sorted(set(states))) or "none")
    )
    return "\n".join(lines)


def _gpus(sample: Sample) -> list[str]:
    inventory = sample.inventory
    condition = inventory.condition
    lines = [
        f"driver {inventory.driver or '-'}; "
        f"condition: {condition.code if condition else 'ok'}; " + _codes(inventory.notes)
    ]
    for gpu, reading in zip(inventory.gpus, sample.fast, strict=False):
        used = "-" if reading.used is None else reading.used // MIB
        total = "-" if gpu.memory is None else gpu.memory // MIB
        lines.append(
            f"GPU {gpu.index} {gpu.name}: busy {reading.busy}%, memory {used}/{total} MiB, "
            f"{len(reading.processes)} processes, "
            f"{reading.condition.code if reading.condition else 'ok'}"
        )
    host = sample.host
    if host is not None:
        limit = " (container limit)" if host.limited else ""
        lines.append(
            f"host: CPU {host.cpu:.0f}% of {host.cpus:g} cores, "
            f"memory {host.memory_used // MIB}/{host.memory_total // MIB} MiB{limit}"
        )
    return lines


def _codes(conditions: Sequence[Any]) -> str:
    return "notes: " + (", ".join(condition.code for condition in conditions) or "none")
