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
from typing import Any


def import_paddle() -> None:
    """Import paddle without its remarks on compilers and threads."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    if "paddle" in sys.modules:
        return
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        import paddle  # noqa: F401


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
        log.open("a", encoding="utf-8") as file,
        contextlib.redirect_stderr(file),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        import paddlenlp.trainer
        import paddlenlp.transformers  # noqa: F401
    for handler in list(logging.root.handlers):
        if handler not in root_handlers:
            logging.root.removeHandler(handler)
    logging.root.setLevel(root_level)
    for handler in list(_logger().handlers):
        _logger().removeHandler(handler)


@contextlib.contextmanager
def logging_to(log: Path) -> Iterator[None]:
    """Send PaddleNLP's log lines to ``log`` while the block runs."""
    handler = logging.FileHandler(log, encoding="utf-8", delay=True)
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


def _logger() -> Any:
    from paddlenlp.utils.log import logger

    return logger.logger
