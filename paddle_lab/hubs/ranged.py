"""One file over HTTP, downloaded on from where an earlier try ended, whole or absent."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from paddle_lab.hubs.api import RepoFile
from paddle_lab.hubs.whole import is_whole
from paddle_lab.untrusted import MEGABYTE

#: Bytes that are written at once: so much of what has arrived is lost when a connection ends.
BLOCK: Final = MEGABYTE // 8
PARTIAL: Final = ".incomplete"
_TIMES_WITHOUT_A_BYTE: Final = 5
_TIMEOUT_S: Final = 30


class Damaged(Exception):
    """What arrived is not the file that the hub names."""


def download(
    address: str, params: Mapping[str, str], headers: Mapping[str, str], file: RepoFile, path: Path
) -> None:
    """Put the file at ``path``. Raises Damaged, OSError and the errors of ``requests``.

    What has arrived of it lies beside it until it is whole; only then it gets its name.
    """
    part = path.with_name(path.name + PARTIAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        _arrive(address, params, headers, file, part)
        if is_whole(part, file):
            part.replace(path)
            return
        part.unlink(missing_ok=True)
    raise Damaged(file.path)


def part_of(
    address: str, params: Mapping[str, str], headers: Mapping[str, str], start: int, end: int
) -> bytes:
    """The bytes of a file from ``start`` up to ``end``; none where the server gives no parts.

    Raises the errors of ``requests``.
    """
    import requests

    asked = {**headers, "Accept-Encoding": "identity", "Range": f"bytes={start}-{end - 1}"}
    with requests.get(
        address, params=params, headers=asked, stream=True, timeout=_TIMEOUT_S
    ) as answer:
        answer.raise_for_status()
        return answer.content if answer.status_code == requests.codes.partial_content else b""


def _arrive(
    address: str, params: Mapping[str, str], headers: Mapping[str, str], file: RepoFile, part: Path
) -> None:
    from requests import RequestException

    in_vain = 0
    while True:
        had = _size(part)
        if file.size is not None and had >= file.size > 0:
            return
        try:
            _once(address, params, headers, part, had)
        except RequestException as error:
            if getattr(error, "response", None) is not None:
                raise
            in_vain = 0 if _size(part) > had else in_vain + 1
            if in_vain >= _TIMES_WITHOUT_A_BYTE:
                raise
        else:
            return


def _once(
    address: str, params: Mapping[str, str], headers: Mapping[str, str], part: Path, had: int
) -> None:
    import requests

    asked = {**headers, "Accept-Encoding": "identity"}
    if had:
        asked["Range"] = f"bytes={had}-"
    with requests.get(
        address, params=params, headers=asked, stream=True, timeout=_TIMEOUT_S
    ) as answer:
        answer.raise_for_status()
        # A server that does not know ranges sends all of it again.
        with part.open("ab" if had and answer.status_code == 206 else "wb") as out:
            for block in answer.iter_content(BLOCK):
                out.write(block)


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0
