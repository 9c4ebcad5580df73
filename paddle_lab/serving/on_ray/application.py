"""What Ray Serve builds: one application for each bundle, and one of the fronts that ask them.

Both are named in manifests: ``paddle_lab.serving.on_ray.application:model`` and ``:front``.
"""

from __future__ import annotations

from typing import Any, Final

from ray import serve

from paddle_lab.serving.on_ray.plan import FrontPlan, ModelPlan
from paddle_lab.serving.on_ray.replica import Front, ModelReplica

#: Batches that a replica is sent at most: the next one is there when one is done.
_BATCHES: Final = 2
#: More requests than a front takes: it refuses by itself, with the time to come back.
_REQUESTS: Final = 4096
_MORE_AFTER_S: Final = 5.0
_GRACE_S: Final = 5.0


def model(args: dict[str, Any]) -> Any:
    """The application of one bundle; ``args`` as of :class:`ModelPlan`."""
    plan = ModelPlan.from_json(args)
    fewest, most = plan.replicas.fewest, plan.replicas.most
    scaling: dict[str, Any] = {"num_replicas": fewest}
    if fewest != most:
        scaling = {
            "autoscaling_config": {
                "min_replicas": fewest, "max_replicas": most, "initial_replicas": fewest,
                "target_ongoing_requests": 1, "upscale_delay_s": _MORE_AFTER_S,
            },
        }  # fmt: skip
    made = serve.deployment(ModelReplica).options(
        name="model", max_ongoing_requests=_BATCHES,
        ray_actor_options={"num_cpus": plan.how.threads}, **scaling,
    )  # fmt: skip
    return made.bind(plan.to_json())


def front(args: dict[str, Any]) -> Any:
    """The application of the fronts; ``args`` as of :class:`FrontPlan`."""
    plan = FrontPlan.from_json(args)
    # Alone on its node: a request stays on the node whose proxy took it.
    made = serve.deployment(serve.ingress()(Front)).options(
        name="front", num_replicas=plan.fronts, max_replicas_per_node=1,
        max_ongoing_requests=_REQUESTS, ray_actor_options={"num_cpus": 0},
        graceful_shutdown_timeout_s=plan.bounds.deadline_s + _GRACE_S,
    )  # fmt: skip
    return made.bind(plan.to_json())
