"""Read labelled texts from a file, a notebook variable, or a sample."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any, Final

from paddle_lab.data.cells import label_of, text_of, whole
from paddle_lab.data.columns import Columns, choose_columns
from paddle_lab.data.dataset import Dataset, spot
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.files import read_file, read_text
from paddle_lab.data.objects import records_of
from paddle_lab.data.records import Records
from paddle_lab.data.samples import read_sample_part, sample_names
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import expanded

NAMED_ROWS: Final = 5

Bad = list[tuple[int, Text]]


def read(
    source: Any,
    *,
    names: Mapping[str, Any] | None = None,
    text: str | None = None,
    label: str | None = None,
    sep: str | None = None,
    encoding: str | None = None,
    skip_bad: bool = False,
    like: tuple[str, str] | None = None,
) -> Dataset:
    """Labelled texts from ``source``: a path, a table, or a name.

    A name is first a variable in ``names``, then a sample (``reviews``, ``reviews:dev``), then a
    file: nothing else names a variable, while ``./reviews`` still names the file. ``text`` and
    ``label`` are columns, by name or by number from 0; ``sep`` and ``encoding`` are told from the
    content unless given; ``like`` are text and label column of another part, to be taken before
    any guess. Rows that cannot be used (wrong number of columns, empty text, missing
    label) are an error that names them, or dropped and told of with ``skip_bad``.

    Raises DataError with what happened, why, and what to do.
    """
    if isinstance(source, str) and names is not None and source in names:
        source, name = names[source], source
        if isinstance(source, (str, PathLike)):
            return read(fspath(source), text=text, label=label, sep=sep, encoding=encoding,
                        skip_bad=skip_bad, like=like)  # fmt: skip
    else:
        name = "data"
    if isinstance(source, Dataset):
        return source
    if isinstance(source, str) and source in sample_names():
        return read_sample_part(source)
    given = [column for column in (text, label) if column is not None]
    if isinstance(source, (str, PathLike)):
        path = expanded(source)
        records, provenance = read_file(path, sep, encoding, given)
        name = path.name
    else:
        records, provenance = records_of(source, name), {"variable": name}
    return _dataset(records, name, (text, label), skip_bad, provenance, like)


def read_typed(
    content: str,
    name: str,
    *,
    text: str | None = None,
    label: str | None = None,
    sep: str | None = None,
    skip_bad: bool = False,
) -> Dataset:
    """Labelled texts typed by hand, as lines of TSV, CSV or JSON. Raises DataError."""
    given = [column for column in (text, label) if column is not None]
    records = read_text(content, name, "", sep, given)
    return _dataset(records, name, (text, label), skip_bad, {"variable": name})


def _dataset(
    records: Records,
    name: str,
    asked: tuple[str | None, str | None],
    skip_bad: bool,
    provenance: dict[str, Any],
    like: tuple[str, str] | None = None,
) -> Dataset:
    total = len(records.cells) + len(records.bad)
    if not records.cells:
        _refuse(records.bad, name, records, total)
        raise _no_rows(name)
    columns = choose_columns(records, name, asked, like)
    rows, bad, mended = _sift(records, columns)
    bad = sorted(records.bad + bad, key=lambda item: item[0])
    if bad and (not skip_bad or not rows):
        _refuse(bad, name, records, total)
    shown = records.column_names()
    notices = [
        _unusual_encoding(name, provenance),
        _guessed(name, shown, columns) if columns.guessed and len(shown) > 2 else None,
        _dropped(bad, name, records, total),
        mended,
    ]
    provenance |= records.layout
    provenance |= {"header": records.header is not None and records.unit == "line",
                   "text_column": shown[columns.text], "label_column": shown[columns.label],
                   "dropped": len(bad)}  # fmt: skip
    return Dataset(
        name,
        [content for _, content, _ in rows],
        [tag for _, _, tag in rows],
        [line for line, _, _ in rows],
        tuple(notice for notice in notices if notice is not None),
        provenance,
        records.unit,
    )


def _sift(
    records: Records, columns: Columns
) -> tuple[list[tuple[int, str, str]], Bad, Text | None]:
    """Rows of (line, text, label), those that lack one of them, and what had to be mended."""
    rows: list[tuple[int, str, str]] = []
    bad: Bad = []
    mended = 0
    for line, cells in zip(records.lines, records.cells, strict=True):
        content, tag = text_of(cells[columns.text]), label_of(cells[columns.label])
        if isinstance(content, Text):
            bad.append((line, content))
        elif isinstance(tag, Text):
            bad.append((line, tag))
        else:
            row = (line, whole(content), whole(tag))
            mended += row != (line, content, tag)
            rows.append(row)
    notice = T(
        "{n} rows held broken characters (lone surrogates); they are read as U+FFFD.",
        "有 {n} 行含有损坏的字符（单独的代理项），已替换为 U+FFFD。",
        n=mended,
    )
    return rows, bad, notice if mended else None


# -- what is said of rows -----------------------------------------------------------------------


def _refuse(bad: Bad, name: str, records: Records, total: int) -> None:
    if not bad:
        return
    line, reason = bad[0]
    others = [_brief(records, number, why, reason) for number, why in bad[1:NAMED_ROWS]]
    raise DataError(
        T("{spot}: {reason}", "{spot}：{reason}",
          spot=spot(name, line, records.unit), reason=reason),
        _count(len(bad), total, others),
        T("Mend these rows, or drop them with --skip-bad.",
          "请修正这些行，或用 --skip-bad 丢弃。"),
    )  # fmt: skip


def _count(bad: int, total: int, others: list[Text]) -> Text:
    if not others:
        return T("1 of {total} rows cannot be used.", "{total} 行中有 1 行不能使用。", total=total)
    return T(
        "{bad} of {total} rows cannot be used; also {others}{more}",
        "{total} 行中有 {bad} 行不能使用；还有{others}{more}",
        bad=bad,
        total=total,
        others=Text(
            ", ".join(other.in_language("en") for other in others),
            "、".join(other.in_language("zh") for other in others),
        ),
        more=Text(" …", "……") if bad > len(others) + 1 else Text(".", "。"),
    )


def _brief(records: Records, number: int, why: Text, known: Text) -> Text:
    """A further row, with its reason unless that was said already."""
    place = _short_spot(records, number)
    if why.in_language("en") == known.in_language("en"):
        return place
    return T("{place} ({why})", "{place}（{why}）", place=place, why=why)


def _short_spot(records: Records, number: int) -> Text:
    if records.unit == "line":
        return T("line {n}", "第 {n} 行", n=number)
    return T("row {n}", "第 {n} 条", n=number)


def _dropped(bad: Bad, name: str, records: Records, total: int) -> Text | None:
    if not bad:
        return None
    line, reason = bad[0]
    return T(
        "{name}: {n} of {total} rows dropped, the first at {spot}: {reason}",
        "{name}：{total} 行中丢弃了 {n} 行，第一处在{spot}：{reason}",
        name=name,
        n=len(bad),
        total=total,
        spot=_short_spot(records, line),
        reason=reason,
    )


def _guessed(name: str, shown: list[str], columns: Columns) -> Text:
    return T("{name}: column {text} is taken as text and column {label} as label, by their shape "
             "(--text and --label say otherwise).",
             "{name}：根据内容把列 {text} 作为文本、列 {label} 作为标签"
             "（可用 --text 和 --label 指定）。",
             name=name, text=excerpt(shown[columns.text]),
             label=excerpt(shown[columns.label]))  # fmt: skip


def _unusual_encoding(name: str, provenance: Mapping[str, Any]) -> Text | None:
    encoding = provenance.get("encoding", "utf-8")
    if encoding in ("utf-8", "utf-8-sig"):
        return None
    return T("{name} was read as {encoding} (--encoding says otherwise).",
             "{name} 按 {encoding} 编码读取（可用 --encoding 指定）。",
             name=name, encoding=encoding)  # fmt: skip


def _no_rows(name: str) -> DataError:
    return DataError(
        T("{name} has no rows.", "{name} 没有数据行。", name=name),
        T("There is a header at most.", "最多只有表头。"),
        T("Each row needs a text and a label.", "每行需要一条文本和一个标签。"),
    )
