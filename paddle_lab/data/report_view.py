"""The data report for people: in a terminal and in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.report_bars import (
    lengths_html,
    lengths_text,
    samples_html,
    samples_text,
    text_bar,
)
from paddle_lab.errors import HubError
from paddle_lab.hubs import hub_name
from paddle_lab.i18n import T, Text
from paddle_lab.text.bars import Bar
from paddle_lab.text.html import isolated
from paddle_lab.text.html_table import html_table
from paddle_lab.text.tables import aligned
from paddle_lab.text.width import padded, width

if TYPE_CHECKING:
    from paddle_lab.data.report import DataReport

_CLASSES_SHOWN: Final = 20

Grid = list[list[str]]


def report_text(report: DataReport, language: str) -> str:
    """The report for a terminal: tables, bars, how the data were read, and the notices."""
    classes = aligned(_classes(report, language), numbers=True)
    wide = max(map(width, classes))
    bars = ["", *(text_bar(count, most) for count, most in _bars(report))]
    blocks = [
        "\n".join(aligned(_parts(report, language), numbers=True)),
        "\n".join(
            f"{padded(line, wide)}  {bar}".rstrip()
            for line, bar in zip_longest(classes, bars, fillvalue="")
        ),
        "\n".join(lengths_text(report, language)),
        "\n".join(samples_text(report, language)),
        "\n".join(line.in_language(language) for line in _sources(report)),
    ]
    if report.notices:
        blocks.append("\n".join(f"! {notice.in_language(language)}" for notice in report.notices))
    return "\n\n".join(blocks)


def report_html(report: DataReport, language: str) -> str:
    """The report for a notebook: no script, colours of JupyterLab's theme, everything escaped."""
    lines = [line.in_language(language) for line in _sources(report)]
    sources = "".join(f"<li>{isolated(line)}</li>" for line in lines)
    shown = _table(_parts(report, language)) + _table(_with_bars(report, language))
    shown += lengths_html(report, language) + samples_html(report, language)
    shown += f"<ul>{sources}</ul>"
    if report.notices:
        head = T("Worth knowing", "请注意").in_language(language)
        body = "".join(f"<li>{isolated(n.in_language(language))}</li>" for n in report.notices)
        shown += f"<strong>{isolated(head)}</strong><ul>{body}</ul>"
    return f"<div class='paddle-lab-data'>{shown}</div>"


def _parts(report: DataReport, language: str) -> Grid:
    heads = (
        T("part", "部分"),
        T("rows", "行数"),
        T("different: {kind}", "不同的{kind}", kind=report.counted),
        T("repeated", "重复"),
        T("characters p50", "字符数 p50"),
        T("p90", "p90"),
        T("p99", "p99"),
        T("max", "最大"),
        T("over {n} tokens", "超过 {n} 词元", n=report.max_len),
    )
    rows = [
        [name, f"{part.rows:,}", f"{len(part.classes):,}", f"{part.repeated:,}",
         *(f"{part.lengths[key]:,}" for key in ("p50", "p90", "p99", "max")),
         f"{part.too_long:.1%}"]
        for name, part in report.parts.items()
    ]  # fmt: skip
    return [[head.in_language(language) for head in heads], *rows]


def _classes(report: DataReport, language: str) -> Grid:
    """Rows of each class in each part, in the order of the training part."""
    parts = report.parts
    labels = list(parts["train"].classes)
    grid = [[report.counted.in_language(language), *parts]]
    grid += [
        [excerpt(label), *(f"{part.classes.get(label, 0):,}" for part in parts.values())]
        for label in labels[:_CLASSES_SHOWN]
    ]
    rest = labels[_CLASSES_SHOWN:]
    if rest:
        name = T("{n} more", "其余 {n} 项", n=len(rest)).in_language(language)
        sums = [sum(part.classes.get(label, 0) for label in rest) for part in parts.values()]
        grid.append([name, *(f"{n:,}" for n in sums)])
    return grid


def _bars(report: DataReport) -> list[tuple[int, int]]:
    """The training rows of each class that is shown, beside the most."""
    counts = list(report.parts["train"].classes.values())
    return [(count, counts[0]) for count in counts[:_CLASSES_SHOWN]]


# -- how the data were read ---------------------------------------------------------------------


