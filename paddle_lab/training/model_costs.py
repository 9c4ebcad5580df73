"""What an epoch of the same data would cost with each model that can be chosen by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paddle_lab.i18n import Text
from paddle_lab.models.catalog import CARDS
from paddle_lab.models.config import read_config
from paddle_lab.models.here import folder_here
from paddle_lab.training.estimate import ERNIE_3, Estimate, Shape


@dataclass(frozen=True)
class ModelCost:
    """A model by name; ``here``: on this machine already.

    ``parameters`` and ``epoch_s``, seconds of an epoch, are None where its size is not known.
    """

    name: str
    title: Text | None
    here: bool
    parameters: int | None
    epoch_s: float | None

    def to_json(self) -> dict[str, Any]:
        """The choice for machines; the title in both languages."""
        return {
            "name": self.name,
            "title": self.title.to_json() if self.title else None,
            "here": self.here,
            "parameters": self.parameters,
            "epoch_s": self.epoch_s,
        }


def model_costs(cost_of: Callable[[Shape], Estimate]) -> list[ModelCost]:
    """The models to choose from, smallest first; ``cost_of`` estimates an epoch with one."""
    found = []
    for name in dict.fromkeys((*CARDS, *ERNIE_3)):
        folder = folder_here(name)
        shape = Shape.of_known(name)
        if shape is None and folder is not None:
            shape = Shape.from_config(read_config(folder))
        cost = cost_of(shape) if shape is not None else None
        title = CARDS[name].title if name in CARDS else None
        found.append(
            ModelCost(
                name,
                title,
                folder is not None,
                cost.parameters if cost else None,
                cost.seconds if cost else None,
            )
        )
    return sorted(found, key=lambda one: (one.parameters is None, one.parameters or 0))
