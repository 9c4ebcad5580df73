"""Take out of a text what nobody should post: secrets, people, machines, private addresses.

Rather too much than too little: what looks random is taken for a secret.
"""

from __future__ import annotations

import getpass
import os
import platform
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from paddle_lab.environment.redact import (
    PLAIN_VARIABLES,
    PREFIXES,
    SECRET_NAME,
    shorten_home,
    strip_userinfo,
)

SECRET = "***"
_LEAST = 8  # characters: shorter values of variables are words of their own
# Accounts that name nobody.
_NOBODY = frozenset(
    {"root", "user", "admin", "ubuntu", "runner", "jovyan", "nobody", "docker", "python", "train"}
    | {"aistudio", "paddle", "default", "home", "vscode", "codespace", "localhost"}
)
# Hosts whose names tell nothing of the person: indexes, hubs, forges, Paddle's own.
_PUBLIC = re.compile(
    r"(?i)(?:^|\.)(?:pypi\.org|pythonhosted\.org|python\.org|paddlepaddle\.org(?:\.cn)?|github\.com"
    r"|githubusercontent\.com|gitee\.com|gitlab\.com|huggingface\.co|hf-mirror\.com|bcebos\.com"
    r"|baidu\.com|aliyun\.com|aliyuncs\.com|tsinghua\.edu\.cn|ustc\.edu\.cn|modelscope\.cn|nvidia\.com"
    r"|readthedocs\.(?:io|org)|numpy\.org|anaconda\.(?:com|org)|stackoverflow\.com|docker\.com"
    r"|jupyter\.org|pytorch\.org|tensorflow\.org|apache\.org|microsoft\.com|aka\.ms|example)$"
    r"|^(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[?::1\]?)$"
)
_URL = re.compile(
    r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.\-]{1,20}://)(?P<user>[^/\s@'\"<>]{0,500}@)?"
    r"(?P<host>\[[0-9a-fA-F:]+\]|[^/\s:?#'\"<>)\],;]+)(?P<port>:\d+)?(?P<path>[^\s'\"<>?#]*)"
    r"(?P<query>[?#][^\s'\"<>]*)?"
)
_HOST_WORD = re.compile(
    r"(?i)(?<![\w.@/\-])(?:[a-z0-9](?:[a-z0-9\-]{0,62})\.)+"
    r"(?:com|net|org|cn|local|internal|corp|lan|intra|intranet|private|home)(?![\w\-]|\.\w)"
)
_HOST_FIELD = re.compile(r"(?i)(\bhost(?:name)?\s*[=:]\s*['\"]?)([\w.\-]+)")
_MAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]|-)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){3,7}(?::?[0-9a-fA-F]{1,4})(?![\w:])")
_HOMES = re.compile(
    r"(?P<before>(?:/home|/Users|[A-Za-z]:[\\/]{1,2}Users|/data/home|/mnt/[a-z]/Users)[\\/]{1,2})"
    r"(?P<name>[^\\/\s:'\"<>|]+)"
)
_NAMED = re.compile(
    r"(?i)(?P<name>(?:token(?!iz)|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|credential|authorization|cookie|session[_-]?id|signature|密码|令牌|密钥)"
    r"[\w.\-]{0,60}['\"]?\s{0,9}(?:[=:：]|is|为|是)\s{0,9})"
    r"(?P<value>(?:Bearer|Basic|Token)\s{1,9}\S+|'[^'\n]{0,2000}'"
    r"|\"[^\"\n]{0,2000}\"|[^\s,;)}\]]+)"
)
_OPTION = re.compile(r"(?i)(--?[\w\-]{0,40}(?:token|password|secret|key)[\w\-]{0,40}\s{1,9})(\S+)")
_BEARER = re.compile(r"(?i)\b((?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=\-]{6,}")
_KNOWN = re.compile(
    r"\b(?:hf_|gh[pousr]_|github_pat_|glpat-|sk-|pk-|xox[abprs]-|pypi-|npm_|AKIA|ASIA|AIza|ya29\."
    r"|eyJ)[A-Za-z0-9_\-.]{8,}"
)
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S
)
_RANDOM = re.compile(r"(?<![\w/+\-])[A-Za-z0-9+_\-]{20,}={0,2}(?![\w/+])")


