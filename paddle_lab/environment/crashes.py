"""The words for the signal that ended a process, as an error text begins with them."""

from __future__ import annotations

_CRASHES = {
    "SIGILL": "Illegal instruction",
    "SIGSEGV": "Segmentation fault",
    "SIGKILL": "Killed, exit code 137",
}


def with_crash(text: str, crash: str, where: str) -> str:
    """An error text that begins with the words for the signal ``crash``, where there was one."""
    return f"{_CRASHES.get(crash, crash)} ({crash}) during {where}\n{text}" if crash else text
