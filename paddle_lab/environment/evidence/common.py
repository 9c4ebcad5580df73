"""What several mechanisms ask: did the imports succeed, how is a long list of names written?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from paddle_lab.environment.imports.verdict import imports_work


def unless_imported(facts: Mapping[str, Any]) -> str:
    """The severity of what should make an import fail: a warning where the import succeeded."""
    return "warning" if imports_work(facts) else "error"


def named(names: Iterable[str], most: int = 3) -> str:
    """The first few names and the number of the others: ``a, b, c (+4)``."""
    all_names = list(names)
    rest = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" (+{rest})" if rest > 0 else "")
