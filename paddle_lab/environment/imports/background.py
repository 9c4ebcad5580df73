"""The import trial that nobody waits for: once, on a calm machine, at the lowest priority."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Final, Literal

from paddle_lab.environment.imports.cache import folder, recall
from paddle_lab.environment.imports.calm import is_calm
from paddle_lab.environment.imports.trial import LOW_TIMEOUT_SECONDS, try_imports
from paddle_lab.locks import lock

LOG = logging.getLogger("paddle_lab.environment")
State = Literal["idle", "waiting", "trying"]

#: So that a class that opens its notebooks together does not import together.
DELAY_S: Final = (0.5, 3.0)
LOOK_AGAIN_S: Final = 5.0
#: After this the trial is made anyhow, at the lowest priority.
PATIENCE_S: Final = 300.0
#: A state that was tried in vain is not tried again unasked for so long.
REST_S: Final = 1800.0


class BackgroundTrial:
    """The trial of one process; another process of this person's is waited for.

    ``calm`` tells whether it may begin, ``attempt`` makes it (``low``: at the lowest priority).
    """

    def __init__(
        self,
        attempt: Callable[..., dict[str, Any]] = try_imports,
        calm: Callable[[], bool] = is_calm,
        *,
        delay_s: tuple[float, float] = DELAY_S,
        look_again_s: float = LOOK_AGAIN_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._attempt = attempt
        self._calm = calm
        self._delay_s = delay_s
        self._look_again_s = look_again_s
        self._patience_s = patience_s
        self._changing = threading.Lock()
        self._hurry = threading.Event()
        self._state: State = "idle"
        self._then: list[Callable[[], Any]] = []
        self._rested: dict[str, float] = {}

    @property
    def state(self) -> State:
        """``waiting`` for a calm moment, ``trying``, or ``idle``."""
        return self._state

    def begin(
        self, key: str, then: Callable[[], object] | None = None, *, at_once: bool = False
    ) -> State:
        """Try the imports of the state ``key`` unless that is under way or was in vain of late.

        ``at_once``: a person asked and waits for it. ``then`` is called in a thread, in the context
        of this call, when the trial is over, whatever came out; not when none is made.
        """
        with self._changing:
            if self._state == "idle":
                if not at_once and time.monotonic() < self._rested.get(key, float("-inf")):
                    return self._state
                self._hurry.clear()
                self._state = "waiting"
                threading.Thread(
                    target=self._run, args=(key,), name="paddle-lab-imports", daemon=True
                ).start()
            if at_once:
                self._hurry.set()
                self._state = "trying"  # it waits no longer, and who asked is told so
            if then is not None:
                context = copy_context()
                self._then.append(lambda: context.run(then))
            return self._state

    def _run(self, key: str) -> None:
        try:
            self._wait()
            with _alone():
                asked = self._hurry.is_set()
                if asked or recall(key) is None:
                    self._state = "trying"
                    self._attempt(low=not asked)
        except Exception:  # whatever it is: who asked sees that the light is still grey
            LOG.warning("the imports could not be tried", exc_info=True)
        with self._changing:
            self._rested[key] = time.monotonic() + REST_S
            self._state = "idle"
            told, self._then = self._then, []
        for then in told:
            try:
                then()
            except Exception:
                LOG.warning("the result of the import trial could not be shown", exc_info=True)

    def _wait(self) -> None:
        """Until the machine is calm, a person asks, or patience ends."""
        deadline = time.monotonic() + self._patience_s
        self._hurry.wait(random.uniform(*self._delay_s))
        while not self._hurry.is_set() and time.monotonic() < deadline and not self._calm():
            self._hurry.wait(self._look_again_s)


@contextlib.contextmanager
def _alone() -> Any:
    """While no other process of this person tries: the server's result is the notebook's, too.

    Raises TimeoutError when another one takes longer than a trial may.
    """
    try:
        folder().mkdir(parents=True, exist_ok=True)
        file = (folder() / "lock").open("ab")
    except OSError as error:  # a cache that takes nothing: the others cannot tell us anything
        LOG.info("no lock for the import trial: %s", error)
        yield
        return
    with file:
        lock(file, LOW_TIMEOUT_SECONDS)
        yield


#: The one of this process.
TRIAL: Final = BackgroundTrial()
