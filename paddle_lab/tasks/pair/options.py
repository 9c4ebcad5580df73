"""What a person may say of this task alone, as ``--set NAME=VALUE``."""

from __future__ import annotations

from dataclasses import dataclass

from paddle_lab.i18n import T
from paddle_lab.options import option


@dataclass(frozen=True, kw_only=True)
class PairOptions:
    """``triples``: columns called query, positive and negative say so themselves."""

    triples: bool = option(
        False,
        T("three columns of texts are a query, one that fits and one that does not: two pairs",
          "三列文本依次是查询、匹配文本和不匹配文本：每行作为两对"),
        example="true",
    )  # fmt: skip
