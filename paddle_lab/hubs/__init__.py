"""Hubs of models and data sets: names, what a repository holds at a revision, its files, licences.

One hub is one module of ``hubs/kinds`` behind the registry :data:`HUBS`. Who downloads goes through
:mod:`paddle_lab.hubs.looking`; no other package knows a hub's protocol.
"""

from __future__ import annotations

from paddle_lab.hubs.api import DATA, MODELS, Kind, RepoFile, RepoState
from paddle_lab.hubs.looking import fetch, look
from paddle_lab.hubs.names import HubName, hub_name
from paddle_lab.hubs.registry import HUBS

__all__ = [
    "DATA",
    "HUBS",
    "MODELS",
    "HubName",
    "Kind",
    "RepoFile",
    "RepoState",
    "fetch",
    "hub_name",
    "look",
]
