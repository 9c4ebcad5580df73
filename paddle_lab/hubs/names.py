"""Names of what lies on a hub: ``hf:org/name@revision``, of data ``hf:org/name/config:split``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from paddle_lab.errors import HubError
from paddle_lab.hubs.registry import HUBS
from paddle_lab.i18n import T
from paddle_lab.paths import expanded
from paddle_lab.text.visible import spelled_out

#: A hub that is a folder has its place before the repository's name.
FOLDER: Final = "file"
_PART: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_REPO: Final = re.compile(rf"{_PART}(?:/{_PART}){{0,2}}", re.ASCII)
_PREFIX: Final = re.compile(r"([a-z][a-z0-9_]{0,19}):", re.ASCII)
_REVISION: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]|/(?=[A-Za-z0-9])){0,199}", re.ASCII)
_SPLIT: Final = re.compile(r"[A-Za-z0-9_.-]{1,96}", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}", re.ASCII)
_SHOWN_OF_A_COMMIT: Final = 8


@dataclass(frozen=True)
class HubName:
    """A repository of a hub, perhaps at a revision.

    ``hub`` is the entry of :data:`HUBS`; ``repo`` is ``org/name``; ``revision`` a branch, a tag
    or a commit, None for the main branch. ``config`` and ``split`` are of data sets. ``root`` is
    the folder of a hub that is one.
    """

    hub: str
    repo: str
    revision: str | None = None
    config: str | None = None
    split: str | None = None
    root: str | None = None

    def __str__(self) -> str:
        place = "" if self.root is None else f"{self.root}/"
        config = f"/{self.config}" if self.config else ""
        split = f":{self.split}" if self.split else ""
        revision = f"@{self.revision}" if self.revision else ""
        return f"{self.hub}:{place}{self.repo}{config}{split}{revision}"

    @property
    def pinned(self) -> bool:
        """Whether the revision is a commit, so that the name stands for the same bytes for ever."""
        return self.revision is not None and _COMMIT.fullmatch(self.revision) is not None

    @property
    def shown(self) -> str:
        """For people: a commit shortened as Git does."""
        short = (self.revision or "")[:_SHOWN_OF_A_COMMIT]
        return str(replace(self, revision=short)) if self.pinned else str(self)

    def at(self, revision: str | None) -> HubName:
        """The same repository at another revision."""
        return replace(self, revision=revision)

    @property
    def absolute(self) -> HubName:
        """The same, as it is found from any folder."""
        root = self.root
        return self if root is None else replace(self, root=str(expanded(root).absolute()))

    @property
    def repository(self) -> HubName:
        """The repository alone, without revision, configuration and split."""
        return HubName(self.hub, self.repo, root=self.root)


def hub_name(text: object) -> HubName | None:
    """The name that a text is; None for what names nothing on a hub, such as a file or a sample.

    Raises HubError (``hub.name``) for one that begins as a name of a hub and goes on wrong.
    """
    if not isinstance(text, str):
        return None
    text = text.strip()
    prefix = _PREFIX.match(text)
    if prefix is None or prefix[1] not in HUBS.names():
        return None
    hub, rest = prefix[1], text[prefix.end() :]
    rest, at, revision = rest.partition("@")
    root = None
    if hub == FOLDER:
        root, rest = _rooted(rest)
    rest, colon, split = rest.partition(":")
    parts = rest.split("/")
    usable = (
        _REPO.fullmatch(rest)
        and (not at or _REVISION.fullmatch(revision))
        and (not colon or _SPLIT.fullmatch(split))
        and ".." not in rest + revision
        and (root is None or (root and len(parts) == 2 and "\0" not in root))
    )
    if not usable:
        raise _wrong(text)
    config = parts[2] if len(parts) == 3 else None
    return HubName(hub, "/".join(parts[:2]), revision or None, config, split or None, root)


def _rooted(rest: str) -> tuple[str, str]:
    """A folder, and the last two parts of a path, which name the repository in it."""
    *place, organisation, name = ["", "", *rest.rstrip("/").split("/")]
    root = "/".join(place[2:]) if len(place) > 2 else ""
    if not root and rest.startswith("/"):
        root = "/"
    return root, f"{organisation}/{name}"


def _wrong(text: str) -> HubError:
    return HubError(
        T("'{name}' is not a name on a hub.", "“{name}”不是有效的模型库名称。",
          name=spelled_out(text[:120])),
        T("It is the hub, the organisation and the name; a revision goes behind @.",
          "应为“模型库:组织/名称”，版本写在 @ 之后。"),
        T("For example hf:org/name, ms:org/name@v1.0, of data hf:org/name/config:train, of a "
          "folder file:/share/hub/org/name",
          "例如 hf:org/name、ms:org/name@v1.0，数据集 hf:org/name/config:train，"
          "目录 file:/share/hub/org/name"),
        code="hub.name",
    )  # fmt: skip
