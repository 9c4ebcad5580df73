"""What a push would send: every file with its bytes, the version's tag, its message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle import load_manifest
from paddle_lab.bundle.manifest import CARD_FILE, MANIFEST_FILE, Manifest
from paddle_lab.errors import HubError, RunError, UsageError
from paddle_lab.hubs import HUBS, MODELS, HubName, RepoState
from paddle_lab.hubs.licences import Licence
from paddle_lab.hubs.whole import is_whole
from paddle_lab.i18n import T
from paddle_lab.publishing.model_card import hub_card, licence_of_bundle
from paddle_lab.runs import RunFolder
from paddle_lab.runs.model_name import model_name
from paddle_lab.text.numbers import figure

_TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_NUMBER: Final = re.compile(r"v(\d{1,6})", re.ASCII)


@dataclass(frozen=True)
class PushPlan:
    """``files`` are those of the bundle by name; ``card`` stands in place of its README.

    ``new``: the repository is made. ``known``: this very version is on the hub already.
    """

    name: HubName
    bundle: Path
    files: Mapping[str, int]
    card: str
    tag: str
    note: str
    message: str
    public: bool
    licence: Licence
    new: bool
    known: bool

    @property
    def bytes(self) -> int:
        """All of them together."""
        return sum(self.files.values())

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "target": str(self.name.at(self.tag)),
            "files": [{"path": path, "bytes": size} for path, size in self.files.items()],
            "bytes": self.bytes,
            "tag": self.tag,
            "message": self.message,
            "note": self.note,
            "private": not self.public,
            "licence": self.licence.id,
            "new": self.new,
            "known": self.known,
        }


def plan_push(
    bundle: Path,
    name: HubName,
    *,
    tag: str | None = None,
    message: str | None = None,
    public: bool = False,
) -> PushPlan:
    """What pushing a bundle would do; the hub is asked for its versions, nothing is sent.

    Left out, the tag is the next number (``v1``, ``v2``). Raises BundleError for a bundle that is
    not whole and proven, UsageError for a tag that cannot be, HubError.
    """
    if name.revision or name.config or name.split:
        raise UsageError(
            T("{name} names a version already.", "{name} 中已经包含版本。", name=name.shown),
            fix=T("Give the tag apart: --tag {tag}", "请单独给出标签：--tag {tag}",
                  tag=name.revision or "v1"),
            code="usage.value",
        )  # fmt: skip
    if tag is not None and (not _TAG.fullmatch(tag) or ".." in tag):
        raise UsageError(
            T("'{tag}' cannot be a tag.", "“{tag}”不能作为标签。", tag=tag[:80]),
            fix=T("For example v2 or 2026-01-31.", "例如 v2 或 2026-01-31。"),
            code="usage.value",
        )
    manifest = load_manifest(bundle)
    hub = HUBS.get(name.hub)
    try:
        versions, new = hub.versions(name), False
    except HubError as error:
        if error.code != "hub.not_found":
            raise
        versions, new = {}, True
    same = None if new or tag is not None else _same_as(hub.state(name, MODELS), bundle, manifest)
    chosen, known = _tag(versions, tag, same)
    card = hub_card(manifest, bundle, name, chosen)
    files = {file: entry.bytes for file, entry in manifest.files.items()}
    files[CARD_FILE] = len(card.encode("utf-8"))
    files[MANIFEST_FILE] = (bundle / MANIFEST_FILE).stat().st_size
    note = _note(bundle, manifest)
    return PushPlan(
        name=name,
        bundle=bundle,
        files=dict(sorted(files.items())),
        card=card,
        tag=chosen,
        note=note,
        message=message or f"{manifest.source.get('name') or name.repo} {chosen}: {note}",
        public=public,
        licence=licence_of_bundle(manifest),
        new=new,
        known=known,
    )


def _same_as(state: RepoState, bundle: Path, manifest: Manifest) -> str | None:
    """The commit of the main branch, where it holds this very bundle; None where it does not."""
    names = [*(file for file in manifest.files if file != CARD_FILE), MANIFEST_FILE]
    found = [(bundle / name, state.file(name)) for name in names]
    same = all(file is not None and is_whole(path, file) for path, file in found)
    return state.commit if same else None


def _tag(versions: Mapping[str, str], tag: str | None, same: str | None) -> tuple[str, bool]:
    """The tag of the version; whether the hub has it already. ``same`` is a commit of this bundle.

    A second push of a bundle keeps its tag.
    """
    if tag is not None:
        return tag, tag in versions
    tags = [one for one, commit in versions.items() if commit == same]
    if tags:
        return max(tags), True
    numbers = [int(match[1]) for one in versions if (match := _NUMBER.fullmatch(one))]
    return f"v{max(numbers, default=0) + 1}", False


def _note(bundle: Path, manifest: Manifest) -> str:
    """Epoch and metrics, as the tag's note."""
    figures = [f"{key} {figure(key, value)}" for key, value in manifest.metrics.items()
               if value is not None and key != "loss"]  # fmt: skip
    epoch = _epoch(bundle)
    parts = [manifest.task, model_name(str(manifest.base_model.get("name") or "?"))]
    return ", ".join([*parts, *([f"epoch {epoch:g}"] if epoch is not None else []), *figures])[:500]


def _epoch(bundle: Path) -> float | None:
    """The epoch of the best weights, where the bundle lies in its run's folder."""
    if not (bundle.parent / "run.json").is_file():
        return None
    try:
        evals = RunFolder(bundle.parent).state().evals
    except RunError:
        return None
    epochs = [one.get("epoch") for one in evals if one.get("best")]
    found = epochs[-1] if epochs else None
    return float(found) if isinstance(found, (int, float)) else None
