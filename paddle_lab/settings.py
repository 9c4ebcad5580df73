"""Settings that hold for a whole kernel or server, read from ``PADDLE_LAB_*`` when asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What the person or the administrator has set.

    ``offline``: never try the network (``PADDLE_LAB_OFFLINE=1``).
    ``hints``: the doctor's hint under a traceback it knows (off: ``PADDLE_LAB_HINTS=0``).
    ``hf_endpoints``: addresses of the Hugging Face hub or its mirrors, the first that answers is
    used (``PADDLE_LAB_HF_ENDPOINTS``, with commas); empty: ``HF_ENDPOINT``, or the hub itself.
    ``licences``: a company's review list (``PADDLE_LAB_LICENCES``, a YAML file).
    """

    offline: bool = False
    hints: bool = True
    hf_endpoints: tuple[str, ...] = ()
    licences: str | None = None


def load_settings() -> Settings:
    """The settings of this process as its environment gives them now."""
    given = os.environ.get("PADDLE_LAB_HF_ENDPOINTS", "").replace(",", " ").split()
    return Settings(
        offline=_flag("PADDLE_LAB_OFFLINE", False),
        hints=_flag("PADDLE_LAB_HINTS", True),
        hf_endpoints=tuple(address.rstrip("/") for address in given),
        licences=os.environ.get("PADDLE_LAB_LICENCES", "").strip() or None,
    )


def _flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return default if not value else value not in ("0", "false", "no", "off")
