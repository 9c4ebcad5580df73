"""While a run does something long and silent, its requests are heard and its progress is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

_BEAT_S: Final = 0.25


class Heartbeat:
    """Calls ``beat`` four times a second, in a thread of its own, until it is stopped."""

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat = beat
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="paddle-lab-beat", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._over.wait(_BEAT_S):
            self._beat()

    def stop(self) -> None:
        """No call begins any more; returns at once."""
        self._over.set()
