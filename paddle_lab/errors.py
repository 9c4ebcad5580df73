"""Errors that people read: what happened, why, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from paddle_lab.i18n import Text, current_language
from paddle_lab.text.brief import brief, brief_line
from paddle_lab.text.visible import visible

_Error = TypeVar("_Error", bound="PaddleLabError")


class PaddleLabError(Exception):
    """An error with a message for people; front ends show it in a few lines, without a traceback.

    ``what`` says what happened, ``why`` the reason, ``fix`` what to do now. ``code`` names the kind
    of failure for programs (``model.untrusted``, ``run.unreadable``): behaviour hangs on it and
    never on the text. The part before the dot is the class's ``area``. Codes are stable and stand
    in ``docs/errors.md``, which ``tools/errors_page.py`` makes of the calls.
    """

    label = "PaddleLabError"
    area = "internal"

    def __init__(
        self,
        what: Text,
        why: Text | None = None,
        fix: Text | None = None,
        *,
        code: str,
    ) -> None:
        super().__init__(what, why, fix)
        self.what = brief(what)
        self.why = brief(why) if why is not None else None
        self.fix = brief(fix) if fix is not None else None
        self.code = code
        #: What a notebook says in its place, where a view has just told all of it.
        self.told_by: Text | None = None
        self._language = current_language()

    def in_language(self, language: str) -> str:
        """The message, one part a line, in ``language`` ("en" or "zh")."""
        return f"{self.label}: {self._told(language)}"

    def __str__(self) -> str:
        # The language at the time of the call: IPython shows an error when that is over.
        return self._told(self._language)

    def _told(self, language: str) -> str:
        parts = [part for part in (self.what, self.why, self.fix) if part is not None]
        return "\n".join(brief_line(part.in_language(language)) for part in parts)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        if self.told_by is not None:
            return [visible(self.told_by.in_language(self._language))]
        first, *others = visible(str(self), lines=True).split("\n")
        return [f"\x1b[31m{self.label}\x1b[0m: {first}", *others]

    @classmethod
    def from_json(cls: type[_Error], data: Mapping[str, Any]) -> _Error:
        """The error of a :meth:`to_json`, as one of this class under the label it had."""

        def text(part: str) -> Text | None:
            return Text.from_json(data[part]) if data.get(part) else None

        # Errors that were written before there were codes have none.
        code = str(data.get("code") or f"{cls.area}.failed")
        error = cls(Text.from_json(data["what"]), text("why"), text("fix"), code=code)
        error.label = str(data.get("type", cls.label))
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        """Between processes it travels as its JSON."""
        return type(self).from_json, (self.to_json(),)

    def to_json(self) -> dict[str, Any]:
        """The error as an event or an HTTP answer holds it."""
        return {
            "type": self.label,
            "code": self.code,
            "what": self.what.to_json(),
            "why": self.why.to_json() if self.why else None,
            "fix": self.fix.to_json() if self.fix else None,
        }


class UsageError(PaddleLabError):
    """A command was called with options it does not understand."""

    label = "UsageError"
    area = "usage"


class DataError(PaddleLabError):
    """The data cannot be used as they are."""

    label = "DataError"
    area = "data"


class ModelError(PaddleLabError):
    """A model cannot be found, loaded or trusted."""

    label = "ModelError"
    area = "model"


class EnvError(PaddleLabError):
    """The Python environment or the machine lacks something."""

    label = "EnvError"
    area = "env"


class RunError(PaddleLabError):
    """A run cannot start, go on, or be found."""

    label = "RunError"
    area = "run"


class BundleError(PaddleLabError):
    """A bundle is incomplete, damaged, or failed its check."""

    label = "BundleError"
    area = "bundle"


class HubError(PaddleLabError):
    """A hub does not have what was asked for, does not give it, or cannot be reached."""

    label = "HubError"
    area = "hub"


class ServerError(PaddleLabError):
    """The Jupyter server or a service cannot do what was asked."""

    label = "ServerError"
    area = "server"
