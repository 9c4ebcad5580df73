"""Files and variables of ``--add``, kept in the run folder: what is resumed reads the same rows.

A file of corrections grows while people work; the run keeps the one it began with.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from paddle_lab.data import Dataset, load_rows, save_rows
from paddle_lab.data.samples import sample_names
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.paths import expanded
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.untrusted import UnusableFile, open_regular, reason_of


def keeps_rows(spec: RunSpec, names: Mapping[str, Any]) -> bool:
    """Whether ``spec.add`` names what is kept as its rows: anything that is not one whole file."""
    return any(_is_kept_as_rows(source, names) for source in spec.add)


def keep_added(
    folder: RunFolder, spec: RunSpec, names: Mapping[str, Any], read: Sequence[Dataset]
) -> None:
    """Keep what ``spec.add`` names, but samples, which change with the version alone.

    Files are copied; of variables, patterns, folders and parts of a file the rows are kept, which
    are those in ``read``, one for each source, where :func:`keeps_rows`. Raises DataError when it
    cannot be read or written.
    """
    for number, source in enumerate(spec.add):
        if _is_kept_as_rows(source, names):
            rows, kept = read[number], _rows(folder, number)
            _written(lambda rows=rows, kept=kept: save_rows(rows, kept), source, kept.parent)
        elif source not in sample_names():
            path, kept = expanded(source), _place(folder, number)
            _written(lambda path=path, kept=kept: _copy(path, kept / path.name), source, kept)


def _is_kept_as_rows(source: str, names: Mapping[str, Any]) -> bool:
    if source in names:
        return True
    return source not in sample_names() and not expanded(source).is_file()


def added_of(folder: RunFolder, spec: RunSpec) -> dict[str, Any]:
    """What was kept, by the names in ``spec.add``: rows, or the path of a copy."""
    found: dict[str, Any] = {}
    for number, source in enumerate(spec.add):
        copy = _place(folder, number) / Path(source).name
        if _rows(folder, number).is_file():
            found[source] = load_rows(_rows(folder, number))
        elif copy.is_file():
            found[source] = str(copy)
    return found


def added_names(folder: RunFolder, spec: RunSpec) -> set[str]:
    """The names in ``spec.add`` that were kept, without reading them."""
    return {
        source
        for number, source in enumerate(spec.add)
        if _rows(folder, number).is_file() or (_place(folder, number) / Path(source).name).is_file()
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
    """The folder with the copy of a file, under its own name."""
    return folder.path / "data" / f"added-{number + 1}"


def _rows(folder: RunFolder, number: int) -> Path:
    """Beside that folder: a file may have any name in it."""
    return folder.path / "data" / f"added-{number + 1}.jsonl"
