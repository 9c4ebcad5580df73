"""How people see a run: live in a cell or a terminal, and frozen in a saved notebook.

A view reads the run folder and never asks the engine. Never imports paddle.
"""

from __future__ import annotations

from paddle_lab.views.frozen import frozen_bundle
from paddle_lab.views.open import Display, open_display

__all__ = ["Display", "frozen_bundle", "open_display"]
