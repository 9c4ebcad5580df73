"""Data as ``classify`` reads them: one text and one label a row."""

from __future__ import annotations

from functools import partial
from typing import Any

from paddle_lab import data
from paddle_lab.data.schema import columns_by_role
from paddle_lab.tasks import get_task

CLASSIFY = get_task("classify")
rows_of = data.Dataset.of_texts


def prepare(
    train: Any,
    dev: Any = None,
    test: Any = None,
    *,
    text: str | None = None,
    label: str | None = None,
    **how: Any,
) -> data.Prepared:
    """:func:`paddle_lab.data.prepare` for classification."""
    columns = columns_by_role(CLASSIFY, text, label)
    return data.prepare(CLASSIFY, train, dev, test, columns=columns, **how)


def read(
    source: Any, *, text: str | None = None, label: str | None = None, **how: Any
) -> data.Dataset:
    """:func:`paddle_lab.data.read` for classification."""
    return data.read(CLASSIFY, source, columns=columns_by_role(CLASSIFY, text, label), **how)


check = partial(data.check, CLASSIFY)
split = partial(data.split, stratum=CLASSIFY.stratum, counted=CLASSIFY.counted)
limit = partial(data.limit, stratum=CLASSIFY.stratum)
