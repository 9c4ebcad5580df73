"""Kubernetes: a Deployment with its Service, a scaler by CPU, and what Prometheus looks for."""

from __future__ import annotations

from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._render import IMAGE, rendered

_MANIFESTS: Final = (
    "k8s/deployment.yaml",
    "k8s/service.yaml",
    "k8s/hpa.yaml",
    "k8s/podmonitor.yaml",
)


class Kubernetes:
    """The image and its manifests."""

    in_container = True
    in_cluster = True
    speaks_grpc = True
    runtimes = None
    on_request = ()

    @property
    def title(self) -> Text:
        """What it is."""
        return T("Deployment, Service and scaler for Kubernetes",
                 "Kubernetes 的 Deployment、Service 与自动伸缩")  # fmt: skip

    def files(self, facts: KitFacts) -> dict[str, str | bytes]:
        """The image's files, and the manifests under ``k8s/``."""
        return rendered((*IMAGE, *_MANIFESTS), facts)

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """Image, token, manifests; PodMonitor needs the operator of Prometheus."""
        return (
            f"docker build -t {facts.image} . && docker push {facts.image}",
            f"kubectl create secret generic {facts.name}-token "
            '--from-literal=token="$(openssl rand -hex 32)"',
            "kubectl apply -f k8s/deployment.yaml -f k8s/service.yaml -f k8s/hpa.yaml",
            "kubectl apply -f k8s/podmonitor.yaml",
        )


KIT: Final = Kubernetes()
