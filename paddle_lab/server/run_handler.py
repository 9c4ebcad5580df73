"""What the routes of runs share: a run is found by its id, and a damaged one is said to be so."""

from __future__ import annotations

from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs import Registry, RunRef
from paddle_lab.server.base_handler import LabHandler

REGISTRY: Final = "paddle_lab_registry"


class RunRouteHandler(LabHandler):
    """How a run is found. A caller names it by id, never by path.

    One that cannot be read is one subject for the threads, so that it holds up no other.
    """

    @property
    def registry(self) -> Registry:
        """The runs of the server's user."""
        registry: Registry = self.settings[REGISTRY]
        return registry

    async def find(self, run_id: str) -> RunRef:
        """The registered run. Raises RunError, code ``run.unknown``."""
        ref = await self.in_thread("registry", self.registry.get, run_id)
        if ref is None:
            raise RunError(
                T("No such run on this server.", "此服务器上没有这个运行。"),
                T(
                    "It was removed, or made on another machine.",
                    "它可能已被删除，或是在其他机器上创建的。",
                ),
                code="run.unknown",
            )
        return ref

    async def read(self, ref: RunRef, function: Any, *args: Any) -> Any:
        """``function(folder, ...)`` in a thread. Raises RunError for a damaged folder."""
        try:
            return await self.in_thread(f"run {ref.id}", function, ref.folder, *args)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise RunError(
                T("The run's folder cannot be read.", "无法读取运行目录。"),
                T("{why}", "{why}", why=f"{type(error).__name__}: {error}"),
                code="run.unreadable",
            ) from error
