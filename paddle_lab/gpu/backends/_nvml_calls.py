"""Calls into nvidia-ml-py, one by one, each wrapped: an answer, or None and a noted fault."""

from __future__ import annotations

import importlib
import logging
from types import ModuleType
from typing import Any, Final

from paddle_lab.gpu.states import (
    DRIVER_MISMATCH,
    DRIVER_NOT_LOADED,
    DRIVER_RELOADED,
    GPU_LOST,
    LIBRARY_NOT_FOUND,
    NO_PERMISSION,
    NVML_ERROR,
    NVML_PACKAGE_MISSING,
    WRONG_PYNVML,
    Condition,
)

LOG = logging.getLogger("paddle_lab.gpu")

UNINITIALIZED: Final = 1
NOT_SUPPORTED: Final = 3
NO_PERMISSION_CODE: Final = 4
NOT_FOUND: Final = 6
DRIVER_NOT_LOADED_CODE: Final = 9
LIBRARY_NOT_FOUND_CODE: Final = 12
FUNCTION_NOT_FOUND: Final = 13
LOST_CODES: Final = (15, 16)  # GPU is lost; reset required
MISMATCH_CODE: Final = 18
VERSION_MISMATCH: Final = 25
UNKNOWN_ERROR: Final = 999
GONE_CODES: Final = (UNINITIALIZED, DRIVER_NOT_LOADED_CODE, LIBRARY_NOT_FOUND_CODE, MISMATCH_CODE)
#: Answers that mean "never on this GPU": not asked again until the driver is opened anew.
NEVER_CODES: Final = (NOT_SUPPORTED, FUNCTION_NOT_FOUND, VERSION_MISMATCH)

_BY_CODE: Final[dict[int, Condition]] = {
    LIBRARY_NOT_FOUND_CODE: LIBRARY_NOT_FOUND,
    DRIVER_NOT_LOADED_CODE: DRIVER_NOT_LOADED,
    MISMATCH_CODE: DRIVER_MISMATCH,
    NO_PERMISSION_CODE: NO_PERMISSION,
    UNINITIALIZED: DRIVER_RELOADED,
    15: GPU_LOST,
    16: GPU_LOST,
}

# What nvidia-ml-py has and its name-sakes lack.
_NEEDED = ("NVMLError", "nvmlInitWithFlags", "nvmlDeviceGetComputeRunningProcesses_v3")


def condition_of(code: int) -> Condition:
    """What an NVML return code means to a person."""
    return _BY_CODE.get(code, NVML_ERROR)


def load_pynvml() -> ModuleType | Condition:
    """nvidia-ml-py's module ``pynvml``, or why it cannot be used; never raises."""
    try:
        module = importlib.import_module("pynvml")
    except ImportError:
        return NVML_PACKAGE_MISSING
    except Exception:
        LOG.warning("pynvml cannot be imported", exc_info=True)
        return WRONG_PYNVML
    if not all(hasattr(module, name) for name in _NEEDED):
        return WRONG_PYNVML
    return module


class NvmlCalls:
    """Asks NVML for one GPU at a time; remembers what a GPU does not support."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.count = 0
        self._never: set[tuple[object, str]] = set()
        self._faults: dict[object, int] = {}
        self._denied: set[object] = set()
        self._logged: set[str] = set()

    def ask(self, slot: object, name: str, *args: Any) -> Any:
        """The answer of ``pynvml.<name>(*args)``, or None; ``slot`` names the GPU that is asked."""
        if (slot, name) in self._never:
            return None
        self.count += 1
        try:
            answer = getattr(self.module, name)(*args)
            # Texts come as bytes from some versions, and a name may be anything.
            return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        except self.module.NVMLError as error:
            self._note(slot, name, int(error.value))
        except AttributeError:
            self._note(slot, name, FUNCTION_NOT_FOUND)
        except Exception:  # a name that is not UTF-8, a structure of another version
            if name not in self._logged:
                self._logged.add(name)
                LOG.warning("%s failed; it is taken as an error of the GPU", name, exc_info=True)
            self._note(slot, name, UNKNOWN_ERROR)
        return None

    def ask_first(self, slot: object, names: tuple[str, ...], *args: Any) -> Any:
        """The answer of the first of ``names`` that this driver knows."""
        for name in names:
            if (slot, name) not in self._never:
                answer = self.ask(slot, name, *args)
                if answer is not None or (slot, name) not in self._never:
                    return answer
        return None

    def supports(self, slot: object, name: str) -> bool:
        """False once the GPU has said that it never answers this."""
        return (slot, name) not in self._never

    def take_fault(self, slot: object) -> int | None:
        """The gravest code noted for ``slot`` since last asked, or None."""
        denied = NO_PERMISSION_CODE if slot in self._denied else None
        return self._faults.pop(slot, denied)

    def forget(self) -> None:
        """Forget what was learnt of the GPUs: the driver is being opened anew."""
        self._never.clear()
        self._faults.clear()
        self._denied.clear()

    def _note(self, slot: object, name: str, code: int) -> None:
        if code in NEVER_CODES:
            self._never.add((slot, name))
            if code == FUNCTION_NOT_FOUND and name not in self._logged:
                self._logged.add(name)
                LOG.info("this driver does not know %s", name)
        elif code in GONE_CODES or code in LOST_CODES:
            self._faults[slot] = code
        elif code == NO_PERMISSION_CODE:
            # Not asked again, but still said: a missing number keeps its reason.
            self._never.add((slot, name))
            self._denied.add(slot)
        elif code != NOT_FOUND:
            self._faults.setdefault(slot, code)
