"""Healthy environments, with the files that people have in their folders: nothing may be found."""

from __future__ import annotations

from environments.hidden import write
from environments.kinds import kind
from environments.place import Place


def everyday(place: Place) -> None:
    """A folder of somebody who trains models."""
    for name in ("data.py", "utils.py", "test.py", "train.py", "main.py", "model.py", "config.py"):
        write(place, name, '"""Mine."""\n\nimport os\n')
    for name in ("config", "models", "data_files", "output", "checkpoints"):
        write(place, f"{name}/readme.txt", "mine\n")
    write(place, "models/net.py", "import paddle\n")
    write(place, "first.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')


def nothing(place: Place) -> None:
    """An empty folder."""


for layout in ("uv", "venv", "conda", "system", "docker"):
    kind(f"healthy: {layout}", fails="healthy", layout=layout)(everyday)
kind("healthy: empty folder", fails="healthy")(nothing)


@kind("healthy: proxy that works, other kernels", fails="healthy")
def busy_machine(place: Place) -> None:
    everyday(place)
    place.environ["no_proxy"] = "localhost,127.0.0.1"
    place.environ["PYTHONPATH"] = str(place.work)
    place.environ["OMP_NUM_THREADS"] = "2"
    place.environ["PYTHONDONTWRITEBYTECODE"] = "1"
