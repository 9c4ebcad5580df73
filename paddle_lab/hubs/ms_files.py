"""Files of ModelScope read in parts over the network, as a file system that `datasets` can use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import fsspec
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from paddle_lab.untrusted import MEGABYTE

PROTOCOL: Final = "paddle-lab-ms"
#: Bytes that are asked for ahead.
BLOCK: int = MEGABYTE
#: Gives the bytes of a file from one up to another. Raises HubError.
Part = Callable[[str, int, int], bytes]


class ModelScopeFiles(AbstractFileSystem):
    """The files of one repository at one commit, read alone: ``sizes`` in bytes by path."""

    protocol = PROTOCOL
    cachable = False

    def __init__(self, *, part: Part, sizes: Mapping[str, int]) -> None:
        super().__init__(skip_instance_cache=True)
        self.part = part
        self._sizes = dict(sizes)

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size and type of a file. Raises FileNotFoundError."""
        name = self._strip_protocol(path)
        if name not in self._sizes:
            raise FileNotFoundError(name)
        return {"name": name, "size": self._sizes[name], "type": "file"}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """The file at a path: folders are not looked through."""
        found = self.info(path)
        return [found if detail else found["name"]]

    def _open(self, path: str, mode: str = "rb", **options: Any) -> _InParts:
        """A file to read."""
        return _InParts(self, self._strip_protocol(path), mode, **{**options, "block_size": BLOCK})


class _InParts(AbstractBufferedFile):
    """One file; fsspec decides which parts it asks for."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        part: bytes = self.fs.part(self.path, start, min(end, self.size))
        return part


fsspec.register_implementation(PROTOCOL, ModelScopeFiles, clobber=True)
