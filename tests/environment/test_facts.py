"""Fact sheets: what is in them, what never is, and what is refused when one is read."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import collect, collect_from, read_facts, write_facts
from paddle_lab.environment.facts import LARGEST_BYTES, check_facts, parse_facts
from paddle_lab.environment.probes import FORMAT, PROBES, VERSION, gather
from paddle_lab.environment.redact import allowed_variables, clean, public_index
from paddle_lab.errors import EnvError

SHEET: dict[str, Any] = {"format": FORMAT, "version": VERSION}


def test_a_sheet_of_this_process_is_valid_and_complete(gathered_once: dict[str, Any]) -> None:
    facts = collect()
    assert {**gathered_once, **facts} == facts
    assert check_facts(json.loads(json.dumps(facts))) == facts
    assert facts["python"]["version"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}")
    assert "numpy" in facts["packages"]
    assert {name for name, _ in PROBES} <= set(facts)
    assert {"gpu", "libraries", "hiding", "shadows"} <= set(facts)
    assert facts["problems"] == {}


def test_gathering_imports_neither_paddle_nor_paddlenlp() -> None:
    code = (
        "import sys; from paddle_lab.environment import collect, diagnose, make_plan, summary;"
        "f = collect(); diagnose(f); make_plan(f); summary(f);"
        "assert not {'paddle', 'paddlenlp', 'numpy', 'torch'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


def test_no_secret_reaches_the_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    home = str(Path.home())
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "verysecret")
    monkeypatch.setenv("FLAGS_auth_token", "verysecret")
    monkeypatch.setenv("MY_OWN_VARIABLE", "verysecret")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:verysecret@proxy.example:3128")
    monkeypatch.setenv(
        "PIP_INDEX_URL",
        "https://verysecret.internal/simple https://www.paddlepaddle.org.cn/packages/stable/cpu/",
    )
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{home}/cuda/lib64:/usr/lib")
    text = json.dumps(collect())
    assert "verysecret" not in text
    facts = json.loads(text)
    assert facts["variables"]["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert facts["variables"]["PIP_INDEX_URL"] == "private paddlepaddle"
    assert facts["variables"]["LD_LIBRARY_PATH"] == "~/cuda/lib64:/usr/lib"
    assert "HF_TOKEN" not in facts["variables"]


def test_cleaning_leaves_other_folders_alone() -> None:
    assert clean("/home/ann/x and /home/anna/y", "/home/ann") == "~/x and /home/anna/y"
    assert clean("/root/.cache", "/") == "/root/.cache"
    assert public_index("https://any.name.tsinghua.edu.cn/simple") == "tsinghua"
    assert public_index("https://tsinghua.inside.company.cn/simple") == "private"
    assert public_index("https://pypi.internal/simple") == "private"
    assert public_index("http://[broken") == "private"
    assert allowed_variables({"NCCL_DEBUG": "INFO", "SECRET": "x"}) == {"NCCL_DEBUG": "INFO"}


def test_a_probe_that_fails_is_a_fact_and_the_rest_goes_on() -> None:
    def forbidden() -> Any:
        raise PermissionError(13, "Permission denied", "/proc/1/cgroup")

    def strange() -> Any:
        raise RuntimeError("¯\\_(ツ)_/¯")

    facts = gather(
        (("python", forbidden), ("cpu", strange), ("memory", lambda: {"total_mb": 1})), ()
    )
    assert facts["memory"] == {"total_mb": 1}
    assert "PermissionError" in facts["problems"]["python"]
    assert "RuntimeError" in facts["problems"]["cpu"]
    check_facts(json.loads(json.dumps(facts)))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_folders_without_permission_do_not_stop_the_probes(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        sys.path.insert(0, str(closed))
        assert "numpy" in collect()["packages"]
    finally:
        sys.path.remove(str(closed))
        closed.chmod(stat.S_IRWXU)


def test_the_native_probe_survives_a_crash_and_a_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paddle_lab.environment.probes import hardware

    crash = tmp_path / "crash.py"
    crash.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", encoding="utf-8")
    hang = tmp_path / "hang.py"
    hang.write_text("import time; time.sleep(60)", encoding="utf-8")
    monkeypatch.setattr(hardware, "_script", lambda: str(crash))
    crashed = hardware.native()
    assert "-11" in crashed["gpu"]["reason"]
    monkeypatch.setattr(hardware, "_script", lambda: str(hang))
    assert "no answer" in hardware.native(timeout=0.5)["gpu"]["reason"]


def test_another_interpreter_tells_its_own_facts(gathered_once: dict[str, Any]) -> None:
    facts = collect_from(sys.executable)
    assert facts["packages"] == gathered_once["packages"]
    assert facts["python"]["version"] == gathered_once["python"]["version"]


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/true"])
def test_what_is_no_python_is_refused(python: str) -> None:
    with pytest.raises(EnvError) as caught:
        collect_from(python)
    assert python in str(caught.value)


def test_written_sheets_read_back(tmp_path: Path, gathered_once: dict[str, Any]) -> None:
    path = tmp_path / "sheet.json"
    write_facts(gathered_once, path)
    assert read_facts(path) == gathered_once


def test_unwritable_and_missing_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(EnvError):
        write_facts(SHEET, tmp_path)
    with pytest.raises(EnvError):
        read_facts(tmp_path / "missing.json")
    with pytest.raises(EnvError):
        read_facts(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_sheets_that_an_editor_saved_in_another_encoding(encoding: str) -> None:
    sheet = {**SHEET, "process": {"working_directory": "~/课程"}}
    raw = json.dumps(sheet, ensure_ascii=False).encode(encoding)
    assert parse_facts(raw)["process"]["working_directory"] == "~/课程"


DEEP = b'{"format": "paddle-lab-facts", "version": 1, "process": ' + b"[" * 100_000
HOSTILE = {
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "not json": b"hello",
    "a list": b"[]",
    "a number": b"7",
    "someone else's": b'{"format": "conda-list", "version": 1}',
    "no version": b'{"format": "paddle-lab-facts"}',
    "version in words": b'{"format": "paddle-lab-facts", "version": "one"}',
    "version true": b'{"format": "paddle-lab-facts", "version": true}',
    "cut off": json.dumps({**SHEET, "packages": {"numpy": "1.26.4"}}).encode()[:-9],
    "nested too deeply": DEEP,
    "not a number": b'{"format": "paddle-lab-facts", "version": 1, "cpu": {"cores": NaN}}',
    "packages as a list": json.dumps({**SHEET, "packages": ["numpy"]}).encode(),
    "a version as a number": json.dumps({**SHEET, "packages": {"numpy": 2}}).encode(),
    "gpu as text": json.dumps({**SHEET, "gpu": "H100"}).encode(),
    "devices as text": json.dumps({**SHEET, "gpu": {"devices": "many"}}).encode(),
    "a capability that is none": json.dumps(
        {**SHEET, "gpu": {"devices": [{"compute_capability": "<script>"}]}}
    ).encode(),
    "a giant text": json.dumps({**SHEET, "python": {"version": "3" * 50_000}}).encode(),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_is_no_sheet_gets_a_clear_error(name: str) -> None:
    with pytest.raises(EnvError) as caught:
        parse_facts(HOSTILE[name], "sheet.json")
    message = caught.value.in_language("en")
    assert "sheet.json" in message
    assert len(message) < 1000, "one screen"
    assert caught.value.why is not None
    assert caught.value.why.in_language("zh") != ""


def test_a_sheet_of_the_future_is_refused_with_the_way_out() -> None:
    with pytest.raises(EnvError) as caught:
        parse_facts(json.dumps({**SHEET, "version": VERSION + 1}).encode(), "sheet.json")
    assert "newer" in caught.value.in_language("en")
    assert "pip install -U" in caught.value.in_language("zh")


def test_a_huge_file_is_not_even_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    path.write_bytes(b" " * (LARGEST_BYTES + 1))
    with pytest.raises(EnvError) as caught:
        read_facts(path)
    assert "larger than 4 MB" in str(caught.value)


def test_a_partial_sheet_is_enough() -> None:
    assert parse_facts(json.dumps(SHEET).encode()) == SHEET
