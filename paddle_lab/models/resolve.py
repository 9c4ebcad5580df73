"""From what a person typed after ``--model`` to a converted model in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paddle_lab.errors import ModelError
from paddle_lab.hubs import HubName, hub_name
from paddle_lab.hubs.licences import licence_of
from paddle_lab.i18n import T, Text
from paddle_lab.models import catalog, hub, m3e
from paddle_lab.models.hub_cache import snapshot_in
from paddle_lab.models.store import Prepared, Progress, prepare
from paddle_lab.settings import load_settings
from paddle_lab.text.close_names import did_you_mean
from paddle_lab.text.short import cut
from paddle_lab.text.visible import spelled_out


@dataclass(frozen=True)
class Resolved:
    """A model that is on this machine, converted.

    ``folder`` is ours, in the cache: config.json, vocab.txt, tokenizer_config.json and
    model.safetensors (float32) in PaddleNLP's layout; it may be shared, so nothing may be written
    there. ``source`` says where the model comes from: ``shipped``, ``package``, ``paddlenlp``,
    ``hub`` or ``folder``. ``revision`` is the hub's commit, when known, ``endpoint`` the address
    that gave it; ``sha256`` is that of the original weight file, and ``weights_format`` its kind,
    ``safetensors`` or ``pickle``. ``notice`` says what is odd about it, or was mended.
    ``layers``: which of its layers there are, counted from 0; None for all.
    """

    name: str
    folder: Path
    source: str
    licence: str | None
    licence_notice: Text | None
    sha256: str
    weights_format: str
    revision: str | None = None
    recommended: catalog.Recommended | None = None
    notice: Text | None = None
    layers: tuple[int, ...] | None = None
    endpoint: str | None = None


def resolve_model(
    name: str,
    *,
    trust: bool = False,
    offline: bool | None = None,
    progress: Progress | None = None,
) -> Resolved:
    """Find the model ``name``: a name of the catalogue or of a hub, or a folder.

    ``trust`` allows weights that are a program (a pickle with more than tensors in it).
    ``offline`` (default: the setting) forbids the network; what was downloaded before is still
    found. ``progress`` is told what is being waited for.

    Raises ModelError with close names for an unknown one, HubError with the way out when offline.
    """
    name = name.strip()
    if name in catalog.CARDS:
        return _from_card(catalog.CARDS[name], progress)
    if name in catalog.paddlenlp_names():
        alone = load_settings().offline if offline is None else offline
        fetched = hub.fetch_paddlenlp(name, offline=alone, progress=progress)
        return _resolved(name, fetched.folder, "paddlenlp", trust=trust, progress=progress)
    on_hub = model_on_hub(name)
    folder = None if on_hub is not None else _existing_folder(name)
    if folder is not None:
        snapshot = snapshot_in(folder)
        return _resolved(
            name,
            snapshot or folder,
            "folder",
            trust=trust,
            progress=progress,
            revision=snapshot.name if snapshot else None,
        )
    if on_hub is not None:
        fetched = hub.fetch_hub(on_hub, offline=offline, progress=progress)
        found = _resolved(
            str(on_hub),
            fetched.folder,
            "hub",
            trust=trust,
            progress=progress,
            revision=fetched.revision,
            facts=fetched.state.facts if fetched.state else {},
        )
        return replace(found, endpoint=fetched.state.endpoint if fetched.state else None)
    raise _unknown(name)


def model_on_hub(name: str) -> HubName | None:
    """The hub's name that ``--model`` is; ``org/name`` alone is of Hugging Face. None for others.

    What is a folder here is that folder. Raises HubError for a name that begins as a hub's.
    """
    found = hub_name(name)
    if found is not None or not catalog.HUB_NAME.fullmatch(name.partition("@")[0]):
        return found
    return None if _existing_folder(name) is not None else hub_name(f"hf:{name}")


def _from_card(card: catalog.ModelCard, progress: Progress | None) -> Resolved:
    if card.name == catalog.M3E.name:
        prepared, source = m3e.prepare_m3e(progress), "package"
    else:
        prepared, source = prepare(catalog.mini_folder(), card.name, progress=progress), "shipped"
    return Resolved(
        card.name,
        prepared.folder,
        source,
        card.licence,
        card.notice,
        prepared.sha256,
        prepared.weights_format,
        recommended=card.recommended,
        notice=prepared.notice,
    )


def _resolved(
    name: str,
    folder: Path,
    source: str,
    *,
    trust: bool,
    progress: Progress | None,
    revision: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Resolved:
    plain = name.partition("@")[0]
    prepared: Prepared = prepare(folder, Path(plain).name, trust=trust, progress=progress)
    licence = licence_of(facts or {}, folder)
    return Resolved(
        name,
        prepared.folder,
        source,
        licence.id,
        licence.notice(displayed(plain)),
        prepared.sha256,
        prepared.weights_format,
        revision,
        notice=prepared.notice,
    )


def _existing_folder(name: str) -> Path | None:
    try:
        folder = Path(name).expanduser()
        if folder.is_dir():
            return folder.resolve()
        if folder.is_file():
            raise ModelError(
                T("{name} is a file", "{name} 是一个文件", name=displayed(name)),
                None,
                T("Give the model's folder.", "请给出模型所在的文件夹。"),
                code="model.not_a_folder",
            )
    except (OSError, ValueError, RuntimeError):  # too long, NUL inside, no such home
        return None
    return None


def _unknown(name: str) -> ModelError:
    fix = did_you_mean(name.lower(), catalog.known_names(), most=3) or T(
        "Use ernie-lab-mini (shipped), ernie-3.0-nano-zh or another name of PaddleNLP, "
        "org/name of a hub, or a folder.",
        "可用：ernie-lab-mini（随软件附带）、ernie-3.0-nano-zh 等 PaddleNLP 的模型名、模型库的 "
        "org/name，或一个文件夹。",
    )
    return ModelError(
        T("No model is called {name}", "没有名为 {name} 的模型", name=displayed(name)),
        T(
            "It is not a known name, and no such folder exists.",
            "它不是已知的模型名，也没有这样的文件夹。",
        ),
        fix,
        code="model.not_found",
    )


def displayed(name: str, limit: int = 80) -> str:
    """``name`` as it can be shown: control and direction marks made visible, long ones cut."""
    return cut(spelled_out(name[: limit + 1]), limit)
