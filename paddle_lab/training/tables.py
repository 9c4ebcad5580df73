"""Notebook variables given as data: kept in the run folder, so that another process can resume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from paddle_lab.data import Prepared, load_rows, prepare, read, save_rows
from paddle_lab.data.files import refuse_absent
from paddle_lab.data.samples import sample_names
from paddle_lab.data.schema import columns_by_role
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.tasks import get_task
from paddle_lab.tasks.settings import own_options
from paddle_lab.training.added import added_names, added_of, keep_added, keeps_rows
from paddle_lab.training.issues import issues_of, keep_issues
from paddle_lab.training.soft import keep_soft, soft_names

PARTS = ("train", "dev", "test")


def check_sources(spec: RunSpec, names: Iterable[str]) -> None:
    """Raise DataError for a part that is no variable, sample or file: before there is a run."""
    known = {*names, *sample_names()}
    for part in PARTS:
        source = getattr(spec, part)
        if source is not None and source not in known:
            refuse_absent(source)
    files = (file for file in (spec.drop_issues, spec.soft) if file is not None)
    for source in (*spec.add, *files):
        if source not in known:
            refuse_absent(source)


def keep_tables(
    folder: RunFolder, spec: RunSpec, names: Mapping[str, Any], prepared: Prepared | None = None
) -> None:
    """Save the rows of every part that names a notebook variable, and all that is added.

    ``prepared`` are the run's data where they were read already.
    """
    beside = any(getattr(spec, part) in names for part in ("dev", "test"))
    if prepared is None and (beside or keeps_rows(spec, names)):
        prepared = prepare_for(spec, names)
    keep_added(folder, spec, names, prepared.added if prepared is not None else ())
    keep_issues(folder, spec)
    keep_soft(folder, spec)
    for part in PARTS:
        name = getattr(spec, part)
        if name is None or name not in names:
            continue
        task = get_task(spec.task)
        rows = read(
            task,
            name,
            names=names,
            columns=columns_by_role(task, spec.text, spec.label, spec.column),
            sep=spec.sep,
            encoding=spec.encoding,
            sheet=spec.sheet,
            skip_bad=spec.skip_bad,
            options=own_options(task, spec.extra),
            **_as_training(part, prepared),
        )
        try:
            save_rows(rows, _path(folder, part))
        except OSError as error:
            raise DataError(
                T(
                    "The rows of {name} cannot be saved in the run folder.",
                    "无法把 {name} 的数据保存到运行目录。",
                    name=name,
                ),
                T("{error}", "{error}", error=error.strerror or error),
                T(
                    "Free some space, or choose another folder with --out.",
                    "请释放空间，或用 --out 指定其他目录。",
                ),
                code="data.not_saved",
            ) from error


def _as_training(part: str, prepared: Prepared | None) -> dict[str, Any]:
    """What other parts are read by: the columns of training, and what its reading found out."""
    if part == "train" or prepared is None:
        return {}
    return {"like": prepared.train.columns, "found": prepared.train.settings}


def tables_of(folder: RunFolder, spec: RunSpec | None = None) -> dict[str, Any]:
    """The saved rows by the names that the run's specification (or ``spec``) gives them."""
    spec = folder.spec() if spec is None else spec
    return (
        {
            str(getattr(spec, part)): load_rows(_path(folder, part))
            for part in PARTS
            if _path(folder, part).is_file()
        }
        | added_of(folder, spec)
        | issues_of(folder, spec)
    )


def saved_names(folder: RunFolder, spec: RunSpec) -> set[str]:
    """The names of the saved rows, which are not read."""
    parts = {str(getattr(spec, part)) for part in PARTS if _path(folder, part).is_file()}
    return (
        parts | added_names(folder, spec) | set(issues_of(folder, spec)) | soft_names(folder, spec)
    )


def prepare_for(spec: RunSpec, names: Mapping[str, Any]) -> Prepared:
    """The data of a specification; ``names`` are the tables that it may name. Raises DataError."""
    task = get_task(spec.task)
    return prepare(
        task,
        spec.train,
        spec.dev,
        spec.test,
        columns=columns_by_role(task, spec.text, spec.label, spec.column),
        options=own_options(task, spec.extra),
        sep=spec.sep,
        encoding=spec.encoding,
        sheet=spec.sheet,
        split=spec.split,
        limit=spec.limit,
        names=names,
        max_len=spec.max_len,
        skip_bad=spec.skip_bad,
        add=spec.add,
        drop_issues=spec.drop_issues and names.get(spec.drop_issues, spec.drop_issues),
    )


def _path(folder: RunFolder, part: str) -> Path:
    return folder.path / "data" / f"{part}.jsonl"
