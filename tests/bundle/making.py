"""A whole bundle without Paddle in it: for all that is decided before a program is loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paddle_lab.bundle import manifest as module
from paddle_lab.bundle.manifest import Manifest, file_entry, write_manifest
from paddle_lab.tasks.codec import TOKENS, Signature, TensorSpec

FILES = {
    "model.json": b'{"program": 1}',
    "model.pdiparams": bytes(range(256)) * 8,
    "tokenizer.json": b"{}",
    "proof.json": b"{}",
    "README.md": b"# card\n",
}


def make_bundle(
    folder: Path, tokenizer_json: bytes = FILES["tokenizer.json"], **changes: Any
) -> Path:
    """Write a bundle whose files are whole and whose manifest says so."""
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(tokenizer_json if name == "tokenizer.json" else content)
    values: dict[str, Any] = {
        "task": "classify",
        "codec": {"labels": ["差评", "好评"]},
        "signature": Signature(TOKENS, (TensorSpec("logits", ("rows", 2)),)),
        "max_len": 32,
        "pad_id": 0,
        "tokenizer": "tokenizer.json",
        "proof_rows": "proof.json",
        "files": {name: file_entry(folder / name) for name in FILES},
        "created": "2025-01-01T00:00:00+00:00",
        "metrics": {"accuracy": 0.9, "loss": None},
        "proof": {"ok": True, "rows": 3},
    }
    write_manifest(folder, Manifest(**{**values, **changes}))
    return folder


def rewrite(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the manifest as somebody would who also recomputes its checksum."""
    path = folder / module.MANIFEST_FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    content["checksum"] = module._checksum(content)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
