"""What a person may say of this task alone, as ``--set NAME=VALUE``."""

from __future__ import annotations

from dataclasses import dataclass

from paddle_lab.i18n import T
from paddle_lab.options import option
from paddle_lab.tasks.label_names import LabelNameOptions


@dataclass(frozen=True, kw_only=True)
class MultiLabelOptions(LabelNameOptions):
    """``separator`` None: told by the labels themselves; ``threshold`` None: chosen on dev."""

    separator: str | None = option(
        None,
        T("what separates the labels of a cell: a sign, or comma, semicolon, pipe, space, none",
          "一个单元格内标签之间的分隔符：符号，或 comma、semicolon、pipe、space、none"),
        example="comma",
    )  # fmt: skip
    threshold: float | None = option(
        None,
        T("probability from which a label is answered; otherwise chosen on dev",
          "概率达到多少时给出标签；缺省时在 dev 上选择"),
        example="0.3", above=0, at_most=0.99,
    )  # fmt: skip
