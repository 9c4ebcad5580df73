"""How a device is named, in every option and argument that takes one."""

from __future__ import annotations

from typing import Final

DEVICE: Final = r"auto|cpu|gpu(:[0-9]{1,3})?"
DEVICE_FORMS: Final = "auto, cpu, gpu, gpu:1 ..."
