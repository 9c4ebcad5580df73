"""Figures for Prometheus: requests, queue, batches and workers, by model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

#: What ``/metrics`` is served as.
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS: Final = (1, 2, 4, 8, 16, 32, 64)
_MODEL: Final = ("model", "version")


class ModelMetrics:
    """The figures of one version of a model."""

    def __init__(self, all_: Metrics, name: str, version: str) -> None:
        labels = {"model": name, "version": version}
        self.queue_seconds: Histogram = all_.queue_seconds.labels(**labels)
        self.workers: Gauge = all_.workers.labels(**labels)
        self.worker_ends: Counter = all_.worker_ends.labels(**labels)
        self.reloads = {
            result: all_.reloads.labels(result=result, **labels) for result in ("done", "failed")
        }
        self._rows, self._batch_s = (
            all_.batch_rows.labels(**labels), all_.batch_seconds.labels(**labels)
        )  # fmt: skip
        self._tokens, self._padding = all_.tokens.labels(**labels), all_.padding.labels(**labels)
        self._seconds = all_.request_seconds.labels(**labels)
        self._texts = all_.texts.labels(**labels)

    def batch(self, rows: int, tokens: int, longest: int, seconds: float) -> None:
        """A batch was run."""
        self._rows.observe(rows)
        self._batch_s.observe(seconds)
        self._tokens.inc(tokens)
        self._padding.inc(rows * longest - tokens)

    def answered(self, texts: int, seconds: float) -> None:
        """A request was answered."""
        self._texts.inc(texts)
        self._seconds.observe(seconds)


class Metrics:
    """All figures of a service, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        make: dict[str, Any] = {"registry": self._registry, "namespace": "paddle_lab"}
        self.requests = Counter(
            "requests", "Requests by route, status and, of failed ones, the error's code.",
            ("route", "status", "code"), **make,
        )  # fmt: skip
        self.request_seconds = Histogram(
            "request_seconds", "From the whole body until the answer, of answered requests.",
            _MODEL, buckets=_SECONDS, **make,
        )  # fmt: skip
        self.texts = Counter("texts", "Rows that were answered.", _MODEL, **make)
        self.queue_seconds = Histogram(
            "queue_seconds", "Time of a window in the queue.", _MODEL, buckets=_SECONDS, **make
        )
        self.batch_rows = Histogram(
            "batch_rows", "Windows of a batch.", _MODEL, buckets=_ROWS, **make
        )
        self.batch_seconds = Histogram(
            "batch_seconds", "Time of a batch in its worker.", _MODEL, buckets=_SECONDS, **make
        )
        self.tokens = Counter("tokens", "Tokens that were run.", _MODEL, **make)
        self.padding = Counter("padding_tokens", "Tokens of padding beside them.", _MODEL, **make)
        self.workers = Gauge("workers", "Worker processes that are ready.", _MODEL, **make)
        self.worker_ends = Counter(
            "worker_ends", "Worker processes that ended unasked.", _MODEL, **make
        )
        self.reloads = Counter(
            "reloads", "Bundles that were exchanged while serving.", (*_MODEL, "result"), **make
        )
        self._waiting = Gauge("queue_windows", "Windows that wait.", _MODEL, **make)
        self._memory = Gauge(
            "memory_bytes", "Resident memory, of the front and of the workers.", ("part",), **make
        )

    def text(
        self, waiting: Iterable[tuple[str, str, int]], memory: Callable[[], dict[str, int]]
    ) -> bytes:
        """What ``/metrics`` answers; ``waiting`` by model and version."""
        for name, version, count in waiting:
            self._waiting.labels(model=name, version=version).set(count)
        for part, used in memory().items():
            self._memory.labels(part=part).set(used)
        return generate_latest(self._registry)
