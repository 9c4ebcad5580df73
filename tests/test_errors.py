"""What programs hold on to in an error: its code, wherever it comes from."""

from __future__ import annotations

import pickle

import pytest

from paddle_lab.errors import BundleError, RunError
from paddle_lab.i18n import T


def test_an_error_cannot_be_made_without_a_code() -> None:
    with pytest.raises(TypeError, match="code"):
        RunError(T("It failed.", "失败。"))  # type: ignore[call-arg]


def test_code_and_label_survive_events_and_processes() -> None:
    error = RunError(T("It is gone.", "已不存在。"), fix=T("Look.", "请查看。"), code="run.gone")
    again = BundleError.from_json(error.to_json())
    assert (again.code, again.label) == ("run.gone", "RunError")
    assert again.in_language("zh") == error.in_language("zh")
    pickled = pickle.loads(pickle.dumps(error))
    assert type(pickled) is RunError and pickled.to_json() == error.to_json()


def test_an_error_from_before_there_were_codes_is_still_read() -> None:
    old = {
        "type": "RunError",
        "what": {"en": "It failed.", "zh": "失败。"},
        "why": None,
        "fix": None,
    }
    assert RunError.from_json(old).code == "run.failed"
