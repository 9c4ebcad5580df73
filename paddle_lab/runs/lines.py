"""Whole lines of a file that others append to, read in bounded memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paddle_lab.untrusted import MEGABYTE, UnusableFile, open_regular

_CHUNK: Final = 1 << 18


class LineTail:
    """Reads the lines that were appended since the last call.

    Lines of more than ``longest`` bytes are passed over, and counted in :attr:`passed_over`;
    never more than one chunk (256 KB) and one line are held. ``offset`` is where to begin,
    ``whole`` the end of the last whole line.
    """

    def __init__(
        self, path: Path, longest: int, offset: int = 0, *, largest: int | None = None
    ) -> None:
        self.path = path
        self.offset = self.whole = offset
        self.passed_over = 0
        self._longest = longest
        self._largest = largest
        self._within = False  # the offset lies within a line that is too long

    def lines(self, most: int | None = None) -> Iterator[bytes]:
        """New whole lines without their ends, of at most ``most`` new bytes; [] of an absent file.

        A file that became shorter is read from its beginning. Raises UnusableFile when it is no
        regular file or has more than ``largest`` bytes, OSError when it cannot be read.
        """
        try:
            status = self.path.stat()
            if stat.S_ISREG(status.st_mode) and status.st_size == self.offset:
                return
            file = open_regular(self.path)
        except FileNotFoundError:
            return
        except ValueError as error:  # a NUL in the name
            raise UnusableFile(str(error)) from error
        with file:
            size = os.fstat(file.fileno()).st_size
            if self._largest is not None and size > self._largest:
                raise UnusableFile(f"it is larger than {self._largest // MEGABYTE} MB")
            if size < self.offset:
                self.offset, self.passed_over, self._within = 0, 0, False
            file.seek(self.offset)
            left = size - self.offset if most is None else min(size - self.offset, most)
            rest = b""
            while left > 0 and (chunk := file.read(min(left, _CHUNK))):
                left -= len(chunk)
                *whole, rest = (rest + chunk).split(b"\n")
                if whole:
                    self.offset += sum(len(line) + 1 for line in whole)
                    self.whole = self.offset
                    if self._within:
                        del whole[0]
                        self._within = False
                yield from self._short(whole)
                if self._within or len(rest) > self._longest:
                    self.passed_over += not self._within
                    self._within = True
                    self.offset += len(rest)
                    rest = b""

    def _short(self, lines: list[bytes]) -> Iterator[bytes]:
        for line in lines:
            if len(line) > self._longest:
                self.passed_over += 1
            else:
                yield line
