"""The official image that fits, and the line that runs it well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.resolve import Build, best_build, gpu_build
from paddle_lab.environment.tables import Tables


def _build(case: Mapping[str, Any], tables: Tables, gpu: bool) -> Build:
    build = best_build(case, tables)
    return gpu_build(case, tables) if gpu and not build.index else build


def image_of(
    case: Mapping[str, Any], tables: Tables, china: bool = False, *, gpu: bool = False
) -> str:
    """The official image for the machine of ``case``; with ``gpu`` one for a card, seen or not."""
    build = _build(case, tables, gpu)
    repository = tables.images["repository_china" if china else "repository"]
    return f"{repository}:{build.image or tables.images['cpu']}"


def docker_run(
    case: Mapping[str, Any], tables: Tables, china: bool = False, *, gpu: bool = False
) -> str:
    """One ``docker run`` line: not as root, with the cards, shared memory, and folders that stay.

    With ``gpu`` it asks for the cards even where none is seen, as in a container without them.

    HOME is a mounted folder, because Paddle and PaddleNLP write their caches there.
    """
    build = _build(case, tables, gpu)
    parts = ["docker run -it --rm", "--user $(id -u):$(id -g)"]
    if build.index:
        parts.append("--gpus all")
    parts += [
        "--shm-size=8g",
        "-p 127.0.0.1:8888:8888",
        "-e HOME=/workspace/home",
        '-v "$PWD":/workspace/work',
        '-v "$PWD/data":/workspace/data:ro',
        '-v "$PWD/paddle_runs":/workspace/paddle_runs',
        '-v "$HOME/.cache/paddle-lab-home":/workspace/home',
        "-w /workspace/work",
        image_of(case, tables, china, gpu=gpu),
        "bash",
    ]
    return " \\\n  ".join(parts)
