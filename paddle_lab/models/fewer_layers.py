"""A model with fewer of its layers, as a model folder of its own."""

from __future__ import annotations

from dataclasses import replace

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.models.config import read_config
from paddle_lab.models.resolve import Resolved
from paddle_lab.models.store import prepare_layers


def with_layers(resolved: Resolved, layers: int | None) -> Resolved:
    """The model with so many of its layers, the first and the last among them; None: with all.

    Raises UsageError for more than it has, ModelError when it cannot be made.
    """
    if layers is None:
        return resolved
    whole = int(read_config(resolved.folder)["num_hidden_layers"])
    if layers > whole:
        raise UsageError(
            T("--layers is {layers}, and {name} has {whole}.",
              "--layers 为 {layers}，而 {name} 有 {whole} 层。",
              layers=layers, name=resolved.name, whole=whole),
            fix=T("Give at most {whole}, or leave it out.",
                  "请给出不超过 {whole} 的值，或去掉该选项。", whole=whole),
            code="usage.value",
        )  # fmt: skip
    if layers == whole:
        return resolved
    chosen = evenly(whole, layers)
    prepared = prepare_layers(resolved.folder, chosen, resolved.name, resolved.sha256)
    return replace(resolved, folder=prepared.folder, layers=tuple(chosen))


def evenly(whole: int, wanted: int) -> list[int]:
    """``wanted`` numbers from 0 to ``whole - 1``, as far apart as can be; of one, the first."""
    if wanted == 1:
        return [0]
    return [round(index * (whole - 1) / (wanted - 1)) for index in range(wanted)]
