"""Folders that `datasets` saved: ``Dataset.save_to_disk``, of a ``DatasetDict`` one for each part.

What such a folder says decides only which Arrow files of its own are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.objects import records_of
from paddle_lab.data.opening import LARGEST_FILE
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.hubs.licences import of_metadata
from paddle_lab.i18n import T
from paddle_lab.untrusted import UnusableFile, read_object, sha256_of

_STATE: Final = "state.json"
_INFO: Final = "dataset_info.json"
_PARTS: Final = "dataset_dict.json"


def is_saved(path: Path) -> bool:
    """Whether a folder is one table that `datasets` saved."""
    try:
        return (path / _STATE).is_file() and (path / _INFO).is_file()
    except (OSError, ValueError):
        return False


def saved_parts(path: Path) -> list[str]:
    """The parts of a ``DatasetDict`` that was saved in a folder; none for any other folder."""
    try:
        listed = read_object(path / _PARTS).get("splits")
    except (OSError, UnusableFile, ValueError):
        return []
    if not isinstance(listed, list):
        return []
    return [one for one in listed
            if isinstance(one, str) and Path(one).name == one and is_saved(path / one)]  # fmt: skip


def read_saved(path: Path) -> tuple[Records, dict[str, Any]]:
    """The records of a saved table, and where they are from. Raises DataError."""
    try:
        files = list(_files(path))
        if sum(file.stat().st_size for file in files) > LARGEST_FILE:
            raise _too_large(path)
        table = _table(path, files)
        records = records_of(table, path.name)
        hashes = [sha256_of(file) for file in files]
    except DataError:
        raise
    except Exception as error:  # whatever Arrow raises for a damaged file
        raise _unreadable(path, error) from error
    records.layout["format"] = "datasets"
    facts: dict[str, Any] = {"file": str(path), "sha256": ",".join(hashes)}
    if table.info.license:
        facts["licence"] = of_metadata({"license": table.info.license}).to_json()
    return records, facts


def _files(path: Path) -> Iterator[Path]:
    listed = read_object(path / _STATE).get("_data_files")
    for one in listed if isinstance(listed, list) else ():
        name = one.get("filename") if isinstance(one, dict) else None
        if not isinstance(name, str) or Path(name).name != name or not (path / name).is_file():
            raise UnusableFile(f"{_STATE} names {json.dumps(name)[:80]}, which is not there")
        yield path / name


def _table(path: Path, files: list[Path]) -> Any:
    """The table with its features, mapped from its files: nothing is written."""
    import datasets

    state = read_object(path / _STATE)
    info = datasets.DatasetInfo.from_dict(read_object(path / _INFO))
    if state.get("_indices_data_files"):
        raise UnusableFile("only some of its rows are chosen; save it after flatten_indices()")
    parts = [datasets.Dataset.from_file(str(file), info=info) for file in files]
    return datasets.concatenate_datasets(parts)


def _too_large(path: Path) -> DataError:
    return DataError(
        T("{path} is larger than {most} MB.", "{path} 超过 {most} MB。",
          path=excerpt(str(path), 200), most=LARGEST_FILE >> 20),
        T("All rows are held in memory, several times over.", "所有数据行都要多次放入内存。"),
        T("Save a part of it: table.select(range(1000000)).save_to_disk('FOLDER')",
          "请只保存一部分：table.select(range(1000000)).save_to_disk('目录')"),
        code="data.too_large",
    )  # fmt: skip


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        T("{path} cannot be read.", "无法读取 {path}。", path=excerpt(str(path), 200)),
        T("{error}", "{error}", error=excerpt(str(error) or type(error).__name__, 300)),
        T("Save it again with save_to_disk, or as Parquet.",
          "请用 save_to_disk 重新保存，或保存为 Parquet。"),
        code="data.unreadable",
    )  # fmt: skip
