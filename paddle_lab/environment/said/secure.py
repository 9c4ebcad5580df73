"""Why a proxy or a secure connection refuses: the words after the error say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import installs_with
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.environment.signs import fitting
from paddle_lab.i18n import T, Text


class Refusal(NamedTuple):
    """How a refusal is written, what it means, what to do; ``commands`` in the form of a shell."""

    name: str
    pattern: re.Pattern[str]
    title: Text
    cause: Text
    fix: Text
    commands: tuple[str, ...]


_UNSET: Final = "unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY"
_CHAIN: Final = "export SSL_CERT_FILE=/path/company.pem REQUESTS_CA_BUNDLE=/path/company.pem"
#: A secure proxy is meant by https:// in front of it; nearly all speak plain HTTP.
_WRONG_SCHEME: Final = Refusal(
    "proxy-scheme",
    re.compile(
        r"ProxyError\([^\n]{0,80}FileNotFoundError\(2|check_hostname requires server_hostname"
        r"|WRONG_VERSION_NUMBER|wrong version number|appears to only use HTTP and not HTTPS"
        r"|ProxyError\([^\n]{0,80}SSLError\(|InvalidProxyURL|Proxy URL had no scheme"
    ),
    T(
        "The proxy is written as https://, and it speaks plain HTTP",
        "代理被写成 https://，而它使用普通 HTTP",
    ),
    T(
        "HTTPS_PROXY names the proxy for https pages; the address of the proxy itself begins with "
        "http:// nearly always. With https:// the client begins a secure connection to the proxy, "
        "which does not answer so. On Windows the system's setting is read in this way, too.",
        "HTTPS_PROXY 指访问 https 页面所用的代理，代理自身的地址几乎总以 http:// 开头。"
        "写成 https:// 时客户端会与代理建立加密连接，而代理并不支持。"
        "Windows 的系统代理也会被这样读取。",
    ),
    T(
        "Write it with http:// (the same host and port), or take it out where none is needed; an "
        "old pip (20.3 and 21) needs an upgrade, too.",
        "改为 http://（主机和端口不变），不需要代理时取消；旧版 pip（20.3、21）也请升级。",
    ),
    ("export HTTPS_PROXY={http} HTTP_PROXY={http}",),
)
REFUSALS: Final = (
    Refusal(
        "proxy-login",
        re.compile(
            r"407 Proxy Authentication|Proxy Authentication Required|\b407\b[^\n]{0,40}[Pp]roxy"
        ),
        T("The proxy wants a user name and password", "代理要求用户名和密码"),
        T(
            "The proxy was reached and answered 407: the address that is set names no user, or a "
            "wrong one. What pip says afterwards (no version found) only means that nothing came.",
            "已连上代理，但它返回 407：所设地址中没有用户名密码，或不正确。"
            "之后 pip 所说的找不到版本，只是因为什么也没取到。",
        ),
        T(
            "Put both into the address (special characters of the password as %40 and so on), or "
            "give it to the one command (pip: --proxy). A proxy with Windows login (NTLM) needs a "
            "helper such as cntlm or px.",
            "把两者写入代理地址（密码中的特殊字符写成 %40 等），或只给该命令（pip 用 --proxy）。"
            "使用 Windows 登录（NTLM）的代理需要 cntlm、px 等辅助程序。",
        ),
        ("export HTTPS_PROXY={login} HTTP_PROXY={login}",),
    ),
    Refusal(
        "proxy-socks",
        re.compile(
            r"Missing dependencies for SOCKS|SOCKS support|SOCKSProxyManager|socksio"
            r"|Unable to determine SOCKS version"
        ),
        T(
            "A SOCKS proxy is set, and Python has no package that speaks it",
            "设置了 SOCKS 代理，但 Python 没有支持它的包",
        ),
        T(
            "ALL_PROXY (or another proxy variable) begins with socks; requests and pip need "
            "PySocks for that, httpx needs socksio.",
            "ALL_PROXY（或其他代理变量）以 socks 开头；requests 和 pip 需要 PySocks，"
            "httpx 需要 socksio。",
        ),
        T(
            "Unset it for the moment and install the two; or use the http port of the same proxy.",
            "暂时取消该变量并安装这两个包；或改用同一代理的 http 端口。",
        ),
        (_UNSET, "{install} PySocks socksio"),
    ),
    Refusal(
        "proxy-forbids",
        re.compile(r"Tunnel connection failed: (?:403|40[125])|Received HTTP code 403 from proxy"),
        T("The proxy forbids this host", "代理禁止访问该主机"),
        T(
            "The proxy was reached and refuses to pass the request on.",
            "已连上代理，但它拒绝转发该请求。",
        ),
        T(
            "Ask for the host to be allowed, take a mirror that the proxy allows (pip -i), or go "
            "past the proxy for this host (no_proxy).",
            "请管理员放行该主机，改用代理允许的镜像（pip -i），或用 no_proxy 绕过代理。",
        ),
        (),
    ),
    _WRONG_SCHEME,
    Refusal(
        "proxy-absent",
        re.compile(
            r"ProxyError\([^\n]{0,200}?(?:Connection refused|\[Errno 111\]|WinError 10061|timed out"
            r"|积极拒绝)"
            r"|Cannot connect to proxy[^\n]{0,200}?(?:refused|10061|\[Errno 111\]|timed out)"
        ),
        T("No proxy answers at the address that is set", "所设的代理地址没有应答"),
        T(
            "A proxy variable, or the system's setting, points to a proxy that does not run "
            "(mostly one on this very machine that was closed), so nothing leaves this machine.",
            "代理变量或系统设置指向没有运行的代理（多为本机上已关闭的代理软件），因此无法上网。",
        ),
        T("Start the proxy, or take the setting out:", "启动代理，或取消设置："),
        (_UNSET,),
    ),
    Refusal(
        "certificate-of-another",
        re.compile(r"(?i)self[- ]signed certificate"),
        T(
            "The certificate that arrived is not of an authority that Python knows",
            "收到的证书不是 Python 所认识的机构签发的",
        ),
        T(
            "Somebody between this machine and the server puts their own in: a company's proxy, a "
            "firewall or an antivirus opens secure connections (or the server made its own).",
            "本机与服务器之间有设备换上了自己的证书：公司的代理、防火墙或杀毒软件会解开加密连接"
            "（也可能是服务器自签的证书）。",
        ),
        T(
            "Ask for that authority's certificate as a PEM file and let Python use it (pip: "
            "--cert, conda: ssl_verify, git: http.sslCAInfo). Browsers have it already; Python "
            "reads a list of its own.",
            "索取该机构的证书（PEM 文件）并让 Python 使用（pip 用 --cert，conda 用 ssl_verify，"
            "git 用 http.sslCAInfo）。浏览器已有该证书，但 Python 使用自己的列表。",
        ),
        (_CHAIN,),
    ),
    Refusal(
        "certificate-of-other-host",
        re.compile(
            r"(?i)hostname mismatch|certificate is not valid for '"
            r"|hostname '[^'\n]{1,200}' doesn't match"
        ),
        T(
            "Another server answered for this host: its certificate is for another name",
            "应答的是另一台服务器：证书属于其他域名",
        ),
        T(
            "The name leads elsewhere in this network: a company's network that wants its proxy "
            "to be "
            "used, a login page of a wireless network, a blocked host, or an entry in /etc/hosts.",
            "该域名在此网络中被导向别处：要求使用代理的公司网络、无线网络的登录页、被屏蔽的主机，"
            "或 /etc/hosts 中的条目。",
        ),
        T(
            "Use the network's own proxy; where there is none, take another network or a mirror:",
            "使用该网络的代理；若没有，请换网络或使用镜像：",
        ),
        ("export HTTPS_PROXY=http://HOST:PORT HTTP_PROXY=http://HOST:PORT",),
    ),
    Refusal(
        "certificate-expired",
        re.compile(r"(?i)certificate (?:has expired|is not yet valid)|CERT_HAS_EXPIRED"),
        T("A certificate is out of date", "证书已过期"),
        T(
            "The clock of this machine is wrong, its list of authorities is old, or the server did "
            "not renew its certificate.",
            "本机时钟不对、根证书列表过旧，或服务器没有更新证书。",
        ),
        T(
            "Look at the clock first, then renew the list:",
            "先检查时钟，再更新根证书列表：",
        ),
        ("date", "{install} -U certifi"),
    ),
    Refusal(
        "certificates-of-uv",
        re.compile(r"invalid peer certificate: \w+"),
        T(
            "uv does not use the system's certificates, and its own list lacks this one",
            "uv 不使用系统的证书列表，而它自带的列表中没有该证书",
        ),
        T(
            "uv (like other programs in Rust) brings a list of authorities of its own. In a "
            "company's network another certificate arrives, which only the system knows.",
            "uv（与其他 Rust 程序一样）自带根证书列表。公司网络会换上自己的证书，只有系统认识它。",
        ),
        T(
            "Let it use the system's list; or name the company's certificate as a PEM file:",
            "让它使用系统的列表；或指定公司证书（PEM 文件）：",
        ),
        ("export UV_NATIVE_TLS=true   # once: uv --native-tls ...", _CHAIN),
    ),
    Refusal(
        "certificate-unknown",
        re.compile(
            r"(?i)unable to get (?:local )?issuer certificate"
            r"|bad handshake[^\n]{0,120}certificate verify failed"
        ),
        T(
            "The list of authorities that Python reads does not know the server's",
            "Python 的根证书列表中没有该服务器的签发机构",
        ),
        T(
            "Its list is old or absent (Python from python.org on a Mac comes without one), the "
            "server sends no intermediate certificate, or a company's proxy puts its own in.",
            "列表过旧或缺失（Mac 上 python.org 的 Python 不带列表），服务器没有发送中间证书，"
            "或公司代理换上了自己的证书。",
        ),
        T(
            "Renew the list (on a Mac run Install Certificates.command of that Python); in a "
            "company give its certificate with SSL_CERT_FILE and REQUESTS_CA_BUNDLE.",
            "更新列表（Mac 上运行该 Python 的 Install Certificates.command）；"
            "公司网络请用 SSL_CERT_FILE 和 REQUESTS_CA_BUNDLE 指定公司证书。",
        ),
        ("{install} -U certifi", _CHAIN),
    ),
    Refusal(
        "secure-broken-off",
        re.compile(
            r"EOF occurred in violation of protocol|SSLZeroReturnError|SSL_ERROR_SYSCALL"
            r"|UNEXPECTED_EOF_WHILE_READING"
        ),
        T(
            "The secure connection is cut off while it is made",
            "加密连接在建立时被中断",
        ),
        T(
            "The other side closed it before any data came: mostly a proxy program of this machine "
            "(on, or set and not running rightly), else a firewall or an overloaded server.",
            "对方在传输数据之前就关闭了连接：多为本机的代理软件（已开启，或设置了但运行不正常），"
            "其次是防火墙或服务器过载。",
        ),
        T(
            "Close the proxy program and take its variables out, then run it again; where it must "
            "stay, write its address with http://, or take a mirror near you without it.",
            "关闭代理软件并取消其变量后重试；必须使用时，代理地址写成 http://，或不经代理使用就近镜像。",
        ),
        (_UNSET,),
    ),
)
_ADDRESS: Final = re.compile(
    r"(?i)https?_proxy['\"]?\s*[=:]\s*['\"]?https?://(?P<at>[\w.\-]+:\d{2,5})"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding for the first refusal that the text words."""
    for refusal in REFUSALS:
        found = refusal.pattern.search(text)
        if found is not None:
            return [_finding(refusal, found.group(0), text, facts)]
    return []


def _finding(refusal: Refusal, words: str, text: str, facts: Mapping[str, Any]) -> Finding:
    address = _ADDRESS.search(text)
    at = address["at"] if address else "HOST:PORT"
    fill = {
        "http": f"http://{at}",
        "login": f"http://USER:PASSWORD@{at}",
        "install": installs_with(facts),
    }
    system = {"platform": {"system": lookup(facts, "platform.system")}}
    commands = (fitting(one.format(**fill), system) for one in refusal.commands)
    return Finding(
        id=refusal.name,
        family="network",
        severity="error",
        certainty="likely",
        title=refusal.title,
        cause=refusal.cause,
        fix=refusal.fix,
        commands=tuple(one for one in commands if one),
        sources=SOURCE,
        evidence=(words[:200],),
        score=SCORE + 2,
    )
