"""Splits and samples that depend on the texts alone: the same on every machine, in any order."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from paddle_lab.data.dataset import Dataset


def split(dataset: Dataset, share: float) -> tuple[Dataset, Dataset]:
    """Set about ``share`` of the rows aside, by the hash of their text; returns (rest, aside).

    Equal texts stay on one side. Of each class the texts with the lowest hashes go aside, so that
    both sides have about the same classes; a class of one text stays in the rest.
    """
    by_label: dict[str, dict[str, int]] = {}
    for text, label in dataset.rows():
        by_label.setdefault(label, {}).setdefault(text, content_hash(text))
    aside: set[str] = set()
    for texts in by_label.values():
        count = min(round(len(texts) * share), len(texts) - 1)
        if len(texts) > 1:
            count = max(count, 1)
        aside.update(sorted(texts, key=lambda text: (texts[text], text))[:count])
    # A text that stands under two labels goes where its first label put it, once.
    inside = [place for place, text in enumerate(dataset.texts) if text not in aside]
    outside = [place for place, text in enumerate(dataset.texts) if text in aside]
    return dataset.take(inside), replace(dataset.take(outside), notices=())


def limit(dataset: Dataset, rows: int | None) -> Dataset:
    """At most ``rows`` rows: those with the lowest hashes, a fair sample; order is kept."""
    if rows is None or rows >= len(dataset):
        return dataset
    places = sorted(
        range(len(dataset)), key=lambda place: (content_hash(dataset.texts[place]), place)
    )
    return dataset.take(sorted(places[:rows]))


def content_hash(text: str) -> int:
    """A number made of the text's SHA-256: stable across machines and Python versions."""
    digest = hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")
