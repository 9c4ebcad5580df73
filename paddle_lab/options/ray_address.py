"""How a cluster of Ray is named on the line."""

from __future__ import annotations

from typing import Final

#: The flag alone: the cluster that runs here, else a new one.
AUTO: Final = "auto"
ADDRESS: Final = r"auto|([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}"
ADDRESS_FORMS: Final = "HOST:PORT"
