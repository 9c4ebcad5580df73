"""What people ask of a live run. Every route (widget, server, CLI, interrupt) ends here."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs.checks import check_of
from paddle_lab.runs.lines import LineTail
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_to_append, parse_json, reason_of

Ask = Literal["stop", "pause", "resume"]
When = Literal["step", "epoch"]

ASKS: Final[tuple[Ask, ...]] = ("stop", "pause", "resume")
WHENS: Final[tuple[When, ...]] = ("step", "epoch")
_LONGEST: Final = MEGABYTE // 16
_MOST: Final = MEGABYTE


@dataclass(frozen=True)
class Request:
    """One request: ``ask`` what, ``when`` to act on it, ``source`` the route it came by.

    ``save``: whether a stopped run still restores its best weights, reports and exports.
    """

    ask: Ask
    when: When = "step"
    source: str = "api"
    t: float = 0.0
    save: bool = True


def append_request(
    path: Path, ask: str, when: str = "step", source: str = "api", *, save: bool = True
) -> Request:
    """Append a request to ``requests.jsonl``: one short write, whole by O_APPEND.

    Raises RunError for an unknown ask or when the folder cannot be written.
    """
    if ask not in ASKS or when not in WHENS:
        raise RunError(
            T(
                "A run cannot be asked to '{ask}' ({when}).",
                "运行不支持请求“{ask}”（{when}）。",
                ask=ask,
                when=when,
            ),
            fix=T(
                "Ask one of: stop, pause, resume; when: step or epoch.",
                "可用的请求：stop、pause、resume；时机：step 或 epoch。",
            ),
            code="run.bad_request",
        )
    request = Request(ask, when, source, round(time.time(), 3), save)
    line = {"t": request.t, "ask": ask, "when": when, "from": source, "save": save}
    try:
        descriptor = open_to_append(path)
        try:
            os.write(descriptor, json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")
        finally:
            os.close(descriptor)
    except (OSError, UnusableFile) as error:
        raise RunError(
            T("The request could not be written to the run's folder.", "无法把请求写入运行目录。"),
            T("{path}: {error}", "{path}：{error}", path=path, error=reason_of(error)),
            T("Use the kernel's interrupt button instead.", "请改用内核的中断按钮。"),
            code="run.not_writable",
        ) from error
    return request


class RequestWatcher:
    """Looks at the requests file by its size; reads only what is new since it was made.

    ``since`` is the size from which on requests are new, when that was an earlier moment.
    """

    def __init__(self, path: Path, since: int | None = None) -> None:
        self._lines = LineTail(path, _LONGEST, requests_size(path) if since is None else since)

    def poll(self) -> list[Request]:
        """New whole requests, oldest first; lines that are not requests are passed over.

        At most a megabyte is read: what is beyond comes with the next look. Raises OSError.
        """
        try:
            requests = [_parse(line) for line in self._lines.lines(_MOST)]
        except UnusableFile:  # nothing in it can be a request
            return []
        return [request for request in requests if request is not None]


def requests_size(path: Path) -> int:
    """Bytes of requests so far; an absent file has none. Raises OSError."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _parse(line: bytes) -> Request | None:
    try:
        data = parse_json(line)
    except UnusableFile:
        return None
    if check_of("Request")(data) is not None:
        return None
    when = data.get("when") if data.get("when") in WHENS else "step"
    return Request(
        data["ask"],
        cast(When, when),
        data.get("from", "?"),
        float(data.get("t", 0.0)),
        data.get("save") is not False,
    )
