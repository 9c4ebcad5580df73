"""Read labelled texts from a file, a notebook variable, or a sample."""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.columns import choose_columns
from paddle_lab.data.dataset import Dataset
from paddle_lab.data.encoding import decode
from paddle_lab.data.records import Records, parse
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

NAMED_ROWS: Final = 5


def read(
    source: Any,
    *,
    names: Mapping[str, Any] | None = None,
    text: str | None = None,
    label: str | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    skip_bad: bool = False,
) -> Dataset:
    """Labelled texts from ``source``.

    A notebook variable of that name comes before a sample (``reviews``, ``reviews:dev``), and that
    before a file; ``./reviews`` is always a file. Rows that cannot be used are an error that names
    the first lines, or dropped and told of with ``skip_bad``.

    Raises DataError with what happened, why, and what to do.
    """
    if not isinstance(source, str):
        return _read_object(source, "data", text, label, skip_bad)
    if names is not None and source in names:
        return _read_object(names[source], source, text, label, skip_bad)
    if source in SAMPLE_PARTS:
        return read_sample(source)
    return _read_file(Path(source), text, label, sep, encoding, skip_bad)


# -- samples ------------------------------------------------------------------------------------

SAMPLE_PARTS: Final = ("reviews", "reviews:train", "reviews:dev", "reviews:test")


def read_sample(name: str) -> Dataset:
    """A part of the sample; the plain name is its training part."""
    part = name.partition(":")[2] or "train"
    return read_sample_parts("reviews")[part]


def read_sample_parts(name: str) -> dict[str, Dataset]:
    """The sample's own ``train``, ``dev`` and ``test``."""
    from paddle_lab.data.reviews import load_reviews

    reviews = load_reviews()
    notices = (reviews.report.summary(),)
    return {
        part: Dataset(
            name=f"{name}:{part}",
            texts=[review.text for review in reviews[part]],
            labels=[review.label for review in reviews[part]],
            lines=[None] * len(reviews[part]),
            notices=notices if part == "train" else (),
            provenance={"sample": name, "part": part},
        )
        for part in ("train", "dev", "test")
    }


# -- files --------------------------------------------------------------------------------------


