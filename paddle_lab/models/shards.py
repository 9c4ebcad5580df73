"""The weights of a model folder: one file, or several that an index names.

An index decides little: each file that it names must have the one form of name that goes with it
(``model-00001-of-00003.safetensors`` beside ``model.safetensors.index.json``), all numbers must be
there, and each file must hold just the tensors that the index says. Every file is read by
:mod:`paddle_lab.models.safe_weights` like a single one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T, Text
from paddle_lab.models.arrays import LONGEST_NAME, Weights, damaged
from paddle_lab.models.convert import PADDLE_FILE, PYTORCH_FILE, SAFETENSORS_FILE
from paddle_lab.models.safe_weights import LARGEST_WEIGHTS, read_weights, weights_format
from paddle_lab.untrusted import UnusableFile, read_object, sha256_of

WEIGHT_FILES: Final = (SAFETENSORS_FILE, PADDLE_FILE, PYTORCH_FILE)
INDEX_FILES: Final = tuple(f"{name}.index.json" for name in WEIGHT_FILES)
LARGEST_INDEX: Final = 4 << 20
_MOST_SHARDS: Final = 256


@dataclass(frozen=True)
class StoredWeights:
    """One file with weights, or an ``index`` and its ``files`` in the order of their numbers.

    ``tensors`` says which tensors a file of an index holds.
    """

    files: tuple[Path, ...]
    index: Path | None = None
    tensors: Mapping[str, frozenset[str]] | None = None

    @property
    def format(self) -> str:
        """``safetensors``, or ``pickle`` where one of the files is such. Raises ModelError."""
        kinds = {weights_format(file) for file in self.files}
        return "safetensors" if kinds == {"safetensors"} else "pickle"

    @property
    def size(self) -> int:
        """Bytes of all files. Raises OSError."""
        return sum(file.stat().st_size for file in self.files)

    def hashes(self) -> list[str]:
        """SHA-256 of each file. Raises ModelError."""
        return [_sha256(file) for file in self.files]

    def read(self, hashes: list[str] | None = None, *, trust: bool = False) -> Weights:
        """All arrays by name; with ``hashes``, of what had these before. Raises ModelError."""
        found: Weights = {}
        for number, file in enumerate(self.files):
            arrays = read_weights(file, trust=trust, sha256=hashes[number] if hashes else None)
            if self.tensors is not None:
                _check_tensors(file, set(arrays), self.tensors[file.name])
            found |= arrays
        return found


def digest_of(hashes: list[str]) -> str:
    """One SHA-256 for all files of a model: of a single file its own."""
    if len(hashes) == 1:
        return hashes[0]
    return hashlib.sha256("\n".join(hashes).encode("ascii")).hexdigest()


def weights_file_in(source: Path) -> Path | None:
    """The weights of a folder, safetensors first: the file, else an index; None for neither."""
    for name in (*WEIGHT_FILES, *INDEX_FILES):
        try:
            if (source / name).is_file():
                return source / name
        except OSError:  # a folder that only its owner may look into
            return None
    return None


def weights_in(source: Path) -> StoredWeights | None:
    """The weights of a folder; None where there are none.

    Raises ModelError for an index that cannot be used, and for files of it that are missing.
    """
    path = weights_file_in(source)
    if path is None or path.name in WEIGHT_FILES:
        return None if path is None else StoredWeights((path,))
    tensors = read_index(path)
    files = tuple(source / name for name in tensors)
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise _missing(path, missing, len(files))
    stored = StoredWeights(files, path, tensors)
    if stored.size > LARGEST_WEIGHTS:
        raise damaged(path, T("Its files are larger than {n} GB.", "其文件大于 {n} GB。",
                              n=LARGEST_WEIGHTS >> 30))  # fmt: skip
    return stored


def are_whole_in(source: Path) -> bool:
    """Whether a folder has weights, and each of their files."""
    try:
        return weights_in(source) is not None
    except (ModelError, OSError):
        return False


def read_index(path: Path) -> dict[str, frozenset[str]]:
    """The files that an index names, in the order of their numbers, and the tensors of each.

    Raises ModelError when it is no index, or names a file that is none of its own.
    """
    try:
        listed = read_object(path, LARGEST_INDEX).get("weight_map")
    except (OSError, UnusableFile) as error:
        raise _unusable(path, T("{error}", "{error}", error=str(error)[:300])) from error
    return _files_of(path, listed)


def _files_of(path: Path, listed: Any) -> dict[str, frozenset[str]]:
    """As :func:`read_index`, of the index's ``weight_map``."""
    if not isinstance(listed, dict) or not listed:
        raise _unusable(path, T("It has no weight_map.", "其中没有 weight_map。"))
    stem, _, suffix = path.name.removesuffix(".index.json").rpartition(".")
    form = re.compile(rf"{re.escape(stem)}-(\d{{5}})-of-(\d{{5}})\.{re.escape(suffix)}", re.ASCII)
    held: dict[str, set[str]] = {}
    numbers: dict[str, tuple[int, int]] = {}
    for tensor, file in listed.items():
        match = form.fullmatch(file) if isinstance(file, str) else None
        if match is None:
            raise _unusable(
                path,
                T("It names {file}; its files are called {form}.",
                  "其中列出 {file}；其文件应名为 {form}。", file=repr(str(file)[:80]),
                  form=f"{stem}-00001-of-00002.{suffix}"),
            )  # fmt: skip
        if not 0 < len(tensor) <= LONGEST_NAME:
            raise _unusable(path, T("A tensor in it has no usable name.", "其中有张量名称不可用。"))
        numbers[file] = (int(match[1]), int(match[2]))
        held.setdefault(file, set()).add(tensor)
    if len(held) > _MOST_SHARDS:
        raise _unusable(path, T("It names more than {n} files.", "其中列出超过 {n} 个文件。",
                                n=_MOST_SHARDS))  # fmt: skip
    if sorted(numbers.values()) != [(n, len(held)) for n in range(1, len(held) + 1)]:
        raise _unusable(
            path,
            T("Its files are not numbered from 1 to their count: one is left out.",
              "其文件没有从 1 连续编号：缺少一个。"),
        )  # fmt: skip
    return {file: frozenset(held[file]) for file in sorted(held)}


