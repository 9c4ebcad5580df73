"""``python -m paddle_lab.publishing.prove NAME RESULT``: a bundle of a hub, asked in this process.

It is downloaded into caches that the caller names and that are empty, and compared with the neutral
sentences that it carries. Exit code 0: it answers as the trained model did.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from paddle_lab.bundle.locate import find_bundle
from paddle_lab.bundle.manifest import load_manifest
from paddle_lab.bundle.runtimes import refused_here
from paddle_lab.bundle.verify import check_bundle
from paddle_lab.errors import PaddleLabError


def prove(name: str) -> dict[str, Any]:
    """The proofs by runtime, of those that run here; ``ok``: there is one, and all passed."""
    try:
        folder = find_bundle(name)
        manifest = load_manifest(folder)
        proofs = {
            runtime: check_bundle(folder, runtime=runtime)
            for runtime in manifest.runtimes
            if refused_here(runtime) is None
        }
    except PaddleLabError as error:
        return {"error": error.to_json()}
    return {
        "ok": bool(proofs) and all(one.failure() is None for one in proofs.values()),
        "proofs": {key: one.event() for key, one in proofs.items()},
    }


if __name__ == "__main__":
    content = prove(sys.argv[1])
    Path(sys.argv[2]).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    # Paddle's threads may crash while the interpreter winds down; all is said and written.
    os._exit(0 if content.get("ok") else 1)
