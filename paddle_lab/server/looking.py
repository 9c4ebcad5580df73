"""``POST paddle-lab/look``: what a data file holds and what fine-tuning on it would take.

The file is read by a process of its own (``paddle_lab.commands.looking``), which is bounded and
is ended when the page has gone or asks for something else.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from paddle_lab.errors import ServerError
from paddle_lab.i18n import T
from paddle_lab.server.base_handler import LabHandler, bad_request
from paddle_lab.server.child import run_child
from paddle_lab.untrusted import UnusableFile, parse_json

LARGEST_FILE: Final = 200 << 20
LIMIT_S: Final = 60.0
KEPT: Final = 32
#: Files that are read at the same time; others wait.
AT_ONCE: Final = 2
LOOKS: Final = "paddle_lab_looks"
_MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}", re.ASCII)
_TEXTS: Final = ("task", "text", "label", "sheet", "model")
_LONGEST: Final = 200
_WHOLE: Final = {"limit": (2, 10**9), "max_len": (8, 2048)}


class Looks:
    """The answers of one server, by file (place, size, time) and options."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._free = asyncio.Semaphore(AT_ONCE)

    async def look(self, file: Path, found: os.stat_result, options: dict[str, Any]) -> bytes:
        """The answer as JSON. Raises ServerError."""
        request = json.dumps({"file": str(file), "options": options}, sort_keys=True).encode()
        key = (found.st_size, found.st_mtime_ns, request)
        if key not in self._kept:
            async with self._free:
                words = ["-m", "paddle_lab.commands.looking"]
                ended = await run_child(words, limit_s=LIMIT_S, request=request)
            self._kept[key] = _checked(ended.output)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _checked(output: bytes) -> bytes:
    """The answer, if the process came to its end. Raises ServerError."""
    try:
        answered = isinstance(parse_json(output), dict)
    except UnusableFile:
        answered = False
    if answered:
        return output
    raise ServerError(
        T("The file could not be looked at: the process that reads it has ended.",
          "无法查看文件：读取进程意外结束。"),
        T("It may hold more than fits in memory.", "文件内容可能超出内存。"),
        T("Look at it in a notebook: %paddle_data FILE", "请在笔记本中查看：%paddle_data 文件"),
        code="server.look_failed",
    )  # fmt: skip


class LookHandler(LabHandler):
    """``{"path", "options"}`` in; the answer of ``paddle_lab.commands.looking`` out."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """Read the file, or answer from what is known of it."""
        body = self.json_object()
        options = _options(body.get("options", {}))
        path = body.get("path")
        if not isinstance(path, str) or not path or "\0" in path:
            raise _not_understood("path")
        root = Path(self.settings["server_root_dir"]).expanduser()
        hidden = bool(getattr(self.contents_manager, "allow_hidden", False))
        file, found = await self.in_thread(f"file {path}", file_below, root, path, hidden)
        self._task = asyncio.ensure_future(self.settings[LOOKS].look(file, found, options))
        try:
            answer = await self._task
        except asyncio.CancelledError:
            return  # the page has gone
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        await self.finish(answer)

    def on_connection_close(self) -> None:
        """Nobody waits any more: the reading ends."""
        task = getattr(self, "_task", None)
        if task is not None:
            task.cancel()


def file_below(root: Path, path: str, hidden: bool) -> tuple[Path, os.stat_result]:
    """The file that ``path`` names below ``root``, and its state; blocks. Raises ServerError.

    A link that leads out of ``root`` is refused; so is, unless ``hidden``, what begins with a dot.
    """
    parts = [part for part in path.split("/") if part]
    if (not hidden and any(part.startswith(".") for part in parts)) or ".." in parts:
        raise _no_such_file(path)
    try:
        root = root.resolve(strict=True)
        file = root.joinpath(*parts).resolve(strict=True)
        found = file.stat()
    except (OSError, ValueError, RuntimeError) as error:
        raise _no_such_file(path) from error
    if not file.is_relative_to(root) or not stat.S_ISREG(found.st_mode):
        raise _no_such_file(path)
    if found.st_size > LARGEST_FILE:
        raise ServerError(
            T("{path} is larger than {mib} MiB.", "{path} 超过 {mib} MiB。",
              path=path, mib=LARGEST_FILE >> 20),
            T("This page reads whole files.", "此页面会读取整个文件。"),
            T("Run %ernie_finetune FILE --dry-run in a notebook.",
              "请在笔记本中运行 %ernie_finetune 文件 --dry-run。"),
            code="server.file_too_large",
        )  # fmt: skip
    return file, found


def _no_such_file(path: str) -> ServerError:
    return ServerError(
        T("There is no file {path} below the server's folder.",
          "服务器目录下没有文件 {path}。", path=path),
        T("It was moved or removed, is a folder, or is a link to another place.",
          "它可能已被移动或删除、是一个目录，或是指向别处的链接。"),
        T("Look at the file browser again.", "请重新查看文件浏览器。"),
        code="server.no_such_file",
    )  # fmt: skip


def _options(given: Any) -> dict[str, Any]:
    """What a person may choose, each of its type. Raises ServerError for anything else."""
    if not isinstance(given, dict):
        raise _not_understood("options")
    options = {name: value for name, value in given.items() if value is not None}
    for name, value in options.items():
        if not _understood(name, value):
            raise _not_understood(name)
    return options


def _understood(name: str, value: Any) -> bool:
    if name in _TEXTS:
        fits = _is_text(value)
        return fits and (name != "model" or _MODEL.fullmatch(value) is not None)
    if name in _WHOLE:
        lowest, highest = _WHOLE[name]
        return type(value) is int and lowest <= value <= highest
    if name == "epochs":
        return type(value) in (int, float) and 0 < value <= 10**6
    if name == "column":
        return isinstance(value, dict) and len(value) <= 8 and all(
            _is_text(one) for pair in value.items() for one in pair
        )  # fmt: skip
    return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and "\0" not in value


def _not_understood(name: str) -> ServerError:
    return bad_request("{name} is not understood.", "无法理解 {name}。", name=str(name)[:40])


def add_looking(server: Any) -> None:
    """Add the route to ``server`` (a ServerApp)."""
    settings = server.web_app.settings
    settings[LOOKS] = Looks()
    pattern = url_path_join(settings["base_url"], "paddle-lab", "look")
    server.web_app.add_handlers(".*$", [(pattern, LookHandler)])
