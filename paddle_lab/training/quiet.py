"""Keep Paddle's and PaddleNLP's output out of the cell: it goes to the run's ``log.txt``."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from paddle_lab.devices import half_imported
from paddle_lab.garbage import not_searched
from paddle_lab.interrupts import after_imports, is_half_imported, sparing_children


def import_paddlenlp(log: Path) -> None:
    """Import paddle and paddlenlp with what they print going to ``log``.

    PaddleNLP binds its logger to the stderr it finds at import and adds a handler to the root
    logger, which doubles every log line of the notebook: both are undone.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    if "paddlenlp.trainer" in sys.modules:
        return
    root_handlers, root_level = list(logging.root.handlers), logging.root.level
    with (
        _appended(log) as file,
        contextlib.redirect_stderr(file),
        after_imports(),
        sparing_children(),
        not_searched(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        half = [name for name in ("paddle", "paddlenlp") if is_half_imported(name)]
        try:
            import paddlenlp.trainer
            import paddlenlp.transformers  # noqa: F401
        except Exception as error:
            if half:
                raise half_imported(half[0]) from error
            raise
    for handler in list(logging.root.handlers):
        if handler not in root_handlers:
            logging.root.removeHandler(handler)
    logging.root.setLevel(root_level)
    for handler in list(_logger().handlers):
        _logger().removeHandler(handler)


@contextlib.contextmanager
def logging_to(log: Path) -> Iterator[None]:
    """Send PaddleNLP's log lines to ``log`` while the block runs."""
    with _appended(log) as file:
        handler = logging.StreamHandler(file)
        with _only_handler(handler):
            yield


@contextlib.contextmanager
def _only_handler(handler: logging.Handler) -> Iterator[None]:
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = _logger()
    others = list(logger.handlers)
    propagate = logger.propagate
    for other in others:
        logger.removeHandler(other)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
        logger.propagate = propagate


class _LossyFile(io.RawIOBase):
    """Appends to a file; what the disk does not take is dropped, and nobody is disturbed by it.

    A log is worth less than what it tells of: of another user's run, in a read-only folder or on a
    full disk there is none.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError:
            self._descriptor = os.open(os.devnull, os.O_WRONLY)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, content: Any, /) -> int:
        with contextlib.suppress(OSError):
            os.write(self._descriptor, content)
        return len(memoryview(content).cast("B"))

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _appended(log: Path) -> io.TextIOWrapper:
    raw = cast(BinaryIO, _LossyFile(log))
    return io.TextIOWrapper(raw, encoding="utf-8", errors="replace", write_through=True)


def _logger() -> Any:
    from paddlenlp.utils.log import logger

    return logger.logger
