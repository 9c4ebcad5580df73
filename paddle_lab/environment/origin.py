"""Where a pasted text was made: in the environment of the facts, in another one, or unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from paddle_lab.environment.conditions import lookup

HERE: Final = "here"
ELSEWHERE: Final = "elsewhere"
UNKNOWN: Final = "unknown"

# Bounded: a text of strangers may hold any number of slashes.
_ROOT = re.compile(r"(?:~|[A-Za-z]:)?[/\\][^\s\"'<>|:*?]{1,300}?(?:site|dist)-packages(?=[/\\])")
_HOME = re.compile(r"^(?:/home/[^/]+|/root|/Users/[^/]+|[A-Za-z]:/Users/[^/]+)(?=/|$)")
_SAID = (
    *(("platform", key) for key in ("system", "machine", "wsl", "jetson")),
    ("gpu", "driver"),
)


def origin(text: str, facts: Mapping[str, Any], clues: Mapping[str, Any]) -> str:
    """HERE when files of this environment stand in ``text``, ELSEWHERE when what it says of its
    machine is not true of this one, else UNKNOWN."""
    mine = set(_folders(facts))
    named = {_plain(match.group(0)) for match in _ROOT.finditer(text)}
    if mine & named:
        return HERE
    if mine and named:
        return ELSEWHERE
    for section, key in _SAID:
        said = (clues.get(section) or {}).get(key)
        known = (facts.get(section) or {}).get(key)
        if said and known not in (None, "") and str(said) != str(known):
            return ELSEWHERE
    python = str((clues.get("python") or {}).get("version", ""))
    here = str((facts.get("python") or {}).get("version", ""))
    if python and here and python.split(".")[:2] != here.split(".")[:2]:
        return ELSEWHERE
    return UNKNOWN


def _folders(facts: Mapping[str, Any]) -> Iterator[str]:
    """The folders that this environment's packages are in."""
    modules = facts.get("modules")
    paths = [lookup(facts, "storage.site_packages.path")]
    paths += list(modules.values()) if isinstance(modules, Mapping) else []
    for path in paths:
        root = _ROOT.match(f"{path}/") if isinstance(path, str) else None
        if root:
            yield _plain(root.group(0))


def _plain(path: str) -> str:
    return _HOME.sub("~", path.replace("\\", "/"))
