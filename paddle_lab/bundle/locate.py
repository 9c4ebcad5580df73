"""From what a person calls a bundle to its folder."""

from __future__ import annotations

import contextlib
from pathlib import Path

from paddle_lab.bundle.exchange import appears
from paddle_lab.bundle.manifest import MANIFEST_FILE
from paddle_lab.bundle.on_hub import bundle_on_hub
from paddle_lab.bundle.problems import not_a_bundle
from paddle_lab.bundle.staging import bring_back
from paddle_lab.errors import BundleError
from paddle_lab.hubs import hub_name
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.runs.checks import check_of
from paddle_lab.runs.removal import seems_active
from paddle_lab.untrusted import UnusableFile, read_object

FAILURE_SUFFIX = "-failed.json"


def find_bundle(wanted: str | Path) -> Path:
    """The bundle's folder, by that folder, by its run's folder, or by a run's name, id or ``last``.

    A name on a hub (``hf:org/name@v2``) is downloaded. Its content is not looked at otherwise.
    Raises BundleError when the run has no bundle or the folder holds none, RunError when nothing of
    that name exists, HubError when the hub does not give it.
    """
    if (name := hub_name(str(wanted))) is not None:
        return bundle_on_hub(name)
    path = expanded(wanted)
    if _appears(path / MANIFEST_FILE):
        return path.absolute()
    if _exists(path / "run.json"):
        return _bundle_of(RunFolder(path.absolute()))
    if _exists(path) and not isinstance(wanted, str):
        raise not_a_bundle(path)
    if _exists(path) and ("/" in str(wanted) or "\\" in str(wanted)):
        raise not_a_bundle(path)
    return _bundle_of(Registry().find(str(wanted)).folder)


def bundle_of(folder: RunFolder) -> Path | None:
    """The folder of the run's bundle, None when it has none; one moved aside comes back first."""
    with contextlib.suppress(OSError):  # another user's run: what cannot be moved is not there
        bring_back(folder.bundle)
    return folder.bundle if _appears(folder.bundle / MANIFEST_FILE) else None


def failure_report(bundle: Path) -> Path:
    """Where a failed export leaves its evidence: ``bundle-failed.json`` beside ``bundle``."""
    return bundle.with_name(bundle.name + FAILURE_SUFFIX)


def _bundle_of(folder: RunFolder) -> Path:
    bundle = bundle_of(folder)
    if bundle is not None:
        return bundle
    name = folder.path.name
    raise BundleError(
        T("Run {name} has no bundle.", "运行 {name} 没有模型包。", name=name),
        _why_none(folder),
        T("Export it: %ernie_export {name}", "请导出：%ernie_export {name}", name=name),
        code="bundle.absent",
    )


def _why_none(folder: RunFolder) -> Text | None:
    try:
        failure = read_object(failure_report(folder.bundle))
    except (OSError, UnusableFile):
        failure = {}
    if check_of("BundleFailure")(failure) is None:
        return Text.from_json(failure["error"]["what"])
    if seems_active(folder):
        return T("It is still running.", "它仍在运行。")
    return None


def _appears(path: Path) -> bool:
    try:
        return appears(path)
    except (OSError, ValueError):
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or one with a NUL
        return False
