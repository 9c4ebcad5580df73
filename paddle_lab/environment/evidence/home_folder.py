"""The home folder itself cannot be used: not there, closed, or nobody knows where it is."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from paddle_lab.environment.conditions import lookup
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import shell_word
from paddle_lab.i18n import T, Text

ROOM_MB = 20  # less holds no model, no wheel and hardly a log
#: Places of the section ``storage`` that stand below the home folder unless a variable moves them.
BELOW = ("cache", "paddlenlp_cache", "huggingface_cache")

#: What a home folder that is closed explains: no rule need speak of these.
ABOUT = (
    "~",
    *(f"storage.{place}.{fact}" for fact in ("writable", "free_mb") for place in ("home", *BELOW)),
)

_UNKNOWN = T("the system knows no home folder of this user", "系统中没有该用户的主目录")
_A_FILE = T("that is a file, not a folder", "那是文件而不是目录")
_ABSENT = T("that folder does not exist and cannot be made", "该目录不存在，也无法创建")
_READ_ONLY = T("its file system is read-only", "所在文件系统为只读")
_OF_ANOTHER = T("it belongs to another user and may not be written to", "属于其他用户，没有写权限")
_CLOSED = T("it may not be written to", "没有写权限")


def findings(facts: Mapping[str, Any]) -> list[Finding]:
    """One finding, in place of one for each folder below it that cannot be made for this reason."""
    why = why_closed(facts)
    if why is None:
        return []
    home = lookup(facts, "storage.home")
    unset = home.get("known") is False
    name = "" if unset else str(home.get("named") or home.get("path") or "")
    below = [str(lookup(facts, f"storage.{place}.path")) for place in closed_with_home(facts)]
    return [
        Finding(
            id="home-unusable",
            family="storage",
            severity="error",
            certainty="confirmed",
            title=T("HOME is {name}: {why}", "HOME 为 {name}：{why}", name=name, why=why)
            if name
            else T("HOME is not set: {why}", "未设置 HOME：{why}", why=why),
            cause=T(
                "Paddle, PaddleNLP and Jupyter make folders below HOME when they start; that "
                "fails here: {below}.",
                "飞桨、PaddleNLP 和 Jupyter 启动时会在 HOME 下创建目录，此处会失败：{below}。",
                below=", ".join(below),
            ),
            fix=T(
                "Give the programs a home folder that can be written to; to keep it, set HOME "
                "where Jupyter or the container is started (docker run -e HOME=...).",
                "请为程序指定可写的 HOME；若要长期生效，请在启动 Jupyter 或容器的地方设置"
                "（docker run -e HOME=...）。",
            ),
            commands=_commands(facts, home),
            evidence=(f"HOME={name}" if name else "HOME: -", *below),
            about=ABOUT,
        )
    ]


def why_closed(facts: Mapping[str, Any]) -> Text | None:
    """Why nothing can be written below the home folder; None when something can."""
    home = lookup(facts, "storage.home")
    if not isinstance(home, Mapping) or not closed_with_home(facts):
        return None
    states = (
        (home.get("known") is False, _UNKNOWN),
        (home.get("folder") is False, _A_FILE),
        (home.get("writable") is not False, None),
        (home.get("exists") is False, _ABSENT),
        (home.get("read_only") is True, _READ_ONLY),
        (home.get("mine") is False, _OF_ANOTHER),
    )
    return next((why for holds, why in states if holds), _CLOSED)


def closed_with_home(facts: Mapping[str, Any]) -> list[str]:
    """The places below the home folder that are not there and cannot be made."""
    found = []
    for name in BELOW:
        place = lookup(facts, f"storage.{name}")
        if isinstance(place, Mapping) and str(place.get("path")).startswith("~"):
            shut = place.get("writable") is False or place.get("folder") is False
            unknown = lookup(facts, "storage.home.known") is False
            if unknown or (shut and (place.get("exists") is False or _read_only(facts))):
                found.append(name)
    return found


def _read_only(facts: Mapping[str, Any]) -> bool:
    return lookup(facts, "storage.home.read_only") is True


def _commands(facts: Mapping[str, Any], home: Mapping[str, Any]) -> tuple[str, ...]:
    if lookup(facts, "platform.system") == "Windows":
        return ()
    mine = home.get("mine") is True and home.get("exists") is True and home.get("known", True)
    if mine and not _read_only(facts) and home.get("folder") is not False:
        return ("chmod u+rwx ~",)
    return another_home(facts)


def another_home(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The command that makes HOME a folder that can be written to and has room."""
    folder = room_in(facts, ("working", "temporary"))
    if folder is None:
        return ()
    word = shell_word(facts, posixpath.join(folder, ".home"))
    return (f"mkdir -p {word} && export HOME={word}",)


def room_in(facts: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these places that can be written to and has room."""
    for name in names:
        room = lookup(facts, f"storage.{name}.free_mb") or 0
        if lookup(facts, f"storage.{name}.writable") and room >= ROOM_MB:
            return str(lookup(facts, f"storage.{name}.path"))
    return None
