"""Ray: a RayService for KubeRay, and the image that its nodes run."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._render import IMAGE, rendered


class Ray:
    """The image, and a cluster of Ray with the service on it."""

    in_container = True
    in_cluster = True
    speaks_grpc = False
    runtimes = None
    on_request = ()

    @property
    def title(self) -> Text:
        """What it is."""
        return T("RayService for KubeRay", "KubeRay 的 RayService")

    def files(self, facts: KitFacts) -> dict[str, str | bytes]:
        """The image's files, and ``rayservice.yaml``."""
        return rendered((*IMAGE, "rayservice.yaml"), replace(facts, extra=f"{facts.extra},ray"))

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """Image, token, service."""
        return (
            f"docker build -t {facts.image} . && docker push {facts.image}",
            f"kubectl create secret generic {facts.name}-token "
            '--from-literal=token="$(openssl rand -hex 32)"',
            "kubectl apply -f rayservice.yaml",
        )


KIT: Final = Ray()
