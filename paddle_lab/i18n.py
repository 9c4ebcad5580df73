"""Text for people, in English and Chinese, written together where it is needed.

A message is a :class:`Text`: both languages travel with it (into events, reports and saved
notebooks), so that every reader sees their own, whatever the writer's was.
"""

from __future__ import annotations

import locale
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

LANGUAGES = ("en", "zh")
_spoken: ContextVar[str | None] = ContextVar("paddle_lab_language", default=None)
_front_end: dict[str, str | None] = {"language": None}


def follow_front_end(language: str | None) -> None:
    """The language of the front end that shows what this process says; None: it has not said."""
    _front_end["language"] = language


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Within the block, and what it starts, ``language`` is the reader's; None changes nothing."""
    before = _spoken.set(language or _spoken.get())
    try:
        yield
    finally:
        _spoken.reset(before)


def current_language() -> str:
    """The reader's language: :func:`speaking`'s, else ``PADDLE_LAB_LANG``, the front end's, the
    locale's, English.

    Returns "en" or "zh".
    """
    if (language := _spoken.get()) is not None:
        return language
    if not os.environ.get("PADDLE_LAB_LANG") and (language := _front_end["language"]) is not None:
        return language
    for name in ("PADDLE_LAB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").lower()
        if value:
            return "zh" if value.startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"


def chosen_language() -> str | None:
    """The language that somebody chose, by :func:`speaking`, the variable or a Chinese locale.

    None where English is only what nobody changed: then a reader's own choice goes before it.
    """
    if _spoken.get() is None and not os.environ.get("PADDLE_LAB_LANG"):
        return "zh" if current_language() == "zh" else None
    return current_language()


@dataclass(frozen=True)
class Text:
    """One message in English and Chinese, with the values that fill its ``{placeholders}``."""

    en: str
    zh: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """The message in ``language`` ("en" or "zh"), placeholders filled."""
        template = self.zh if language == "zh" else self.en
        if not self.values:
            return template
        return template.format(
            **{
                key: value.in_language(language) if isinstance(value, Text) else value
                for key, value in self.values.items()
            }
        )

    def __str__(self) -> str:
        return self.in_language(current_language())

    def to_json(self) -> dict[str, str]:
        """``{"en": ..., "zh": ...}`` with placeholders filled: what events and bundles hold."""
        return {language: self.in_language(language) for language in LANGUAGES}

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> Text:
        """The reverse of :meth:`to_json`; an unknown language falls back to English."""
        english = str(data.get("en", ""))
        return cls(english, str(data.get("zh", english)))


def T(en: str, zh: str, /, **values: Any) -> Text:
    """Write a message: ``T("{n} rows", "{n} 行", n=3)``; without values braces stay."""
    return Text(en, zh, values)
