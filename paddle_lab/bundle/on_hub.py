"""Bundles on a hub: found by their name there, whole in the cache of the hub's library."""

from __future__ import annotations

from pathlib import Path

from paddle_lab.bundle.manifest import CARD_FILE, MANIFEST_FILE, parse_manifest
from paddle_lab.errors import BundleError
from paddle_lab.hubs import MODELS, HubName, fetch, look
from paddle_lab.i18n import T
from paddle_lab.untrusted import UnusableFile, read_object


def bundle_on_hub(name: HubName) -> Path:
    """The folder of a bundle on a hub, downloaded where it is not here.

    The manifest comes first: only the files that it names are fetched. Raises HubError where the
    hub does not give it, BundleError for what is no bundle.
    """
    state = look(name, MODELS)
    if not state.has(MANIFEST_FILE) or name.config or name.split:
        raise _no_bundle(name)
    folder = fetch(state, [MANIFEST_FILE])
    try:
        manifest = parse_manifest(read_object(folder / MANIFEST_FILE), folder)
    except (OSError, UnusableFile) as error:
        raise _no_bundle(name) from error
    files = [file for file in manifest.files if state.has(file) or file != CARD_FILE]
    return fetch(state, [*files, MANIFEST_FILE])


def _no_bundle(name: HubName) -> BundleError:
    return BundleError(
        T("{name} is no bundle.", "{name} 不是模型包。", name=name.shown),
        T("There is no {file} in it, or not one of a bundle.", "其中没有可用的 {file}。",
          file=MANIFEST_FILE),
        T("To train from it: %ernie_finetune DATA --model {name}",
          "以它为起点训练：%ernie_finetune 数据 --model {name}", name=name),
        code="bundle.absent",
    )  # fmt: skip
