"""What is served on Ray, as it travels to the nodes and stands in manifests: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from paddle_lab.serving.models import Place
from paddle_lab.serving.processes import How
from paddle_lab.serving.requests import Bounds

#: The deployment of a model in its application.
MODEL: Final = "model"
#: Batches that a replica is sent at most: the next one is there when one is done.
BATCHES: Final = 2


@dataclass(frozen=True)
class Replicas:
    """How many of a model's replicas there may be, and how soon their load changes that.

    ``first``: with how many it begins, None for the fewest. So many seconds of more load add some,
    so many of less take some away.
    """

    fewest: int = 1
    most: int = 8
    first: int | None = None
    more_after_s: float = 5.0
    fewer_after_s: float = 300.0

    @classmethod
    def read(cls, text: str) -> Replicas:
        """From ``N`` or ``MIN..MAX``. Raises ValueError."""
        first, _, last = text.partition("..")
        found = cls(int(first), int(last or first))
        if not 1 <= found.fewest <= found.most:
            raise ValueError(text)
        return found


@dataclass(frozen=True)
class Served:
    """A model of the service: its bundle, the same on every node, and the application that has it.

    ``app`` is another one for every bundle, so that a front and its models always fit.
    """

    app: str
    name: str
    folder: str
    version: str = "1"
    identity: str | None = None

    @property
    def place(self) -> Place:
        """As in a service of one machine."""
        return Place(self.name, self.version, Path(self.folder))


@dataclass(frozen=True)
class ModelPlan:
    """One model's replicas; those with a bundle of another identity do not start."""

    folder: str
    identity: str | None = None
    how: How = field(default_factory=How)
    replicas: Replicas = field(default_factory=Replicas)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ModelPlan:
        """The reverse; what is left out is as by default. Raises TypeError, KeyError."""
        return cls(
            content["folder"], content.get("identity"), How(**content.get("how", {})),
            Replicas(**content.get("replicas", {})),
        )  # fmt: skip


@dataclass(frozen=True)
class FrontPlan:
    """The fronts: which models they ask, and what requests may be.

    ``batches`` is how many each has with a model's replicas at a time; ``fronts`` how many there
    are, no two on one node. ``loopback``: only nodes themselves reach them.
    """

    models: tuple[Served, ...]
    batches: int = Replicas.most
    fronts: int = 1
    bounds: Bounds = field(default_factory=Bounds)
    rows: int | None = None
    spare_tokens: int | None = None
    wait_s: float = 0.0
    most_waiting: int = 4096
    token: str | None = None
    loopback: bool = False
    log_requests: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "models": [asdict(one) for one in self.models]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FrontPlan:
        """The reverse; what is left out is as by default. Raises TypeError, KeyError."""
        values = dict(content)
        models = tuple(Served(**one) for one in values.pop("models"))
        return cls(models, bounds=Bounds(**values.pop("bounds", {})), **values)
