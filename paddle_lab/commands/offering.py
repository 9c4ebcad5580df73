"""What the page of models shows: run by the server in a process of its own.

``python -m paddle_lab.commands.offering`` writes one JSON object on standard output: every model
that ``%ernie_models`` knows, and what the time of an epoch is told of.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> int:
    """Write the list."""
    json.dump(offer(), sys.stdout)
    return 0


def offer() -> dict[str, Any]:
    """``{"rows", "tokens", "models"}``: an epoch is of so many rows of so many tokens."""
    from paddle_lab.training.offered import ROWS, TOKENS, offered

    models = [one.to_json() for one in offered(every=True)]
    return {"rows": ROWS, "tokens": TOKENS, "models": models}


if __name__ == "__main__":
    sys.exit(main())
