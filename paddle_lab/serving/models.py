"""The models of a service by name and version; each is exchanged when its folder is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from paddle_lab.bundle.locate import find_bundle
from paddle_lab.errors import PaddleLabError, ServerError
from paddle_lab.hubs import hub_name
from paddle_lab.i18n import T
from paddle_lab.serving.generation import Generation, Settings
from paddle_lab.serving.identity import looks_of
from paddle_lab.serving.log import Log
from paddle_lab.serving.metrics import Metrics, ModelMetrics
from paddle_lab.serving.problems import LOADING, Refused, no_such_model, not_ready
from paddle_lab.tasks import get_task

_LOOK_S: Final = 1.0
_NAMED: Final = re.compile(
    r"(?P<name>[\w][\w.-]{0,99})(:(?P<version>[\w][\w.-]{0,39}))?=(?P<path>.+)"
)
_NAME: Final = re.compile(r"[\w][\w.-]{0,99}")
#: The folder of a run's bundle, which names nothing.
_BUNDLE: Final = "bundle"


@dataclass(frozen=True)
class Place:
    """A bundle that a person asked for: where it is, and how it is called."""

    name: str
    version: str
    folder: Path


def places_of(words: Sequence[str]) -> list[Place]:
    """From ``BUNDLE``, ``NAME=BUNDLE`` or ``NAME:VERSION=BUNDLE`` to bundles.

    Raises what :func:`find_bundle` raises; ServerError for a name that is given twice.
    """
    places: list[Place] = []
    for word in words:
        named = None if _is_there(word) else _NAMED.fullmatch(word)
        folder = find_bundle(named["path"] if named else word)
        name = named["name"] if named else _name_of(word, folder)
        version = (named["version"] if named else None) or "1"
        if any((one.name, one.version) == (name, version) for one in places):
            raise ServerError(
                T("Two bundles are called {name}, version {version}.",
                  "有两个模型包都叫 {name}，版本 {version}。", name=name, version=version),
                None,
                T("Name them: NAME=BUNDLE or NAME:VERSION=BUNDLE",
                  "请指定名称：名称=模型包 或 名称:版本=模型包"),
                code="server.same_name",
            )  # fmt: skip
        places.append(Place(name, version, folder))
    return places


def _is_there(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):  # too long, or with a NUL
        return False


def _name_of(word: str, folder: Path) -> str:
    """The run's name, the folder's, or that of the repository on a hub."""
    on_hub = hub_name(word)
    if on_hub is not None:
        return on_hub.repo.rpartition("/")[2]
    name = folder.parent.name if folder.name == _BUNDLE else folder.name
    return name if _NAME.fullmatch(name) else "model"


class Model:
    """One version of a model: the generation that answers, and the next one while it loads."""

    def __init__(self, place: Place, settings: Settings, metrics: Metrics, log: Log) -> None:
        self.place = place
        self.metrics = ModelMetrics(metrics, place.name, place.version)
        self._settings, self._log = settings, log
        self._now: Generation | None = None
        self._seen: tuple[int, ...] | None = None
        self._draining: set[asyncio.Task[None]] = set()

    @property
    def generation(self) -> Generation:
        """What answers now. Raises Refused while nothing does."""
        if self._now is None:
            raise not_ready(LOADING)
        return self._now

    @property
    def is_ready(self) -> bool:
        """Whether a request would be taken."""
        return self._now is not None and self._now.is_ready

    @property
    def waiting(self) -> int:
        """Windows that wait."""
        return self._now.waiting if self._now else 0

    async def load(self) -> None:
        """Load what lies in the folder. Raises PaddleLabError; then all is as it was."""
        self._seen = looks_of(self.place.folder)
        new = Generation(
            self.place.folder, self.place.name, self._settings, self.metrics, self._log
        )
        await new.load()
        old, self._now = self._now, new
        if old is not None:
            ending = asyncio.create_task(old.drain())
            self._draining.add(ending)
            ending.add_done_callback(self._draining.discard)

    async def look(self) -> None:
        """Load the bundle anew where it was exchanged; one that is broken changes nothing."""
        looks = await asyncio.to_thread(looks_of, self.place.folder)
        if looks is None or looks == self._seen:
            return
        try:
            await self.load()
        except PaddleLabError as error:
            self._log.event("reload_failed", model=self.place.name, error=error)
            self.metrics.reloads["failed"].inc()
        else:
            self._log.event("reloaded", model=self.place.name, version=self.place.version)
            self.metrics.reloads["done"].inc()

    async def end(self) -> None:
        """Answer what waits, end the workers."""
        if self._now is not None:
            await self._now.drain()
        await asyncio.gather(*self._draining, return_exceptions=True)

    @property
    def workers(self) -> int:
        """Processes that run it, or replicas of it."""
        return self._now.replicas if self._now else 0

    def processes(self) -> list[int]:
        """The worker processes."""
        workers = self._now.workers.values() if self._now else []
        return [one.pid for one in workers if one.pid is not None]

    def described(self) -> dict[str, Any]:
        """What ``/models`` says of it: nothing of where it lies."""
        about: dict[str, Any] = {
            "name": self.place.name,
            "version": self.place.version,
            "state": "ready" if self.is_ready else "loading" if self._now is None else "not ready",
        }
        if self._now is None:
            return about
        manifest, limits = self._now.manifest, self._now.limits
        return {
            **about,
            "task": manifest.task,
            "title": get_task(manifest.task).title.to_json(),
            "reads": self._now.roles,
            "labels": manifest.labels,
            "max_len": manifest.max_len,
            "runtime": self._now.runtime,
            "workers": self.workers,
            "batch": {"rows": limits.rows, "spare_tokens": limits.spare_tokens} if limits else None,
            "bundle": self._now.identity[:12],
            "created": manifest.created,
            "metrics": manifest.metrics,
            "base_model": manifest.base_model.get("name"),
        }


class Models:
    """All models of a service; the first is meant where a request names none."""

    def __init__(
        self, places: Sequence[Place], settings: Settings, metrics: Metrics, log: Log
    ) -> None:
        self._models = [Model(place, settings, metrics, log) for place in places]
        self._log = log

    def __iter__(self) -> Any:
        return iter(self._models)

    def find(self, name: str | None = None, version: str | None = None) -> Model:
        """By name (the first where there is none) and version (the last that was given).

        Raises Refused.
        """
        wanted = self._models[0].place.name if name is None else name
        found = [one for one in self._models if one.place.name == wanted]
        found = [one for one in found if version in (None, one.place.version)]
        if not found:
            asked = wanted if version is None else f"{wanted}:{version}"
            raise no_such_model(asked[:100], self.names())
        return found[-1]

    def versions(self, name: str) -> list[str]:
        """The versions of a model; empty where there is none of that name."""
        return [one.place.version for one in self._models if one.place.name == name]

    def names(self) -> list[str]:
        """``name:version`` of all."""
        return [f"{one.place.name}:{one.place.version}" for one in self._models]

    @property
    def are_ready(self) -> bool:
        """Whether all would take a request."""
        return all(one.is_ready for one in self._models)

    def admit_any(self, left_s: float) -> None:
        """Raises Refused where no model could answer one more text in time."""
        refused: Refused | None = None
        for model in self._models:
            try:
                model.generation.admit(1, 1, left_s)
            except Refused as one:
                refused = refused or one
            else:
                return
        if refused is not None:
            raise refused

    async def load(self) -> None:
        """Load all, one after the other. Raises the error of the first that cannot be."""
        for model in self._models:
            await model.load()

    async def watch(self) -> None:
        """Look at the folders once a second, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            for model in self._models:
                try:
                    await model.look()
                except Exception as error:  # a service lives longer than one look
                    self._log.event("look_failed", model=model.place.name, reason=repr(error)[:300])

    async def end(self) -> None:
        """Answer what waits, end all workers."""
        await asyncio.gather(*(model.end() for model in self._models))

    def memory(self) -> dict[str, int]:
        """Resident bytes of the front and of all workers together."""
        workers = [number for model in self._models for number in model.processes()]
        return {"front": _resident([os.getpid()]), "workers": _resident(workers)}


def _resident(processes: Sequence[int]) -> int:
    used = 0
    for number in processes:
        with contextlib.suppress(psutil.Error):  # it ended at this moment
            used += psutil.Process(number).memory_info().rss
    return used
