"""A compiled file that the system's loader refuses: whose it is, by its words and the frames."""

from __future__ import annotations

import posixpath
import re
from typing import Final, NamedTuple

from paddle_lab.environment.blame import Traceback
from paddle_lab.environment.blame.owners import owner_of
from paddle_lab.environment.blame.structure import PERSON, STDLIB
from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.said.common import SOURCE
from paddle_lab.i18n import Text

#: Before the rules for any such file, which cannot say whose it is.
_SCORE: Final = 37.0
#: The rules of this doctor are about its files, and know more of them.
_OF_RULES: Final = "paddle"
_PATH: Final = re.compile(
    r"['\"(]?(?P<path>(?:[A-Za-z]:|~)?[/\\][^\s'\"()]{1,400}?[/\\](?:site|dist)-packages[/\\]"
    r"[^\s'\"():]{1,300})"
)
#: ``site-packages/vendor/part/lib/libpart.so``: a wheel that holds a library and no module.
_BROUGHT_ALONG: Final = re.compile(r"-packages/\w+/\w+/lib/[^/]+$")
_BY_CALLER: Final = re.compile(r"(?:ctypes|importlib)\b")


class Refused(NamedTuple):
    """What was read: the words, the import name that owns the file, the trace's folders."""

    found: re.Match[str]
    owner: str
    sites: tuple[str, ...]


def refused(found: re.Match[str], trace: Traceback | None) -> Refused | None:
    """What ``found`` says, where the file is another package's than Paddle's; else None."""
    owner = _owner(found.group(0), trace)
    if owner in ("", _OF_RULES):
        return None
    return Refused(found, owner, trace.sites if trace else ())


def _owner(words: str, trace: Traceback | None) -> str:
    """The import name whose file the words name, else the last frame's before them."""
    paths = [_plain(one["path"]) for one in _PATH.finditer(words)]
    named = [owner_of(path).package for path in paths]
    errors = [one for one in trace.errors if one.message[:40] in words] if trace else []
    for error in (*errors, *(trace.errors if trace and not errors else ())):
        frames = [one for one in error.frames if not one.file.startswith("<frozen ")]
        # What ctypes is asked to load is the caller's; else it is a part of Python itself.
        if frames and frames[-1].package == STDLIB and not _BY_CALLER.match(frames[-1].module):
            return STDLIB
        libraries = [one.package for one in frames if one.is_library]
        if libraries:
            # A library's own file is named; of what it brings along the frame says who loads it.
            return named[-1] if named and named[-1] in libraries else libraries[-1]
    # Only code of the person's own stands before it: the file named is what they import.
    alone = named and not _BROUGHT_ALONG.search(paths[-1])
    return named[-1] if alone and named[-1] != PERSON else ""


def _plain(path: str) -> str:
    return posixpath.normpath(path.replace("\\", "/"))


def told(
    name: str,
    title: Text,
    cause: Text,
    fix: Text,
    commands: tuple[str, ...],
    words: str,
    *others: Alternative,
) -> Finding:
    """A finding of the loader's words."""
    return Finding(
        id=name,
        family="native",
        severity="error",
        certainty="likely",
        title=title,
        cause=cause,
        fix=fix,
        commands=commands,
        sources=SOURCE,
        alternatives=others,
        evidence=(words[:200],),
        score=_SCORE,
    )
