"""Addresses that this machine is told to use and that cannot work, as far as it can tell alone.

Nothing outside is contacted: only ports of this machine are tried, and names are looked up.
"""

from __future__ import annotations

import configparser
import os
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from paddle_lab.environment.redact import clean

CONNECT_SECONDS = 0.25
LOOKUP_SECONDS = 0.7
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PIP_PROXY")
_HUBS = ("HF_ENDPOINT",)
_INDEXES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
)
_PIP_KEYS = ("proxy", "index-url", "extra-index-url", "find-links")
_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks5": 1080, "socks5h": 1080}
_MOST = 20


def network() -> dict[str, Any]:
    """The section ``addresses``: what is set, and cannot work.

    Each has ``setting`` (the variable, or the key of pip's configuration), ``file`` (that
    configuration, or ""), ``value`` (without user names; of addresses elsewhere only the hub's) and
    ``state``: ``dead`` (nothing listens on that port of this machine), ``missing`` (a folder that
    is not there), ``malformed``, ``unresolved`` (no such host), or for a file ``unreadable``.
    """
    found = []
    for setting, file, value in _settings():
        state = "unreadable" if not setting else _state(setting, value)
        if state:
            shown = value.rpartition("@")[2] if state != "dead" else _host_and_port(value)
            found.append(
                {
                    "setting": setting,
                    "file": clean(file),
                    "value": clean(shown)[:200],
                    "state": state,
                }
            )
    return {"addresses": found[:_MOST]}


def _settings() -> Iterator[tuple[str, str, str]]:
    """Setting, file and one address each; a file that cannot be read has no setting."""
    seen = set()
    for names in (_PROXIES, _HUBS, _INDEXES):
        for name in names:
            for variable in dict.fromkeys((name, name.lower())):
                # Windows knows one variable for both spellings.
                value = os.environ.get(variable, "").strip()
                if value and (os.name != "nt" or variable == name):
                    for part in value.split() if names is _INDEXES else [value]:
                        if (variable, part) not in seen:
                            seen.add((variable, part))
                            yield variable, "", part
    for file in _pip_files():
        parser = configparser.RawConfigParser()
        try:
            with open(file, encoding="utf-8", errors="replace") as opened:
                parser.read_string(opened.read(200_000))
        except (OSError, configparser.Error) as error:
            if not isinstance(error, FileNotFoundError):
                yield "", file, f"{type(error).__name__}"
            continue
        for section in parser.sections():
            for key in _PIP_KEYS:
                for part in parser.get(section, key, fallback="").split():
                    yield f"{section}.{key}", file, part


def _pip_files() -> list[str]:
    home = os.path.expanduser("~")
    configured = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    own = os.environ.get("PIP_CONFIG_FILE", "")
    if own == os.devnull:
        return []
    files = [
        "/etc/pip.conf",
        "/etc/xdg/pip/pip.conf",
        os.path.join(configured, "pip", name),
        os.path.join(os.environ.get("APPDATA", configured), "pip", name),
        os.path.join(home, "Library", "Application Support", "pip", name),
        os.path.join(home, ".pip", "pip.conf"),
        os.path.join(sys.prefix, name),
        own,
    ]
    return [file for file in dict.fromkeys(files) if file and os.path.exists(file)]


def _state(setting: str, value: str) -> str:
    """Why the address cannot work, or "" when nothing here says so."""
    if setting.lower().endswith(("find-links", "find_links")) and "://" not in value:
        return "" if os.path.exists(os.path.expanduser(value)) else "missing"
    proxy = setting.lower().endswith("proxy")
    try:
        parts = urlsplit(value if "://" in value or not proxy else f"http://{value}")
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:  # a port that is no number
        return "malformed"
    if parts.scheme == "file":
        return "" if os.path.exists(_local_path(parts.path)) else "missing"
    if parts.scheme not in _PORTS or not host:
        # pip and uv take more forms than addresses: names with "=", folders.
        return "malformed" if proxy or setting.upper() in _HUBS else ""
    return _host_state(setting, host, port)


def _host_state(setting: str, host: str, port: int) -> str:
    if _is_here(host):
        return "" if port == 0 or _listens(host, port) else "dead"
    if setting.upper() in _HUBS and not _behind_proxy():
        return "" if _resolves(host) else "unresolved"
    return ""


def _local_path(path: str) -> str:
    path = unquote(path)
    return path[1:] if os.name == "nt" and path.startswith("/") else path


def _host_and_port(value: str) -> str:
    parts = urlsplit(value if "://" in value else f"http://{value}")
    return f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, 0)}"


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1", "0.0.0.0") or host.startswith("127.")


def _listens(host: str, port: int) -> bool:
    """Only a refusal says that nothing listens; a full queue or a firewall may be slow."""
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    return True


def _behind_proxy() -> bool:
    """Then it is the proxy that looks names up."""
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
    return any(os.environ.get(n) or os.environ.get(n.lower()) for n in names)


def _resolves(host: str) -> bool:
    """False only when the answer is that there is no such host; no answer in time is no answer."""
    answers: list[bool] = []

    def look() -> None:
        absent = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
        try:
            socket.getaddrinfo(host, 443)
        except socket.gaierror as error:
            answers.append(error.errno not in absent)
        except (OSError, UnicodeError):  # a host that cannot be written in DNS's alphabet
            answers.append(True)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(LOOKUP_SECONDS)
    return answers[0] if answers else True
