"""Splits and samples by the rows' content alone: the same on every machine, in any order."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from paddle_lab.data.dataset import Dataset, canonical
from paddle_lab.data.excerpt import excerpt, same_text
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

#: What a target is kept in proportion by.
Stratum = Callable[[Any], Hashable]
#: What of a target no evaluation may be the first to meet: its label, or each of several.
Counted = Callable[[Any], Sequence[str]]
_NAMED: Final = 5


def split(
    dataset: Dataset, share: float, stratum: Stratum, counted: Counted | None = None
) -> tuple[Dataset, Dataset]:
    """Set about ``share`` (0 to 1) of the rows aside by their hash; returns (rest, aside).

    Equal rows stay on one side, and so do those of one document; each stratum, such as a class, is
    on both in its proportion. A stratum keeps at least one row in the rest, and so does whatever
    is ``counted`` of a target, so that no label is met for the first time in an evaluation; rows
    that stand under several targets stay there too, since they measure nothing. What is counted in
    two rows or more has one aside as well, so that its figures say something of it; a notice of the
    rows aside says where that cannot be.

    Raises DataError when ``share`` is out of range or there is nothing to set aside.
    """
    if not 0 < share < 1:
        raise DataError(
            T("--split {share} is not a share of the rows.",
              "--split {share}：不是有效的比例。", share=share),
            T("It must be above 0 and below 1.", "必须大于 0 且小于 1。"),
            T("For example: --split 0.1", "例如：--split 0.1"),
            code="data.split",
        )  # fmt: skip
    units = (
        [dataset.key(row) for row in range(len(dataset))]
        if dataset.groups is None
        else dataset.groups
    )
    by_stratum: dict[Hashable, list[str]] = {}
    for unit, kind in _strata(dataset, units, stratum).items():
        by_stratum.setdefault(kind, []).append(unit)
    spare = {kind: len(found) - 1 for kind, found in by_stratum.items() if len(found) > 1}
    clashing = len(set(units)) - sum(map(len, by_stratum.values()))
    if not spare and clashing:
        raise _clash(dataset.name, clashing, len(set(units)))
    if not spare:
        raise DataError(
            T("No rows of {name} can be set aside for evaluation.",
              "{name} 中没有可留作评估的数据。", name=dataset.name),
            T("Each class has one text only, which training needs.",
              "每个类别只有一条文本，训练需要它。"),
            T("Add rows, or give a second file for evaluation.",
              "请增加数据，或另给一个评估文件。"),
            code="data.split",
        )  # fmt: skip
    wanted = {kind: len(by_stratum[kind]) * share for kind in spare}
    counts = _apportion(max(1, round(sum(wanted.values()))), wanted, spare)
    aside = {
        unit
        for kind, count in counts.items()
        for unit in sorted(by_stratum[kind], key=lambda unit: content_hash(unit, "split"))[:count]
    }
    lacking: list[str] = []
    if counted is not None:
        aside -= _met_there_alone(dataset.targets, units, aside, counted)
        free = {unit for found in by_stratum.values() for unit in found}
        added, lacking = _one_of_each(dataset.targets, units, aside, free, counted)
        aside |= added
    inside: list[int] = []
    outside: list[int] = []
    for row, unit in enumerate(units):
        (outside if unit in aside else inside).append(row)
    told = tuple(_not_set_aside(lacking))
    return dataset.take(inside), replace(dataset.take(outside), notices=told)


def _clash(name: str, clashing: int, texts: int) -> DataError:
    return DataError(
        T("Every text of {name} stands under more than one label.",
          "{name} 的每条文本都带有不止一个标签。", name=name)
        if clashing == texts
        else T("{n} of the {all} texts of {name} stand under more than one label.",
               "{name} 的 {all} 条文本中有 {n} 条带有不止一个标签。",
               name=name, n=clashing, all=texts),
        T("Such rows contradict each other and measure nothing, so none can be set aside.",
          "这些行互相矛盾，无法用于评估，因此不能划出任何一行。"),
        T("Keep one label for each text (that of one annotator, or of most), or give one row with "
          "all its labels: --task multilabel",
          "请为每条文本只保留一个标签（某一位标注者的，或多数人的），"
          "或每条文本一行写全标签：--task multilabel"),
        code="data.contradictions",
    )  # fmt: skip


def _met_there_alone(
    targets: Sequence[Any], units: Sequence[str], aside: set[str], counted: Counted
) -> set[str]:
    """The units set aside that hold something which no other row has."""
    known = {
        one
        for target, unit in zip(targets, units, strict=True) if unit not in aside
        for one in counted(target)
    }  # fmt: skip
    return {
        unit
        for target, unit in zip(targets, units, strict=True)
        if unit in aside and not known.issuperset(counted(target))
    }


def _one_of_each(
    targets: Sequence[Any], units: Sequence[str], aside: set[str], free: set[str], counted: Counted
) -> tuple[set[str], list[str]]:
    """Units to set aside too, so that what stands in several rows has one there; and what has none.

    ``free`` are the units that may be set aside. None is taken that alone holds something.
    """
    holds: dict[str, set[str]] = {}
    rows: Counter[str] = Counter()
    for target, unit in zip(targets, units, strict=True):
        found = set(counted(target))
        holds.setdefault(unit, set()).update(found)
        rows.update(found)
    left = Counter(one for unit, held in holds.items() if unit not in aside for one in held)
    there = {one for unit in aside for one in holds[unit]}
    absent = sorted((one for one in rows if rows[one] > 1 and one not in there),
                    key=lambda one: (left[one], one))  # fmt: skip
    spare: dict[str, list[str]] = {one: [] for one in absent}
    for unit in free - aside if absent else ():
        for one in holds[unit] & spare.keys():
            spare[one].append(unit)
    added: set[str] = set()
    lacking: list[str] = []
    for one in absent:
        if one in there:
            continue
        order = sorted(spare[one], key=lambda unit: content_hash(unit, "split"))
        chosen = next((unit for unit in order if all(left[held] > 1 for held in holds[unit])), None)
        if chosen is None:
            lacking.append(one)
            continue
        added.add(chosen)
        there |= holds[chosen]
        left.subtract(holds[chosen])
    return added, lacking


def _not_set_aside(lacking: Sequence[str]) -> Iterator[Text]:
    """What the rows aside lack although there are several rows of it."""
    if lacking:
        yield T(
            "No row of {labels} could be set aside for evaluation: training would be left without "
            "one, since their rows repeat a text, contradict each other, are of one document, or "
            "hold a label that no other row has.",
            "无法划出 {labels} 的数据用于评估，否则训练中就没有这些类别："
            "它们的行文本重复、互相矛盾、属于同一文档，或含有其他行都没有的标签。",
            labels=", ".join(f"'{excerpt(one)}'" for one in lacking[:_NAMED])
            + (", …" if len(lacking) > _NAMED else ""),
        )


def limit(
    dataset: Dataset, rows: int | None, stratum: Stratum, counted: Counted | None = None
) -> Dataset:
    """At most ``rows`` rows, those with the lowest hashes, each stratum in its proportion.

    A fair sample that is the same every time; the order of the rows is kept, and every stratum
    keeps a row, as does whatever is ``counted`` of a target where the rows suffice. Raises
    DataError when there are more strata than rows.
    """
    if rows is None or rows >= len(dataset):
        return dataset
    of: dict[Hashable, list[int]] = {}
    for row, target in enumerate(dataset.targets):
        of.setdefault(stratum(target), []).append(row)
    if rows < len(of):
        raise DataError(
            T("--limit {rows} leaves no row for some of the classes.",
              "--limit {rows} 使部分类别没有数据。", rows=rows),
            T("{name} has {n} classes, and each needs a row.",
              "{name} 有 {n} 个类别，每个类别至少需要一行。", name=dataset.name, n=len(of)),
            T("Use --limit {n} or more.", "请使用 --limit {n} 或更大的值。", n=len(of)),
            code="data.limit",
        )  # fmt: skip
    share = rows / len(dataset)
    wanted = {kind: len(found) * share for kind, found in of.items()}
    room = {kind: len(found) for kind, found in of.items()}
    counts = _apportion(rows, wanted, room, least=1)
    taken = [
        row
        for kind, count in counts.items()
        for row in sorted(of[kind], key=lambda row: (content_hash(dataset.key(row), "limit"), row))[
            :count
        ]
    ]
    if counted is not None:
        taken = _with_all(dataset, taken, counted)
    return dataset.take(sorted(taken))


def _with_all(dataset: Dataset, taken: list[int], counted: Counted) -> list[int]:
    """As many rows as ``taken``, some exchanged so that nothing counted is lost, if that can be."""
    holds = [set(counted(target)) for target in dataset.targets]
    met = Counter(one for row in taken for one in holds[row])
    lost = Counter(one for found in holds for one in found if one not in met)
    if not lost:
        return taken
    order = sorted(
        range(len(dataset)), key=lambda row: (content_hash(dataset.key(row), "limit"), row)
    )
    inside = set(taken)
    spare = [row for row in order if row in inside]
    for one in sorted(lost, key=lambda one: (lost[one], one)):
        if met[one]:
            continue
        gained = next(row for row in order if one in holds[row])
        # The row that is least a part of the sample and holds nothing rare leaves.
        while spare:
            gone = spare.pop()
            if all(met[held] > 1 for held in holds[gone]):
                inside.remove(gone)
                met.subtract(holds[gone])
                inside.add(gained)
                met.update(holds[gained])
                break
    return list(inside)


def content_hash(text: str, purpose: str) -> int:
    """A number made of the text's SHA-256, another for each ``purpose``.

    Stable across machines and Python versions; white space at the ends does not count.
    """
    content = f"{purpose}\0{same_text(text)}".encode("utf-8", errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big")


def _strata(dataset: Dataset, units: list[str], stratum: Stratum) -> dict[str, Hashable]:
    """The stratum of each unit: of a document that of its first row; of equal rows, if they agree.

    Equal rows with different targets are left out.
    """
    found: dict[str, Hashable] = {}
    seen: dict[str, str] = {}
    clashing: set[str] = set()
    for unit, target in zip(units, dataset.targets, strict=True):
        found.setdefault(unit, stratum(target))
        if dataset.groups is None:
            own = canonical(target)
            if seen.setdefault(unit, own) != own:
                clashing.add(unit)
    return {unit: kind for unit, kind in found.items() if unit not in clashing}


def _apportion(
    total: int, wanted: Mapping[Hashable, float], room: Mapping[Hashable, int], least: int = 0
) -> dict[Hashable, int]:
    """Whole numbers near ``wanted`` that add up to ``total`` where ``room`` allows.

    By largest remainder; equal ones by the label's hash, so that the order of rows does not count.
    """
    counts = {k: min(room[k], max(least, math.floor(value))) for k, value in wanted.items()}
    behind = sorted(wanted, key=lambda k: (counts[k] - wanted[k], content_hash(str(k), "class")))
    for step, labels in ((1, behind), (-1, behind[::-1])):
        _move(counts, total, step, labels, room, least)
    return counts


def _move(
    counts: dict[Hashable, int],
    total: int,
    step: int,
    labels: Iterable[Hashable],
    room: Mapping[Hashable, int],
    least: int,
) -> None:
    """Add ``step`` to one label after another until the counts add up to ``total``, or none can."""
    labels = list(labels)
    missing = (total - sum(counts.values())) * step
    while missing > 0:
        free = [k for k in labels if least <= counts[k] + step <= room[k]]
        if not free:
            return
        for label in free[:missing]:
            counts[label] += step
        missing -= min(missing, len(free))
