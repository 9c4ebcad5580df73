"""The command by which a further machine joins a run."""

from __future__ import annotations

from pathlib import Path


def join_words(folder: Path, node: int, nnodes: int, master: str, procs: int,
               gpus: str | None) -> list[str]:  # fmt: skip
    """The command line, without the program, by which machine ``node`` joins a run."""
    words = ["launch", str(folder), "--node-rank", str(node), "--nnodes", str(nnodes)]
    words += ["--master", master]
    return [*words, *(["--gpus", gpus] if gpus else ["--procs", str(procs)])]
