"""The shipped samples by name: ``reviews``, or a part of it, ``reviews:dev``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from paddle_lab.data.dataset import Dataset

PARTS: Final = ("train", "dev", "test")


def sample_names() -> list[str]:
    """What may be given as data: each sample, and each of its parts."""
    return [name for sample in _SAMPLES for name in (sample, *(f"{sample}:{p}" for p in PARTS))]


def is_sample(name: object) -> bool:
    """Whether ``name`` is a sample's, for all of its parts: ``reviews``, not ``reviews:dev``."""
    return isinstance(name, str) and name in _SAMPLES


def read_sample(name: str) -> dict[str, Dataset]:
    """All parts of a sample. Raises DataError when what it is read from is not installed."""
    return _SAMPLES[name]()


def read_sample_part(name: str) -> Dataset:
    """One part; the plain name stands for the training part."""
    sample, _, part = name.partition(":")
    return read_sample(sample)[part or "train"]


def _reviews() -> dict[str, Dataset]:
    from paddle_lab.data.reviews import load_reviews

    reviews = load_reviews()
    return {
        part: Dataset(
            name=f"reviews:{part}",
            texts=[review.text for review in reviews[part]],
            labels=[review.label for review in reviews[part]],
            lines=[None] * len(reviews[part]),
            notices=(reviews.report.summary(),) if part == "train" else (),
            provenance={"sample": "reviews", "part": part},
            unit="row",
        )
        for part in PARTS
    }


_SAMPLES: Final[dict[str, Callable[[], dict[str, Dataset]]]] = {"reviews": _reviews}