def _sources(report: DataReport) -> list[Text]:
    """One line for each source; parts that were split off one source share it."""
    lines: dict[str, tuple[list[str], Text]] = {}
    for name, part in report.parts.items():
        source = _source(part.provenance, report.roles)
        lines.setdefault(source.in_language("en"), ([], source))[0].append(name)
    found = [T("{parts}: {source}", "{parts}：{source}", parts=", ".join(names), source=source)
             for names, source in lines.values()]  # fmt: skip
    return found if report.unread is None else [*found, report.unread.line()]


def _source(provenance: dict[str, Any], roles: Mapping[str, Text]) -> Text:
    if "sample" in provenance:
        return T("the sample {name}", "示例数据 {name}", name=provenance["sample"])
    columns = _columns(provenance.get("columns") or {}, roles)
    if "variable" in provenance:
        return T("variable {name}; {columns}", "变量 {name}；{columns}",
                 name=excerpt(str(provenance["variable"])), columns=columns)  # fmt: skip
    if "hub" in provenance:
        licence = (provenance.get("licence") or {}).get("licence")
        return T("{name}, {format}; {columns}; licence {licence}",
                 "{name}，{format}；{columns}；许可证 {licence}",
                 name=_on_hub(str(provenance["hub"])), format=provenance.get("format", "?"),
                 columns=columns, licence=licence or T("unknown", "未知"))  # fmt: skip
    if "file" not in provenance:
        return T("rows given in Python", "在 Python 中给出的数据")
    encoding = provenance.get("encoding")  # none of a file that is no text
    return T("{file}, {encoding}{layout}{header}; {columns}",
             "{file}，{encoding}{layout}{header}；{columns}",
             file=_file(provenance),
             encoding=Text(f"{encoding}, ", f"{encoding}，") if encoding else Text("", ""),
             layout=_layout(provenance), header=_header(provenance), columns=columns)  # fmt: skip


def _on_hub(name: str) -> str:
    """A name on a hub with its commit shortened; what is none any more, as it is."""
    try:
        found = hub_name(name)
    except HubError:
        found = None
    return excerpt(name, 200) if found is None else found.shown


def _file(provenance: dict[str, Any]) -> Text:
    """The file's name; of several, how many there are."""
    name = excerpt(PurePath(provenance["file"]).name, 120)
    files = provenance.get("files")
    if files is None:
        return T("{name}", "{name}", name=name)
    number = files if isinstance(files, int) else len(files)
    return T("{name} ({n} files)", "{name}（{n} 个文件）", name=name, n=number)


def _columns(columns: Mapping[str, str], roles: Mapping[str, Text]) -> Text:
    """``text: column review, label: column stars``; a dash where the format has none."""
    shown = [(roles.get(role, Text(role, role)), excerpt(str(columns[role]))) for role in columns]
    return Text(
        ", ".join(f"{title.en}: column {column}" for title, column in shown) or "-",
        "，".join(f"{title.zh}：列 {column}" for title, column in shown) or "-",
    )


def _layout(provenance: dict[str, Any]) -> Text:
    separator = provenance.get("separator")
    if "sheet" in provenance:
        sheet = excerpt(str(provenance["sheet"]))
        return T("{format}, sheet '{sheet}'", "{format}，工作表“{sheet}”",
                 format=provenance.get("format", "?"), sheet=sheet)  # fmt: skip
    if provenance.get("format") == "folders":
        return T("a folder for each class", "每个类别一个目录")
    if separator is None:
        return T("{format}", "{format}", format=provenance.get("format", "?"))
    known = {
        "\t": Text("tabs", "制表符"),
        ",": Text("commas", "逗号"),
        ";": Text("semicolons", "分号"),
    }
    return T(
        "separated by {sep}", "以{sep}分隔", sep=known.get(separator, f"'{excerpt(separator)}'")
    )


def _header(provenance: dict[str, Any]) -> Text:
    if "separator" not in provenance:
        return Text("", "")
    return (
        Text(", header", "，有表头")
        if provenance.get("header")
        else Text(", no header", "，无表头")
    )


# -- tables -------------------------------------------------------------------------------------


def _table(grid: Sequence[Sequence[Any]]) -> str:
    """A table with its headings in the first row, and figures in all columns but the first."""
    return html_table(grid[0], grid[1:], right=[column > 0 for column in range(len(grid[0]))])


def _with_bars(report: DataReport, language: str) -> list[list[Any]]:
    """The classes with a bar before the training rows of each that is shown."""
    grid: list[list[Any]] = [[*row] for row in _classes(report, language)]
    for row, (count, most) in zip(grid[1:], _bars(report), strict=False):
        row[1] = Bar(row[1], count / max(1, most))
    return grid
