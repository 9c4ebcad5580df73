"""The sidebar's topics: ``gpu``, ``owners``, ``runs``, ``alerts``, and ``links:<position>``.

====================  ===========================================================================
topic                 messages
====================  ===========================================================================
``gpu``               ``snapshot`` with names and the last 15 minutes; then one ``delta`` a second
                      (columns: :mod:`paddle_lab.gpu.wire`)
``links:<position>``  nothing of its own: while it is listened to, the deltas of ``gpu`` carry
                      PCIe and NVLink of that GPU
``owners``            ``snapshot``, again whenever it changes
``runs``              ``snapshot`` of all runs; then ``delta`` with ``runs`` that changed and the
                      ids of runs ``gone``
``alerts``            ``snapshot`` of active alerts; then ``delta`` with ``new`` and ``over``
====================  ===========================================================================
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from paddle_lab.gpu import wire
from paddle_lab.gpu.ownership import Ownership
from paddle_lab.gpu.sampler import Listener, Sample
from paddle_lab.runs.summary import RunSummary
from paddle_lab.server.gpu_runs import PERIOD_S, SPARK_EVERY_S
from paddle_lab.server.gpu_service import GpuService
from paddle_lab.server.readers import DiskSilent
from paddle_lab.server.topics import Message, NoSuchTopic, Publish

#: A tab that was away for less gets what it missed; later it gets everything anew.
REMEMBERED: Final = 60


class GpuTopic:
    """Samples, made into one message for all tabs in the sampler's thread."""

    def __init__(self, service: GpuService, publish: Publish) -> None:
        self._service = service
        self._publish = publish
        self._listener: Listener | None = None
        self._before: Sample | None = None
        self._sent: deque[Message] = deque(maxlen=REMEMBERED)
        self._whole: tuple[int, Message] | None = None

    async def start(self) -> None:
        """Begin to sample."""
        self._listener = self._service.sampler.listen(self._on_sample)

    async def stop(self) -> None:
        """End sampling, unless somebody else listens."""
        if self._listener is not None:
            self._service.sampler.leave(self._listener)

    async def initial_messages(self, since: int | None) -> list[Message]:
        """The deltas a returning tab missed, or everything with the past."""
        missed = [
            message for message in list(self._sent) if since is not None and message["seq"] > since
        ]
        if missed and missed[0]["seq"] == (since or 0) + 1 and missed[0]["type"] == "delta":
            return missed
        sample = await self._service.fresh_sample()
        if sample is None:
            return []
        if self._whole is None or self._whole[0] != sample.seq:
            history = self._service.sampler.history
            content = await self._service.readers.run("history", wire.full, sample, history)
            self._whole = (sample.seq, {"type": "snapshot", **content})
        return [self._whole[1]]

    def _on_sample(self, sample: Sample) -> None:
        """In the sampler's thread. New GPUs, or none any more, need names: a new snapshot."""
        before, self._before = self._before, sample
        if before is not None and before.generation != sample.generation:
            self._sent.clear()
            message = {"type": "snapshot", **wire.full(sample, self._service.sampler.history)}
        else:
            message = {"type": "delta", **wire.delta(sample, before)}
            self._sent.append(message)
        self._publish(message)


class LinksTopic:
    """Asks for PCIe and NVLink of one GPU while somebody has its row open."""

    def __init__(self, service: GpuService, position: int) -> None:
        self._service = service
        self._position = position
        self._listener: Listener | None = None

    @classmethod
    def open(cls, name: str, service: GpuService) -> LinksTopic:
        """The topic ``links:<position>``. Raises NoSuchTopic for what is not a position."""
        position = name.partition(":")[2]
        if not re.fullmatch("[0-9]{1,3}", position):
            raise NoSuchTopic(f"no GPU {position!r}")
        return cls(service, int(position))

    async def start(self) -> None:
        """Ask with each sample."""
        sampler = self._service.sampler
        self._listener = sampler.listen(lambda sample: None)
        sampler.watch_links(self._listener, [self._position])

    async def stop(self) -> None:
        """Ask no more."""
        if self._listener is not None:
            self._service.sampler.leave(self._listener)

    async def initial_messages(self, since: int | None) -> list[Message]:
        """Nothing: the numbers come with the deltas of ``gpu``."""
        return []


