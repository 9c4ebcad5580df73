"""One name for all parts: a folder or an archive of ``train``, ``dev`` and ``test``, or a table of
tables.

Many sets come as ``train.txt``, ``dev.txt`` and ``test.txt``; those of hubs as
``train-00000-of-00002.parquet``; texts by class as folders ``train/good``; `datasets` as a
``DatasetDict``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import Any, Final

from paddle_lab.data.class_folders import class_folders
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.hub_rows import on_hub
from paddle_lab.data.hub_sets import SPLITS
from paddle_lab.data.objects import is_parts
from paddle_lab.data.opening import members_of
from paddle_lab.data.saved_sets import saved_parts
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.paths import expanded

#: Names of the files of each part, without their suffix.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "train": ("train", "training"),
    "dev": ("dev", "valid", "validation", "val", "eval"),
    "test": ("test", "testing"),
}
_SUFFIXES: Final = (
    ".txt", ".tsv", ".csv", ".json", ".jsonl", ".ndjson", ".xlsx", ".parquet",
)  # fmt: skip
_PACKED: Final = (".gz", ".bz2", ".xz", ".zip")
# Files of one part, as hubs number them.
_SHARD: Final = re.compile(r"(.+)-\d{5}-of-(\d{5})")


def with_folder_parts(given: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with the parts of a folder or archive in place of it, where ``train`` names one.

    Parts that were given stay. A name of ``names``, or of a folder without training file, is left
    as it is. Raises DataError when two files may be the same part.
    """
    train = given.get("train")
    if not isinstance(train, str) or train in names:
        return dict(given)
    return _with(given, _parts_of(train))


def is_test_beside(train: str | PathLike[str], test: str | PathLike[str]) -> bool:
    """Whether two files are ``train`` and ``test`` of one folder or archive by their names."""
    hubs = (on_hub(str(train)), on_hub(str(test)))
    if hubs[0] is not None and hubs[1] is not None:
        return hubs[0].repository == hubs[1].repository and hubs[1].split in SPLITS["test"]
    first, second = expanded(train), expanded(test)
    named = (("train", first), ("test", second))
    if not all(_is_of(part, PurePosixPath(path.name)) for part, path in named):
        return False
    return first.absolute().parent == second.absolute().parent


def with_table_parts(
    given: Mapping[str, Any], names: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """``given`` with the tables of a `DatasetDict` as parts, and variables that it then names.

    A name goes on behind the variable's: ``ds:train``. Raises DataError where there is no part
    that is called so, or none to train on.
    """
    found, tables = dict(given), {}
    for part in ("train", "dev", "test"):
        name, colon, wanted = str(given.get(part)).partition(":")
        if isinstance(given.get(part), str) and colon and is_parts(names.get(name)):
            if wanted not in names[name]:
                raise _no_such_part(name, wanted, names[name])
            tables[f"{name}:{wanted}"] = names[name][wanted]
    train = given.get("train")
    value = names.get(train) if isinstance(train, str) else train
    if not is_parts(value):
        return found, tables
    parts = {
        part: next((key for key in value if str(key).casefold() in known), None)
        for part, known in _NAMES.items()
    }
    if parts["train"] is None:
        raise _no_such_part(train if isinstance(train, str) else "data", "train", value)
    whole = {part: value[key] for part, key in parts.items() if key is not None}
    if isinstance(train, str):
        tables |= {f"{train}:{parts[part]}": table for part, table in whole.items()}
        whole = {part: f"{train}:{parts[part]}" for part in whole}
    return _with(given, whole), tables


def _with(given: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with parts that were found, but for those that a person gave."""
    if "train" not in found:
        return dict(given)
    own = {part: value for part, value in given.items() if value is not None and part != "train"}
    return {**given, **found, **own}


def _parts_of(train: str) -> dict[str, str]:
    """The parts that lie in a folder or an archive; none where it has no training file."""
    try:
        place = expanded(train)
        saved = saved_parts(place)
        if saved:
            return _of_saved(place, saved)
        if place.is_dir():
            entries = list(place.iterdir())
            names = [entry.name for entry in entries if entry.is_file()]
            folders = [entry for entry in entries if entry.is_dir()]
        else:
            names, folders = members_of(place), []
    except (OSError, ValueError, RuntimeError, DataError):  # told when it is read
        return {}
    found: dict[str, str] = {}
    for part in _NAMES:
        fitting = [name for name in names if _is_of(part, PurePosixPath(name))]
        chosen = _one_of(part, fitting, place)
        if chosen is None:
            chosen = next((one.name for one in folders if _holds_classes(part, one)), None)
        if chosen is not None:
            found[part] = str(place / chosen)
    return found if "train" in found else {}


def _of_saved(place: Path, saved: list[str]) -> dict[str, str]:
    """The parts of a ``DatasetDict`` that `datasets` saved."""
    named = {part: next((one for one in saved if one.casefold() in known), None)
             for part, known in _NAMES.items()}  # fmt: skip
    return {part: str(place / one) for part, one in named.items() if one is not None}


def _is_of(part: str, name: PurePosixPath) -> bool:
    """Whether a file is called as one of the part."""
    stem = PurePosixPath(name.stem) if name.suffix.casefold() in _PACKED else name
    if stem.suffix.casefold() not in _SUFFIXES:
        return False
    shard = _SHARD.fullmatch(stem.stem)
    return (shard[1] if shard is not None else stem.stem).casefold() in _NAMES[part]


def _holds_classes(part: str, folder: Path) -> bool:
    if folder.name.casefold() not in _NAMES[part]:
        return False
    try:
        return bool(class_folders(folder))
    except OSError:
        return False


def _one_of(part: str, names: Iterable[str], place: Path) -> str | None:
    """The one file of a part, or the pattern of those that are numbered."""
    fitting = sorted(names)
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    shards = {_SHARD.sub(r"\1-*-of-\2", name) for name in fitting}
    if len(shards) == 1 and "*" in (pattern := shards.pop()) and place.is_dir():
        return pattern
    shown = ", ".join(map(excerpt, fitting))
    raise DataError(
        T("{folder} holds several files of the part {part}.",
          "{folder} 中有多个 {part} 部分的文件。", folder=excerpt(str(place), 200), part=part),
        T("They are: {names}", "它们是：{names}", names=excerpt(shown, 300)),
        T("Give the files instead of the folder.", "请直接给出文件，而不是目录。"),
        code="data.folder",
    )  # fmt: skip


def _no_such_part(name: str, wanted: str, parts: Mapping[Any, Any]) -> DataError:
    known = [str(key) for key in parts]
    return DataError(
        T("{name} has no part '{part}'.", "{name} 中没有“{part}”部分。", name=excerpt(name),
          part=excerpt(wanted)),
        T("Its parts: {parts}", "已有的部分：{parts}", parts=excerpt(", ".join(known), 200) or "-"),
        T("Name one of them: {name}:{part}", "请指定其中之一：{name}:{part}", name=excerpt(name),
          part=excerpt(known[0] if known else "train")),
        code="data.part",
    )  # fmt: skip
