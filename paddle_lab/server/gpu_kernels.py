"""The server's kernels as owners need them, and their own reports over the control channel."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.gpu.ownership import Kernel, place_report
from paddle_lab.gpu.readings import Gpu
from paddle_lab.gpu.report import REPLY, REQUEST

#: Between two reports of a kernel that answers; the first and longest wait for one that does not.
ASK_EVERY_S: Final = 10.0
FIRST_SILENCE_S: Final = 30.0
LONGEST_SILENCE_S: Final = 600.0
ANSWER_WITHIN_S: Final = 5.0
#: Kernels on another machine are asked whether they answer at all; ipykernel 6.10 does.
USAGE_REQUEST: Final = "usage_request"
USAGE_REPLY: Final = "usage_reply"


@dataclass
class _Line:
    """The control channel to one kernel and what came over it."""

    stream: Any
    session: Any
    kernel: Any
    report: dict[str, Any] | None = None
    answered: bool = False
    asked_at: float = 0.0
    heard_at: float = 0.0
    wait_s: float = 0.0
    local: bool = True
    process: int | None = None

    def send(self, message: str) -> None:
        self.session.send(self.stream, message, {})


class Kernels:
    """Lists kernels and asks them. Lives on the event loop; nothing here waits for a kernel.

    Our questions are not activity: they are added to the messages that the server's idle culler
    and its ``last_activity`` pass over.
    """

    def __init__(self, kernel_manager: Any, session_manager: Any, log: logging.Logger) -> None:
        self._manager = kernel_manager
        self._sessions = session_manager
        self._log = log
        self._lines: dict[str, _Line] = {}
        self.on_answer: Callable[[], None] = lambda: None
        untracked = getattr(kernel_manager, "untracked_message_types", None)
        if untracked is not None:
            ours = [REQUEST, REPLY, USAGE_REQUEST, USAGE_REPLY]
            missing = [name for name in ours if name not in untracked]
            kernel_manager.untracked_message_types = [*untracked, *missing]

    async def all(self, gpus: Sequence[Gpu]) -> list[Kernel]:
        """Every kernel with its notebook, its process and its last report."""
        if self._manager is None:
            return []
        sessions = await self._by_kernel()
        kernels = []
        for kernel_id in self._manager.list_kernel_ids():
            try:
                kernel = self._manager.get_kernel(kernel_id)
            except KeyError:
                continue
            kernels.append(self._describe(kernel_id, kernel, sessions.get(kernel_id, {}), gpus))
        self._drop({kernel.id for kernel in kernels})
        return kernels

    async def notebooks(self) -> dict[str, str]:
        """The notebook of each kernel that has one, relative to the server's folder."""
        found = await self._by_kernel()
        return {
            kernel: str(session["path"])
            for kernel, session in found.items()
            if session.get("type") == "notebook" and session.get("path")
        }

    async def _by_kernel(self) -> dict[str, dict[str, Any]]:
        if self._sessions is None:
            return {}
        found: dict[str, dict[str, Any]] = {}
        for session in await self._sessions.list_sessions():
            kernel_id = (session.get("kernel") or {}).get("id")
            # A console may share a notebook's kernel: the notebook names it.
            if kernel_id and (kernel_id not in found or session.get("type") == "notebook"):
                found[kernel_id] = session
        return found

    def _describe(
        self, kernel_id: str, kernel: Any, session: dict[str, Any], gpus: Sequence[Gpu]
    ) -> Kernel:
        pid = getattr(getattr(kernel, "provisioner", None), "pid", None)
        line = self._lines.get(kernel_id)
        # After a restart the old process's report says nothing of the new one.
        report = line.report if line is not None and line.process == pid else None
        local = pid is not None
        last = getattr(kernel, "last_activity", None)
        notebook = session.get("type") == "notebook"
        return Kernel(
            id=kernel_id,
            pid=pid,
            path=str(session["path"]) if notebook and session.get("path") else None,
            name=str(session.get("name") or getattr(kernel, "kernel_name", "") or kernel_id),
            session=session.get("id"),
            state=str(getattr(kernel, "execution_state", "unknown")),
            last_activity=last.timestamp() if last is not None else None,
            local=local,
            silent=not local and line is not None and not line.answered and line.wait_s > 0,
            report=place_report(report, gpus, local=local) if report else None,
        )

    def ask(self, kernel_ids: Sequence[str]) -> None:
        """Ask these kernels for a report, each no more often than it deserves."""
        now = asyncio.get_running_loop().time()
        for kernel_id in kernel_ids:
            line = self._line(kernel_id)
            if line is None:
                continue
            pause = line.wait_s or ASK_EVERY_S
            if line.asked_at and now - line.asked_at < pause:
                continue
            self._ask(line, now)

    def reset_backoff(self, kernel_ids: Sequence[str]) -> None:
        """These kernels have Paddle Lab loaded, a run says so: ask them as often as any."""
        for kernel_id in kernel_ids:
            line = self._lines.get(kernel_id)
            if line is not None and line.report is None and line.wait_s > ASK_EVERY_S:
                line.wait_s = ASK_EVERY_S

    def _ask(self, line: _Line, now: float) -> None:
        line.asked_at = now
        line.send(REQUEST)
        if not line.local:
            line.send(USAGE_REQUEST)
        asyncio.get_running_loop().call_later(ANSWER_WITHIN_S, self._check, line, now)

    def _check(self, line: _Line, asked_at: float) -> None:
        """No answer in time: ask less and less often. A busy kernel keeps its last report."""
        if line.asked_at != asked_at or line.heard_at >= asked_at:
            return
        line.wait_s = min(LONGEST_SILENCE_S, max(FIRST_SILENCE_S, line.wait_s * 2))
        self.on_answer()

    def _line(self, kernel_id: str) -> _Line | None:
        """The channel to a kernel; opened when first needed, anew when the kernel was replaced."""
        try:
            kernel = self._manager.get_kernel(kernel_id)
        except KeyError:
            return None
        line = self._lines.get(kernel_id)
        if line is not None and line.kernel is kernel:
            return line
        if line is not None:
            self._lines.pop(kernel_id).stream.close()
        if not hasattr(kernel, "connect_control") or not hasattr(kernel, "session"):
            return None
        from jupyter_client.session import Session
        from zmq import ZMQError

        session = Session(config=kernel.session.config, key=kernel.session.key)
        try:
            stream = kernel.connect_control()
        except (OSError, ZMQError) as error:
            self._log.debug("paddle_lab: no control channel to %s: %s", kernel_id, error)
            return None
        pid = getattr(getattr(kernel, "provisioner", None), "pid", None)
        line = _Line(stream, session, kernel, local=pid is not None)
        stream.on_recv(lambda frames: self._hear(line, frames))
        self._lines[kernel_id] = line
        return line

    def _hear(self, line: _Line, frames: list[bytes]) -> None:
        try:
            _, parts = line.session.feed_identities(frames)
            message = line.session.deserialize(parts)
            kind, content = message["msg_type"], message["content"]
        except Exception as error:  # a kernel may send anything; the next answer may be whole
            self._log.debug("paddle_lab: unreadable answer of a kernel: %r", error)
            return
        line.answered = True
        line.heard_at = asyncio.get_running_loop().time()
        if kind == REPLY and isinstance(content, dict):
            changed = line.report != content
            line.report, line.wait_s = content, 0.0
            line.process = getattr(getattr(line.kernel, "provisioner", None), "pid", None)
            if changed:
                self.on_answer()

    def _drop(self, keep: set[str]) -> None:
        for kernel_id in set(self._lines) - keep:
            self._lines.pop(kernel_id).stream.close()
