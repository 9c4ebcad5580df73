"""The environment doctor: probes -> facts -> rules -> findings. Never imports paddle here.

Whether paddle can be imported is tried in a process of its own (``imports/``).

>>> from paddle_lab import environment
>>> facts = environment.collect()                  # doctest: +SKIP
>>> environment.diagnose(facts)[0].commands        # doctest: +SKIP
>>> environment.make_plan(facts).commands          # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paddle_lab.environment.check import run_check
    from paddle_lab.environment.diagnosis import diagnose
    from paddle_lab.environment.engine import explain
    from paddle_lab.environment.exceptions import explain_exception
    from paddle_lab.environment.experiments.checked import check_and_try
    from paddle_lab.environment.explanation import Explanation
    from paddle_lab.environment.facts import read_facts, write_facts
    from paddle_lab.environment.findings import Finding
    from paddle_lab.environment.gathering import collect, collect_from
    from paddle_lab.environment.imports.trial import check_and_imports, try_imports
    from paddle_lab.environment.light import all_findings, summary, summary_json
    from paddle_lab.environment.plan import Plan, make_plan

_HOMES = {
    "run_check": "check",
    "check_and_imports": "imports.trial",
    "check_and_try": "experiments.checked",
    "try_imports": "imports.trial",
    "collect": "gathering",
    "collect_from": "gathering",
    "Explanation": "explanation",
    "diagnose": "diagnosis",
    "explain": "engine",
    "explain_exception": "exceptions",
    "read_facts": "facts",
    "write_facts": "facts",
    "Finding": "findings",
    "Plan": "plan",
    "make_plan": "plan",
    "all_findings": "light",
    "summary": "light",
    "summary_json": "light",
}

__all__ = [
    "Explanation",
    "Finding",
    "Plan",
    "all_findings",
    "check_and_imports",
    "check_and_try",
    "collect",
    "collect_from",
    "diagnose",
    "explain",
    "explain_exception",
    "make_plan",
    "read_facts",
    "run_check",
    "summary",
    "summary_json",
    "try_imports",
    "write_facts",
]


def __getattr__(name: str) -> Any:
    """Modules of this package are imported when first asked for: the hint costs nothing."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(name)
