"""Kubernetes: a PaddleJob of Kubeflow's training operator, and the same as a job of Volcano."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.training.schedulers import MACHINE, PORT, Job, machine_script

_GPU: Final = "nvidia.com/gpu"
#: Pods of both operators are called so, and numbered from 0.
_PART: Final = "worker"


class Kubernetes:
    """``kubectl apply``: the script as a ConfigMap, and one of the two jobs."""

    in_container = True

    def files(self, job: Job) -> Mapping[str, str]:
        """Three manifests; the operator tells each machine its number, and where the first is."""
        return {
            "script.yaml": _yaml(_script(job)),
            "paddlejob.yaml": _yaml(_paddlejob(job)),
            "volcano.yaml": _yaml(_volcano(job)),
        }

    def steps(self, job: Job) -> tuple[str, ...]:
        """Either of the last two."""
        return (
            "kubectl apply -f script.yaml",
            "kubectl apply -f paddlejob.yaml",
            "kubectl apply -f volcano.yaml",
        )


def _script(job: Job) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": job.name},
        "data": {MACHINE: machine_script(job)},
    }


def _paddlejob(job: Job) -> dict[str, Any]:
    # Without a Master replica the operator lets worker 0 lead: it says so in these variables.
    part = f'exec sh /job/{MACHINE} "${{HOSTNAME##*-}}" "$PADDLE_NNODES" "$PADDLE_MASTER"'
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PaddleJob",
        "metadata": {"name": job.name},
        "spec": {
            "runPolicy": {"backoffLimit": 3, "cleanPodPolicy": "Running"},
            "paddleReplicaSpecs": {
                "Worker": {
                    "replicas": job.machines,
                    "restartPolicy": "OnFailure",
                    "template": {"spec": _pod(job, "paddle", part, port_name="master")},
                }
            },
        },
    }


def _volcano(job: Job) -> dict[str, Any]:
    first = "${VC_WORKER_HOSTS%%,*}"
    part = f'exec sh /job/{MACHINE} "$VC_TASK_INDEX" {job.machines} "{first}:{PORT}"'
    template = {"spec": {**_pod(job, _PART, part, port_name="first"), "restartPolicy": "OnFailure"}}
    return {
        "apiVersion": "batch.volcano.sh/v1alpha1",
        "kind": "Job",
        "metadata": {"name": job.name},
        "spec": {
            "schedulerName": "volcano",
            "minAvailable": job.machines,
            "maxRetry": 3,
            "plugins": {"env": [], "svc": []},
            "policies": [{"event": "PodEvicted", "action": "RestartJob"}],
            "tasks": [{"name": _PART, "replicas": job.machines, "template": template}],
        },
    }


def _pod(job: Job, container: str, part: str, port_name: str) -> dict[str, Any]:
    count = max(job.procs, job.gpus)
    resources = {_GPU: job.gpus} if job.gpus else {"cpu": str(count)}
    return {
        "containers": [
            {
                "name": container,
                "image": job.image,
                "command": ["sh", "-c", f"{part} /runs/{job.name}"],
                "ports": [{"containerPort": PORT, "name": port_name}],
                "resources": {"limits": resources},
                "volumeMounts": [
                    {"name": "job", "mountPath": "/job", "readOnly": True},
                    {"name": "runs", "mountPath": "/runs"},
                    {"name": "memory", "mountPath": "/dev/shm"},
                ],
            }
        ],
        "volumes": [
            {"name": "job", "configMap": {"name": job.name}},
            {"name": "runs", "persistentVolumeClaim": {"claimName": job.claim}},
            # NCCL passes numbers between the processes of a machine through it.
            {"name": "memory", "emptyDir": {"medium": "Memory"}},
        ],
    }


def _yaml(content: dict[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


SCHEDULER: Final = Kubernetes()
