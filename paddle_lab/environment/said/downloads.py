"""A file that is not what the index promised, and what interrupted installations leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import installs_with
from paddle_lab.environment.said.common import SCORE, SOURCE, WEAK_SCORE
from paddle_lab.i18n import T

_HASHES: Final = re.compile(
    r"DO NOT MATCH THE HASHES[^\n]{0,400}\n\s*(?P<what>[A-Za-z][\w.\-]{0,80}==[\w.+]{1,40})"
    r"(?: from (?P<url>https?://[^\s#]{1,400}))?"
)
_REMAINS: Final = re.compile(
    r"Ignoring invalid distribution ['\"]?(?P<name>[~-][\w.\-]{0,80})['\"]?"
    r" \((?P<site>[^)\n]{1,300})\)"
)
_INDEX: Final = re.compile(
    r"(?:-i|--index-url|--extra-index-url|-f|--find-links)[ =]+https?://[\w.\-/:]{3,200}"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding when pip refuses a file because of its hash, or passes remains by."""
    return [*_hashes(text, facts), *_remains(text)]


def _remains(text: str) -> list[Finding]:
    found = _REMAINS.search(text)
    if found is None:
        return []
    name = "~" + found["name"].lstrip("~-")
    return [
        Finding(
            id="set-aside",
            family="install",
            severity="warning",
            certainty="likely",
            title=T(
                "{name} in {site} is left from an installation that was interrupted",
                "{site} 中的 {name} 是安装被中断后留下的",
                name=name,
                site=found["site"],
            ),
            cause=T(
                "pip puts a package aside under such a name while it installs another version, and "
                "could not finish: mostly a running program or kernel held its files.",
                "pip 安装其他版本时会把旧包暂时改成这样的名称，但没有完成："
                "多因正在运行的程序或内核占用了文件。",
            ),
            fix=T(
                "The message itself does no harm. Shut the kernels, move the folders whose names "
                "begin with ~ out of there, and see whether all packages are whole:",
                "该提示本身无害。关闭内核，把其中以 ~ 开头的目录和文件移走，再检查各包是否完整：",
            ),
            commands=("paddle-lab env",),
            sources=SOURCE,
            evidence=(found.group(0),),
            score=WEAK_SCORE,
        )
    ]


def _hashes(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    found = _HASHES.search(text)
    if found is None:
        return []
    given = _INDEX.search(text)
    source = f" {given.group(0)}" if given else ""
    note = "" if given else "   # from the same index as before"
    return [
        Finding(
            id="download-not-whole",
            family="network",
            severity="error",
            certainty="likely",
            title=T(
                "The file of {what} that arrived is not the one the index promises",
                "收到的 {what} 文件与索引公布的不一致",
                what=found["what"],
            ),
            cause=T(
                "Large files are cut off or changed on slow lines and by proxies, and pip's cache "
                "keeps what it once got.",
                "线路慢或经过代理时，大文件会被截断或改动，而 pip 的缓存会保留取到的内容。",
            ),
            fix=T(
                "Download it anew, past the cache; if it happens again take another mirror.",
                "绕过缓存重新下载；若再次发生，请换网络或镜像。",
            ),
            commands=(
                f"{installs_with(facts)} --no-cache-dir --timeout 120 {found['what']}"
                f"{source}{note}",
            ),
            sources=SOURCE,
            evidence=(found.group(0)[:200],),
            score=SCORE + 2,
        )
    ]
