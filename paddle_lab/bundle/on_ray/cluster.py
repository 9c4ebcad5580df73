"""A cluster of Ray that this process is connected to."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import Any, Final

import ray

from paddle_lab.bundle.on_ray.problems import no_cluster, not_started

_ANSWER_S: Final = 5.0


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process is connected to; ``own``: it was started here."""

    own: bool
    nodes: int
    cores: int


def connect(address: str) -> Cluster:
    """``auto``: the cluster that runs here, else a new one of this machine alone.

    Raises ServerError for an address at which there is none.
    """
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    own = False
    _refuse_silent(address)
    try:
        ray.init(address=address, **quiet)
    except Exception as error:  # ConnectionError, ValueError, RuntimeError, RpcError: by version
        if address != "auto":
            raise no_cluster(address, error) from error
        own = True
        _start(quiet)
    nodes = sum(1 for one in ray.nodes() if one["Alive"])
    return Cluster(own, nodes, int(ray.cluster_resources().get("CPU", 1)))


def _start(quiet: dict[str, Any]) -> None:
    """A new cluster of this machine alone. Raises ServerError."""
    try:
        ray.init(address="local", include_dashboard=False, **quiet)
    except Exception as error:  # of many kinds, by what did not start in time
        raise not_started(error) from error


def disconnect() -> None:
    """Leave the cluster; one that was started here ends."""
    ray.shutdown()


def free_cores() -> int:
    """Cores of the cluster that nobody uses now."""
    return int(ray.available_resources().get("CPU", 0))


def _refuse_silent(address: str) -> None:
    """Raises ServerError where nobody listens: Ray would try for minutes, and log it."""
    host, _, port = address.rpartition(":")
    if not port.isdigit() or "://" in address:
        return
    try:
        with contextlib.closing(
            socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_S)
        ):
            pass
    except (OSError, OverflowError, UnicodeError) as error:
        raise no_cluster(address, error) from error
