"""Whether a file on the disk is the one that the hub has, byte for byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

from paddle_lab.hubs.api import RepoFile
from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_regular, sha256_of


def is_whole(path: Path, file: RepoFile) -> bool:
    """Whether size and hash are those that the hub names; True where it names none."""
    try:
        size = path.stat().st_size
        if file.size is not None and size != file.size:
            return False
        if file.sha256 is not None:
            return sha256_of(path) == file.sha256
        if file.blob is not None:
            return _blob_of(path, size) == file.blob
    except (OSError, UnusableFile):
        return False
    return True


def _blob_of(path: Path, size: int) -> str:
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with open_regular(path) as file:
        while block := file.read(MEGABYTE):
            digest.update(block)
    return digest.hexdigest()
