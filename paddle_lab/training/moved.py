"""Data that lie elsewhere now: given anew at a resumption, they must be the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from paddle_lab.data import Prepared
from paddle_lab.errors import DataError, RunError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.training.preflight import absolute
from paddle_lab.training.tables import check_sources, prepare_for, saved_names, tables_of

_MOST_LABELS: Final = 5


def check_data(folder: RunFolder, spec: RunSpec, moved: Mapping[str, str]) -> None:
    """See that the data of a run are there; ``moved`` says where parts of them lie now.

    Those are read and compared with what the run began with, and the run keeps the new place.
    Raises DataError when data are gone, RunError when they are others, UsageError for a part that
    the run has not, or keeps itself; then nothing has been written.
    """
    kept = saved_names(folder, spec)
    for part in moved:
        if getattr(spec, part) is None or getattr(spec, part) in kept:
            raise _not_needed(folder, part)
    places: dict[str, Any] = {part: absolute(source) for part, source in moved.items()}
    there = replace(spec, **places)
    try:
        check_sources(there, kept)
    except DataError as error:
        raise _gone(folder, error) if not moved else error from error
    if moved:
        prepared = prepare_for(there, tables_of(folder))
        refuse_other_rows(folder, prepared)
        folder.keep_sources(places)


def refuse_other_rows(folder: RunFolder, prepared: Prepared) -> None:
    """Raise RunError, with what differs, when the run began with other rows."""
    facts = folder.data_facts()
    if facts is None or facts["fingerprint"] == prepared.fingerprint:
        return
    differences = list(_differences(facts, prepared))
    raise RunError(
        T("The data changed since this run began.", "数据在本次运行开始之后发生了变化。"),
        T("A resumed run must see the same rows: {differences}.",
          "恢复的运行必须使用相同的数据：{differences}。",
          differences=Text(
              "; ".join(one.in_language("en") for one in differences),
              "；".join(one.in_language("zh") for one in differences),
          )),
        T("Put the old files back, or start a new run.", "请恢复原数据，或开始新的运行。"),
        code="run.data_changed",
    )  # fmt: skip


def _differences(facts: Mapping[str, Any], prepared: Prepared) -> list[Text]:
    found = []
    now = {"train": len(prepared.train), "dev": len(prepared.dev)}
    for part, rows in (facts.get("rows") or {}).items():
        if part in now and now[part] != rows:
            found.append(T("{part} has {now} rows now, and had {before}",
                           "{part} 现有 {now} 行，原有 {before} 行",
                           part=part, now=now[part], before=rows))  # fmt: skip
    before = facts.get("labels")
    if isinstance(before, list) and before != prepared.labels:
        gone = [label for label in before if label not in prepared.labels]
        new = [label for label in prepared.labels if label not in before]
        found.append(T("labels that are new: {new}; that are gone: {gone}",
                       "新增标签：{new}；消失的标签：{gone}",
                       new=_listed(new), gone=_listed(gone)))  # fmt: skip
    return found or [
        T("there are as many rows with the same labels, but a text, a label or their order is "
          "another",
          "行数和标签集合相同，但某条文本、某个标签或顺序不同")
    ]  # fmt: skip


def _listed(labels: list[str]) -> str:
    shown = ", ".join(labels[:_MOST_LABELS]) or "-"
    return shown + (" …" if len(labels) > _MOST_LABELS else "")


def _gone(folder: RunFolder, error: DataError) -> DataError:
    return DataError(
        T("The data of run {id} are not where they were: {what}",
          "运行 {id} 的数据已不在原处：{what}", id=folder.id, what=error.what),
        error.why,
        T("Put them back, or say where they are: %ernie_finetune FILE --resume {id}",
          "请放回原处，或指明现在的位置：%ernie_finetune 文件 --resume {id}", id=folder.id),
        code="data.moved",
    )  # fmt: skip


def _not_needed(folder: RunFolder, part: str) -> UsageError:
    return UsageError(
        T("Run {id} takes no other {part}.", "运行 {id} 不需要另外的 {part}。",
          id=folder.id, part=part),
        T("It has no such part, comes with a sample, or keeps a copy of these rows itself.",
          "它没有这一部分、使用示例数据，或自己保存了这些数据。"),
        T("Leave it out.", "请去掉它。"),
        code="usage.not_on_resume",
    )  # fmt: skip
