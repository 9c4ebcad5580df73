"""What a hub is: all that the other packages know of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from paddle_lab.hubs.names import HubName
from paddle_lab.i18n import Text

Kind = Literal["model", "dataset"]
MODELS: Final = "model"
DATA: Final = "dataset"
Progress = Callable[[Text], None]


@dataclass(frozen=True)
class RepoFile:
    """A file of a repository: its path in it, bytes, and a hash of its content where one is known.

    ``sha256`` is of the content, ``blob`` the id that Git gives it (SHA-1).
    """

    path: str
    size: int | None = None
    sha256: str | None = None
    blob: str | None = None


@dataclass(frozen=True)
class RepoState:
    """A repository at one commit.

    ``name`` has the commit as its revision, ``asked`` what was asked for. ``endpoint`` is the
    address that answered, None where only this machine was looked at; then ``folder`` holds what
    was downloaded before. ``facts`` is the front matter of its README; ``silent`` says why the hub
    was not asked.
    """

    name: HubName
    asked: HubName
    kind: Kind
    files: tuple[RepoFile, ...]
    endpoint: str | None = None
    folder: Path | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    private: bool = False
    silent: Text | None = None

    @property
    def commit(self) -> str:
        """The commit, or where a hub has none, the revision."""
        return self.name.revision or ""

    def file(self, path: str) -> RepoFile | None:
        """The file at a path; None where there is none."""
        return next((one for one in self.files if one.path == path), None)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return self.file(path) is not None


class Hub(Protocol):
    """One hub."""

    @property
    def title(self) -> Text:
        """How it is called."""

    @property
    def local(self) -> bool:
        """Whether it is a folder, so that no network is needed."""

    def state(self, name: HubName, kind: Kind) -> RepoState:
        """Ask what the repository holds now. Raises HubError."""

    def kept(self, name: HubName, kind: Kind) -> RepoState | None:
        """What was downloaded of it before; None for nothing. Asks nobody."""

    def fetch(self, state: RepoState, paths: Sequence[str], progress: Progress | None) -> Path:
        """A folder with these files whole, downloaded where they are missing. Raises HubError."""

    def streamed(self, state: RepoState, paths: Sequence[str]) -> Streamed | None:
        """How these files are read in parts over the network; None where they are downloaded."""

    def versions(self, name: HubName) -> dict[str, str]:
        """Commits by tag of what is there now. Raises HubError, also where nothing is published."""

    def push(self, name: HubName, push: Push) -> RepoState:
        """Make a new version, all of it or none; a second try completes it. Raises HubError."""


@dataclass(frozen=True)
class Streamed:
    """Files over the network for `datasets`: their addresses, and what their file systems take.

    ``options`` are by protocol, as fsspec's ``storage_options``.
    """

    places: Sequence[str]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Push:
    """A new version of a model: the files by path, a tag with its note, and a message.

    ``public``: everybody may read the repository, where it is made now.
    """

    files: Mapping[str, Path]
    message: str
    tag: str
    note: str
    public: bool = False
    progress: Progress | None = None
