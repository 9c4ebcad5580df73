"""Files that a tool makes: write them, or with ``--check`` say which are not current."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path


def write_or_check(files: Mapping[Path, str], tool: str) -> int:
    """Write what differs; with ``--check`` on the line write nothing and return 1 if any does."""
    old = [
        path
        for path, text in files.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    check = "--check" in sys.argv[1:]
    for path in old:
        if check:
            print(f"{path.name} is not current: python tools/{tool}.py")
        else:
            path.write_text(files[path], encoding="utf-8")
            print(f"wrote {path.name}")
    return 1 if check and old else 0
