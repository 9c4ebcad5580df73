"""The operating system's processes, as far as owners need them."""

from __future__ import annotations

from collections.abc import Sequence


class SystemProcesses:
    """Asks psutil; a process that is gone or not ours, or a number that is none, is no error."""

    def parent(self, pid: int) -> int | None:
        """The parent's pid; None when there is no such process here."""
        import psutil

        try:
            return int(psutil.Process(pid).ppid())
        except (psutil.Error, OSError, ValueError, OverflowError):
            return None

    def command(self, pid: int) -> Sequence[str]:
        """The command line, empty when it cannot be read."""
        import psutil

        try:
            return tuple(psutil.Process(pid).cmdline())
        except (psutil.Error, OSError, ValueError, OverflowError):
            return ()
