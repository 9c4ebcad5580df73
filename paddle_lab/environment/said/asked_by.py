"""A version that another package requires and that the index does not offer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from packaging.version import Version

from paddle_lab.environment.findings import Alternative, Finding
from paddle_lab.environment.installing import install
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T

#: Who asks for it: an older one than that would not be accepted.
ASKED_BY: Final = re.compile(
    r"\(from (?!versions)(?P<dist>[A-Za-z][\w.\-]{0,80})(?:[=<>!~][^)\s]{0,80})?\)"
)


def another_asks(
    by: str, asked: str, versions: Sequence[Version], facts: Mapping[str, Any], options: str
) -> Finding:
    """``by`` requires ``asked``, and of ``versions``, which are offered, none is that.

    ``options``: the index that was asked, as pip's options; "" where the text names none.
    """
    name = re.split(r"[<>=!~]", asked)[0]
    other = "" if options else f" -i {load_tables().stack['mirror']}"
    return Finding(
        id="version-not-offered",
        family="install",
        severity="error",
        certainty="likely",
        title=T(
            "{by} requires {asked}, which the index does not offer for this Python and system",
            "{by} 要求 {asked}，而索引没有适合当前 Python 和系统的版本",
            by=by,
            asked=asked,
        ),
        cause=T(
            "pip reached the index and lists what fits here: {oldest} to {newest}. Either this "
            "index is behind (mirrors, a company's own), or {name} was not built for this Python "
            "and system in the version that {by} requires.",
            "pip 已连上索引，并列出适合此处的版本：{oldest} 至 {newest}。要么该索引落后"
            "（镜像、公司内部源），要么 {by} 所需版本的 {name} 没有适合当前 Python 和系统的构建。",
            oldest=versions[0],
            newest=versions[-1],
            name=name,
            by=by,
        ),
        fix=T(
            "Ask another index (without -i it is the usual one); if that has no more, take a "
            "Python that the version was built for.",
            "换一个索引（不带 -i 即官方索引）；若仍没有，请使用该版本支持的 Python。",
        ),
        commands=(install(facts, asked) + other,),
        alternatives=(
            Alternative(
                T("a release of {by} that accepts one of those", "接受所列版本的 {by}", by=by),
                (install(facts, by, f"{name}=={versions[-1]}"),),
            ),
        ),
        sources=SOURCE,
        score=SCORE + 4,
    )
