"""The words of every view, from ``words.json`` and ``page_words.json``, shared with TypeScript."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from paddle_lab.i18n import T, Text, current_language

#: What is filled in by its name, and has a name in each language.
_NAMES: Final = {"metric", "split"}


class Words:
    """The words in one language: ``words("state.training")``; unknown keys show themselves."""

    def __init__(self, language: str | None = None) -> None:
        self.language = language if language is not None else current_language()

    def __call__(self, key: str, /, **values: Any) -> str:
        """The words for ``key`` with ``{placeholders}`` filled."""
        for kind in _NAMES & values.keys():
            values[kind] = self.name(kind, str(values[kind]))
        pair = _table().get(key)
        return key if pair is None else T(pair[0], pair[1], **values).in_language(self.language)

    def name(self, kind: str, name: str) -> str:
        """A ``metric`` or a ``split`` by its name in this language; unknown ones as they are."""
        return name_of(kind, name).in_language(self.language)

    def of_split(self, split: str, metric: str) -> str:
        """A metric with the part of the data that it was measured on: ``test accuracy``."""
        return self("number.measured", split=split, metric=metric)

    def text(self, message: Any) -> str:
        """A message that an event holds as ``{"en", "zh"}``; anything else as it is written."""
        if isinstance(message, dict):
            return Text.from_json(message).in_language(self.language)
        return "" if message is None else str(message)

    def value(self, cell: Any) -> Any:
        """A cell of a report's table: a message in this language, anything else unchanged."""
        return self.text(cell) if isinstance(cell, dict) else cell


def name_of(kind: str, name: str) -> Text:
    """A ``metric`` or a ``split`` by its name in both languages; unknown ones as they are."""
    return T(*_table().get(f"{kind}.{name}", (name, name)))


def in_order(metrics: Iterable[str], first: str | None = None) -> list[str]:
    """Names of metrics in the order in which every view shows them, each once.

    ``first`` leads; the others follow as ``words.json`` has them, unknown ones by name at the end.
    Sets and JSON objects have no order of their own that survives a saved notebook.
    """
    known = {key.removeprefix("metric."): n for n, key in enumerate(_table()) if "metric." in key}
    return sorted(set(metrics), key=lambda name: (name != first, known.get(name, 999), name))


@cache
def _table() -> dict[str, tuple[str, str]]:
    folder = files("paddle_lab.views")
    return {
        key: (pair[0], pair[1])
        for name in ("words.json", "page_words.json")
        for key, pair in json.loads(folder.joinpath(name).read_text(encoding="utf-8")).items()
    }
