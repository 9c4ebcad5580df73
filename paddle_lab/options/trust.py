"""Whether weights may run a program: said by a person, for one call, on the line alone."""

from __future__ import annotations

from dataclasses import dataclass

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.options.declare import MODEL, option


def _refuse_in_file(where: str) -> UsageError:
    return UsageError(
        T("{where} says trust: that is for the person at the keyboard to say.",
          "{where} 中写了 trust：是否信任只能由操作者本人决定。", where=where),
        T("A file or a notebook can come from anyone, and would vouch for itself.",
          "文件和笔记本可能来自任何人，不能自己为自己担保。"),
        T("If you know who made the weights, put --trust on the command's line.",
          "如果确知权重的来源，请在命令行上加 --trust。"),
        code="usage.trust",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Trust:
    """For commands that load weights of a model from elsewhere."""

    trust: bool = option(
        False,
        T("let this call load weights that run a program; only when you trust their source",
          "允许本次加载会运行程序的权重；仅在信任来源时使用"),
        group=MODEL, stored=False, refuse_in_file=_refuse_in_file,
    )  # fmt: skip
