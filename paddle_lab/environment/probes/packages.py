"""Installed distributions, read from their metadata; nothing is imported."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from paddle_lab.environment.redact import clean

_HEADER_LIMIT = 200_000


class Distribution(NamedTuple):
    """An installed distribution and where it stands."""

    name: str
    version: str
    folder: str  # the dist-info or egg-info folder
    site: str  # where it was found


def normal(name: str) -> str:
    """The name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(path: list[str] | None = None) -> Iterator[Distribution]:
    """Every distribution on the path, in the order in which Python would find them."""
    seen = set()
    for location in sys.path if path is None else path:
        try:
            entry = os.path.abspath(location)
        except OSError:  # the working folder was deleted, and is on the path
            continue
        # Once imported, setuptools puts its own private copies on the path: nobody installed them.
        if entry in seen or os.path.basename(entry) == "_vendor" or not os.path.isdir(entry):
            continue
        seen.add(entry)
        try:
            names = sorted(os.listdir(entry))
        except OSError:  # a folder on the path that may not be read holds nothing for us
            continue
        for name in names:
            stem, extension = os.path.splitext(name)
            if extension not in (".dist-info", ".egg-info") or name.startswith("~"):
                continue
            parts = stem.split("-")
            version = parts[1] if len(parts) > 1 else _metadata_version(os.path.join(entry, name))
            yield Distribution(normal(parts[0]), version, os.path.join(entry, name), entry)


def header(folder: str) -> str:
    """The header of a distribution's metadata; empty when it cannot be read."""
    for name in ("METADATA", "PKG-INFO", ""):
        target = os.path.join(folder, name) if name else folder
        if os.path.isfile(target):
            try:
                with open(target, encoding="utf-8", errors="replace") as file:
                    return file.read(_HEADER_LIMIT).split("\n\n", 1)[0]
            except OSError:  # unreadable metadata say nothing
                return ""
    return ""


def _metadata_version(folder: str) -> str:
    found = re.search(r"^Version:\s*(\S+)", header(folder), re.M)
    return found.group(1) if found else ""


def versions() -> dict[str, str]:
    """Distribution name to version; the first on the path wins, as in an import."""
    found: dict[str, str] = {}
    for item in distributions():
        found.setdefault(item.name, item.version)
    return dict(sorted(found.items()))


def problems() -> dict[str, Any]:
    """Distributions that stand twice, remains of interrupted uninstalls, links that lead nowhere.

    ``moved``: distributions that are installed as a link to a folder which is not there, with the
    folder; ``unfinished``: those without a record (an installer writes it last) of which an older
    version was put aside and not removed.
    """
    sites: dict[str, list[tuple[str, str]]] = {}
    moved: dict[str, str] = {}
    found = list(distributions())
    for item in found:
        if item.name not in sites and (folder := _linked_to(item)) and not os.path.isdir(folder):
            moved[item.name] = clean(folder)
        entry = (item.version, clean(item.site))
        if entry not in sites.setdefault(item.name, []):
            sites[item.name].append(entry)
    twice = {
        name: [{"version": version, "site": site} for version, site in entries]
        for name, entries in sites.items()
        if len(entries) > 1
    }
    remains: list[str] = []
    for location in sys.path:
        if location.endswith(("site-packages", "dist-packages")) and os.path.isdir(location):
            remains += [name for name in os.listdir(location) if name.startswith("~")]
    aside = {normal(name.split("-")[0].lstrip("~")) for name in remains}
    unfinished = [item.name for item in found if _is_unfinished(item, aside)]
    return {
        "twice": dict(sorted(twice.items())[:50]),
        "remains": sorted(remains)[:50],
        "moved": dict(sorted(moved.items())[:50]),
        "unfinished": unfinished[:50],
    }


def _is_unfinished(item: Distribution, aside: set[str]) -> bool:
    """Was this one being installed in the place of one whose name lost its beginning to a "~"?"""
    cut = any(item.name.endswith(end) and len(item.name) - len(end) < 3 for end in aside if end)
    return cut and not os.path.exists(os.path.join(item.folder, "RECORD"))


def _linked_to(item: Distribution) -> str:
    """The folder that an editable installation leads to, as its metadata say it; mostly none."""
    try:
        with open(os.path.join(item.folder, "direct_url.json"), encoding="utf-8") as file:
            given = json.loads(file.read(_HEADER_LIMIT))
        url = urlsplit(given["url"]) if given["dir_info"].get("editable") is True else None
    except (OSError, ValueError, LookupError, AttributeError, TypeError):  # no such installation
        return ""
    path = unquote(url.path) if url is not None and url.scheme == "file" else ""
    return path.lstrip("/") if os.name == "nt" else path


def _package_folder(name: str) -> str | None:
    for entry in sys.path:
        folder = os.path.join(entry, name)
        if entry.endswith(("site-packages", "dist-packages")) and os.path.isdir(folder):
            return folder
    return None


def paddle() -> dict[str, Any]:
    """What the installed ``paddle`` folder is: where it stands, its build, its core library.

    ``version/__init__.py`` is parsed, never run.
    """
    installed = {item.name: item for item in distributions() if item.name.startswith("paddle")}
    builds = [name for name in ("paddlepaddle", "paddlepaddle-gpu") if name in installed]
    facts: dict[str, Any] = {
        "distributions": builds,
        "folder": None,
        "impostor": "paddle" in installed,
    }
    folder = _package_folder("paddle")
    if folder is None:
        return facts
    facts["folder"] = clean(folder)
    facts["has_init"] = os.path.isfile(os.path.join(folder, "__init__.py"))
    facts["core"] = [
        name
        for package in ("base", "fluid")
        for name in _listing(os.path.join(folder, package))
        if re.match(r"(libpaddle|core_avx|core_noavx)\.(so|pyd|dylib)$", name)
    ]
    facts.update(_version_file(os.path.join(folder, "version", "__init__.py")))
    return facts


def _listing(folder: str) -> list[str]:
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def _version_file(path: str) -> dict[str, Any]:
    names = {
        "full_version": "version",
        "cuda_version": "cuda",
        "cudnn_version": "cudnn",
        "commit": "commit",
    }
    found: dict[str, Any] = {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            tree = ast.parse(file.read(100_000))
    except (OSError, SyntaxError):  # absent or damaged: `files` says so
        return found
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            key = names.get(node.targets[0].id)
            if key and isinstance(node.value, ast.Constant):
                value = node.value.value
                found[key] = None if value in (False, "False", "") else str(value)
    return found
