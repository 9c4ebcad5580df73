"""The image under Docker Compose: restarted when it ends, limited in memory, with a token."""

from __future__ import annotations

from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._render import IMAGE, rendered


class Compose:
    """The image and its compose file."""

    in_container = True
    in_cluster = False
    speaks_grpc = True
    runtimes = None
    on_request = ()

    @property
    def title(self) -> Text:
        """What it is."""
        return T("Docker Compose on one machine", "单机 Docker Compose")

    def files(self, facts: KitFacts) -> dict[str, str | bytes]:
        """The image's files, and ``compose.yaml``."""
        return rendered((*IMAGE, "compose.yaml"), facts)

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """A token, then up."""
        return (
            "openssl rand -hex 32 > token.txt && chmod 444 token.txt",
            "docker compose up --build --detach",
        )


KIT: Final = Compose()
