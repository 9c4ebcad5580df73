"""The compatibility tables, read from ``tables.toml``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]


@dataclass(frozen=True)
class Tables:
    """What runs where; see the comments and sources in ``tables.toml``."""

    stack: Mapping[str, Any]
    rivals: tuple[Mapping[str, str], ...]
    cpu: tuple[Mapping[str, str], ...]
    gpu: tuple[Mapping[str, Any], ...]
    pairs: tuple[Mapping[str, str], ...]
    wheel_archs: Mapping[str, list[str]]
    driver_linux: Mapping[str, str]
    cards: Mapping[str, str]
    images: Mapping[str, str]
    libraries: Mapping[str, Mapping[str, str]]
    distributions: Mapping[str, str]
    cuda_errors: Mapping[str, Mapping[str, str]]

    @property
    def installs(self) -> list[str]:
        """What an installation of the working set names."""
        return [*self.stack["requires"], *self.stack["steers"]]


def read_toml(name: str) -> dict[str, Any]:
    """A TOML file of this package."""
    data: dict[str, Any] = tomllib.loads((Path(__file__).parent / name).read_text("utf-8"))
    return data


@lru_cache(maxsize=1)
def load_tables() -> Tables:
    """The tables; read once per process (they are immutable data of the package)."""
    data = read_toml("tables.toml")
    data.pop("version")
    for name in ("rivals", "cpu", "gpu", "pairs"):
        data[name] = tuple(data[name])
    return Tables(**data)
