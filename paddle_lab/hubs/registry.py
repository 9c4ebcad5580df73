"""The hubs by the prefix of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from paddle_lab.i18n import T
from paddle_lab.plugins import Plugins

if TYPE_CHECKING:
    from paddle_lab.hubs.api import Hub

HUBS: Final[Plugins[Hub]] = Plugins(
    "paddle_lab.hubs.kinds", "paddle_lab.hubs", "HUB", T("hub", "模型库")
)
