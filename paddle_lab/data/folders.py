"""A folder of data as its parts: ``train.txt``, ``dev.txt`` and ``test.txt``, as many sets come."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.paths import expanded

#: Names of the files of each part, without their suffix.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "train": ("train", "training"),
    "dev": ("dev", "valid", "validation", "val", "eval"),
    "test": ("test",),
}
_SUFFIXES: Final = (".txt", ".tsv", ".csv", ".json", ".jsonl", ".ndjson")


def with_folder_parts(given: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with the files of a folder in place of it, where ``train`` names one.

    Parts that were given stay. A name of ``names``, or of a folder without training file, is left
    as it is. Raises DataError when two files may be the same part.
    """
    train = given.get("train")
    if not isinstance(train, str) or train in names:
        return dict(given)
    try:
        folder = expanded(train)
        files = [entry for entry in folder.iterdir() if entry.is_file()] if folder.is_dir() else []
    except (OSError, ValueError, RuntimeError):  # told in its own words when it is read
        return dict(given)
    parts = {part: _file_of(part, files, folder) for part in _NAMES}
    if parts["train"] is None:
        return dict(given)
    found = {part: str(file) for part, file in parts.items() if file is not None}
    own = {part: value for part, value in given.items() if value is not None and part != "train"}
    return {**given, **found, **own}


def _file_of(part: str, files: list[Path], folder: Path) -> Path | None:
    fitting = [
        file
        for file in files
        if file.stem.casefold() in _NAMES[part] and file.suffix.casefold() in _SUFFIXES
    ]
    if len(fitting) > 1:
        shown = ", ".join(excerpt(file.name) for file in sorted(fitting))
        raise DataError(
            T("{folder} holds several files of the part {part}.",
              "{folder} 中有多个 {part} 部分的文件。", folder=excerpt(str(folder), 200), part=part),
            T("They are: {names}", "它们是：{names}", names=shown),
            T("Give the files instead of the folder.", "请直接给出文件，而不是目录。"),
            code="data.folder",
        )  # fmt: skip
    return fitting[0] if fitting else None