class OwnersTopic:
    """Who holds GPU memory; told when it changes."""

    def __init__(self, service: GpuService, publish: Publish) -> None:
        self._service = service
        self._publish = publish
        self._whole: tuple[Ownership, Message] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._service.owners.listen(self._on_change)

    async def stop(self) -> None:
        """Look no more."""
        await self._service.owners.leave(self._on_change)

    async def initial_messages(self, since: int | None) -> list[Message]:
        """The owners now."""
        await self._service.fresh_sample()
        try:
            ownership = await self._service.owners.refresh(PERIOD_S)
        except DiskSilent:
            ownership = self._service.owners.ownership
        if self._whole is None or self._whole[0] is not ownership:
            self._whole = (ownership, _owners(ownership))
        return [self._whole[1]]

    def _on_change(self, ownership: Ownership) -> None:
        self._publish(_owners(ownership))


def _owners(ownership: Ownership) -> Message:
    return {"type": "snapshot", **ownership.to_json()}


class RunsTopic:
    """All runs of all notebooks."""

    def __init__(self, service: GpuService, publish: Publish) -> None:
        self._service = service
        self._publish = publish
        self._spark_at: dict[str, float] = {}
        self._whole: tuple[Sequence[RunSummary], Message] | None = None

    async def start(self) -> None:
        """Begin to follow the run folders; what is there now is part of the snapshot."""
        with suppress(DiskSilent):
            await self._service.runs.refresh()
        self._service.runs.listen(self._on_change)

    async def stop(self) -> None:
        """Follow no more."""
        await self._service.runs.leave(self._on_change)

    async def initial_messages(self, since: int | None) -> list[Message]:
        """Every run with its curve; what was known last while the disk does not answer."""
        runs = self._service.runs
        with suppress(DiskSilent):
            await runs.refresh(PERIOD_S)
        if self._whole is None or self._whole[0] is not runs.summaries:
            content = [runs.to_json(summary) for summary in runs.summaries]
            self._whole = (runs.summaries, {"type": "snapshot", "runs": content})
        return [self._whole[1]]

    def _on_change(self, summaries: Sequence[RunSummary], changed: set[str]) -> None:
        known = {summary.id: summary for summary in summaries}
        for gone in self._spark_at.keys() - known.keys():
            del self._spark_at[gone]
        now = asyncio.get_running_loop().time()
        self._publish(
            {
                "type": "delta",
                "runs": [
                    self._news(known[run_id], now) for run_id in sorted(changed & known.keys())
                ],
                "gone": sorted(changed - known.keys()),
            }
        )

    def _news(self, summary: RunSummary, now: float) -> dict[str, Any]:
        """The curve of a live run comes now and then; the tab adds the newest loss itself."""
        due = (
            not summary.live
            or now - self._spark_at.get(summary.id, -SPARK_EVERY_S) >= SPARK_EVERY_S
        )
        if due:
            self._spark_at[summary.id] = now
        if due or summary.step == 0:
            return self._service.runs.to_json(summary)
        return {
            "id": summary.id,
            "state": summary.state,
            "step": summary.step,
            "total_steps": summary.total_steps,
            "loss": summary.loss,
            "left_s": summary.left_s,
            "share": summary.share,
            "stopping": summary.stopping,
            "phase": summary.phase,
        }


class AlertsTopic:
    """Warnings. While somebody listens, owners and runs are watched too."""

    def __init__(self, service: GpuService, publish: Publish) -> None:
        self._service = service
        self._publish = publish
        self._listener: Listener | None = None

    async def start(self) -> None:
        """Look at each sample."""
        self._service.owners.listen(_ignore_owners)
        self._service.runs.listen(_ignore_runs)
        self._listener = self._service.sampler.listen(self._on_sample)

    async def stop(self) -> None:
        """Look no more."""
        if self._listener is not None:
            self._service.sampler.leave(self._listener)
        await self._service.owners.leave(_ignore_owners)
        await self._service.runs.leave(_ignore_runs)

    async def initial_messages(self, since: int | None) -> list[Message]:
        """What is wrong now."""
        alerts = [alert.to_json() for alert in list(self._service.watchdog.active.values())]
        return [{"type": "snapshot", "alerts": alerts}]

    def _on_sample(self, sample: Sample) -> None:
        """In the sampler's thread; owners and summaries are whole, unchanging objects."""
        _, ownership, summaries = self._service.latest()
        new, over = self._service.watchdog.look(sample, ownership, summaries)
        if new or over:
            self._publish({"type": "delta", "new": [a.to_json() for a in new], "over": over})


def _ignore_owners(ownership: Ownership) -> None:
    """Alerts read the owners when a sample comes."""


def _ignore_runs(summaries: Sequence[RunSummary], changed: set[str]) -> None:
    """Alerts read the summaries when a sample comes."""
