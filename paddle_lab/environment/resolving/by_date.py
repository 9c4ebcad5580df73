"""Versions of a date: what an older package was released with, before a newer release broke it.

uv asks the index for the dates of uploads. What is held (the older package, Paddle, PaddleNLP)
stays at its installed version; the rest goes back to the day when the older one was released.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from paddle_lab.environment.conditions import version_fits
from paddle_lab.environment.probes.requires import ROOTS
from paddle_lab.environment.requirements import Demand, demands, installed
from paddle_lab.environment.resolving.changes import Change
from paddle_lab.environment.resolving.makers import Uv, pins_of
from paddle_lab.environment.resolving.tools import Done

SECONDS = 60.0  # for one question to uv
_BEFORE_ALL = date(2000, 1, 1)
_FIRST = date(2010, 1, 1)
_PUBLISHED = re.compile(r"was published at (\d{4}-\d\d-\d\d)")
_FILTERED = (
    re.compile(r"`([\w.\-]+)` was filtered by `exclude-newer`"),
    re.compile(r"([\w.\-]+)[<>=!~]\S* (?:was|were) published after the exclude newer time"),
)
_MOST_EXEMPT = 12


@dataclass(frozen=True)
class ByDate:
    """What a resolution by date came to.

    ``outcome``: "found" (``changes`` say what moves), "same" (nothing would move), "no network",
    "no dates" (the index tells none), "not released" (not on this index), or "none" (no set fits).
    """

    broken: str
    outcome: str
    day: date | None = None
    changes: tuple[Change, ...] = ()
    reason: str = ""


def release_day(uv: Uv, name: str, version: str, python: str) -> tuple[date | None, str]:
    """The day on which a release was uploaded, or None and why: see :class:`ByDate`."""
    done = _asked(uv, name, version, python, _BEFORE_ALL)
    if done.no_network:
        return None, "no network"
    found = _PUBLISHED.search(done.said)
    if found:
        return date.fromisoformat(found[1]), "found"
    if done.no_dates:
        return None, "no dates"
    today = datetime.now(timezone.utc).date()
    if not _asked(uv, name, version, python, today).ok:
        return None, "not released"
    # An older uv does not tell the day: between two days, one has it and one has not.
    early, late = _FIRST, today
    while (late - early).days > 1:
        middle = early + timedelta(days=(late - early).days // 2)
        if _asked(uv, name, version, python, middle).ok:
            late = middle
        else:
            early = middle
    return late, "found"


def by_date(
    uv: Uv,
    facts: Mapping[str, Any],
    python: str,
    broken: str,
    *,
    provider: str | None = None,
    moved: Mapping[str, str] | None = None,
) -> ByDate:
    """The versions that go with the installed release of ``broken``.

    With ``provider`` only that package goes back, and what must move with it; else all that the
    held packages need. ``moved`` are versions that stand in for the installed ones.
    """
    packages = {**installed(facts), **(moved or {})}
    label = f"{broken} {packages.get(broken, '')}".strip()
    if broken not in packages:
        return ByDate(label, "not released")
    day, why = release_day(uv, broken, packages[broken], python)
    if day is None:
        return ByDate(label, why)
    ask = _Question(uv, python, packages, demands(facts), day, broken, provider)
    done, today = ask.resolved(set())
    disturbed = ask.disturbed_by(pins_of(done.out))
    if done.ok and disturbed:  # what others need of these packages goes on to hold, if it can
        gentler, _ = ask.resolved(disturbed | today)
        done = gentler if gentler.ok else done
    if not done.ok:
        slow = done.code is None  # it reached the index: the day is known
        outcome = "no network" if done.no_network and not slow else "none"
        return ByDate(label, outcome, day, (), done.reason)
    pins = (pin.split("==", 1) for pin in pins_of(done.out))
    changes = tuple(
        Change(name, packages.get(name), version)
        for name, version in pins
        if packages.get(name) != version and not (provider and name not in packages)
    )
    return ByDate(label, "found" if changes else "same", day, changes)


@dataclass(frozen=True)
class _Question:
    """What is asked of uv: which versions go with ``broken`` as it was on ``day``."""

    uv: Uv
    python: str
    packages: Mapping[str, str]
    known: Sequence[Demand]
    day: date
    broken: str
    provider: str | None

    @property
    def held(self) -> list[str]:
        """Packages that stay as they are."""
        names = (self.broken, *ROOTS)
        return [n for n in dict.fromkeys(names) if n in self.packages and n != self.provider]

    def resolved(self, kept: set[str]) -> tuple[Done, set[str]]:
        """The versions, those of ``kept`` as installed, and what besides could not go back."""
        held = [*self.held, *sorted((kept & set(self.packages)) - set(self.held))]
        wanted = self._lines(held) + ([self.provider] if self.provider else [])
        # Without a provider everything goes back, but for what is held and what then cannot.
        today = set() if self.provider else set(held)
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "installed.txt"
            while True:
                # uv prefers the versions that stand in the file it writes to.
                lines = [f"{name}=={version}\n" for name, version in self.packages.items()]
                target.write_text("".join(lines), encoding="utf-8")
                done = self.uv.run(self._words(target, today), SECONDS, "\n".join(wanted))
                named = {name for pattern in _FILTERED for name in pattern.findall(done.said)}
                blocked = named - today - {self.provider}
                if done.ok or not blocked or len(today) > len(held) + _MOST_EXEMPT:
                    break
                today |= blocked
            text = target.read_text(encoding="utf-8") if done.ok else ""
        return Done(done.code, text, done.said), today - set(held)

    def disturbed_by(self, pins: Iterable[str]) -> set[str]:
        """Packages whose new version others, that stay, could not use."""
        new = dict(pin.split("==", 1) for pin in pins)
        found = set()
        for one in self.known:
            stays = self.packages.get(one.owner) == new.get(one.owner, self.packages.get(one.owner))
            moved = one.name in new and new[one.name] != one.installed
            unfit = moved and version_fits(new[one.name], one.specifier or ">=0") is False
            if stays and unfit and one.met and one.name != self.provider:
                found.add(one.name)
        return found

    def _words(self, target: Path, today: Iterable[str]) -> list[str]:
        words = ["pip", "compile", "-", "-q", "--no-header", "--no-annotate"]
        words += ["--python", self.python, "-o", str(target)]
        if self.provider:
            words += ["--upgrade-package", self.provider]
            words += ["--exclude-newer-package", f"{self.provider}={self.day.isoformat()}"]
        else:
            words += ["--exclude-newer", self.day.isoformat()]
        now = datetime.now(timezone.utc).date().isoformat()
        for name in sorted(today):
            words += ["--exclude-newer-package", f"{name}={now}"]
        return words

    def _lines(self, held: Iterable[str]) -> list[str]:
        """Requirements. A GPU build is not on the usual index: what it asks for is."""
        lines = []
        for name in held:
            if name == "paddlepaddle-gpu":
                asked = [one for one in self.known if one.owner == name]
                lines += [f"{one.name}{one.specifier}" for one in asked]
            else:
                lines.append(f"{name}=={self.packages[name]}")
        return lines


def _asked(uv: Uv, name: str, version: str, python: str, day: date) -> Done:
    # Not quietly: that an index has no dates is only a warning.
    words = ["pip", "compile", "-", "--no-header", "--no-annotate", "--no-deps"]
    words += ["--python", python, "--exclude-newer", day.isoformat()]
    return uv.run(words, SECONDS, f"{name}=={version}")
