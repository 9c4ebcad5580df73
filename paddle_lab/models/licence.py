"""The licence of a model by its name, before it is downloaded."""

from __future__ import annotations

from paddle_lab.errors import ModelError
from paddle_lab.hubs import fetch
from paddle_lab.hubs.licences import UNKNOWN, Licence, identifier_of, licence_of, of_folder
from paddle_lab.models import catalog
from paddle_lab.models.hub import look_at_model
from paddle_lab.models.hub_cache import snapshot_in
from paddle_lab.models.resolve import model_on_hub
from paddle_lab.paths import expanded


def licence_of_model(name: str) -> Licence:
    """What its card, its hub or its folder says; of a hub only small files are downloaded.

    Raises HubError, ModelError for a model of a hub that there is not.
    """
    name = name.strip()
    if name in catalog.CARDS:
        return Licence(identifier_of(catalog.CARDS[name].licence), "card")
    if name in catalog.paddlenlp_names():
        return UNKNOWN
    on_hub = model_on_hub(name)
    if on_hub is not None:
        state, files = look_at_model(on_hub, offline=None)
        found = licence_of(state.facts)
        if found.id is not None:
            return found
        small = [file for file in files if file.startswith(("README", "LICEN"))]
        return of_folder(fetch(state, small)) if small else UNKNOWN
    folder = expanded(name)
    try:
        return of_folder(snapshot_in(folder) or folder) if folder.is_dir() else UNKNOWN
    except (ModelError, OSError):  # told when the model is resolved
        return UNKNOWN
