"""A container image: two stages, no root, nothing that is not needed to answer."""

from __future__ import annotations

from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._render import IMAGE, rendered


class Docker:
    """The image alone."""

    in_container = True
    in_cluster = False
    speaks_grpc = True
    runtimes = None
    on_request = ()

    @property
    def title(self) -> Text:
        """What it is."""
        return T("a container image", "容器镜像")

    def files(self, facts: KitFacts) -> dict[str, str | bytes]:
        """Dockerfile, what it installs, and what it leaves out."""
        return rendered(IMAGE, facts)

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """Build and start."""
        ports = [port for port in (facts.port, facts.grpc_port) if port is not None]
        published = " ".join(f"-p 127.0.0.1:{port}:{port}" for port in ports)
        return (
            f"docker build -t {facts.image} .",
            f"docker run --rm --read-only --tmpfs /tmp {published} {facts.image}",
        )


KIT: Final = Docker()
