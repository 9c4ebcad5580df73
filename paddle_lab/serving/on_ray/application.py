"""What Ray Serve builds: one application for each bundle, and one of the fronts that ask them.

Both are named in manifests: ``paddle_lab.serving.on_ray.application:model`` and ``:front``.
"""

from __future__ import annotations

from typing import Any, Final

from ray import serve

from paddle_lab.serving.on_ray.plan import BATCHES, MODEL, FrontPlan, ModelPlan, Replicas
from paddle_lab.serving.on_ray.replica import Front, ModelReplica

#: More requests than a front takes: it refuses by itself, with the time to come back.
_REQUESTS: Final = 4096
#: Load is the mean of so many seconds; fronts tell theirs every ten.
_LOOK_BACK_S: Final = 10.0
_GRACE_S: Final = 5.0


def model(args: dict[str, Any]) -> Any:
    """The application of one bundle; ``args`` as of :class:`ModelPlan`."""
    plan = ModelPlan.from_json(args)
    made = serve.deployment(ModelReplica).options(
        name=MODEL, max_ongoing_requests=BATCHES,
        ray_actor_options={"num_cpus": plan.how.threads}, **scaling(plan.replicas),
    )  # fmt: skip
    return made.bind(plan.to_json())


def scaling(replicas: Replicas) -> dict[str, Any]:
    """How many there are, in Ray Serve's words.

    Its measure is the batches that fronts have sent and that are not answered: one for each
    replica is enough, for then each computes. Fronts send as many as replicas can take, two each
    but at most as many as there may be replicas, while more wait; so a queue in the fronts is load
    in the eyes of Ray.
    """
    if replicas.fewest == replicas.most:
        return {"num_replicas": replicas.fewest}
    return {
        "autoscaling_config": {
            "min_replicas": replicas.fewest,
            "max_replicas": replicas.most,
            "initial_replicas": replicas.fewest if replicas.first is None else replicas.first,
            "target_ongoing_requests": 1,
            "upscale_delay_s": replicas.more_after_s,
            "downscale_delay_s": replicas.fewer_after_s,
            "look_back_period_s": _LOOK_BACK_S,
        },
    }


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