def _check_tensors(file: Path, found: set[str], expected: frozenset[str]) -> None:
    """Raises ModelError where a file holds other tensors than its index says."""
    missing, extra = sorted(expected - found), sorted(found - expected)
    if missing:
        raise damaged(
            file,
            T("Its index says that it holds {name}, which it does not.",
              "索引称其中有 {name}，但实际没有。", name=missing[0][:80]),
        )  # fmt: skip
    if extra:
        raise damaged(file, T("It holds {name}, which its index does not say.",
                              "其中有 {name}，但索引未列出。", name=extra[0][:80]))  # fmt: skip


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except (OSError, UnusableFile) as error:
        raise ModelError(
            T("Cannot read the weights {file}", "无法读取权重文件 {file}", file=path),
            T("{error}", "{error}", error=error),
            T("Check the file's permissions.", "请检查文件权限。"),
            code="model.damaged",
        ) from error


def _missing(index: Path, missing: list[str], total: int) -> ModelError:
    return ModelError(
        T("The weights in {folder} are not whole.", "{folder} 中的权重不完整。",
          folder=index.parent),
        T("{index} names {total} files; {missing} of them are not there: {names}",
          "{index} 列出 {total} 个文件，缺少其中 {missing} 个：{names}", index=index.name,
          total=total, missing=len(missing), names=", ".join(missing[:4])),
        T("Copy or download them as well.", "请同时复制或下载这些文件。"),
        code="model.weights",
    )  # fmt: skip


def _unusable(path: Path, why: Text) -> ModelError:
    return ModelError(
        T("Cannot use the index of weights {file}", "无法使用权重索引 {file}", file=path),
        why,
        T("Copy it again from the release, or give the weights as one file.",
          "请从发布处重新复制，或改用单个权重文件。"),
        code="model.damaged",
    )  # fmt: skip
