"""Why a GPU's clocks are held down: the same reasons for every kind of GPU, and their words."""

from __future__ import annotations

from enum import IntFlag
from typing import Final

from paddle_lab.i18n import T, Text


class Throttle(IntFlag):
    """Reasons as bits, as messages to the page hold them; a backend translates its driver's."""

    IDLE = 1
    POWER_CAP = 2
    HARDWARE = 4
    WARM = 8
    HOT = 16
    BRAKE = 32


#: Reasons that cost speed, worst first. Being idle does not.
WORDS: Final[tuple[tuple[Throttle, Text], ...]] = (
    (Throttle.HOT, T("too hot: slowed by the hardware", "过热：硬件已降频")),
    (Throttle.WARM, T("hot: slowed by the driver", "温度高：驱动已降频")),
    (Throttle.BRAKE, T("power supply asks to slow down", "电源要求降频")),
    (
        Throttle.HARDWARE,
        T("slowed by the hardware (heat or power)", "硬件降频（温度或供电）"),
    ),
    (Throttle.POWER_CAP, T("at its power limit", "已达功耗上限")),
)

#: Reasons worth a warning; running at the power limit is normal under full load.
ALARMING: Final = Throttle.HOT | Throttle.WARM | Throttle.BRAKE | Throttle.HARDWARE


def worst(reasons: int | None) -> Text | None:
    """The reason that weighs most, in words; None when the clocks are free."""
    if not reasons:
        return None
    return next((words for reason, words in WORDS if reasons & reason), None)
