"""xz: ``train.tsv.xz``."""

from __future__ import annotations

import lzma
from typing import Final

from paddle_lab.data.containers._stream import Stream
from paddle_lab.i18n import T

CONTAINER: Final = Stream(
    T("an xz file", "xz 压缩文件"),
    (b"\xfd7zXZ\x00",),
    (".xz",),
    lzma.LZMAFile,
)
