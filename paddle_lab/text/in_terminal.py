"""Advice names the magics of a notebook; in a terminal the commands, with the same options."""

from __future__ import annotations

import re
import sys
from typing import Final

#: Every command is called so in the two: %ernie_finetune and paddle-lab finetune.
_MAGIC: Final = re.compile(
    r"%{1,2}(?:paddle_(env|data)"
    r"|ernie_(finetune|distill|search|queue|launch|runs|stop|pause|resume|predict|export|push|models"
    r"|kit|serve))\b"
)


def in_terminal(text: str) -> str:
    """``text`` with the commands of a terminal in place of magics."""
    return _MAGIC.sub(lambda found: f"paddle-lab {found[1] or found[2]}", text)


def for_reader(text: str) -> str:
    """``text`` as it helps whoever reads this process's output: magics where there are magics."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return text if shell is not None else in_terminal(text)
