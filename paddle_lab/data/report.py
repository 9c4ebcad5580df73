"""What is known of the data before training: counts, lengths, and what looks wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from paddle_lab.data.dataset import Dataset, class_order
from paddle_lab.data.findings import is_cut, notices
from paddle_lab.data.report_parts import Lengths, SampleRow, lengths_of, sample_rows
from paddle_lab.data.schema import RowSchema
from paddle_lab.data.unread import Unread
from paddle_lab.i18n import Text

_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


@dataclass(frozen=True)
class PartReport:
    """One part. ``classes`` counts what its task counts, such as rows of each label, most first.

    ``lengths`` are in characters; ``too_long`` is the share of rows beyond max_len, ``repeated``
    the rows that stood before, ``provenance`` says where they come from and how they were read.
    ``histogram`` has the rows by characters, ``samples`` two of them as they were read.
    """

    name: str
    rows: int
    classes: dict[str, int]
    lengths: dict[str, int]
    too_long: float
    repeated: int
    provenance: dict[str, Any]
    histogram: Lengths
    samples: list[SampleRow]


@dataclass(frozen=True)
class DataReport:
    """The parts, and ``notices``: what a person should know before trusting a result.

    ``counted`` says what the parts' ``classes`` are, ``roles`` how what a row gives is called,
    ``long_text`` how rows beyond ``max_len`` are read, ``unread`` what a model cannot read of them.
    """

    task: str
    parts: dict[str, PartReport]
    max_len: int
    notices: tuple[Text, ...]
    counted: Text
    roles: dict[str, Text]
    long_text: str = "truncate"
    unread: Unread | None = None

    def with_unread(self, unread: Unread) -> DataReport:
        """The report with what a model's vocabulary lacks, and the notices of it."""
        return replace(self, unread=unread, notices=(*unread.notices(), *self.notices))

    def to_json(self) -> dict[str, Any]:
        """The report for machines; the notices in both languages."""
        return {
            "task": self.task,
            "parts": {name: asdict(part) for name, part in self.parts.items()},
            "max_len": self.max_len,
            "counted": self.counted.to_json(),
            "notices": [notice.to_json() for notice in self.notices],
            "unread": None if self.unread is None else self.unread.to_json(),
        }

    def text(self, language: str) -> str:
        """The report for a terminal, in "en" or "zh"."""
        from paddle_lab.data.report_view import report_text

        return report_text(self, language)

    def html(self, language: str) -> str:
        """The report for a notebook, in "en" or "zh"; all that comes from the data is escaped."""
        from paddle_lab.data.report_view import report_html

        return report_html(self, language)


def check(schema: RowSchema, parts: Mapping[str, Dataset], max_len: int) -> DataReport:
    """Look at ``train`` and, where given, ``dev`` and ``test`` together: can a run use them?

    Raises DataError when there is nothing to learn, or a label of another part that never occurs
    in training. All else that looks wrong becomes a notice.
    """
    schema.check(parts)
    return describe(schema, parts, max_len)


def describe(schema: RowSchema, parts: Mapping[str, Dataset], max_len: int) -> DataReport:
    """The report alone: :func:`check` without its refusals."""
    keys = {name: [part.key(row) for row in range(len(part))] for name, part in parts.items()}
    reports = {
        name: _describe(schema, name, part, len(set(keys[name])), max_len)
        for name, part in parts.items()
    }
    found = tuple(notices(schema, parts, keys, max_len))
    roles = {role.name: role.title for role in (*schema.roles, schema.target)}
    return DataReport(
        schema.name, reports, max_len, found, schema.counted_title, roles, schema.long_text
    )


def _describe(
    schema: RowSchema, name: str, part: Dataset, different: int, max_len: int
) -> PartReport:
    sizes = sorted(part.size(row) for row in range(len(part)))
    counts = Counter(one for target in part.targets for one in schema.counted(target))
    classes = sorted(class_order(counts), key=lambda label: -counts[label])
    return PartReport(
        name,
        len(part),
        {label: counts[label] for label in classes},
        {key: sizes[math.ceil(share * len(part)) - 1] for key, share in _PERCENTILES.items()},
        sum(is_cut(size, max_len) for size in sizes) / len(part),
        len(part) - different,
        part.provenance,
        lengths_of(sizes, max_len),
        sample_rows(schema, part),
    )
