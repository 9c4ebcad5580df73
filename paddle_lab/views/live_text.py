"""A run in a terminal: one line that changes on a tty, a line now and then elsewhere."""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Callable
from typing import Final, TextIO

from paddle_lab.runs import EventTail, RunFolder, RunState
from paddle_lab.text.in_terminal import for_reader
from paddle_lab.text.numbers import duration, figure, number
from paddle_lab.text.width import width
from paddle_lab.views.facts import coverage_mark, state_line
from paddle_lab.views.lines import plain
from paddle_lab.views.words import Words

SECONDS_BETWEEN_LINES: Final = 10.0


class LiveText:
    """Progress of one run on ``stream``. The report is printed by whoever started the run."""

    def __init__(
        self,
        folder: RunFolder,
        language: str,
        stream: TextIO,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._words = Words(language)
        self._tty = stream.isatty()
        self._clock = clock
        self._tail = EventTail(folder.events_path)
        self._state = RunState()
        self._head = ""
        self._written_at = float("-inf")
        self._told_notices = 0
        self._failed = False
        self._log = logging.getLogger(__name__)

    def show(self) -> None:
        """The first line appears at once."""
        self.tick()

    def tick(self) -> None:
        """Rewrite the line, or add one when the phase changed or ten seconds went by."""
        try:
            self._advance()
        except (OSError, ValueError, KeyError, TypeError) as error:
            if not self._failed:
                self._log.warning("paddle_lab: the progress line cannot be shown: %s", error)
            self._failed = True

    def freeze(self) -> None:
        """The last state, and the end of the line."""
        self._written_at = float("-inf")
        self.tick()
        if self._tty:
            self._write("\n")

    def _advance(self) -> None:
        events = self._tail.read()
        for event in events:
            self._state.fold(event)
        self._tell_notices()
        if self._tty:
            columns = shutil.get_terminal_size().columns - 1
            self._write("\r\x1b[2K" + _cut(self._line(), columns))
            return
        head = state_line(self._snapshot(), self._words, counted=False)
        late = self._clock() - self._written_at >= SECONDS_BETWEEN_LINES
        if head != self._head or (events and late):
            self._head, self._written_at = head, self._clock()
            self._write(self._line() + "\n")

    def _tell_notices(self) -> None:
        for notice in self._state.notices[self._told_notices :]:
            text = for_reader(plain(self._words.text(notice.get("text"))))
            self._write(("\r\x1b[2K" if self._tty else "") + text + "\n")
        self._told_notices = len(self._state.notices)

    def _line(self) -> str:
        state, words = self._state, self._words
        parts = [state_line(self._snapshot(), words)]
        if state.live and state.share is not None:
            parts.insert(0, words("number.share", n=math.floor(100 * state.share)))
        if state.step:
            whole = f"{state.step}/{state.total_steps}" if state.total_steps else str(state.step)
            parts.append(f"{words('number.step')} {whole}")
            parts.append(f"{words('number.loss')} {number(state.columns['loss'][-1])}")
            speed = state.columns["samples_per_s"][-1]
            if speed is not None:
                parts.append(f"{speed:.0f} {words('number.speed')}")
        if state.best:
            known = [(k, v) for k, v in state.best["metrics"].items() if v is not None]
            mark = coverage_mark(state.best, words)
            parts += [
                f"{words.name('metric', name)} {figure(name, value)}{mark}"
                for name, value in known[:1]
            ]
        if state.left_s is not None:
            parts.append(f"{words('number.left')} {duration(state.left_s, words.language)}")
        return plain("  ".join(parts))

    def _snapshot(self) -> dict[str, object]:
        state = self._state
        return {
            "state": state.state,
            "phase": state.phase,
            "end": state.end,
            "stopping": state.stopping,
        }

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _cut(line: str, columns: int) -> str:
    while line and width(line) > columns:
        line = line[:-1]
    return line
