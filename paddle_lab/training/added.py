"""Files and variables of ``--add``, kept in the run folder: what is resumed reads the same rows.

A file of corrections grows while people work; the run keeps the one it began with.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.data import load_rows, read, save_rows
from paddle_lab.data.samples import sample_names
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.paths import expanded
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.tasks import get_task
from paddle_lab.tasks.settings import own_options
from paddle_lab.untrusted import UnusableFile, open_regular, reason_of

_ROWS: Final = "rows.jsonl"


def keep_added(folder: RunFolder, spec: RunSpec, names: Mapping[str, Any]) -> None:
    """Keep what ``spec.add`` names, but samples, which change with the version alone.

    Raises DataError when it cannot be read or written.
    """
    task = get_task(spec.task)
    for number, source in enumerate(spec.add):
        kept = _place(folder, number)
        if source in names:
            options = own_options(task, spec.extra)
            rows = read(task, source, names=names, skip_bad=spec.skip_bad, options=options)
            _written(lambda rows=rows, kept=kept: save_rows(rows, kept / _ROWS), source, kept)
        elif source not in sample_names():
            path = expanded(source)
            _written(lambda path=path, kept=kept: _copy(path, kept / path.name), source, kept)


def added_of(folder: RunFolder, spec: RunSpec) -> dict[str, Any]:
    """What was kept, by the names in ``spec.add``: rows, or the path of a copy."""
    found: dict[str, Any] = {}
    for number, source in enumerate(spec.add):
        kept = _place(folder, number)
        if (kept / _ROWS).is_file():
            found[source] = load_rows(kept / _ROWS)
        elif (kept / Path(source).name).is_file():
            found[source] = str(kept / Path(source).name)
    return found


def added_names(folder: RunFolder, spec: RunSpec) -> set[str]:
    """The names in ``spec.add`` that were kept, without reading them."""
    return {
        source
        for number, source in enumerate(spec.add)
        if any((_place(folder, number) / name).is_file() for name in (_ROWS, Path(source).name))
    }


def keep_copy(source: Path, target: Path) -> None:
    """Copy a file into the run folder. Raises DataError when it cannot be read or written."""
    _written(lambda: _copy(source, target), source.name, target.parent)


def _copy(source: Path, target: Path) -> None:
    with open_regular(source) as content, target.open("xb") as file:
        shutil.copyfileobj(content, file)


def _written(write: Any, source: str, kept: Path) -> None:
    try:
        kept.mkdir(parents=True, exist_ok=True)
        write()
    except (OSError, UnusableFile) as error:
        raise DataError(
            T("{name} cannot be kept in the run folder.", "无法把 {name} 保存到运行目录。",
              name=source),
            T("{error}", "{error}", error=reason_of(error)),
            T("Free some space, or choose another folder with --out.",
              "请释放空间，或用 --out 指定其他目录。"),
            code="data.not_saved",
        ) from error  # fmt: skip


def _place(folder: RunFolder, number: int) -> Path:
    return folder.path / "data" / f"added-{number + 1}"
