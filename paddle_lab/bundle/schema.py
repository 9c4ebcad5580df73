"""The published JSON schema of ``manifest.json``, for readers in other languages."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def manifest_schema() -> dict[str, Any]:
    """JSON Schema (2020-12).

    What it cannot say, :func:`load_manifest` checks as well: hashes, sizes, the checksum, and that
    the files that are named are among ``files``.
    """
    text = files("paddle_lab.bundle").joinpath("manifest.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
