"""Which data, and how they are read: the options of every command that reads data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.i18n import T
from paddle_lab.options.declare import MODEL, READING, option

#: Why an option that decides about rows is not searched.
SAME_ROWS: Final = T(
    "Figures can be compared only where all trials learn and answer the same rows.",
    "只有所有试验学习并回答相同的数据，指标才能比较。",
)
#: Why one that only decides how a run goes about it is not.
SAME_ANSWERS: Final = T("It does not change what the model answers.", "它不改变模型的回答。")


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """How a table is read, whatever it is for."""

    text: str | None = option(
        None,
        T("column of the text, by name or by number from 0", "文本列的名称，或从 0 开始的编号"),
        example="review", group=READING, common=True,
    )  # fmt: skip
    label: str | None = option(
        None,
        T("column of the label, by name or by number from 0", "标签列的名称，或从 0 开始的编号"),
        example="stars", group=READING, common=True,
    )  # fmt: skip
    column: dict[str, Any] = option(
        {},
        T("column of anything else that the task reads: ROLE=COLUMN",
          "任务读取的其他列：角色=列"),
        metavar="ROLE=COLUMN", example="text2=title", group=READING,
    )  # fmt: skip
    sep: str | None = option(
        None,
        T("what separates columns; found by itself otherwise", "列分隔符，缺省自动识别"),
        example="tab", group=READING,
    )  # fmt: skip
    encoding: str | None = option(
        None,
        T("encoding of the files; found by itself otherwise", "文件编码，缺省自动识别"),
        example="gb18030", group=READING,
    )  # fmt: skip
    sheet: str | None = option(
        None,
        T("sheet of an Excel workbook, by name or by number from 0; otherwise the first",
          "Excel 工作簿中的工作表，名称或从 0 开始的编号，缺省为第一个"),
        example="评论", group=READING,
    )  # fmt: skip
    skip_bad: bool = option(
        False,
        T("drop rows that cannot be used instead of refusing the data",
          "丢弃不能使用的行，而不是拒绝整个数据"),
        group=READING,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DataOptions(TableOptions):
    """``train``, ``dev``, ``test``: a file, a sample's name, or the name of a table.

    ``max_len`` counts tokens with the two special ones.
    """

    train: str = option(
        help=T("file (CSV, TSV, JSON, Excel, Parquet), folder or 'pattern*', a DataFrame's name, "
               "a sample, or a data set on a hub (hf:org/name)",
               "文件（CSV、TSV、JSON、Excel、Parquet）、目录或“模式*”、DataFrame 变量名、"
               "示例数据，或模型库中的数据集（hf:org/name）"),
        positional=True, example="reviews", values="data",
    )  # fmt: skip
    dev: str | None = option(
        None,
        T("rows to evaluate on and choose the best weights by; otherwise a part is set aside",
          "用于评估并选择最佳权重的数据；缺省时划出一部分"),
        positional=True, example="dev.tsv", values="data",
    )  # fmt: skip
    test: str | None = option(
        None,
        T("rows for the final report", "用于最终报告的数据"),
        example="test.tsv", group=READING, values="data",
    )  # fmt: skip
    task: str = option(
        "classify",
        T("what is learnt; auto, as when left out: what the rows are for",
          "任务类型；auto（缺省）：按数据内容选择"),
        choices="paddle_lab.tasks:task_names", example="classify", auto=True, computed=True,
        group=MODEL, common=True, unsearched=SAME_ROWS,
    )  # fmt: skip
    split: float = option(
        0.1,
        T("share of the training rows set aside when DEV is not given",
          "未给出 DEV 时从训练数据中划出的比例"),
        example="0.2", above=0, at_most=0.9, group=READING, unsearched=SAME_ROWS,
    )  # fmt: skip
    limit: int | None = option(
        None,
        T("training rows to keep at most: a fair sample", "最多保留的训练行数（均匀抽样）"),
        example="2000", at_least=2, at_most=10**9, advised=True, group=READING,
        unsearched=SAME_ROWS,
    )  # fmt: skip
    max_len: int = option(
        128,
        T("tokens of a text that the model reads; what is longer is cut",
          "模型读取的最大词元数，超出部分会被截断"),
        example="128", at_least=8, at_most=2048, advised=True, group=READING, scale="linear",
    )  # fmt: skip
