"""The environment check as a page: a process of its own asks the doctor, and a page follows it.

``POST paddle-lab/checks`` with ``{"kernel", "depth"}`` begins one: ``look`` takes a second,
``imports`` really imports paddle and paddlenlp, ``full`` trains a step and tries remedies.
``GET paddle-lab/checks/<id>`` says how far it is, ``DELETE`` ends it, ``GET .../report`` gives the
report that strangers may read. Each is ``paddle-lab env --json`` of the kernel's own Python.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from paddle_lab.errors import PaddleLabError, ServerError
from paddle_lab.i18n import T
from paddle_lab.server.base_handler import LabHandler, bad_request
from paddle_lab.server.child import run_child
from paddle_lab.untrusted import UnusableFile, parse_json

CHECKS: Final = "paddle_lab_checks"
#: What each depth adds to the command, and how long it may take.
DEPTHS: Final[dict[str, tuple[tuple[str, ...], float]]] = {
    "look": ((), 120.0),
    "imports": (("--imports",), 300.0),
    "full": (("--check",), 1800.0),
}
AT_ONCE: Final = 2
KEPT: Final = 8
_MOST_LINES: Final = 200


@dataclass(eq=False)
class Check:
    """One check: how far it is, and what came out."""

    id: str
    kernel: str
    depth: str
    language: str
    state: str = "running"
    said: list[str] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    error: PaddleLabError | None = None
    task: asyncio.Task[None] | None = None

    def to_json(self) -> dict[str, Any]:
        """For the page: ``found`` is what the doctor says, without the fact sheet."""
        return {
            "id": self.id,
            "kernel": self.kernel,
            "depth": self.depth,
            "state": self.state,
            "said": self.said[-_MOST_LINES:],
            "found": None if self.answer is None else _shown(self.answer, self.language),
            "error": None if self.error is None else self.error.to_json(),
        }


def _shown(answer: dict[str, Any], language: str) -> dict[str, Any]:
    from paddle_lab.environment.overview import boxes, chips

    facts = answer.get("facts") or {}
    return {
        **{name: value for name, value in answer.items() if name not in ("facts", "check")},
        "chips": chips(facts),
        "boxes": [
            {"title": box.title.to_json(), "rows": [list(row) for row in box.rows]}
            for box in boxes(facts, language)
        ],
    }


class Checks:
    """The checks of one server: few at a time, the last ones kept."""

    def __init__(self) -> None:
        self._checks: OrderedDict[str, Check] = OrderedDict()

    def begin(self, kernel: str, python: str | None, depth: str, language: str) -> Check:
        """Begin one; ``python`` None is the server's own. Raises ServerError when too many run."""
        running = [one for one in self._checks.values() if one.state == "running"]
        for one in running:
            if (one.kernel, one.depth, one.language) == (kernel, depth, language):
                return one  # a second page follows the same
        if len(running) >= AT_ONCE:
            raise ServerError(
                T("{n} checks run already.", "已有 {n} 项检查正在进行。", n=len(running)),
                None,
                T("Wait until one ends, or cancel it.", "请等待其中一项结束，或将其取消。"),
                code="server.checks_running",
            )
        check = Check(secrets.token_hex(8), kernel, depth, language)
        check.task = asyncio.ensure_future(self._run(check, python))
        self._checks[check.id] = check
        for old in [one for one in self._checks.values() if one.state != "running"][:-KEPT]:
            del self._checks[old.id]
        return check

    def get(self, check_id: str) -> Check:
        """The check. Raises ServerError, code ``server.no_such_check``."""
        check = self._checks.get(check_id)
        if check is None:
            raise ServerError(
                T("This check is not known any more.", "该检查已不存在。"),
                T("The server was restarted, or many checks came after it.",
                  "服务器已重启，或之后又进行了多次检查。"),
                T("Check again.", "请重新检查。"),
                code="server.no_such_check",
            )  # fmt: skip
        return check

    async def end(self, check: Check) -> None:
        """End it with all that it started, where it still runs."""
        if check.task is not None and not check.task.done():
            check.task.cancel()
            await asyncio.wait([check.task])

    async def _run(self, check: Check, python: str | None) -> None:
        words, limit_s = DEPTHS[check.depth]
        command = ["-m", "paddle_lab.cli", "env", "--json", "--lang", check.language, *words]
        if python is not None:
            command += ["--python", python]
        try:
            # In the server's own folder: what lies there may hide a package, which is a finding.
            ended = await run_child(
                command, limit_s=limit_s, folder=Path.cwd(), say=check.said.append
            )
            check.answer = _answer(ended.output)
            check.state = "done"
        except asyncio.CancelledError:
            check.state = "cancelled"
        except PaddleLabError as error:
            check.state, check.error = "failed", error
        if check.answer is None and check.state == "done":
            check.state, check.error = "failed", _no_answer(check.said)


