"""Commands for a system or tool are given only where the case shows a sign of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.conditions import lookup

Case = Mapping[str, Any]

_CONDA: Final = re.compile(r"(?:^|&& |; )(?:CONDA_\w+=\S+ )?(?:conda|mamba) |\$CONDA_PREFIX")
_DOCKER: Final = re.compile(r"(?:^|&& |; |sudo )(?:docker|nvidia-ctk|nvidia-container)\b")
_MAC: Final = re.compile(r"(?:^|&& |; )brew ")
_LINUX: Final = re.compile(
    r"(?:^|&& |; )(?:sudo |apt-get |yum |ldconfig|free -h|ulimit |lscpu|ss -|getconf |source /"
    r"|df -h /dev/shm|find / |ls -ld? |grep -o|fuser |kill \w)|/proc/"
)
_WINDOWS: Final = re.compile(
    r"(?:^|&& |; )(?:winget |reg add |taskkill |wsl |notepad |where |set \w+=)"
)
_EXPORT: Final = re.compile(r"export ((?:\w+=\S+ ?)+)")
_UNSET: Final = re.compile(r"unset ([\w ]+)")


def fitting(command: str, case: Case) -> str:
    """``command`` as the case's system takes it; empty where it is for another system or tool."""
    system = lookup(case, "platform.system")
    if not _has_sign(command, case, system):
        return ""
    return _for_powershell(command) if system == "Windows" else command


def _has_sign(command: str, case: Case, system: str | None) -> bool:
    if _CONDA.search(command) and not lookup(case, "python.conda"):
        return False
    if _DOCKER.search(command) and not lookup(case, "platform.container"):
        return False
    windows = system == "Windows" or bool(lookup(case, "platform.wsl"))
    return system is None or not (
        (_MAC.search(command) and system != "Darwin")
        or (_LINUX.search(command) and system == "Windows")
        or (_WINDOWS.search(command) and not windows)
    )


def _for_powershell(command: str) -> str:
    """``export A=1`` becomes ``$env:A="1"``, as the terminals of Windows take it."""
    exported = _EXPORT.fullmatch(command)
    if exported:
        pairs = [pair.partition("=") for pair in exported.group(1).split()]
        return "; ".join(f'$env:{name}="{value}"' for name, _, value in pairs)
    unset = _UNSET.fullmatch(command)
    if unset:
        return "; ".join(
            f"Remove-Item Env:{name} -ErrorAction Ignore" for name in unset.group(1).split()
        )
    return command.replace(". .venv/bin/activate", ".venv\\Scripts\\activate")
