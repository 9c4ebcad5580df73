"""gzip: ``train.tsv.gz``."""

from __future__ import annotations

import gzip
from typing import Final

from paddle_lab.data.containers._stream import Stream
from paddle_lab.i18n import T

CONTAINER: Final = Stream(
    T("a gzip file", "gzip 压缩文件"),
    (b"\x1f\x8b",),
    (".gz", ".gzip"),
    lambda stored: gzip.GzipFile(fileobj=stored),
)