def _read_file(
    path: Path,
    text: str | None,
    label: str | None,
    sep: str | None,
    encoding: str | None,
    skip_bad: bool,
) -> Dataset:
    content = _content(path)
    if not content.strip():
        raise DataError(
            T("{path} is empty.", "{path} 是空文件。", path=path),
            fix=T(
                "Give a file with a text and a label on each line.",
                "请提供每行包含文本和标签的文件。",
            ),
        )
    decoded, used = decode(content, path.name, encoding)
    columns = [column for column in (text, label) if column is not None]
    records = parse(decoded, path.suffix.lower(), sep, columns)
    notices = (
        []
        if used in ("utf-8", "utf-8-sig")
        else [
            T(
                "{name} was read as {encoding}.",
                "{name} 按 {encoding} 编码读取。",
                name=path.name,
                encoding=used,
            )
        ]
    )
    provenance = {
        "file": str(path),
        "bytes": len(content),
        "encoding": used,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return _dataset(records, path.name, text, label, skip_bad, notices, provenance)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise _no_such_file(path) from error
    except IsADirectoryError as error:
        raise DataError(
            T("{path} is a folder.", "{path} 是一个目录。", path=path),
            fix=T(
                "Give a TSV, CSV or JSON lines file in it.",
                "请指定其中的 TSV、CSV 或 JSON lines 文件。",
            ),
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(
            T("{path} cannot be read.", "无法读取 {path}。", path=repr(str(path))),
            T("{error}", "{error}", error=error),
            T("Check the file's name and permissions.", "请检查文件名和权限。"),
        ) from error


def _no_such_file(path: Path) -> DataError:
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        beside = []
    close = difflib.get_close_matches(path.name, [*beside, "reviews"], n=3)
    return DataError(
        T(
            "There is no file {path}, no variable and no sample of that name.",
            "没有文件 {path}，也没有同名的变量或示例数据。",
            path=path,
        ),
        T("Looked in {folder}.", "查找位置：{folder}。", folder=path.absolute().parent),
        T("Did you mean {close}?", "是不是想用 {close}？", close=", ".join(close))
        if close
        else T(
            "Give a file's path, a DataFrame's name, or the sample `reviews`.",
            "请给出文件路径、DataFrame 变量名，或示例数据 `reviews`。",
        ),
    )


# -- notebook variables -------------------------------------------------------------------------


def _read_object(
    value: Any, name: str, text: str | None, label: str | None, skip_bad: bool
) -> Dataset:
    if isinstance(value, Dataset):
        return value
    if hasattr(value, "to_pandas") and hasattr(value, "column_names"):
        value = value.to_pandas()
    if hasattr(value, "columns") and hasattr(value, "itertuples"):
        header = [str(column) for column in value.columns]
        cells = [list(row) for row in value.itertuples(index=False, name=None)]
    elif isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        header = [str(key) for key in value[0]]
        cells = [[row.get(key) for key in value[0]] for row in value]
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        header, cells = ["text", "label"], [list(row) for row in value]
    else:
        raise DataError(
            T(
                "{name} is a {kind}, not data.",
                "{name} 的类型是 {kind}，不是数据。",
                name=name,
                kind=type(value).__name__,
            ),
            fix=T(
                "Give a DataFrame, or a list of (text, label).",
                "请提供 DataFrame，或 (文本, 标签) 的列表。",
            ),
        )
    records = Records(header=header, cells=[], lines=[])
    for number, row in enumerate(cells, start=1):
        if len(row) == len(header):
            records.cells.append(row)
            records.lines.append(number)
        else:
            records.bad.append((number, T("{n} values", "{n} 个值", n=len(row))))
    return _dataset(records, name, text, label, skip_bad, [], {"variable": name})


# -- records to rows ----------------------------------------------------------------------------


def _dataset(
    records: Records,
    name: str,
    text: str | None,
    label: str | None,
    skip_bad: bool,
    notices: list[Text],
    provenance: dict[str, Any],
) -> Dataset:
    if not records.cells:
        _refuse(name, records.bad, total=len(records.bad))
        raise DataError(
            T("{name} has no rows.", "{name} 没有数据行。", name=name),
            fix=T("Each row needs a text and a label.", "每行需要一条文本和一个标签。"),
        )
    text_place, label_place, guessed = choose_columns(records, name, text, label)
    texts: list[str] = []
    labels: list[str] = []
    lines: list[int | None] = []
    bad = list(records.bad)
    for line, cells in zip(records.lines, records.cells, strict=True):
        content, tag = _value(cells[text_place]), _label(cells[label_place])
        if not content.strip():
            bad.append((line, T("the text is empty", "文本为空")))
        elif not tag:
            bad.append((line, T("the label is missing", "缺少标签")))
        else:
            texts.append(content)
            labels.append(tag)
            lines.append(line)
    if bad and not skip_bad:
        _refuse(name, bad, total=len(bad))
    if bad:
        notices = [
            *notices,
            T(
                "{name}: {n} rows dropped, the first at line {line}.",
                "{name}：丢弃了 {n} 行，第一处在第 {line} 行。",
                name=name,
                n=len(bad),
                line=min(bad)[0],
            ),
        ]
    return Dataset(name, texts, labels, lines, (*notices, *guessed), provenance)


def _refuse(name: str, bad: list[tuple[int, Text]], total: int) -> None:
    if not bad:
        return
    bad = sorted(bad, key=lambda item: item[0])
    shown = bad[:NAMED_ROWS]

    def told(language: str) -> str:
        word = {"en": "line", "zh": "行"}[language]
        return "\n".join(
            f"{name} {word} {line}: {reason.in_language(language)}" for line, reason in shown
        )

    rest = total - len(shown)
    raise DataError(
        Text(told("en"), told("zh")),
        T("... and {n} more rows.", "……还有 {n} 行。", n=rest) if rest else None,
        fix=T(
            "Mend these rows, or drop them with --skip-bad.", "请修正这些行，或用 --skip-bad 丢弃。"
        ),
    )


def _value(cell: Any) -> str:
    """A cell's text; NaN and None are empty."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(cell, float) and math.isnan(cell):
        return ""
    return str(cell)


def _label(cell: Any) -> str:
    """A label's text; whole numbers lose the ``.0`` that pandas gives a column with gaps."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return _value(cell).strip()
