"""``GET paddle-lab/models``: the models that can be asked for by name, as in ``%ernie_models``.

They are looked for by a process of its own (``paddle_lab.commands.offering``): sizes are read from
the models' files, and the time of an epoch from a short measurement. No network is asked.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from paddle_lab.errors import ServerError
from paddle_lab.i18n import T
from paddle_lab.server.base_handler import LabHandler
from paddle_lab.server.child import run_child
from paddle_lab.untrusted import UnusableFile, parse_json

LIMIT_S: Final = 120.0
#: So long an answer is given again: what is downloaded meanwhile is seen soon after.
KEPT_S: Final = 20.0
_MODELS: Final = "paddle_lab_models"


class ModelsList:
    """The list of one server; who asks while it is made waits for the same one."""

    def __init__(self) -> None:
        self._answer = b""
        self._until = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def read(self) -> bytes:
        """The list as JSON. Raises ServerError."""
        async with self._one_at_a_time:
            if time.monotonic() >= self._until:
                ended = await run_child(["-m", "paddle_lab.commands.offering"], limit_s=LIMIT_S)
                self._answer = _checked(ended.output)
                self._until = time.monotonic() + KEPT_S
            return self._answer


def _checked(output: bytes) -> bytes:
    try:
        if isinstance(parse_json(output), dict):
            return output
    except UnusableFile:
        pass
    raise ServerError(
        T("The models could not be listed: the process that looks for them has ended.",
          "无法列出模型：查找进程意外结束。"),
        fix=T("List them in a notebook: %ernie_models", "请在笔记本中列出：%ernie_models"),
        code="server.look_failed",
    )  # fmt: skip


class ModelsHandler(LabHandler):
    """The list, made when it is asked for."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Every model by name: what it is, whether it is here, what it costs."""
        answer = await self.settings[_MODELS].read()
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        await self.finish(answer)


def add_models(server: Any) -> None:
    """Add the route to ``server`` (a ServerApp)."""
    app = server.web_app
    app.settings[_MODELS] = ModelsList()
    pattern = url_path_join(app.settings["base_url"], "paddle-lab", "models")
    app.add_handlers(".*$", [(pattern, ModelsHandler)])
