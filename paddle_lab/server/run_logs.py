"""The logs of the other processes that work on a run: ``log.txt`` itself comes with the run."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from paddle_lab.runs import RunFolder
from paddle_lab.runs.log_tail import last_lines, other_logs
from paddle_lab.server.run_handler import RunRouteHandler


class RunLogsHandler(RunRouteHandler):
    """``GET paddle-lab/runs/<id>/logs?name=rank-1``: which logs there are, and the end of one."""

    @authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Names, and the last lines of the one that is named; none are read without a name."""
        ref = await self.find(run_id)
        names = await self.read(ref, _names)
        name = self.choice("name", ("", *names))
        lines = await self.read(ref, _lines, name) if name else []
        self.answer({"names": names, "lines": lines})


def _names(folder: RunFolder) -> list[str]:
    return other_logs(folder.path)


def _lines(folder: RunFolder, name: str) -> list[str]:
    return last_lines(folder.path / "logs" / f"{name}.txt")
