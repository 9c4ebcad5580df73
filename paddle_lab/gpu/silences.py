"""How long nothing was heard of something, told by a clock that nobody sets."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Silences:
    """Subjects with the time stamp that they last gave of themselves.

    A stamp is by the machine's clock, which may be set meanwhile: it is compared with that clock
    only when the subject is new here. Later a silence grows by the steady clock, and a new stamp
    ends it.
    """

    #: Subject: its stamp, since when it is silent, when it was last looked at (both steady).
    _known: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def seconds(self, subject: str, stamp: float, now: float, steady: float) -> float:
        """Seconds of silence at ``now`` (the machine's clock) and ``steady``; never below zero."""
        silent = max(0.0, now - stamp)
        known = self._known.get(subject)
        if known is not None:
            before, since, looked = known
            silent = steady - since if stamp == before else min(silent, steady - looked)
        self._known[subject] = (stamp, steady - silent, steady)
        return silent

    def forget(self, before: float) -> None:
        """Drop the subjects that were not looked at since ``before`` (steady)."""
        for subject in [name for name, known in self._known.items() if known[2] < before]:
            del self._known[subject]