def _answer(output: bytes) -> dict[str, Any] | None:
    try:
        answer = parse_json(output)
    except UnusableFile:
        return None
    return answer if isinstance(answer, dict) and "light" in answer else None


def _no_answer(said: list[str]) -> ServerError:
    last = "\n".join(line for line in said[-3:] if line.strip())
    return ServerError(
        T("The check ended without an answer.", "检查结束，但没有给出结果。"),
        T("{said}", "{said}", said=last) if last else None,
        T("Run paddle-lab env in a terminal.", "请在终端中运行 paddle-lab env。"),
        code="server.check_failed",
    )


class _CheckHandler(LabHandler):
    @property
    def checks(self) -> Checks:
        checks: Checks = self.settings[CHECKS]
        return checks


class ChecksHandler(_CheckHandler):
    """``GET``: the kernels that can be checked. ``POST``: begin a check."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """``{"kernels": [{"name", "title", "python", "here", "exists"}]}``, the server's first."""
        specs = await self.in_thread("kernels", self.kernel_spec_manager.get_all_specs)
        self.answer({"kernels": await self.in_thread("kernels", _kernels, specs)})

    @authenticated
    @authorized
    async def post(self) -> None:
        """Begin; the answer is the check, which is then asked for by its id."""
        body = self.json_object()
        kernel, depth = body.get("kernel", ""), body.get("depth", "look")
        language = body.get("language", "en")
        if depth not in DEPTHS or language not in ("en", "zh") or not isinstance(kernel, str):
            raise bad_request(
                'The request is {{"kernel": name, "depth": one of {depths}}}.',
                '请求的格式为 {{"kernel": 名称, "depth": {depths} 之一}}。',
                depths=", ".join(DEPTHS),
            )
        python = None
        if kernel:
            # Of a kernel that is registered here: a request cannot name a program.
            specs = await self.in_thread("kernels", self.kernel_spec_manager.get_all_specs)
            found = await self.in_thread("kernels", _kernels, specs)
            known = next((one for one in found if one["name"] == kernel and one["exists"]), None)
            if known is None:
                raise bad_request(
                    "There is no kernel {name} to check.", "没有可检查的内核 {name}。", name=kernel
                )
            python = None if known["here"] else known["python"]
        self.set_status(201)
        self.answer(self.checks.begin(kernel, python, depth, language).to_json())


class CheckHandler(_CheckHandler):
    """``GET``: how far one is. ``DELETE``: end it."""

    @authenticated
    @authorized
    async def get(self, check_id: str) -> None:
        """The check."""
        self.answer(self.checks.get(check_id).to_json())

    @authenticated
    @authorized
    async def delete(self, check_id: str) -> None:
        """End it; the answer is the check as it then is."""
        check = self.checks.get(check_id)
        await self.checks.end(check)
        self.answer(check.to_json())


class ReportHandler(_CheckHandler):
    """``GET paddle-lab/checks/<id>/report``: ``{"text"}`` that can be posted."""

    @authenticated
    @authorized
    async def get(self, check_id: str) -> None:
        """Of what was found; scrubbed of tokens and of names of people and machines."""
        check = self.checks.get(check_id)
        if check.answer is None:
            raise bad_request("The check has no result yet.", "该检查还没有结果。")
        text = await self.in_thread(
            f"report {check.id}", _report, check.answer["facts"], check.language
        )
        self.answer({"text": text})


def _report(facts: dict[str, Any], language: str) -> str:
    from paddle_lab.environment.answers import report_of

    return report_of(None, facts, "", language)


def _kernels(specs: dict[str, Any]) -> list[dict[str, Any]]:
    """The Python kernels by name, those of the server's own Python first."""
    found = []
    for name, entry in specs.items():
        spec = entry.get("spec") or {}
        command = spec.get("argv") or []
        if spec.get("language") != "python" or not command:
            continue
        program = str(command[0])
        here = not Path(program).is_absolute() or _same(program)
        found.append(
            {
                "name": name,
                "title": str(spec.get("display_name") or name)[:120],
                "python": program,
                "here": here,
                "exists": here or shutil.which(program) is not None,
            }
        )
    return sorted(found, key=lambda one: (not one["here"], one["title"]))


def _same(program: str) -> bool:
    return Path(program).parent == Path(sys.executable).parent


def add_checking(server: Any) -> None:
    """Add the routes to ``server`` (a ServerApp)."""
    settings = server.web_app.settings
    settings[CHECKS] = Checks()
    checks = r"paddle-lab/checks"
    table = [
        (checks, ChecksHandler),
        (checks + r"/([0-9a-f]{16})", CheckHandler),
        (checks + r"/([0-9a-f]{16})/report", ReportHandler),
    ]
    base = settings["base_url"]
    server.web_app.add_handlers(".*$", [(url_path_join(base, path), one) for path, one in table])
