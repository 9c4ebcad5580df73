"""``python ordinary_user.py COMMAND ...``: a command that is refused what permissions refuse.

Even root is, in it. A process between fork and exec could do the same (``preexec_fn``), but not
where threads are: now and then the child of one that had trained was killed there, unseen.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

#: Goes in front of a command.
AS_ORDINARY_USER: Final = (sys.executable, "-IS", __file__)
_PR_CAPBSET_DROP: Final = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_FOWNER = 1, 2, 3


def main() -> None:
    """Drop what lets root pass (``man 7 capabilities``), and become the command."""
    if os.geteuid() == 0:
        library = ctypes.CDLL(None)
        for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_FOWNER):
            library.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
