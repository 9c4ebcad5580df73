"""What is said of tables that are no labelled pairs."""

from __future__ import annotations

from collections.abc import Sequence

from paddle_lab.data.columns import all_names, choose, sample_values
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Role
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text


def no_agreement() -> Text:
    """The reason against a row without a label that annotators agreed on."""
    return T("the label is '-': its annotators did not agree",
             "标签为“-”：标注者意见不一致")  # fmt: skip


def scores(records: Records, name: str, column: int) -> DataError:
    """A column of numbers where classes were expected."""
    shown = list(dict.fromkeys(sample_values(records)[column]))[:5]
    return DataError(
        T("{name}: column {column} holds scores, not classes.",
          "{name}：列 {column} 是分数，不是类别。",
          name=name, column=excerpt(records.column_names()[column])),
        T("Its values: {values} …", "它的取值：{values}……", values=excerpt(", ".join(shown), 80)),
        T("Learn the score with --task regress, or name a column of classes with --label.",
          "请用 --task regress 学习分数，或用 --label 指定类别列。"),
        code="data.other_task",
    )  # fmt: skip


def unlabelled(records: Records, name: str, roles: Sequence[Role], target: Role) -> DataError:
    """Pairs that carry no label: a file for testing, most likely."""
    return DataError(
        T("{name} has two texts a row and no label.", "{name} 每行有两条文本，但没有标签。",
          name=name),
        T("Its columns: {columns}. Such files are given out for testing; nothing can be learnt or "
          "measured from them.",
          "它的列：{columns}。这类文件用于测试提交，无法用来训练或评估。",
          columns=all_names(records)),
        T("Train on a file with labels, then answer these rows: paddle-lab predict RUN --file FILE "
          "(a first text, a tab, a second text). {choose}",
          "请用带标签的文件训练，再对这些行预测：paddle-lab predict RUN --file FILE"
          "（第一条文本、制表符、第二条文本）。{choose}", choose=choose(roles, target)),
        code="data.unlabelled",
    )  # fmt: skip


def three_texts(records: Records, name: str, roles: Sequence[Role], target: Role) -> DataError:
    """Three texts in a row, without names that say what they are to each other."""
    return DataError(
        T("{name} has three or more texts a row and no label.",
          "{name} 每行有三条或更多文本，但没有标签。", name=name),
        T("Columns: {columns}. They may be a query, a text that fits and one that does not "
          "(pairwise data), or something else.",
          "列：{columns}。它们可能是查询、匹配文本和不匹配文本（pairwise 数据），"
          "也可能是其他内容。",
          columns=all_names(records)),
        T("If they are: --set triples=true makes two labelled pairs of each row. If not: {choose}",
          "如果是：--set triples=true 把每行变成两对带标签的文本。如果不是：{choose}",
          choose=choose(roles, target)),
        code="data.columns",
    )  # fmt: skip


def no_pair(records: Records, name: str, roles: Sequence[Role], target: Role) -> DataError:
    """No two columns that are texts."""
    return DataError(
        T("{name} has no two columns of texts that can be told.",
          "{name} 中无法确定哪两列是文本。", name=name),
        T("Columns: {columns}. Each row needs two texts and a label, e.g. "
          "text<TAB>text<TAB>label.",
          "列：{columns}。每行需要两条文本和一个标签，例如 文本<TAB>文本<TAB>标签。",
          columns=all_names(records)),
        choose(roles, target),
        code="data.columns",
    )  # fmt: skip
