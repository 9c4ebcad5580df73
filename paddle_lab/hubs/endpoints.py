"""Which address of the Hugging Face hub is used: the first of a person's mirrors that answers."""

from __future__ import annotations

import os
import time
from typing import Final

from paddle_lab.hubs.problems import reason_of
from paddle_lab.i18n import T, Text
from paddle_lab.settings import load_settings

#: An address that does not answer within this many seconds is taken for unreachable.
CONNECT_S: Final = 10
_REMEMBERED_S: Final = 300.0
_answering: dict[tuple[str, ...], tuple[float, str]] = {}


def own_endpoint() -> str:
    """The address that ``huggingface_hub`` itself would use: ``HF_ENDPOINT``, else the hub's."""
    from huggingface_hub import constants

    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def endpoints() -> tuple[str, ...]:
    """The addresses in the order in which they are tried."""
    return load_settings().hf_endpoints or (own_endpoint(),)


def answering_endpoint() -> tuple[str | None, Text]:
    """The first address that answers, and why those before it did not; None where none does.

    Each is asked once in five minutes, where the hub's client would try five times for each file.
    """
    known = endpoints()
    asked, found = _answering.get(known, (0.0, ""))
    if found and time.monotonic() - asked < _REMEMBERED_S:
        return found, T("", "")
    failed: list[Text] = []
    for address in known:
        why = _why_silent(address)
        if why is None:
            _answering[known] = (time.monotonic(), address)
            return address, _all_of(failed)
        failed.append(T("{address}: {why}", "{address}：{why}", address=address, why=why))
    return None, _all_of(failed)


def forget_endpoint() -> None:
    """Ask again which address answers: the one that was used fell silent."""
    _answering.clear()


def token_for(endpoint: str) -> bool | None:
    """Whether the person's token goes there: to the library's own address, never to a mirror."""
    return None if endpoint == own_endpoint() else False


def _why_silent(address: str) -> Text | None:
    """Why an address cannot be reached, None where it can."""
    import requests

    try:
        requests.head(address, timeout=CONNECT_S)
    except requests.RequestException as error:
        return reason_of(error)
    return None


def _all_of(reasons: list[Text]) -> Text:
    return Text(
        "; ".join(one.in_language("en") for one in reasons),
        "；".join(one.in_language("zh") for one in reasons),
    )
