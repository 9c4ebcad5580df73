"""bzip2: ``train.tsv.bz2``."""

from __future__ import annotations

import bz2
from typing import Final

from paddle_lab.data.containers._stream import Stream
from paddle_lab.i18n import T

CONTAINER: Final = Stream(
    T("a bzip2 file", "bzip2 压缩文件"),
    tuple(b"BZh%d1AY&SY" % level for level in range(1, 10)),
    (".bz2",),
    bz2.BZ2File,
)
