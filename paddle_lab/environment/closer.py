"""A closer look at the installed files, when an import failed: their contents and bytecode."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from paddle_lab.environment.experiments.asking import ask
from paddle_lab.environment.probes.apart import NoAnswer, apart
from paddle_lab.environment.redact import clean

TIMEOUT_SECONDS = 30.0
_MOST_FILES = 60
_FILES = re.compile(r'File "([^"\n]+\.py)", line \d')


def look_closer(python: str | Path | None = None, text: str = "") -> dict[str, Any]:
    """What :func:`probes.contents.contents` finds with ``python``, and ``bytecode``.

    ``bytecode``: ``source``, ``compiled`` and ``reason`` of each compiled file that Python would
    use and cannot, or that are of other code than the sources named in ``text``, the traceback.
    Empty when that interpreter gives no answer.
    """
    try:
        found = apart("contents", "contents", TIMEOUT_SECONDS, python)
    except (NoAnswer, OSError):  # an interpreter that does not start: the trial told how
        return {}
    folders = [str(folder) for folder in found.pop("folders", [])]
    named = [str(Path(file).expanduser()) for file in _FILES.findall(text)]
    files = list(dict.fromkeys(reversed(named)))[:_MOST_FILES]
    rows = ask(str(python or sys.executable), "bytecode", *folders, *files).get("found", [])
    found["bytecode"] = [
        {"source": clean(str(row[0])), "compiled": clean(str(row[1])), "reason": str(row[2])[:200]}
        for row in {str(row[1]): row for row in reversed(rows)}.values()
    ]
    return found
