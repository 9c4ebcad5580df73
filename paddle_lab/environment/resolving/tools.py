"""uv and pip as programs: found here, run for a bounded time, their words kept clean."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paddle_lab.environment.redact import clean

_KEPT = 200_000
_UNREACHED = re.compile(
    r"(?i)error sending request|dns error|failed to lookup address|name or service not known"
    r"|temporary failure in name resolution|getaddrinfo failed|network is unreachable"
    r"|connection refused|connection reset|connection timed out|operation timed out|read timed out"
    r"|failed to establish a new connection|ProxyError|no route to host|tunnel error"
    r"|max retries exceeded|Retrying \(Retry|network (?:connectivity )?(?:was|is) disabled"
)
_NO_DATES = re.compile(r"(?i)missing an upload date")


@dataclass(frozen=True)
class Done:
    """What a program said. ``code`` is None when it did not end in time."""

    code: int | None
    out: str
    said: str

    @property
    def ok(self) -> bool:
        """Did it end well?"""
        return self.code == 0

    @property
    def no_network(self) -> bool:
        """Does it say that the index was not reached, or did it take too long?"""
        return self.code is None or (not self.ok and _UNREACHED.search(self.said) is not None)

    @property
    def no_dates(self) -> bool:
        """Does uv say that the index tells no dates?"""
        return _NO_DATES.search(self.said) is not None

    @property
    def reason(self) -> str:
        """The sentence of an installer that tells why it failed, on one line."""
        lines = [line.strip(" ×╰─▶│├·") for line in self.said.splitlines()]
        lines = [line for line in lines if line and not line.startswith("hint:")]
        for start in ("cause: ", "ERROR: ", "error: "):
            found = [line.removeprefix(start) for line in lines if line.startswith(start)]
            if found:
                # Of uv's causes the first names the file or package, the last the reason.
                return "; ".join(dict.fromkeys([found[0], found[-1]]))[:400]
        return (lines[-1] if lines else "no answer in time")[:400]


def run(
    command: Sequence[str],
    seconds: float,
    *,
    given: str | None = None,
    where: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Done:
    """Run a program, ``given`` on its standard input. Ended when time is up, and by an interrupt.

    Never raises for what the program does; one that cannot be started has failed.
    """
    full = {**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "COLUMNS": "2000"}
    full.update(environ or {})
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=where,
            env=full,
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in a path
        return Done(127, "", clean(str(error)))
    try:
        out, said = process.communicate(given.encode() if given is not None else b"", seconds)
        code: int | None = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, said = process.communicate()
        code = None
    except BaseException:  # an interrupt: nothing goes on behind the person's back
        process.kill()
        process.wait()
        raise
    return Done(code, _text(out), clean_text(_text(said)))


def _text(raw: bytes) -> str:
    return raw[-_KEPT:].decode("utf-8", "replace")


def clean_text(text: str) -> str:
    """Without user names in addresses and without the home folder, line by line."""
    return "\n".join(clean(line) for line in text.splitlines())
