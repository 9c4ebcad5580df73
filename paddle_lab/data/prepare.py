"""From what a person named as data to the parts that a run works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from paddle_lab.data.added import with_added
from paddle_lab.data.dataset import Dataset, class_order
from paddle_lab.data.dropped import confirmed_rows, without_confirmed
from paddle_lab.data.read import read
from paddle_lab.data.report import DataReport, check
from paddle_lab.data.rows import fingerprint
from paddle_lab.data.samples import is_sample, read_sample
from paddle_lab.data.schema import RowSchema
from paddle_lab.data.split import limit as limited
from paddle_lab.data.split import split as split_off
from paddle_lab.data.unlabelled import without_labels
from paddle_lab.i18n import T


@dataclass(frozen=True)
class Prepared:
    """The parts of a run's data. ``labels`` are all that training counts, such as its classes.

    They are in the order of their index. ``fingerprint`` is the SHA-256 of all rows; ``provenance``
    says for each part where it is from; ``added`` are the sources of further rows, as read.
    """

    train: Dataset
    dev: Dataset
    test: Dataset | None
    labels: list[str]
    report: DataReport
    fingerprint: str
    provenance: dict[str, Any]
    added: tuple[Dataset, ...] = ()

    @property
    def evaluated(self) -> Dataset:
        """The rows that the report is made of: the test part, or dev where there is none."""
        return self.dev if self.test is None else self.test


def prepare(
    schema: RowSchema,
    train: Any,
    dev: Any = None,
    test: Any = None,
    *,
    columns: Mapping[str, str] | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    split: float = 0.1,
    limit: int | None = None,
    names: Mapping[str, Any] | None = None,
    max_len: int = 128,
    skip_bad: bool = False,
    options: Any = None,
    add: Sequence[Any] = (),
    drop_issues: str | None = None,
) -> Prepared:
    """Read, split and check the data of a run of the task ``schema``.

    ``train``, ``dev`` and ``test`` are anything that :func:`paddle_lab.data.read` takes. Without
    ``dev``, a share ``split`` of the training rows is set aside by content hash; a sample brings
    its own dev and test parts. ``limit`` bounds the training rows alone: a fair sample of them.
    With ``skip_bad`` rows that cannot be used are dropped and told of, among them those of dev and
    test whose label training does not know. ``add`` are sources of further training rows and of
    corrections (:mod:`paddle_lab.data.added`), put in after splitting: they move no row.
    ``drop_issues`` is a file of rows to leave out (:mod:`paddle_lab.data.dropped`), also after it.
    A test file beside that of training whose rows have no labels is left out, and told of.

    Raises DataError.
    """
    get = partial(read, schema, names=names, columns=columns, sep=sep, encoding=encoding,
                  sheet=sheet, skip_bad=skip_bad, options=options)  # fmt: skip
    given = {"dev": dev, "test": test}
    parts: dict[str, Dataset] = {}
    if is_sample(train) and train not in (names or {}):
        parts = read_sample(train, schema)
    else:
        parts["train"] = get(train, most=limit)
    schema.check({"train": parts["train"]})
    like, found = parts["train"].columns, parts["train"].settings
    sources = {name: source for name, source in (("train", train), ("test", test))
               if not isinstance(source, str) or source not in (names or {})}  # fmt: skip
    left_out = without_labels(schema, parts["train"], sources, columns or {}, sep, encoding)
    if left_out is not None:
        del given["test"]
    parts |= {name: get(source, like=like, found=found)
              for name, source in given.items() if source is not None}  # fmt: skip
    if "dev" not in parts:
        parts["train"], parts["dev"] = split_off(
            parts["train"], split, schema.stratum, schema.counted
        )
    if drop_issues is not None:
        parts = without_confirmed(parts, confirmed_rows(schema, drop_issues))
        schema.check({"train": parts["train"]})
        parts |= {name: _usable(schema, parts["train"], parts[name])
                  for name in parts if name != "train"}  # fmt: skip
    parts["train"] = limited(parts["train"], limit, schema.stratum, schema.counted)
    added: tuple[Dataset, ...] = ()
    if add:
        further = partial(read, schema, names=names, encoding=encoding, skip_bad=skip_bad,
                          like=like, found=found, options=options)  # fmt: skip
        added = tuple(further(source) for source in add)
        parts = with_added(schema, parts, added)
    if skip_bad:
        parts |= {name: _usable(schema, parts["train"], parts[name])
                  for name in parts if name != "train"}  # fmt: skip
    parts = {name: parts[name] for name in ("train", "dev", "test") if name in parts}
    report = check(schema, parts, max_len)
    if left_out is not None:
        report = replace(report, notices=(left_out, *report.notices))
    counted = {one for target in parts["train"].targets for one in schema.counted(target)}
    return Prepared(
        parts["train"],
        parts["dev"],
        parts.get("test"),
        class_order(counted),
        report,
        fingerprint(parts.get(name) for name in ("train", "dev", "test")),
        {name: part.provenance for name, part in parts.items()},
        added,
    )


def _usable(schema: RowSchema, train: Dataset, part: Dataset) -> Dataset:
    """``part`` without rows that mean nothing beside ``train``, unless that leaves nothing."""
    strange = set(schema.unusable(train, part))
    if not strange or len(strange) == len(part):
        return part
    notice = T(
        "{name}: {n} of {all} rows dropped, since training does not know their label; the first "
        "is {where}.",
        "{name}：{all} 行中丢弃了 {n} 行，因为训练数据中没有它们的标签；第一处：{where}。",
        name=part.name,
        n=len(strange),
        all=len(part),
        where=part.where(min(strange)),
    )
    kept = part.take([row for row in range(len(part)) if row not in strange])
    return replace(kept, notices=(*part.notices, notice))
