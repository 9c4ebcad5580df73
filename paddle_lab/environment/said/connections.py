"""A connection that failed: to which host, and at which step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import python
from paddle_lab.environment.said.common import SCORE, SOURCE, WEAK_SCORE
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T, Text


class Step(NamedTuple):
    """A step of a connection: how its failure is written, what it means, what to do."""

    name: str
    pattern: re.Pattern[str]
    title: Text
    cause: Text
    fix: Text
    score: float


STEPS: Final = (
    Step(
        "offline",
        re.compile(
            r"outgoing traffic has been disabled|OfflineModeIsEnabled|offline mode is enabled"
            r"|(?:HF_HUB|TRANSFORMERS|HF_DATASETS)_OFFLINE=(?:1|True)"
        ),
        T(
            "Offline mode is on, and what was asked for is not in the cache",
            "已启用离线模式，而所需内容不在缓存中",
        ),
        T(
            "A variable (HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE) or the argument local_files_only "
            "forbids every download.",
            "环境变量（HF_HUB_OFFLINE、TRANSFORMERS_OFFLINE）"
            "或参数 local_files_only 禁止任何下载。",
        ),
        T(
            "Take it back and restart the program; or copy the model from another machine and "
            "give the path of its folder.",
            "取消该设置并重启程序；或从其他机器拷贝模型，以目录路径加载。",
        ),
        SCORE + 4,
    ),
    Step(
        "name",
        re.compile(
            r"(?i)temporary failure in name resolution|name or service not known"
            r"|nodename nor servname|getaddrinfo failed|NameResolutionError|failed to resolve"
            r"|failed to lookup address|could not resolve host|no address associated with hostname"
        ),
        T(
            "The host {host} is not found: no network or no DNS",
            "找不到主机 {host}：没有网络或 DNS",
        ),
        T(
            "The name was not turned into an address, so nothing was asked of the server: this "
            "machine (or container) has no network or no DNS, only a proxy leads out, or the name "
            "is misspelt.",
            "主机名没有解析成地址，请求根本没有发出：本机（或容器）没有网络或 DNS、只能经代理上网，"
            "或主机名写错。",
        ),
        T(
            "See whether another name is found. In a container start it with --dns or "
            "--network=host; behind a proxy set HTTPS_PROXY; without a network copy the files from "
            "another machine and give their path.",
            "先看其他主机名能否解析。容器请加 --dns 或 --network=host；有代理请设置 HTTPS_PROXY；"
            "没有网络则从其他机器拷贝文件并以路径加载。",
        ),
        SCORE,
    ),
    Step(
        "broken off",
        re.compile(
            r"(?i)HTTP 000|did not match Content-Length|connection reset by peer|remote end closed"
            r"|远程主机强迫关闭|connection was forcibly closed"
        ),
        T("The connection to {host} breaks off", "与 {host} 的连接中断"),
        T(
            "The server was found, and the transfer did not end: a slow or filtered line, a proxy "
            "in between, or a busy server.",
            "已找到服务器，但传输没有完成：线路慢或被过滤、中间有代理，或服务器繁忙。",
        ),
        T(
            "Run it again (what is complete is kept); if it breaks off again take a mirror near "
            "you, or another network.",
            "重新运行（已完成的部分会保留）；仍中断请改用就近镜像或其他网络。",
        ),
        WEAK_SCORE,
    ),
)
#: Behind the others: a slow line is what they may look like from afar.
_SLOW: Final = Step(
    "slow",
    re.compile(r"(?i)\bread timed out|read operation timed out|connect timeout|ConnectTimeout"),
    T("The connection to {host} is too slow", "与 {host} 的连接太慢"),
    T(
        "The host was found, and its answer did not come in time: a slow or filtered line, a "
        "server far away, or a proxy in between.",
        "已找到主机，但未在时限内应答：线路慢或被过滤、服务器太远，或中间有代理。",
    ),
    T(
        "Run it again with a longer limit, or take a mirror near you.",
        "用更长的时限重试，或改用就近镜像。",
    ),
    WEAK_SCORE - 4,
)
_HOST: Final = re.compile(
    r"host='(?P<pool>[\w.\-]{1,200})'|https?://(?P<url>[\w.\-]{1,200})"
    r"|(?:host|resolve)[: ]+'?(?P<word>[\w\-]+(?:\.[\w\-]+)+)'?"
)
_PIP: Final = re.compile(r"\bpip\b")
_AROUND: Final = 3000
_BESIDE: Final = 60


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for the first step that failed, when the text names the host."""
    for step in (*STEPS, _SLOW):
        found = step.pattern.search(text)
        host = _host(text, found) if found else None
        if found is not None and (host or step.name == "offline"):
            by_pip = _PIP.search(text) is not None
            return [_finding(step, host or "", found.group(0), by_pip, facts)]
    return []


def _host(text: str, failure: re.Match[str]) -> str | None:
    """The host in the same sentence, else that of the last request before."""
    beside = _HOST.search(text, failure.start())
    if beside is not None and beside.start() < failure.end() + _BESIDE:
        return beside["pool"] or beside["url"] or beside["word"]
    start = max(0, failure.start() - _AROUND)
    before = list(_HOST.finditer(text, start, failure.end()))
    after = _HOST.search(text, failure.end(), failure.end() + _AROUND)
    pools = [one for one in (*before, after) if one is not None and one["pool"]]
    for one in (*reversed(pools), *reversed(before), after):
        if one is not None:
            return one["pool"] or one["url"] or one["word"]
    return None


def _finding(step: Step, host: str, words: str, by_pip: bool, facts: Mapping[str, Any]) -> Finding:
    return Finding(
        id=f"connection-{step.name.replace(' ', '-')}",
        family="network",
        severity="error",
        certainty="likely",
        title=Text(step.title.en, step.title.zh, {"host": host}),
        cause=step.cause,
        fix=step.fix,
        commands=_commands(step, host, by_pip, facts),
        sources=SOURCE,
        evidence=(words[:200],),
        score=step.score,
    )


def _commands(step: Step, host: str, by_pip: bool, facts: Mapping[str, Any]) -> tuple[str, ...]:
    windows = lookup(facts, "platform.system") == "Windows"
    if step.name == "offline":
        names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
        if windows:
            return ("; ".join(f"Remove-Item Env:{name} -ErrorAction Ignore" for name in names),)
        return (f"unset {' '.join(names)}",)
    if step.name == "name":
        return (f"nslookup {host}" if windows else f"getent hosts {host}",)
    if step.name == "slow" and by_pip:
        mirror = load_tables().stack["mirror"]
        pip = f"{python(facts)} -m pip config set"
        return (f"{pip} global.timeout 120", f"{pip} global.index-url {mirror}")
    return (f"curl -I https://{host}",)
