"""KServe: an InferenceService whose predictor is the image, by the Open Inference Protocol."""

from __future__ import annotations

from typing import Final

from paddle_lab.i18n import T, Text
from paddle_lab.kits import KitFacts
from paddle_lab.kits._render import IMAGE, rendered


class KServe:
    """The image and its InferenceService."""

    in_container = True
    in_cluster = True
    speaks_grpc = True
    runtimes = None
    on_request = ()

    @property
    def title(self) -> Text:
        """What it is."""
        return T("KServe InferenceService", "KServe InferenceService")

    def files(self, facts: KitFacts) -> dict[str, str | bytes]:
        """The image's files, and ``inferenceservice.yaml``."""
        return rendered((*IMAGE, "inferenceservice.yaml"), facts)

    def steps(self, facts: KitFacts) -> tuple[str, ...]:
        """Image, then service."""
        return (
            f"docker build -t {facts.image} . && docker push {facts.image}",
            "kubectl apply -f inferenceservice.yaml",
        )


KIT: Final = KServe()
