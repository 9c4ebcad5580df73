"""How a front reaches the replicas of a model, and what Ray raises where one is lost."""

from __future__ import annotations

from typing import Any

from ray import exceptions, serve
from ray.serve import exceptions as of_serve

from paddle_lab.serving.on_ray.plan import MODEL


def handle_of(app: str) -> Any:
    """What asks the replicas of an application. Raises what :func:`lost` names."""
    return serve.get_app_handle(app)


def running() -> dict[str, int]:
    """How many replicas of models run, by application. Raises what :func:`lost` names, and more."""
    return {
        name: there.deployments[MODEL].replica_states.get("RUNNING", 0)
        for name, there in serve.status().applications.items()
        if MODEL in there.deployments
    }


def lost() -> tuple[type[Exception], ...]:
    """What is raised where a replica is lost, or none is there yet."""
    return (
        exceptions.RayActorError, exceptions.WorkerCrashedError, exceptions.NodeDiedError,
        exceptions.ObjectLostError, of_serve.ReplicaUnavailableError,
        of_serve.DeploymentUnavailableError, of_serve.RayServeException,
    )  # fmt: skip
