"""Calls of ``huggingface_hub``: repeated where the hub asks for that, their failures in words."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from paddle_lab.errors import HubError
from paddle_lab.hubs.endpoints import forget_endpoint
from paddle_lab.hubs.names import HubName
from paddle_lab.hubs.problems import (
    busy,
    changed_meanwhile,
    denied,
    no_revision,
    not_found,
    reason_of,
    refused,
    unreachable,
)
from paddle_lab.hubs.ranged import BLOCK

Answer = TypeVar("Answer")

_TIMES: Final = 4
_LONGEST_WAIT_S: Final = 60.0
_BUSY: Final = (429, 500, 502, 503, 504)
_LOCKED: Final = (401, 403)
_OVERTAKEN: Final = (409, 412)


def asked(
    name: HubName, endpoint: str | None, call: Callable[[], Answer], *, writing: bool = False
) -> Answer:
    """What ``call`` gives; asked again after the time that a busy hub names. Raises HubError."""
    from huggingface_hub.errors import LocalEntryNotFoundError
    from requests import ConnectionError as Refused
    from requests import Timeout

    for attempt in range(_TIMES):
        try:
            return call()
        except (Refused, Timeout) as error:
            forget_endpoint()
            raise unreachable(name, reason_of(error)) from error
        except Exception as error:
            answer = _answer_behind(error)
            status = getattr(answer, "status_code", None)
            if status in _BUSY and attempt + 1 < _TIMES:
                time.sleep(_pause(answer, attempt))
                continue
            if isinstance(error, LocalEntryNotFoundError) and status is None:
                raise unreachable(name, reason_of(error)) from error
            told = _in_words(name, endpoint, error, status, writing=writing)
            if told is None:
                raise
            raise told from error
    raise busy(name, endpoint, 503)  # not reached: the last attempt raises


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No bars of the library beside our own progress."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


@contextlib.contextmanager
def small_blocks() -> Iterator[None]:
    """Let the library write what arrives soon: a cut connection loses a block, of 10 MB otherwise.

    Without it a connection that is cut more often than every 10 MB would never come to an end.
    """
    from huggingface_hub import constants

    before = constants.DOWNLOAD_CHUNK_SIZE
    constants.DOWNLOAD_CHUNK_SIZE = min(before, BLOCK)
    try:
        yield
    finally:
        constants.DOWNLOAD_CHUNK_SIZE = before


def _in_words(
    name: HubName, endpoint: str | None, error: Exception, status: Any, *, writing: bool
) -> HubError | None:
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        LocalTokenNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    missing = isinstance(error, (RepositoryNotFoundError, EntryNotFoundError))
    locked = isinstance(error, (GatedRepoError, LocalTokenNotFoundError)) or status in _LOCKED
    told: HubError | None = None
    if isinstance(error, RevisionNotFoundError):
        told = no_revision(name, ())
    elif missing and not isinstance(error, GatedRepoError) and not (writing and locked):
        told = not_found(name, endpoint)
    elif locked:
        told = denied(name, endpoint, writing=writing)
    elif status in _BUSY:
        told = busy(name, endpoint, status)
    elif status in _OVERTAKEN and writing:
        told = changed_meanwhile(name)
    elif status is not None:
        told = refused(name, endpoint, status, reason_of(error))
    return told


def _answer_behind(error: BaseException | None) -> Any:
    """The hub's answer that an error comes of, also where the library raised another of it."""
    while error is not None:
        answer = getattr(error, "response", None)
        if answer is not None:
            return answer
        error = error.__cause__ or error.__context__
    return None


def _pause(answer: Any, attempt: int) -> float:
    """Seconds: what the hub asks for, else longer each time."""
    try:
        return min(float(answer.headers["Retry-After"]), _LONGEST_WAIT_S)
    except (KeyError, TypeError, ValueError, AttributeError):
        return float(2**attempt) / 2
