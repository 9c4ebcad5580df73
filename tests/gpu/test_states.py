"""Every failure has a reason and a hint, in both languages, and comes from somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from paddle_lab.gpu.backends import choose_backend
from paddle_lab.gpu.states import CONDITIONS

REPO = Path(__file__).parents[2]

#: The failures that a GPU panel meets in the field, by what happened.
FAILURES = {
    "library not found": "library-not-found",
    "driver not loaded": "driver-not-loaded",
    "driver and library differ": "driver-mismatch",
    "no permission": "no-permission",
    "wrong pynvml distribution": "wrong-pynvml",
    "zero GPUs": "no-gpus",
    "one GPU lost": "gpu-lost",
    "driver reloaded under us": "driver-reloaded",
    "value unsupported on this GPU": "unsupported",
    "MIG on": "mig",
    "vGPU": "vgpu",
    "WSL": "wsl",
    "PIDs not resolvable": "pids-hidden",
    "kernel on another machine": "remote-kernel",
    "kernel without usage_request": "kernel-silent",
    "server extension missing or old": "server-extension-missing",
    "connection lost": "connection-lost",
    "user not authorised": "not-authorised",
}


@pytest.mark.parametrize("code", FAILURES.values(), ids=FAILURES.keys())
def test_has_a_reason_and_a_hint_in_both_languages(code):
    condition = CONDITIONS[code]
    for text in (condition.reason, condition.hint):
        assert text.in_language("en").strip().endswith((".", "?"))
        assert re.search(r"[一-鿿]", text.in_language("zh"))
        assert "{" not in text.in_language("en") + text.in_language("zh")
    assert json.loads(json.dumps(condition.to_json()))["code"] == code


def test_codes_are_unique_and_levels_known():
    assert len(CONDITIONS) >= len(FAILURES)
    assert {condition.level for condition in CONDITIONS.values()} == {"info", "warning", "error"}


@pytest.mark.parametrize(
    "code", ["connection-lost", "not-authorised", "server-extension-missing", "server-fault"]
)
def test_what_only_the_page_can_see_is_said_there(code):
    source = (REPO / "labextension/src/sidebar/connection.ts").read_text("utf-8")
    assert f"'{code}'" in source
    assert CONDITIONS[code].reason.en in source


@pytest.mark.parametrize(
    "setting", ["simulated:99xA100", "simulated:2xABACUS", "nonsense", "8xA100"]
)
def test_a_setting_that_is_not_understood_says_what_would_be(setting):
    assert choose_backend(setting) is None
    assert "simulated:8xA100" in CONDITIONS["bad-setting"].hint.en


def test_the_display_can_be_switched_off():
    backend = choose_backend("none")
    assert backend.open().condition is CONDITIONS["switched-off"]
    assert backend.fast() == backend.slow() == []
