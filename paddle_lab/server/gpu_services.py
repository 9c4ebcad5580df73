"""Services that this user runs on this machine: what they hold, and a way to end them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from paddle_lab.errors import ServerError
from paddle_lab.gpu.ownership import ServiceProcess
from paddle_lab.i18n import T
from paddle_lab.server.base_handler import LabHandler
from paddle_lab.serving.announced import end_service, services

if TYPE_CHECKING:
    import psutil


def running_services() -> list[ServiceProcess]:
    """Those that have said where they listen. Looks at the disk: call from a thread."""
    return [
        ServiceProcess(one.id, one.pid, one.name, _port(one.url), resident_of(one.pid))
        for one in services()
    ]


def resident_of(pid: int) -> int:
    """Bytes in memory of a process and of those that it has started; 0 of one that is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except (psutil.Error, ValueError, OverflowError):
        return 0
    return sum(_resident(one) for one in family)


def _resident(process: psutil.Process) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


class ServiceHandler(LabHandler):
    """``DELETE paddle-lab/services/<id>``: end a service, after what it has begun."""

    @authenticated
    @authorized
    async def delete(self, service: str) -> None:
        """204 once it was told; 404 when none of this user's has that id."""
        if not await self.in_thread("services", end_service, service):
            raise ServerError(
                T("This service has ended.", "该服务已结束。"),
                code="server.no_such_service",
            )
        self.set_status(204)
        await self.finish()
