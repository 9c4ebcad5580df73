"""Errors of Paddle Lab itself in a pasted text: told by their code, with their own fix.

``own_errors.json`` holds what the errors of each code say and advise (``tools/errors_page.py``
makes it). An error is recognised when its words are those of one of them, or when its class is
given with its module; nothing is guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.text import LIMIT, PLAIN, tidy
from paddle_lab.i18n import T, Text

FAMILY: Final = "paddle-lab"
#: Errors that tell of another one, which nobody foresaw: rules may know that.
OF_OTHERS: Final = frozenset({"run.unexpected", "run.out_of_memory", "run.failed"})
_LABEL: Final = re.compile(
    r"^(?:.*[ \t])?(?P<module>paddle_lab\.errors\.)?"
    r"(?P<label>(?:Usage|Data|Model|Env|Run|Bundle|Hub|Server|PaddleLab)Error): (?P<what>\S.*)$",
    re.M,
)
_ENDS: Final = re.compile(r"^(?:\s*$|Traceback |\s+File |\w*Error: )")
_AREAS: Final = {"PaddleLabError": "internal"}
_PARTS: Final = 3
_FEW: Final = 12  # bytes of a text that its placeholders leave: too few to tell an error by
#: A placeholder in a text.
GAP: Final = re.compile(r"\{\w+(?:[!:][^{}]*)?\}")


@dataclass(frozen=True)
class OwnError:
    """An error that was recognised; ``code`` is None where its class alone is certain."""

    code: str | None
    what: str
    why: str
    fix: Text

    def finding(self) -> Finding:
        """The error as the doctor tells it."""
        told = T("Paddle Lab says what to do itself.", "Paddle Lab 自身已给出解决办法。")
        return Finding(
            id=self.code or FAMILY,
            family=FAMILY,
            severity="error",
            certainty="told",
            title=Text(_plain(self.what), _plain(self.what)),
            cause=Text(_plain(self.why), _plain(self.why)) if self.why else told,
            fix=self.fix,
            sources=(f"docs/errors.md: {self.code}",) if self.code else (),
        )


def find_own_error(text: str) -> OwnError | None:
    """The last error of Paddle Lab in a text; None where there is surely none."""
    found = [error for error in _in_json(text[-LIMIT:]) if error is not None]
    text = tidy(text)
    for match in _LABEL.finditer(text):
        error = _recognised(match, text)
        if error is not None:
            found.append(error)
    return found[-1] if found else None


def _recognised(match: re.Match[str], text: str) -> OwnError | None:
    parts = [match["what"].strip(), *_following(text, match.end())]
    area = _AREAS.get(match["label"], match["label"].removesuffix("Error").lower())
    best = max(
        ((score, code) for code in _table() if code.partition(".")[0] == area
         if (score := _score(code, parts))),
        default=None,
    )  # fmt: skip
    if best is not None:
        return _told(best[1], parts)
    return _told(None, parts) if match["module"] and len(parts) > 1 else None


def _following(text: str, start: int) -> list[str]:
    """The lines behind the first that may be the reason and the fix."""
    lines = text[start:].removeprefix("\n").split("\n")
    found: list[str] = []
    for line in lines[: _PARTS - 1]:
        if _ENDS.match(line):
            break
        found.append(line.strip())
    return found


def _score(code: str, parts: list[str]) -> int:
    """How many bytes of the code's own words the parts have; 0 where they are too few."""
    says = max((size for pattern, size in _table()[code].says if pattern.fullmatch(parts[0])),
               default=0)  # fmt: skip
    advises = max(
        (size for pattern, size in _table()[code].advises for part in parts[1:]
         if pattern.fullmatch(part)),
        default=0,
    )  # fmt: skip
    total = says + advises
    return total if says and total >= _FEW else 0


