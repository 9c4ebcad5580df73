"""Launchers: ways to put a run to work, one module each. The run's folder is all that they share.

Whatever works on a run writes its events there, and looks there for what is asked of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from paddle_lab.data import Prepared
from paddle_lab.errors import PaddleLabError
from paddle_lab.i18n import T
from paddle_lab.plugins import Plugins
from paddle_lab.runs import RunFolder
from paddle_lab.training.ranks.placing import Placing


@dataclass(frozen=True)
class Launch:
    """A run to be put to work.

    ``since`` is the offset in the file of requests from which on they are meant for it; ``trust``
    allows weights that are a program, for this launch alone. ``prepared`` are the run's data where
    this process has read them already. Without ``finish`` the run ends with its best weights on the
    disk: a later launch that resumes it makes report and bundle. ``placing`` says on what it is
    worked, None: as its specification has it; ``stays``: it goes on when the process that launched
    it ends.
    """

    folder: RunFolder
    resume: bool = False
    trust: bool = False
    since: int = 0
    prepared: Prepared | None = None
    finish: bool = True
    placing: Placing | None = None
    stays: bool = False


class Worker(Protocol):
    """What works on one run, as the process that launched it holds it."""

    def begin(self) -> None:
        """Start what works apart from this process; returns at once.

        Raises OSError when it cannot be started.
        """
        ...

    def wait_until_begun(self) -> None:
        """Return once the run's folder names the process that works on it."""
        ...

    def work(self) -> PaddleLabError | None:
        """Do the work, or wait until it is done; the error that it ended with.

        Called once, after :meth:`begin`, in a thread of the run's own.
        """
        ...

    def stop(self) -> None:
        """Stop after this step, as an interrupt asks. From any thread; returns at once."""
        ...

    def abort(self) -> None:
        """Leave at once, with whole checkpoints. From any thread; returns at once."""
        ...

    @property
    def aborted(self) -> bool:
        """Whether :meth:`abort` was called."""
        ...


class Launcher(Protocol):
    """What a module here gives as ``LAUNCHER``; others use the group ``paddle_lab.launchers``."""

    def launch(self, launch: Launch) -> Worker:
        """Prepare what works on the run; :meth:`Worker.begin` comes next.

        Raises PaddleLabError when it cannot be prepared.
        """
        ...


LAUNCHERS: Final = Plugins[Launcher](
    "paddle_lab.training.launchers", "paddle_lab.launchers", "LAUNCHER", T("launcher", "启动方式")
)
