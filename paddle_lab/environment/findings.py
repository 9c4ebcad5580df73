"""Findings: what is wrong, why, the exact fix, and how sure the doctor is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from paddle_lab.i18n import T, Text, current_language

SEVERITIES = ("error", "warning", "note")
#: ``proven`` was tried on this machine, ``confirmed`` is shown by its facts, ``likely`` is read
#: from a text alone, ``told`` is Paddle Lab's own error.
CERTAINTIES = ("proven", "confirmed", "likely", "told")

CERTAINTY_TEXT = {
    "proven": T("proven by trying it here", "已在本机试验证实"),
    "confirmed": T("confirmed by what is installed here", "本机信息已证实"),
    "likely": T("likely, from the text alone", "很可能（仅据文本判断）"),
    "told": T("told by Paddle Lab itself", "由 Paddle Lab 自身给出"),
}


_SOURCES = {
    "this machine": T("this machine", "本机"),
    "this traceback": T("this traceback", "该回溯"),
    "this text": T("this text", "该文本"),
}


@dataclass(frozen=True)
class Alternative:
    """Another way to the same end, apart from the recommended one: a label and its commands."""

    label: Text
    commands: tuple[str, ...]

    def to_json(self, language: str) -> dict[str, Any]:
        """The label in one language, the commands, and the label in both."""
        return {
            "label": self.label.in_language(language),
            "commands": list(self.commands),
            "texts": {"label": self.label.to_json()},
        }


@dataclass(frozen=True)
class Finding:
    """One thing the doctor found.

    ``commands`` are run as they stand, in order: the one recommended way; ``alternatives`` are
    other ways, each of them instead of ``commands``. ``evidence`` are the facts that the finding
    rests on, ``tried`` the trials that were made for it; ``checked`` says what this machine's facts
    add, when a text was explained; ``about`` are the packages and facts that it speaks of, so that
    nobody else speaks of them too.
    """

    id: str
    family: str
    severity: str
    certainty: str
    title: Text
    cause: Text
    fix: Text
    commands: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    checked: Text | None = None
    about: tuple[str, ...] = ()
    tried: tuple[Text, ...] = ()
    score: float = field(default=0.0, compare=False)
    alternatives: tuple[Alternative, ...] = ()

    def shown(self, language: str) -> list[str]:
        """What was seen and what was tried, a line each."""
        return [*self.evidence, *(one.in_language(language) for one in self.tried)]

    def sources_in(self, language: str) -> list[str]:
        """Where the knowledge comes from, in the reader's language."""
        return [
            _SOURCES[one].in_language(language) if one in _SOURCES else one for one in self.sources
        ]

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """The finding for machines: plain strings in one language, and both under ``texts``."""
        language = language or current_language()
        texts = {"title": self.title, "cause": self.cause, "fix": self.fix}
        if self.checked:
            texts["checked"] = self.checked
        fix = self.fix.in_language(language)
        return {
            "id": self.id,
            "family": self.family,
            "severity": self.severity,
            "certainty": self.certainty,
            "title": self.title.in_language(language),
            "cause": self.cause.in_language(language),
            "fix": "\n".join([fix, *self.commands]),
            "commands": list(self.commands),
            "alternatives": [one.to_json(language) for one in self.alternatives],
            "sources": list(self.sources),
            "evidence": self.shown(language),
            "checked": self.checked.in_language(language) if self.checked else None,
            "texts": {name: text.to_json() for name, text in texts.items()},
        }
