"""The index that pip is configured for, asked with pip's own client: files, and their bytes.

What an index says of a file (PEP 691) is enough: its name, the Pythons it is for, whether it was
withdrawn. Nothing that is downloaded is run, nor built.

pip is imported where it is asked alone: setuptools does not put its distutils in the place of
Python's in a process that has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.tags import Tag
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename
from packaging.utils import parse_sdist_filename as of_sdist
from packaging.utils import parse_wheel_filename as of_wheel
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from pip._internal.index.collector import LinkCollector
    from pip._internal.models.link import Link
    from pip._internal.network.session import PipSession

_PIECE: Final = 1 << 20
_FIRST_ASKED: Final = 311  # wheels of CPython 3.11 first, then of older ones
_SOURCES: Final = 8  # behind every wheel
_UNFIT: Final = 9  # for no Python 3


@dataclass(frozen=True)
class Published:
    """A file of a release.

    ``python`` is what its metadata require; ``rank`` is less for what tells more: a wheel for
    Linux, one for every system, others, then the sources. ``newest`` is the newest Python 3 that a
    compiled wheel is for, None of what all newer ones take, too.
    """

    name: str
    version: Version
    python: str
    rank: tuple[int, int]
    link: Link
    newest: int | None = None

    @property
    def is_wheel(self) -> bool:
        """Is it a wheel? Else it is an archive of sources."""
        return self.name.endswith(".whl")


@contextmanager
def configured_index() -> Iterator[PackageIndex]:
    """The indexes that pip is configured for, as long as it is open."""
    from pip._internal.commands.index import IndexCommand
    from pip._internal.index.collector import LinkCollector

    command = IndexCommand("index", "files of releases")
    with command.main_context():
        options, _ = command.parse_args(["versions", "any"])
        session = command.get_default_session(options)
        yield PackageIndex(session, LinkCollector.create(session, options=options))


class PackageIndex:
    """The configured indexes; the first one that has a package tells of it."""

    def __init__(self, session: PipSession, collector: LinkCollector) -> None:
        self._session = session
        self._collector = collector

    def files(self, package: str) -> list[Published]:
        """What there is of ``package``, without what was withdrawn; [] where nothing is known."""
        from pip._internal.exceptions import PipError
        from pip._internal.index.collector import parse_links
        from pip._internal.models.link import Link

        for place in self._collector.search_scope.get_index_urls_locations(package):
            try:
                content = self._collector.fetch_response(Link(place))
            except (PipError, OSError):
                continue
            links = list(parse_links(content)) if content is not None else []
            found = [one for link in links if not link.is_yanked and (one := _published(link))]
            if found:
                return found
        return []

    def fetch(self, published: Published, folder: Path) -> Path:
        """The file, in ``folder``. Raises OSError where it does not arrive whole."""
        target, digest = folder / published.name, hashlib.sha256()
        with (
            self._session.get(
                published.link.url_without_fragment,
                headers={"Accept-Encoding": "identity"},
                stream=True,
            ) as answer,
            target.open("wb") as file,
        ):
            answer.raise_for_status()
            for piece in answer.iter_content(_PIECE):
                file.write(piece)
                digest.update(piece)
        if published.link.hash_name == "sha256" and digest.hexdigest() != published.link.hash:
            raise OSError(f"{published.name} did not arrive whole")
        return target


def _published(link: Link) -> Published | None:
    name, newest = link.filename, None
    try:
        if name.endswith(".whl"):
            _, version, _, tags = of_wheel(name)
            rank = min(map(_rank, tags))
            if rank[0] >= _UNFIT:
                return None
            newest = max(map(_newest, tags)) or None
        else:
            _, version = of_sdist(name)
            rank = (_SOURCES, 0 if name.endswith(".tar.gz") else 1)
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return None
    return Published(name, version, link.requires_python or "", rank, link, newest)


def _newest(tag: Tag) -> int:
    """11 of a wheel that is for CPython 3.11 alone, 0 of others."""
    exact = tag.interpreter.startswith("cp3") and tag.abi.startswith("cp3")
    return int(tag.interpreter[3:]) if exact and tag.interpreter[3:].isdecimal() else 0


def _rank(tag: Tag) -> tuple[int, int]:
    if not tag.interpreter.startswith(("py3", "cp3")):
        return (_UNFIT, 0)
    digits = tag.interpreter[2:]
    release = int(digits[0]) * 100 + int(digits[1:]) if digits[1:].isdecimal() else _FIRST_ASKED
    older = _FIRST_ASKED - release
    platforms = (
        "manylinux" in tag.platform and tag.platform.endswith("x86_64"),
        tag.platform == "any",
        "linux" in tag.platform,
        tag.platform.startswith("macosx"),
        tag.platform == "win_amd64",
        True,
    )
    return (platforms.index(True), older if older >= 0 else 100 - older)
