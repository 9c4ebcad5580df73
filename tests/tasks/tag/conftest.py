"""What the tests of tagging share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def tokenizer() -> str:
    """The shipped model's tokenizer as JSON."""
    from paddle_lab.models import resolve_model
    from paddle_lab.models.tokenizer import build_tokenizer

    return str(build_tokenizer(resolve_model("ernie-lab-mini").folder).to_str())
