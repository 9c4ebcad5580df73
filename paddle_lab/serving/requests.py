"""What a request may hold, and the rows that it asks about: limits first, then its content."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.i18n import T
from paddle_lab.serving.problems import not_understood, too_large
from paddle_lab.tasks.codec import Codec, Rows
from paddle_lab.tasks.encoding import LONG_TEXT
from paddle_lab.untrusted import UnusableFile, parse_json

_OPTIONS: Final = ("model", "version", "texts", "long_text", "deadline_ms")
_DEEPEST: Final = 8
_LARGEST_DEADLINE_MS: Final = 600_000


@dataclass(frozen=True)
class Bounds:
    """The most of one request: bytes, rows, characters of a text, seconds that it may take."""

    body: int = 4 << 20
    rows: int = 256
    chars: int = 20_000
    deadline_s: float = 5.0


@dataclass(frozen=True)
class Asked:
    """A request that was read: ``values`` as the codec takes them, ``single`` for one row."""

    model: str | None
    version: str | None
    values: Any
    single: bool
    long_text: str | None
    deadline_s: float


async def body_of(
    stream: AsyncIterator[bytes], headers: Mapping[str, str], bounds: Bounds
) -> bytes:
    """The whole body. Raises Refused for one that is larger, before all of it was read."""
    told = headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told[:20]) > bounds.body:
        raise _large_body(bounds)
    parts: list[bytes] = []
    size = 0
    async for part in stream:
        size += len(part)
        if size > bounds.body:
            raise _large_body(bounds)
        parts.append(part)
    return b"".join(parts)


def read(body: bytes, bounds: Bounds) -> Asked:
    """What the body of ``POST /predict`` asks. Raises Refused."""
    content = parsed(body)
    long_text = content.get("long_text")
    if long_text is not None and long_text not in LONG_TEXT:
        raise not_understood(T("long_text is not one of {known}", "long_text 应为 {known} 之一",
                               known=", ".join(LONG_TEXT)))  # fmt: skip
    row = {key: value for key, value in content.items() if key not in _OPTIONS}
    if ("texts" in content) == bool(row):
        raise not_understood(
            T("it has both texts and {keys}", "同时含有 texts 和 {keys}", keys=", ".join(row))
            if row
            else T("it has no text", "没有文本")
        )
    if "texts" in content and not isinstance(content["texts"], list):
        raise not_understood(T("texts is not a list", "texts 不是列表"))
    values = content.get("texts", [row])
    if not values:
        raise not_understood(T("texts is empty", "texts 为空"))
    return Asked(
        _name(content, "model"), _name(content, "version"), values, "texts" not in content,
        long_text, deadline_of(content.get("deadline_ms"), bounds),
    )  # fmt: skip


def parsed(body: bytes) -> dict[str, Any]:
    """A body as a JSON object. Raises Refused."""
    try:
        content = parse_json(body, _DEEPEST)
    except UnusableFile as error:
        # What the parser says names a place, never more of the body than one number.
        raise not_understood(T("{why}", "{why}", why=str(error)[:120])) from error
    if not isinstance(content, dict):
        raise not_understood(T("it is not an object", "它不是对象"))
    return content


def deadline_of(given: Any, bounds: Bounds) -> float:
    """Seconds until the answer is worth nothing: what the client says, at most what is allowed."""
    if given is None:
        return bounds.deadline_s
    if type(given) not in (int, float) or not 1 <= given <= _LARGEST_DEADLINE_MS:
        raise not_understood(T("deadline_ms is not a number of milliseconds",
                               "deadline_ms 不是毫秒数"))  # fmt: skip
    return min(float(given) / 1e3, bounds.deadline_s)


def rows_of(codec: Codec, roles: Sequence[str], asked: Asked, bounds: Bounds) -> Rows:
    """The rows as columns by role. Raises Refused, and DataError as the notebook does."""
    values = asked.values
    if len(values) > bounds.rows:
        raise too_large(T("{n} rows", "{n} 行", n=len(values)), bounds.rows, "--max-texts")
    if len(roles) == 1:
        given = [_only(value, roles[0]) for value in values]
    else:
        given = [_several(value, roles) for value in values]
    rows = codec.rows_of(given)
    count = len(rows[roles[0]])
    if count != len(values):
        # A list of two plain texts is one pair for a person's call, not for a list of rows.
        rows = codec.rows_of(given[:1])
    check_rows(rows, bounds)
    return rows


def check_rows(rows: Rows, bounds: Bounds) -> None:
    """Raises Refused for a text that is longer than allowed."""
    longest = max((len(text) for texts in rows.values() for text in texts), default=0)
    if longest > bounds.chars:
        raise too_large(
            T("a text of {n} characters", "一条文本有 {n} 个字符", n=longest),
            bounds.chars, "--max-chars",
        )  # fmt: skip


def _only(value: Any, role: str) -> Any:
    """A row of one role: its text, or an object that holds it alone."""
    if not isinstance(value, Mapping):
        return value
    if list(value) != [role]:
        raise _wrong_keys(value, [role])
    return value[role]


def _several(value: Any, roles: Sequence[str]) -> Any:
    """A row of several roles: an object with all of them, a list in their order, or with tabs."""
    if isinstance(value, Mapping):
        if set(value) != set(roles):
            raise _wrong_keys(value, roles)
        return dict(value)
    return tuple(value) if isinstance(value, list) else value


def _wrong_keys(value: Mapping[str, Any], roles: Sequence[str]) -> Exception:
    return not_understood(
        T("this model reads {roles}, given was {keys}", "该模型读取 {roles}，得到的是 {keys}",
          roles=", ".join(roles), keys=", ".join(value) or "{}")
    )  # fmt: skip


def _name(content: Mapping[str, Any], key: str) -> str | None:
    value = content.get(key)
    if value is not None and not isinstance(value, str):
        raise not_understood(T("{key} is not a text", "{key} 不是文本", key=key))
    return value


def _large_body(bounds: Bounds) -> Exception:
    most = f"{bounds.body / (1 << 20):g} MiB"
    return too_large(T("its body has more than {most}", "正文超过 {most}", most=most),
                     bounds.body, "--max-body")  # fmt: skip