def scrub(text: str, environ: Mapping[str, str] | None = None) -> str:
    """``text`` without secrets, user names, host names, homes, mail and private addresses.

    ``environ``: whose values must not be in it, by default those of this process.
    """
    environ = os.environ if environ is None else environ
    text = _KEY_BLOCK.sub(SECRET, text)
    text = _values(text, environ, secret=True)
    text = _NAMED.sub(_named, text)
    text = _OPTION.sub(rf"\g<1>{SECRET}", text)
    text = _BEARER.sub(rf"\g<1>{SECRET}", text)
    text = _KNOWN.sub(SECRET, text)
    text = _URL.sub(_url, strip_userinfo(text))
    text = _MAIL.sub("MAIL", text)
    text = shorten_home(text)
    text = _HOMES.sub(r"\g<before>USER", text)
    text = _values(text, environ, secret=False)
    text = _HOST_FIELD.sub(_host_field, text)
    text = _HOST_WORD.sub(lambda m: m[0] if _PUBLIC.search(m[0]) else "PRIVATE-HOST", text)
    text = _IPV4.sub(_address, text)
    text = _IPV6.sub("ADDRESS", text)
    text = _RANDOM.sub(_random, text)
    for name, word in _people_and_machines(environ):
        text = re.sub(rf"(?i)(?<![a-zA-Z0-9]){re.escape(name)}(?![a-zA-Z0-9])", word, text)
    return text


def _named(match: re.Match[str]) -> str:
    """The name without its value; ``secretstorage==3.3`` is a package and keeps its version."""
    if re.fullmatch(r"=\d+(?:\.\w+)*", match["value"]) and match["name"].endswith("="):
        return match[0]
    return f"{match['name']}{SECRET}"


def _values(text: str, environ: Mapping[str, str], *, secret: bool) -> str:
    """Values of variables that were not chosen to be public, wherever they stand; longest first."""
    found = []
    for name, value in environ.items():
        hidden = bool(SECRET_NAME.search(name))
        public = name in PLAIN_VARIABLES or name.startswith(PREFIXES)
        if hidden is secret and not (public and not hidden):
            kept = value.strip() if hidden else shorten_home(value.strip())
            if len(kept) >= (4 if hidden else _LEAST) and (hidden or _tells(kept)):
                found.append((kept, SECRET if hidden else f"${name}"))
    for value, shown in sorted(found, key=lambda pair: -len(pair[0])):
        text = text.replace(value, shown)
    return text


def _tells(value: str) -> bool:
    """Is it more than a word, a number or a program that every machine has?"""
    plain = re.fullmatch(r"[a-z]+|[\d.:]+|/(?:usr|bin|opt|lib|etc)(?:/[\w.\-]+)*|~", value)
    return plain is None and not value.startswith(("~/.", "en_", "zh_", "C.", "xterm"))


def _url(match: re.Match[str]) -> str:
    host = match["host"]
    if not _PUBLIC.search(host):
        return f"{match['scheme']}PRIVATE-HOST/..."
    port = match["port"] or ""
    return f"{match['scheme']}{host}{port}{match['path']}" + ("?..." if match["query"] else "")


def _host_field(match: re.Match[str]) -> str:
    return match[0] if _PUBLIC.search(match[2]) else f"{match[1]}PRIVATE-HOST"


def _address(match: re.Match[str]) -> str:
    parts = [int(part) for part in match[0].split(".")]
    if parts[0] in (0, 127) or any(part > 255 for part in parts):
        return match[0]
    return "ADDRESS"


def _random(match: re.Match[str]) -> str:
    """A mixture of capitals, small letters and digits that no name has is a secret."""
    word = match[0]
    if word.startswith(("_Z", "__")):  # names of C++ as a linker writes them
        return word
    kinds = [any(test(c) for c in word) for test in (str.isupper, str.islower, str.isdigit)]
    digits = sum(c.isdigit() for c in word)
    hexadecimal = re.fullmatch(r"[0-9a-fA-F\-]{24,}", word) and digits >= 4
    return SECRET if (all(kinds) and digits >= 2) or hexadecimal else word


def _people_and_machines(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    names: list[str] = [environ.get(key, "") for key in ("USER", "LOGNAME", "USERNAME")]
    with suppress(OSError, KeyError, ImportError):  # a container whose user has no name
        names.append(getpass.getuser())
    with suppress(RuntimeError):  # nor a home
        names.append(Path.home().name)
    yield from _distinct(names, "USER")
    hosts = [socket.gethostname(), platform.node(), environ.get("HOSTNAME", "")]
    hosts += [environ.get("COMPUTERNAME", "")]
    yield from _distinct([*hosts, *(host.partition(".")[0] for host in hosts)], "HOST")


def _distinct(names: Iterable[str], word: str) -> Iterator[tuple[str, str]]:
    for name in sorted(set(names), key=len, reverse=True):
        if len(name) >= 3 and name.lower() not in _NOBODY:
            yield name, word
