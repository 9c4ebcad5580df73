"""The token that a service asks for: from a file, or from the environment."""

from __future__ import annotations

import os
from typing import Any, Final

from paddle_lab.errors import UsageError
from paddle_lab.i18n import T
from paddle_lab.paths import expanded
from paddle_lab.untrusted import UnusableFile, read_bytes, reason_of

_VARIABLE: Final = "PADDLE_LAB_SERVE_TOKEN"
_LARGEST: Final = 4096
_SHORTEST: Final = 16


def token_of(file: str | None) -> str | None:
    """The token of the file, or of the environment. Raises UsageError for one that is none."""
    if file is not None:
        try:
            token = read_bytes(expanded(file), _LARGEST).decode("utf-8").strip()
        except (OSError, UnusableFile, UnicodeDecodeError) as error:
            raise _no_token(T("{file}: {reason}", "{file}：{reason}", file=file,
                              reason=reason_of(error) if not isinstance(error, UnicodeDecodeError)
                              else "UTF-8")) from error  # fmt: skip
    else:
        given = os.environ.get(_VARIABLE)
        if given is None:
            return None
        token = given.strip()
    if len(token) < _SHORTEST or not token.isascii() or not token.isprintable():
        raise _no_token(
            T("It has fewer than {n} characters, or others than ASCII.",
              "它少于 {n} 个字符，或含有非 ASCII 字符。", n=_SHORTEST)
        )  # fmt: skip
    return token


def _no_token(why: Any) -> UsageError:
    return UsageError(
        T("The token cannot be used.", "令牌无法使用。"),
        why,
        T('Make one: python -c "import secrets; print(secrets.token_urlsafe())" > token.txt',
          '可这样生成：python -c "import secrets; print(secrets.token_urlsafe())" > token.txt'),
        code="usage.token",
    )  # fmt: skip
