"""Which models of the catalogue are on this machine, without reading their weights."""

from __future__ import annotations

from pathlib import Path

from paddle_lab.errors import ModelError
from paddle_lab.models.catalog import CARDS, M3E, mini_folder
from paddle_lab.models.hub import fetch_paddlenlp
from paddle_lab.models.m3e import m3e_folder


def folder_here(name: str) -> Path | None:
    """The files of a model of the catalogue as they were installed or downloaded; None: not here.

    Nothing is downloaded or converted.
    """
    try:
        if name == M3E.name:
            return m3e_folder()
        if name in CARDS:
            return mini_folder()
        return fetch_paddlenlp(name, offline=True, progress=None).folder
    except ModelError:
        return None
