"""A service brought onto a cluster of Ray, kept as its bundles are, and taken away again."""

from __future__ import annotations

import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from ray import serve

from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.manifest import load_manifest
from paddle_lab.bundle.on_ray.cluster import Cluster, disconnect, free_cores
from paddle_lab.errors import PaddleLabError
from paddle_lab.serving.identity import identity_of, looks_of
from paddle_lab.serving.log import Log
from paddle_lab.serving.models import Place
from paddle_lab.serving.on_ray import application
from paddle_lab.serving.on_ray.handles import running
from paddle_lab.serving.on_ray.plan import FrontPlan, ModelPlan, Replicas, Served
from paddle_lab.serving.on_ray.problems import no_replica, not_answering

#: The application of the fronts; those of models have it as the first part of their names.
NAME: Final = "paddle-lab"
_LOOK_S: Final = 1.0
_ANSWER_S: Final = 10.0
#: Characters of a bundle's identity at the end of its application's name.
_IDENTITY: Final = 12
#: Beyond the deadline of requests: until old fronts have ended.
_GRACE_S: Final = 5.0


def leave(cluster: Cluster) -> None:
    """Disconnect, and end what was started here."""
    if cluster.own:
        serve.shutdown()
    disconnect()


def stem_of(place: Place) -> str:
    """How the applications begin that a model's bundles have, one after the other."""
    return f"{NAME}-{place.name}-{place.version}-"


def is_of(app: str, stem: str) -> bool:
    """Whether the application has a bundle of the model whose applications begin so."""
    return app[:-_IDENTITY] == stem


class OnRay:
    """One service on the cluster."""

    def __init__(
        self, places: Sequence[Place], model: ModelPlan, front: FrontPlan, log: Log
    ) -> None:
        self._places, self._model, self._front, self._log = places, model, front, log
        self._looks: list[Any] = []
        self._apps: set[str] = set()
        self._leaving: dict[str, float] = {}

    def start(self, host: str, port: int) -> None:
        """Bring it there and wait until it answers. Raises ServerError, BundleError."""
        logging.getLogger("ray.serve").setLevel(logging.WARNING)
        serve.start(proxy_location="EveryNode", http_options={"host": host, "port": port})
        self._deploy()
        self._check(f"http://{_own_name(host)}:{port}/health/ready")

    def look(self) -> None:
        """Bring bundles that were exchanged; one that is broken changes nothing."""
        for app in [app for app, when in self._leaving.items() if when <= time.monotonic()]:
            del self._leaving[app]
            serve.delete(app)
        looks = [looks_of(one.folder) for one in self._places]
        if None in looks or looks == self._looks:
            return
        try:
            self._deploy()
        except PaddleLabError as error:
            self._log.event("reload_failed", error=error)
        except Exception:  # of Ray, not of the bundle: the next look tries again
            self._looks = []
            raise
        else:
            self._log.event("reloaded")

    def end(self) -> None:
        """Take it from the cluster: fronts first, which answer what they have."""
        try:
            there = [one for one in serve.status().applications if one.startswith(f"{NAME}-")]
            for app in (NAME, *there):
                serve.delete(app)
        except Exception as error:  # the cluster may have ended before; of many kinds
            self._log.event("not_taken_away", reason=repr(error)[:300])

    def serve_until(self, ending: Callable[[float], bool]) -> None:
        """Look again and again; ``ending`` waits so many seconds and says whether it is time."""
        while not ending(_LOOK_S):
            try:
                self.look()
            except Exception as error:  # a service lives longer than one look
                self._log.event("look_failed", reason=repr(error)[:300])

    def _deploy(self) -> None:
        """The models first, each in an application of its own, then the fronts that ask them."""
        self._looks = [looks_of(one.folder) for one in self._places]
        served = [_served(one) for one in self._places]
        apps = {one.app for one in served}
        for one in served:
            if one.app not in self._apps:
                plan = replace(
                    self._model, folder=one.folder, identity=one.identity,
                    replicas=begun_with(self._model.replicas, self._running_of(one)),
                )  # fmt: skip
                self._run(application.model(plan.to_json()), one.app, None, one.name)
        front = replace(self._front, models=tuple(served))
        self._run(application.front(front.to_json()), NAME, "/", served[0].name)
        ends = time.monotonic() + front.bounds.deadline_s + _GRACE_S
        self._leaving |= dict.fromkeys(self._apps - apps, ends)
        for app in apps:
            self._leaving.pop(app, None)
        self._apps = apps

    def _running_of(self, served: Served) -> int:
        """How many replicas the bundle has that this one takes the place of, and cores allow."""
        if not self._apps:
            return 0
        there, stem = running(), stem_of(served.place)
        now = [there.get(app, 0) for app in self._apps if is_of(app, stem)]
        return min(max(now, default=0), free_cores() // self._model.how.threads)

    def _run(self, app: Any, name: str, prefix: str | None, model: str) -> None:
        try:
            serve.run(app, name=name, route_prefix=prefix)
        except RuntimeError as error:  # it says the last lines of what the replicas said
            if prefix is None:
                serve.delete(name)
            raise no_replica(model, str(error)) from error

    def _check(self, url: str) -> None:
        """Raises ServerError where the nodes' port is another one, or somebody else's."""
        ends = time.monotonic() + _ANSWER_S
        while True:
            try:
                with urllib.request.urlopen(url, timeout=_ANSWER_S) as answer:
                    if answer.read() == b'{"ready":true}':
                        return
                    reason = "another program answers"
            except (OSError, urllib.error.URLError) as error:
                reason = str(error)
            if time.monotonic() > ends:
                raise not_answering(url, reason)
            time.sleep(0.2)


def begun_with(replicas: Replicas, running: int) -> Replicas:
    """With as many at first as run now: what takes the place of others has their load at once."""
    return replace(replicas, first=min(max(running, replicas.fewest), replicas.most))


def _served(place: Place) -> Served:
    """With the name of the bundle that lies there now. Raises BundleError for one that is none."""
    manifest = in_place(place.folder, lambda: load_manifest(place.folder))
    identity = identity_of(manifest)
    app = f"{stem_of(place)}{identity[:_IDENTITY]}"
    return Served(app, place.name, str(place.folder.resolve()), place.version, identity)


def _own_name(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
