"""Prometheus gauges from the last sample; nothing is read from the driver for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from paddle_lab.gpu.ownership import Ownership
from paddle_lab.gpu.sampler import Sample
from paddle_lab.runs.summary import RunSummary
from paddle_lab.text.well_formed import well_formed

#: (name, help, value of one GPU in the JSON snapshot)
_GPU_GAUGES = (
    ("utilization_ratio", "Share of time with a kernel on the GPU", "utilization_percent", 0.01),
    ("memory_used_bytes", "Memory used", "memory_used_bytes", 1),
    ("memory_total_bytes", "Memory in all", "memory_total_bytes", 1),
    ("power_watts", "Power drawn", "power_watts", 1),
    ("temperature_celsius", "Temperature", "temperature_celsius", 1),
    ("clock_hertz", "Clock of the multiprocessors", "clock_mhz", 1e6),
    ("ecc_errors", "Uncorrected memory errors since the last reset", "ecc_errors", 1),
)


class Collector:
    """A prometheus_client collector; ``latest`` gives the sample, owners and summaries of now."""

    def __init__(
        self, latest: Callable[[], tuple[Sample | None, Ownership, Sequence[RunSummary]]]
    ) -> None:
        self._latest = latest

    def collect(self) -> Iterator[Any]:
        """The gauges; a value that a GPU does not tell is left out, not zero."""
        from prometheus_client.core import GaugeMetricFamily

        sample, ownership, summaries = self._latest()
        states = GaugeMetricFamily(
            "paddle_lab_runs", "Runs of this user by state", labels=["state"]
        )
        for state in sorted({summary.state for summary in summaries}):
            states.add_metric([state], sum(summary.state == state for summary in summaries))
        yield states
        if sample is None:
            return
        yield from self._gpus(sample)
        yield from self._host(sample)
        owned = GaugeMetricFamily(
            "paddle_lab_owner_gpu_memory_bytes",
            "GPU memory of an owner",
            labels=["owner", "kind"],
        )
        for (name, kind), amount in _by_label(ownership).items():
            owned.add_metric([name, kind], amount)
        yield owned

    def _gpus(self, sample: Sample) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        from paddle_lab.gpu.wire import snapshot

        gpus = snapshot(sample)["gpus"]
        simulated = str(sample.simulated).lower()
        up = GaugeMetricFamily(
            "paddle_lab_gpu_up",
            "1 where the GPU answers",
            labels=["gpu", "uuid", "name", "simulated"],
        )
        for gpu in gpus:
            condition = gpu["condition"] or {}
            lost = condition.get("level") == "error" and gpu["memory_used_bytes"] is None
            named = [well_formed(gpu[key]) for key in ("uuid", "name")]
            up.add_metric([str(gpu["index"]), *named, simulated], float(not lost))
        yield up
        for name, text, key, factor in _GPU_GAUGES:
            family = GaugeMetricFamily(f"paddle_lab_gpu_{name}", text, labels=["gpu", "uuid"])
            for gpu in gpus:
                if gpu[key] is not None:
                    labels = [str(gpu["index"]), well_formed(gpu["uuid"])]
                    family.add_metric(labels, gpu[key] * factor)
            yield family

    def _host(self, sample: Sample) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        host = sample.host
        if host is None:
            return
        for name, text, value in (
            ("cpu_ratio", "CPU used, of the cores allowed", host.cpu / 100),
            ("memory_used_bytes", "Memory used", host.memory_used),
            ("memory_limit_bytes", "Memory that may be used", host.memory_total),
            ("disk_used_bytes", "Disk used where runs are written", host.disk_used),
            ("disk_total_bytes", "Disk in all where runs are written", host.disk_total),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"paddle_lab_host_{name}", text, value=value)


def _by_label(ownership: Ownership) -> dict[tuple[str, str], int]:
    """Bytes for each pair of labels: two runs of one notebook are one series, not two of a name."""
    amounts: dict[tuple[str, str], int] = {}
    for owner in ownership.owners:
        labels = (well_formed(owner.path or owner.key), owner.kind)
        amounts[labels] = amounts.get(labels, 0) + owner.total
    return amounts


def exposition(collector: Collector) -> bytes:
    """The text that Prometheus scrapes, from a registry of our own."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return bytes(generate_latest(registry))
