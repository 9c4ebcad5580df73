"""Compiles the fake ``libnvidia-ml.so.1`` and steers it while a process uses it."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("fake_nvml.c")


def compiler() -> str | None:
    """The C compiler of this machine, if there is one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build(folder: Path) -> Path:
    """Compile into ``folder``; it goes into LD_LIBRARY_PATH."""
    library = folder / "libnvidia-ml.so.1"
    command = [compiler() or "cc", "-O2", "-shared", "-fPIC", "-Wl,-soname,libnvidia-ml.so.1"]
    subprocess.run([*command, "-o", str(library), str(SOURCE), "-lm"], check=True)
    return folder


class FakeNvml:
    """One scenario: its environment, its control file, its call counter."""

    def __init__(self, library: Path, folder: Path, gpus: int = 1) -> None:
        self.control = folder / "control"
        self.calls_file = folder / "calls"
        self.library = library
        self.gpus = gpus
        self.set()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to see these GPUs."""
        return {
            "LD_LIBRARY_PATH": str(self.library),
            "FAKE_NVML_GPUS": str(self.gpus),
            "FAKE_NVML_CTL": str(self.control),
            "FAKE_NVML_CALLS": str(self.calls_file),
            "PADDLE_LAB_GPUS": "auto",
        }

    def set(self, *lines: str) -> None:
        """Change the scenario: lines as the C source explains them, e.g. ``3 lost 1``."""
        part = self.control.with_suffix(".part")
        part.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        part.replace(self.control)

    def calls(self) -> tuple[int, int]:
        """Calls so far: all, and those for PCIe throughput."""
        try:
            total, pcie = struct.unpack("QQ", self.calls_file.read_bytes())
        except (OSError, struct.error):
            return 0, 0
        return total, pcie
