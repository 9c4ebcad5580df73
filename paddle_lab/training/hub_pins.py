"""Names on hubs in what a person asks for, each held to the commit that it leads to now.

So a run that is resumed or repeated reads the same bytes, whatever the hub holds by then. What was
asked for, which address answered, and whether a name has moved on since stand in ``run.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from paddle_lab.data.hub_sets import hub_set, split_of
from paddle_lab.errors import HubError
from paddle_lab.hubs import HubName, Kind, RepoState, hub_name, look
from paddle_lab.hubs.licences import licence_of
from paddle_lab.i18n import T, Text
from paddle_lab.models import known_names
from paddle_lab.models.hub import look_at_model
from paddle_lab.models.resolve import model_on_hub
from paddle_lab.runs import RunFolder

#: The key of ``run.json``.
HUBS_KEY: Final = "hubs"
_KIND_OF: Final[Mapping[str, Kind]] = {"model": "model"}
_PARTS: Final = ("train", "dev", "test")


_TITLES: Final = {
    "model": T("Model", "模型"), "train": T("Training rows", "训练数据"),
    "dev": T("Dev rows", "验证数据"), "test": T("Test rows", "测试数据"),
}  # fmt: skip


@dataclass(frozen=True)
class Pin:
    """A part of a run that comes from a hub: what was asked for, and what it is held to."""

    asked: HubName
    name: HubName
    endpoint: str | None
    licence: str | None
    moved: str | None

    def to_json(self) -> dict[str, Any]:
        """As ``run.json`` holds it."""
        return {
            "asked": str(self.asked),
            "name": str(self.name),
            "revision": self.name.revision,
            "endpoint": self.endpoint,
            "licence": self.licence,
            "moved": self.moved,
        }


def pin_of(state: RepoState, asked: HubName) -> Pin:
    """The pin of a repository that was looked at; ``moved`` is where its main branch is now."""
    return Pin(
        asked,
        asked.at(state.commit or None),
        state.endpoint,
        licence_of(state.facts, state.folder).id,
        _moved(asked, state),
    )


def pinned(
    given: Mapping[str, Any], names: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Pin]]:
    """The options with names on hubs held to commits, and the pins by part.

    Names in ``names`` are a notebook's variables, and stay. Raises HubError, ModelError.
    """
    found, pins = dict(given), dict[str, Pin]()
    model = pinned_model(given.get("model"))
    if model is not None:
        found["model"], pins["model"] = str(model.name), model
    for part in _PARTS:
        asked = _data_on_hub(given.get(part), names)
        if asked is None:
            continue
        parts = _parts_of(asked, part)
        for one, pin in parts.items():
            if one == part or given.get(one) is None:
                found[one], pins[one] = str(pin.name), pin
    added = _several(given.get("add"))
    for number, source in enumerate(added):
        asked = _data_on_hub(source, names)
        if asked is not None:
            pin = _parts_of(asked, "train", alone=True)["train"]
            added[number], pins[f"add{number + 1}"] = str(pin.name), pin
            found["add"] = added
    return found, pins


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _data_on_hub(source: Any, names: Mapping[str, Any]) -> HubName | None:
    if not isinstance(source, str) or source in names:
        return None
    found = hub_name(source)
    return None if found is None else found.absolute


def _parts_of(asked: HubName, part: str, *, alone: bool = False) -> dict[str, Pin]:
    """What a data set on a hub gives a run: the split that is named or serves as ``part``.

    Where it is to train on and no split is named, the set's own dev and test splits as well, unless
    ``alone``. Raises HubError, DataError.
    """
    found = hub_set(asked)
    first = pin_of(found.state, asked)
    splits = {part: split_of(found, asked, part)}
    if part == "train" and asked.split is None and not alone:
        others = {one: found.split_for(one) for one in _PARTS if one != part}
        splits |= {one: split for one, split in others.items()
                   if split is not None and split not in splits.values()}  # fmt: skip
    named = replace(first.name, config=found.config if asked.config else None)
    return {one: replace(first, name=replace(named, split=split)) for one, split in splits.items()}


def pinned_model(model: Any) -> Pin | None:
    """The pin of ``--model``; None for what lies on no hub. Raises HubError, ModelError."""
    if not isinstance(model, str) or model.strip() in known_names():
        return None
    asked = model_on_hub(model.strip())
    if asked is None:
        return None
    asked = asked.absolute
    return pin_of(look_at_model(asked, offline=None)[0], asked)


def told_of(part: str, pin: Pin) -> list[Text]:
    """What a run says of a part that comes from a hub."""
    place = T("this machine", "本机") if pin.endpoint is None else Text(pin.endpoint, pin.endpoint)
    told = [T("{part}: {name}, from {place}.", "{part}：{name}，来自 {place}。",
              part=_TITLES.get(part, part), name=pin.name.shown, place=place)]  # fmt: skip
    if pin.moved is not None:
        told.append(
            T("{name} is at {now} now; this run keeps to {kept}.",
              "{name} 现在的版本是 {now}；本次运行仍使用 {kept}。",
              name=pin.asked.repository if pin.asked.pinned else pin.asked, now=pin.moved[:8],
              kept=(pin.name.revision or "-")[:8])
        )  # fmt: skip
    return told


def notices_of(folder: RunFolder, *, again: bool) -> list[Text]:
    """What a run says of its parts on hubs, as ``run.json`` has them; ``again``: look once more."""
    told: list[Text] = []
    for part, facts in pins_in(folder).items():
        pin = _read(facts)
        if pin is None:
            continue
        if again:
            pin = _looked_at_again(pin, _KIND_OF.get(part, "dataset"))
        told += [one for one in told_of(part, pin) if one not in told]
    return told


def pins_in(folder: RunFolder) -> dict[str, Any]:
    """The pins of a run by part, as ``run.json`` holds them; what is no pin is passed over."""
    found = folder.info().get(HUBS_KEY)
    if not isinstance(found, dict):
        return {}
    return {str(part): facts for part, facts in found.items() if isinstance(facts, dict)}


def _read(facts: Mapping[str, Any]) -> Pin | None:
    def text(key: str) -> str | None:
        value = facts.get(key)
        return value[:500] if isinstance(value, str) else None

    try:
        asked, name = hub_name(facts.get("asked")), hub_name(facts.get("name"))
    except HubError:
        return None
    if asked is None or name is None:
        return None
    return Pin(asked, name, text("endpoint"), text("licence"), text("moved"))


def _looked_at_again(pin: Pin, kind: Kind) -> Pin:
    """The pin with where its name leads now; as it was where the hub cannot be asked."""
    asked = pin.asked.at(None) if pin.asked.pinned else pin.asked
    try:
        now = look(asked, kind)
    except HubError:
        return pin
    if now.endpoint is None and now.silent is not None:
        return pin
    moved = now.commit if now.commit != pin.name.revision else None
    return Pin(pin.asked, pin.name, pin.endpoint, pin.licence, moved)


def _moved(asked: HubName, state: RepoState) -> str | None:
    """Where the main branch is, if a commit was asked for that it has left."""
    if not asked.pinned or state.endpoint is None:
        return None
    try:
        now = look(asked.at(None), state.kind)
    except HubError:
        return None
    return now.commit if now.commit != asked.revision else None
