"""Why a GPU's clocks are held down, in words. Bits as NVML documents its clock event reasons."""

from __future__ import annotations

from typing import Final

from paddle_lab.i18n import T, Text

IDLE: Final = 0x1
SOFTWARE_POWER_CAP: Final = 0x4
HARDWARE_SLOWDOWN: Final = 0x8
SOFTWARE_THERMAL: Final = 0x20
HARDWARE_THERMAL: Final = 0x40
POWER_BRAKE: Final = 0x80

#: Reasons that cost speed, worst first. Being idle or set by the administrator does not.
WORDS: Final[tuple[tuple[int, str, Text], ...]] = (
    (HARDWARE_THERMAL, "hot", T("too hot: slowed by the hardware", "过热：硬件已降频")),
    (SOFTWARE_THERMAL, "warm", T("hot: slowed by the driver", "温度高：驱动已降频")),
    (POWER_BRAKE, "brake", T("power supply asks to slow down", "电源要求降频")),
    (
        HARDWARE_SLOWDOWN,
        "slow",
        T("slowed by the hardware (heat or power)", "硬件降频（温度或供电）"),
    ),
    (SOFTWARE_POWER_CAP, "cap", T("at its power limit", "已达功耗上限")),
)

#: Reasons worth a warning; running at the power limit is normal under full load.
ALARMING: Final = HARDWARE_THERMAL | SOFTWARE_THERMAL | POWER_BRAKE | HARDWARE_SLOWDOWN


def worst(bits: int | None) -> Text | None:
    """The reason that weighs most, in words; None when the clocks are free."""
    if not bits:
        return None
    return next((words for bit, _, words in WORDS if bits & bit), None)