def _told(code: str | None, parts: list[str]) -> OwnError:
    what, *others = parts
    if code is None:
        return OwnError(None, what, " ".join(others[:-1]), _same(others[-1]))
    patterns = [pattern for pattern, _ in _table()[code].advises]
    fixes = [part for part in others if any(pattern.fullmatch(part) for pattern in patterns)]
    if fixes:
        why = " ".join(part for part in others if part != fixes[-1])
        return OwnError(code, what, why, _same(fixes[-1]))
    if len(others) == _PARTS - 1:
        return OwnError(code, what, others[0], _same(others[1]))
    return OwnError(code, what, " ".join(others), _table()[code].fix)


def _in_json(text: str) -> Iterator[OwnError | None]:
    """Errors in lines of JSON: events, answers of the server, ``--json``."""
    for line in text.split("\n"):
        start = line.find("{")
        if start < 0 or '"code"' not in line:
            continue
        try:
            value = json.loads(line[start:])
        except (ValueError, RecursionError):
            continue
        yield _of_value(value)


def _of_value(value: Any, depth: int = 3) -> OwnError | None:
    if not isinstance(value, Mapping):
        return None
    code = value.get("code")
    if isinstance(code, str) and code in _table() and "what" in value:
        what, why, fix = (_text(value.get(part)) for part in ("what", "why", "fix"))
        return OwnError(code, what.en, why.en, fix if fix.en else _table()[code].fix)
    inside = (_of_value(item, depth - 1) for item in value.values()) if depth else iter(())
    return next((error for error in inside if error is not None), None)


def _text(value: Any) -> Text:
    if isinstance(value, Mapping):
        return _same(str(value.get("en", "")), str(value.get("zh", "")))
    return _same(str(value or ""))


def _same(text: str, chinese: str | None = None) -> Text:
    return Text(_plain(text), _plain(chinese or text))


def _plain(text: str) -> str:
    """A text whose braces are no placeholders."""
    return text.replace("{", "{{").replace("}", "}}")


# -- the words of each code ---------------------------------------------------------------------

Patterns = tuple[tuple[re.Pattern[str], int], ...]


@dataclass(frozen=True)
class Words:
    """What errors of a code say and advise: patterns with the bytes of their own words; the fix."""

    says: Patterns
    advises: Patterns
    fix: Text


@lru_cache(maxsize=1)
def _table() -> dict[str, Words]:
    return {code: _words(texts) for code, texts in _content().items()}


@lru_cache(maxsize=1)
def _content() -> dict[str, dict[str, list[dict[str, str]]]]:
    path = Path(__file__).with_name("own_errors.json")
    content: dict[str, dict[str, list[dict[str, str]]]] = json.loads(
        path.read_text(encoding="utf-8")
    )
    return content


def known_codes() -> list[str]:
    """The codes of all errors that carry one."""
    return list(_content())


def texts_of(code: str) -> dict[str, list[dict[str, str]]]:
    """What errors of the code say (``says``) and advise (``advises``), in both languages."""
    return _content()[code]


def _words(texts: Mapping[str, list[dict[str, str]]]) -> Words:
    advised = texts["advises"]
    shown = [Text(GAP.sub("…", one["en"]), GAP.sub("…", one["zh"])) for one in advised]
    fix = Text(
        " / ".join(text.en for text in shown) or "See docs/errors.md.",
        " / ".join(text.zh for text in shown) or "参见 docs/errors.zh.md。",
    )
    return Words(_patterns(texts["says"]), _patterns(advised), fix)


def _patterns(texts: list[dict[str, str]]) -> Patterns:
    found = []
    for one in texts:
        for text in one.values():
            literal = " ".join(GAP.split(text)).split()
            plain = " ".join(text.translate(PLAIN).split())
            pieces = [re.escape(piece.strip()) for piece in GAP.split(plain)]
            pattern = re.compile(r"\s*.*?\s*".join(pieces))
            found.append((pattern, sum(len(piece.encode()) for piece in literal)))
    return tuple(found)
