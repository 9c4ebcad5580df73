"""The check: crashes, hangs and failures of the stack are results, never our own exceptions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from paddle_lab.environment import check, run_check
from paddle_lab.environment.check import check_findings
from paddle_lab.environment.light import summary

PHASE = "import json\ndef say(**what): print('\\x1e' + json.dumps(what), flush=True)\n"
SCRIPTS = {
    "good": "say(begin='import paddle'); say(done='import paddle', seconds=1.0)",
    "sigill": "import os, signal\nsay(begin='import paddle'); os.kill(os.getpid(), signal.SIGILL)",
    "sigsegv": "import os, signal\nsay(begin='import paddle')\n"
    "os.kill(os.getpid(), signal.SIGSEGV)",
    "killed": "import os, signal\nsay(begin='import paddle'); os.kill(os.getpid(), signal.SIGKILL)",
    "hang": "import time\nsay(begin='training step on gpu:0'); time.sleep(60)",
    "exit": "import os\nsay(begin='import paddle'); os._exit(3)",
    "syntax": "this is no Python",
    "noise": "print('x' * 300000); say(begin='a'); print('é'); say(done='a', seconds=1)",
    "error": "say(begin='import paddlenlp'); say(failed='import paddlenlp', "
    "text=\"ImportError: cannot import name 'download' from 'aistudio_sdk.hub'\")\n"
    "raise SystemExit(1)",
}


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    path = tmp_path / "script.py"
    path.write_text(PHASE + SCRIPTS[request.param], encoding="utf-8")
    monkeypatch.setattr(check, "SCRIPT", path)
    return str(request.param)


@pytest.mark.parametrize("script", ["good", "noise"], indirect=True)
def test_a_check_that_passes(script: str) -> None:
    result = run_check()
    assert result["ok"]
    assert result["phases"][0]["ok"]
    assert check_findings(result, {}) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("script", "signal", "finding"),
    [
        ("sigill", "SIGILL", "sigill"),
        ("sigsegv", "SIGSEGV", "segmentation-fault"),
        ("killed", "SIGKILL", "killed-out-of-memory"),
    ],
    indirect=["script"],
)
def test_a_crash_is_a_finding(script: str, signal: str, finding: str) -> None:
    result = run_check()
    assert not result["ok"]
    assert result["ended"] == "by signal"
    assert result["signal"] == signal
    assert check_findings(result, {})[0].id == finding
    assert summary({"check": result})["light"] == "red"


@pytest.mark.slow
@pytest.mark.parametrize("script", ["hang"], indirect=True)
def test_a_hang_ends_and_is_a_finding(script: str) -> None:
    result = run_check(timeout=10)
    assert result["ended"] == "timeout"
    found = check_findings(result, {})[0]
    assert found.id == "check-hangs"
    assert "gpu:0" in found.title.in_language("zh")


@pytest.mark.parametrize("script", ["error"], indirect=True)
def test_an_import_error_is_explained(script: str) -> None:
    result = run_check()
    assert result["phases"] == [{"name": "import paddlenlp", "ok": False}]
    assert check_findings(result, {})[0].id == "aistudio-download"


@pytest.mark.parametrize("script", ["exit", "syntax"], indirect=True)
def test_an_end_that_no_rule_knows_is_still_told(script: str) -> None:
    result = run_check()
    assert not result["ok"]
    found = check_findings(result, {})
    assert found[0].severity == "error"
    assert found[0].commands


def test_an_interpreter_that_cannot_start(tmp_path: Path) -> None:
    result = run_check(tmp_path / "missing")
    assert result["ended"] == "not started"
    assert check_findings(result, {})[0].id == "check-failed"


@pytest.mark.slow
def test_the_real_check_trains_and_infers_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_check()
    assert result["ok"], result
    names = [phase["name"] for phase in result["phases"]]
    assert names == [
        "import paddle",
        "import paddlenlp",
        "training step on cpu",
        "inference on cpu",
    ]
