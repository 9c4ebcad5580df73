"""Kits: files that take a bundle to where it shall answer, one module each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from paddle_lab.i18n import T, Text
from paddle_lab.plugins import Plugins

#: Names of Kubernetes, of images and of folders: letters, digits and hyphens.
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME: Final = 40


@dataclass(frozen=True)
class KitFacts:
    """What a kit is made for.

    ``bundle`` is the bundle's folder; ``name`` is how the model is called, in letters, digits and
    hyphens; ``image`` that of the container; ``runtime`` what it runs on; ``extra`` what
    ``paddle-lab-serve`` needs for it; ``wheel`` the file name of a wheel that lies beside, None to
    take it from an index; ``python`` the version of Python, ``version`` that of Paddle Lab.
    ``replicas`` and ``most_replicas`` say how many containers there are, which their load decides.
    ``memory_mb`` is room for one worker. ``grpc_port`` None: HTTP alone.
    """

    bundle: Path
    name: str
    image: str
    runtime: str
    extra: str
    wheel: str | None
    python: str
    version: str
    port: int
    replicas: int
    most_replicas: int
    workers: int
    memory_mb: int
    grpc_port: int | None = None


class Kit(Protocol):
    """What a module here gives as ``KIT``; others use the group ``paddle_lab.kits``."""

    @property
    def title(self) -> Text:
        """What it is, for people."""
        ...

    @property
    def in_container(self) -> bool:
        """Whether it is an image; then the bundle itself lies beside its files, in ``bundle/``."""
        ...

    @property
    def in_cluster(self) -> bool:
        """Whether a cluster starts it: as many containers as are asked for, from a registry."""
        ...

    @property
    def speaks_grpc(self) -> bool:
        """Whether its service can be asked over gRPC, too."""
        ...

    @property
    def runtimes(self) -> tuple[str, ...] | None:
        """What it can run, the one to be preferred first; None for whatever a bundle has."""
        ...

    @property
    def on_request(self) -> tuple[str, ...]:
        """What it can run besides, but only where that is named."""
        ...

    def files(self, facts: KitFacts) -> Mapping[str, str | bytes]:
        """Its files by path. Raises BundleError for a bundle that it cannot serve."""
        ...

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """The commands that a person runs next, in the kit's folder."""
        ...


KITS: Final = Plugins[Kit]("paddle_lab.kits", "paddle_lab.kits", "KIT", T("kit", "部署方案"))


def name_of(text: str) -> str:
    """A name that Kubernetes and registries take, made of any text."""
    found = _NOT_IN_NAMES.sub("-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return found if found and found[0].isalpha() else f"model-{found}".rstrip("-")
