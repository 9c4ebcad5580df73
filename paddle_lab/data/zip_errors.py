"""What Python's zipfile may raise of an archive that somebody broke, locked or made to harm."""

from __future__ import annotations

import zipfile
import zlib
from typing import Final

#: RuntimeError is a password, NotImplementedError a way to pack that is not known here.
ZIP_ERRORS: Final = (
    OSError, EOFError, ValueError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
