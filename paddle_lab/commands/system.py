"""What the system refuses while a command works, in the three parts of every message."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from typing import Final

from paddle_lab.errors import EnvError
from paddle_lab.i18n import T, Text

_NO_SPACE: Final = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
_NOT_OURS: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextlib.contextmanager
def refusals_told() -> Iterator[None]:
    """Turn an OSError of the block into an EnvError with code ``env.system``.

    For what no part of the command expects: a disk that is full, a folder of somebody else. A
    reader that went away stays a BrokenPipeError.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _told(error) from error


def _told(error: OSError) -> EnvError:
    where = error.filename if error.filename is not None else "-"
    return EnvError(
        T("The system refused to read or write {path}.", "系统拒绝读写 {path}。", path=where),
        T("{error}", "{error}", error=error.strerror or error),
        _fix(error),
        code="env.system",
    )


def _fix(error: OSError) -> Text:
    if error.errno in _NO_SPACE:
        return T("Free some space on that disk, then try again.", "请释放该磁盘的空间后重试。")
    if error.errno in _NOT_OURS:
        return T("It is somebody else's or read-only: ask its owner, or use another folder.",
                 "它属于其他用户或为只读：请联系所有者，或使用其他目录。")  # fmt: skip
    return T("Check that disk and folder, then try again.", "请检查该磁盘和目录后重试。")
