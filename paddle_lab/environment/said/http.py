"""What a server answers by number: the host was reached, and that is what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T, Text

_ANSWER: Final = re.compile(
    r"(?:HTTPError|HTTPStatusError|HfHubHTTPError|Error|error)[^\n]{0,120}?\b(?P<code>4(?:03|04|10|16|29)|5(?:0[0-8]|2[0-7]))"
    r"(?: (?:Client|Server) Error)?\b[^\n]{0,200}?(?:for url:?|while getting|url)[: ('\"]*"
    r"(?P<url>https?://[^\s'\")>]{4,400})"
)
#: A name and a password in an address are shown nowhere.
_USER: Final = re.compile(r"//[^/\s]*@")
#: Behind rules that know this host's answers, before those for a network that fails.
_SCORE: Final = SCORE - 2
#: Of missing repositories and refused models the hub's own class says more.
_SAID: Final = re.compile(
    r"(?:Repository|Entry|Revision)NotFound|GatedRepo|Repository Not Found|gated"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for the last answer; of 401 and 407 others know more."""
    del facts
    hits = list(_ANSWER.finditer(text))
    if not hits or _SAID.search(text):
        return []
    found = hits[-1]
    code, url = int(found["code"]), _USER.sub("//", found["url"])
    host = re.sub(r"^https?://([^/:]+).*$", r"\1", url)
    title, cause, fix, commands = _told(code, host, url)
    return [
        Finding(
            id="server-answered",
            family="network",
            severity="error",
            certainty="likely",
            title=title,
            cause=cause,
            fix=fix,
            commands=commands,
            sources=SOURCE,
            evidence=(_USER.sub("//", found.group(0))[-200:],),
            score=_SCORE,
        )
    ]


def _told(code: int, host: str, url: str) -> tuple[Text, Text, Text, tuple[str, ...]]:
    reached = T(
        "The network works: {host} was reached and answered {code}.",
        "网络正常：已连上 {host}，它回答 {code}。",
        host=host,
        code=code,
    )
    if code == 429:
        return (
            T(
                "{host} was asked too often and makes you wait (429)",
                "请求 {host} 过于频繁，被限流（429）",
                host=host,
            ),
            reached,
            T(
                "Wait some minutes. With a login the limit is higher (a hub: a token in the "
                "environment); "
                "ask with fewer processes at a time, and keep the cache between runs.",
                "等待几分钟。登录后限额更高（hub：在环境变量中设置令牌）；减少并发，并在多次运行之间保留缓存。",
            ),
            ("export HF_TOKEN=...   # of the hub's settings page",)
            if "hugg" in host or "hf" in host
            else (),
        )
    if code in (404, 410):
        return (
            T(
                "{host} has no such file: {url}",
                "{host} 上没有该文件：{url}",
                host=host,
                url=url[:160],
            ),
            reached,
            T(
                "The name, the version or the branch is misspelt, or it was moved or removed. "
                "Look at the "
                "page of the repository, or let a newer release of the library ask, which knows "
                "the new place.",
                "名称、版本或分支有误，或已被移动、删除。请查看仓库页面，或升级库以使用新地址。",
            ),
            (f"curl -sI '{url}' | head -1",),
        )
    if code == 403:
        return (
            T("{host} refuses this (403)", "{host} 拒绝了请求（403）", host=host),
            reached,
            T(
                "It asks for a login or rights (a token, accepted terms), refuses this country, "
                "network or "
                "program, or a proxy in between answers in its place. Open the address in a "
                "browser on this "
                "network to see which; else take a mirror.",
                "需要登录或权限（令牌、同意条款），拒绝该地区、网络或程序，或由中间的代理代答。"
                "在同一网络的浏览器中打开该地址即可看出；也可改用镜像。",
            ),
            (f"curl -sI '{url}' | head -5",),
        )
    if code == 416:
        return (
            T("A file that was downloaded in part does not continue (416)", "断点续传失败（416）"),
            reached,
            T(
                "What lies there already is longer than, or not a part of, the file on the "
                "server. Move the "
                "partial file aside and download again.",
                "本地已有部分与服务器上的文件不一致。请把不完整的文件移开后重新下载。",
            ),
            (),
        )
    return (
        T("{host} fails by itself ({code})", "{host} 自身出错（{code}）", host=host, code=code),
        T(
            "The network works: {host} was reached, and it (or what stands before it) answered "
            "{code}. "
            "Nothing on this machine causes that.",
            "网络正常：已连上 {host}，由它（或其前端）回答 {code}，与本机无关。",
            host=host,
            code=code,
        ),
        T("Try again later, or take a mirror.", "稍后重试，或改用镜像。"),
        (f"curl -sI '{url}' | head -1",),
    )
