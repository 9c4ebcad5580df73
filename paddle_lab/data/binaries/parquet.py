"""Parquet files, as pandas and `datasets` write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.data.binaries import BinaryReading
from paddle_lab.data.column_cells import ColumnCells
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.objects import class_name
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError, EnvError
from paddle_lab.i18n import T
from paddle_lab.untrusted import MEGABYTE, UnusableFile, parse_json

# Rows that are unpacked at once: a text that repeats may be far smaller in the file.
_BATCH: Final = 1000
_FEATURES: Final = b"huggingface"
_INDEX: Final = "__index_level_"


class Parquet:
    """A table in columns."""

    title: Final = T("a Parquet file", "Parquet 文件")
    form: Final = "table"
    starts: Final = (b"PAR1",)
    sheets: Final = False

    def recognises(self, content: bytes) -> bool:
        """Always: nothing else begins so."""
        return True

    def read(self, content: bytes, how: BinaryReading) -> Records:
        """Its rows, classes of `datasets` by their names. Raises DataError for a damaged file."""
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise _no_pyarrow(how.name, error) from error
        records = Records(None, unit="row", layout={"format": "Parquet"})
        try:
            file = parquet.ParquetFile(pyarrow.BufferReader(content))
            names = _columns(file.schema_arrow.names)
            if not names:
                raise ValueError("it has no columns")
            records.header = [str(name) for name in names]
            classes = _class_names(file.schema_arrow.metadata or {})
            columns: list[list[Any]] = [[] for _ in names]
            size = 0
            for batch in file.iter_batches(batch_size=_BATCH, columns=names):
                size += batch.nbytes
                if size > how.most:
                    raise _too_large(how)
                for cells, column in zip(columns, batch.columns, strict=True):
                    cells.extend(column.to_pylist())
                if how.rows is not None and len(columns[0]) >= how.rows:
                    break
        except DataError:
            raise
        except (pyarrow.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(how.name, error) from error
        for name, cells in zip(records.header, columns, strict=True):
            known = classes.get(name)
            if known is not None:
                cells[:] = [class_name(cell, known) for cell in cells]
        records.cells = ColumnCells(columns)
        records.lines = range(1, len(columns[0]) + 1)
        return records


READER: Final = Parquet()


def _columns(names: Sequence[str]) -> list[str]:
    """The columns without the index that pandas wrote beside them."""
    return [name for name in names if not name.startswith(_INDEX)] or list(names)


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """The names of classes that `datasets` wrote beside their numbers."""
    try:
        features = parse_json(metadata.get(_FEATURES, b"{}"))["info"]["features"]
        return {
            str(key): [str(name) for name in kind["names"]]
            for key, kind in features.items()
            if isinstance(kind, dict) and isinstance(kind.get("names"), list)
        }
    except (UnusableFile, KeyError, TypeError, AttributeError):
        return {}  # another program's note, or none: classes stay numbers


def _too_large(how: BinaryReading) -> DataError:
    return DataError(
        T("{name} holds more than {most} MB.", "{name} 的内容超过 {most} MB。", name=how.name,
          most=how.most // MEGABYTE),
        T("All rows are held in memory, several times over.", "所有数据行都要多次放入内存。"),
        T("Give a part of it, or only the columns that are needed.",
          "请只给出一部分，或只保留需要的列。"),
        code="data.too_large",
    )  # fmt: skip


def _damaged(name: str, error: Exception) -> DataError:
    return DataError(
        T("{name} cannot be read as Parquet.", "{name} 不能按 Parquet 读取。", name=name),
        T("It is damaged or cut short: {error}", "文件已损坏或不完整：{error}",
          error=excerpt(f"{type(error).__name__}: {error}", 160)),
        T("Copy or download it again.", "请重新复制或下载。"),
        code="data.damaged",
    )  # fmt: skip


def _no_pyarrow(name: str, error: Exception) -> EnvError:
    return EnvError(
        T("{name} needs pyarrow to be read.", "读取 {name} 需要 pyarrow。", name=name),
        T("{error}", "{error}", error=error),
        T("Run: pip install pyarrow", "请运行：pip install pyarrow"),
        code="env.no_pyarrow",
    )
