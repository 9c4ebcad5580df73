"""Rows added to those of a run: corrections replace rows of the same text, others go to training.

Which rows are the same is what :meth:`Dataset.key` says. A text stands in one part only: what is
in dev or test is corrected there and never taken into training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from paddle_lab.data.dataset import Dataset, canonical
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.schema import RowSchema
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

#: What a row of a text should answer, by the text's key: the source, and its row (from 0).
_Wanted = dict[str, tuple[Dataset, int]]


def with_added(
    schema: RowSchema, parts: Mapping[str, Dataset], added: Sequence[Dataset]
) -> dict[str, Dataset]:
    """``parts`` with the rows of ``added``; of several with one text the last counts.

    Rows whose label training does not know, and those of a document that is in dev or test, are
    left out. Notices and provenance of the parts say what was done.
    """
    if not added:
        return dict(parts)
    notices: list[Text] = [notice for source in added for notice in source.notices]
    wanted: _Wanted = {}
    for source in added:
        _check_roles(parts["train"], source)
        strange = set(schema.unusable(parts["train"], source))
        if strange:
            notices.append(_unknown(source, sorted(strange)))
        wanted |= {
            source.key(row): (source, row) for row in range(len(source)) if row not in strange
        }
    done: dict[str, Dataset] = {}
    counts: dict[str, int] = {}
    for name, part in parts.items():
        done[name], counts[name] = _corrected(part, wanted)
        if counts[name]:
            notices.append(_replaced(name, counts[name], added))
    met = {part.key(row) for part in parts.values() for row in range(len(part))}
    fresh = {key: found for key, found in wanted.items() if key not in met}
    kept = _apart(fresh, [part for name, part in parts.items() if name != "train"])
    if len(kept) < len(fresh):
        notices.append(_same_document(len(fresh) - len(kept), added))
    if kept:
        notices.append(_new(len(kept), added))
    train = _extended(done["train"], list(kept.values()))
    provenance = {
        "sources": [source.provenance for source in added],
        "rows": sum(map(len, added)),
        "new": len(kept),
        "replaced": counts,
    }
    done["train"] = replace(
        train,
        notices=(*train.notices, *notices),
        provenance={**train.provenance, "added": provenance},
    )
    return done


def _check_roles(train: Dataset, source: Dataset) -> None:
    """Raise DataError for rows of one text beside rows of two."""
    if set(source.given) == set(train.given):
        return
    raise DataError(
        T("{name} cannot be added to {train}: its rows are of another kind.",
          "{name} 无法加入 {train}：行的形式不同。", name=source.name, train=train.name),
        T("Its rows give {found}, those of training {wanted}.",
          "它的行给出 {found}，训练数据给出 {wanted}。",
          found=", ".join(source.given), wanted=", ".join(train.given)),
        T("Give a file with the columns: {wanted}, and the label.",
          "请给出包含 {wanted} 列和标签列的文件。", wanted=", ".join(train.given)),
        code="data.added",
    )  # fmt: skip


def _corrected(part: Dataset, wanted: _Wanted) -> tuple[Dataset, int]:
    """``part`` with the targets that were corrected, and how many changed."""
    targets, changed = list(part.targets), 0
    for row, target in enumerate(part.targets):
        found = wanted.get(part.key(row))
        if found is None:
            continue
        right = _merged(target, found[0].targets[found[1]])
        if canonical(right) != canonical(target):
            targets[row] = right
            changed += 1
    return replace(part, targets=targets), changed


def _merged(old: Any, new: Any) -> Any:
    """``new``, with what only the old one says of the row, such as its number."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: value for key, value in new.items() if value is not None}}
    return new


def _apart(found: _Wanted, others: Sequence[Dataset]) -> _Wanted:
    """Those of no document that is also in ``others``."""
    documents = {group for part in others for group in part.groups or ()}
    return {
        key: (source, row)
        for key, (source, row) in found.items()
        if source.groups is None or source.groups[row] not in documents
    }


def _extended(train: Dataset, rows: Sequence[tuple[Dataset, int]]) -> Dataset:
    """``train`` with further rows behind its own; their lines are those of another file: None."""
    groups = train.groups
    if groups is not None:
        groups = [
            *groups,
            *(
                source.groups[row] if source.groups is not None else source.key(row)
                for source, row in rows
            ),
        ]
    return replace(
        train,
        given={
            role: [*values, *(source.given[role][row] for source, row in rows)]
            for role, values in train.given.items()
        },
        targets=[*train.targets, *(source.targets[row] for source, row in rows)],
        lines=[*train.lines, *(None for _ in rows)],
        groups=groups,
    )


# -- what is said -------------------------------------------------------------------------------


def _named(added: Sequence[Dataset]) -> str:
    return ", ".join(dict.fromkeys(source.name for source in added))


def _new(rows: int, added: Sequence[Dataset]) -> Text:
    return T("{names}: {n} new rows added to training.", "{names}：训练数据增加了 {n} 行。",
             names=_named(added), n=rows)  # fmt: skip


def _replaced(part: str, rows: int, added: Sequence[Dataset]) -> Text:
    if part == "train":
        return T("{names}: {n} rows of train had another label, which is replaced.",
                 "{names}：train 中有 {n} 行的标签不同，已替换。",
                 names=_named(added), n=rows)  # fmt: skip
    return T("{names}: {n} rows stand in {part}; their label is corrected there, and they are not "
             "trained on. Figures are those of the corrected {part}: not the same as before.",
             "{names}：有 {n} 行在 {part} 中，已在那里更正标签，不用于训练。"
             "指标基于更正后的 {part}，与之前的不可直接比较。",
             names=_named(added), n=rows, part=part)  # fmt: skip


def _unknown(source: Dataset, rows: Sequence[int]) -> Text:
    return T("{name}: {n} of {all} rows are left out, since training does not know their label; "
             "the first is {where}: {label}. A new label needs rows in the training data.",
             "{name}：{all} 行中有 {n} 行未采用，因为训练数据中没有它们的标签；第一处：{where}，"
             "{label}。新标签需要写在训练数据中。",
             name=source.name, n=len(rows), all=len(source), where=source.where(rows[0]),
             label=excerpt(canonical(source.targets[rows[0]])))  # fmt: skip


def _same_document(rows: int, added: Sequence[Dataset]) -> Text:
    return T("{names}: {n} rows are left out: their document stands in dev or test.",
             "{names}：有 {n} 行未采用：它们所在的文档属于验证集或测试集。",
             names=_named(added), n=rows)  # fmt: skip
