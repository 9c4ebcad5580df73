"""`paddle-lab env` and `%paddle_env`: the same questions from both front ends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from environment.imports.small_stack import write_stack

from paddle_lab.cli import main
from paddle_lab.commands import Context
from paddle_lab.commands.env import build_parser, execute
from paddle_lab.errors import EnvError, UsageError
from paddle_lab.i18n import speaking
from paddle_lab.options.answer import asked_language

SHEETS = Path(__file__).parents[1] / "environment" / "sheets"
ERROR = "ImportError: cannot import name 'download' from 'aistudio_sdk.hub'"


def ask(*words: str, cell: str | None = None) -> Any:
    with speaking(asked_language(words)):
        return execute(build_parser("%paddle_env").parse_args(list(words)), Context(cell=cell))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    facts = json.loads((SHEETS / "cpu-linux.json").read_text("utf-8"))
    facts["packages"]["aistudio-sdk"] = "0.3.9"
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


def type_in(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_the_exit_code_tells_ci(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--facts", str(SHEETS / "cpu-linux.json")]) == 0
    assert main(["env", "--facts", str(broken)]) == 1
    assert "aistudio-sdk" in capsys.readouterr().out


def test_json_of_a_diagnosis(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--facts", str(broken), "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["light"] == "red"
    finding = data["findings"][0]
    assert finding["id"] == "aistudio-download"
    assert {"id", "cause", "fix", "certainty"} <= set(finding)
    assert data["facts"]["format"] == "paddle-lab-facts"


@pytest.mark.usefixtures("gathered_once")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_explain_reads_standard_input(
    encoding: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, f"报错:{ERROR}".encode(encoding))
    assert main(["env", "--explain", "-", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["findings"][0]["id"] == "aistudio-download"
    assert "aistudio-sdk==0.2.6" in data["findings"][0]["fix"]


def test_explain_against_a_recorded_sheet(
    broken: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, ERROR.encode())
    assert main(["env", "--facts", str(broken), "--explain", "-", "--json"]) == 0
    finding = json.loads(capsys.readouterr().out)["findings"][0]
    assert finding["certainty"] == "confirmed"


def test_an_unknown_text_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, b"nobody knows this")
    assert main(["env", "--facts", str(SHEETS / "cpu-linux.json"), "--explain", "-", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"] == []


def test_bad_input_gets_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, b"  \n")
    assert main(["env", "--explain", "-"]) == 2
    assert main(["env", "--explain", str(tmp_path / "missing.txt")]) == 2
    assert main(["env", "--explain", str(tmp_path)]) == 2
    (tmp_path / "sheet.json").write_text("{}", encoding="utf-8")
    assert main(["env", "--facts", str(tmp_path / "sheet.json")]) == 1
    assert main(["env", "--facts", str(tmp_path / "none.json")]) == 1
    assert main(["env", "--python", "/no/python"]) == 1
    assert main(["env", "--plann"]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "--plan" in said


def test_questions_that_exclude_each_other() -> None:
    for words in (["--check"], ["--imports"]):
        with pytest.raises(UsageError):
            ask("--facts", str(SHEETS / "cpu-linux.json"), *words)
    with pytest.raises(UsageError):
        ask("--facts", str(SHEETS / "cpu-linux.json"), "--python", sys.executable)


@pytest.mark.usefixtures("gathered_once")
def test_a_cell_holds_the_text_to_explain() -> None:
    for words in ((), ("--explain",)):
        result = ask(*words, cell=f"{ERROR}\n")
        assert result.value.findings[0].id == "aistudio-download"
        assert "aistudio" in result.html


@pytest.mark.usefixtures("gathered_once")
def test_the_last_exception_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys, "last_exc", raising=False)
    monkeypatch.setattr(sys, "last_value", None, raising=False)
    with pytest.raises(UsageError) as caught:
        ask("--explain")
    assert "No exception" in caught.value.in_language("en")
    monkeypatch.setattr(
        sys, "last_value", ImportError("No module named 'setuptools'"), raising=False
    )
    assert ask("--explain").value.findings[0].id == "no-module-setuptools"


@pytest.mark.usefixtures("gathered_once")
def test_a_sheet_goes_out_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "sheet.json"
    first = ask("--facts-out", str(path))
    again = ask("--facts", str(path))
    assert [f.id for f in first.value] == [f.id for f in again.value]
    with pytest.raises(EnvError):
        ask("--facts-out", str(tmp_path))


def test_the_page_as_a_file(tmp_path: Path, broken: Path) -> None:
    path = tmp_path / "page.html"
    ask("--facts", str(broken), "--html", str(path), "--lang", "zh")
    page = path.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert 'lang="zh"' in page
    assert "aistudio-sdk 版本过新" in page
    with pytest.raises(UsageError):
        ask("--facts", str(broken), "--html", str(tmp_path))


def test_plan_docker_and_freeze(tmp_path: Path, broken: Path) -> None:
    plan = ask("--facts", str(broken), "--plan", "--lang", "en")
    assert '"aistudio-sdk<0.3"' in plan.text
    assert plan.json["plan"]["commands"]
    docker = ask("--facts", str(SHEETS / "gpu-cu130-h100.json"), "--docker")
    assert "--gpus all" in docker.text
    assert docker.json["image"].endswith("gpu-cuda13.0-cudnn9.13")
    freeze = ask("--facts", str(broken), "--freeze")
    assert "numpy==1.26.4" in freeze.text.splitlines()
    target = tmp_path / "constraints.txt"
    ask("--facts", str(broken), "--freeze", str(target))
    assert "numpy==1.26.4" in target.read_text("utf-8")
    with pytest.raises(UsageError):
        ask("--facts", str(broken), "--freeze", str(tmp_path))


def test_another_interpreter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--python", sys.executable, "--json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["facts"]["python"]["executable"]


def test_both_languages(broken: Path) -> None:
    assert "灰灯" in ask("--facts", str(SHEETS / "cpu-linux.json"), "--lang", "zh").text
    assert "Grey" in ask("--facts", str(SHEETS / "cpu-linux.json"), "--lang", "en").text


def test_a_recorded_sheet_does_not_offer_to_try_the_imports_here() -> None:
    text = ask("--facts", str(SHEETS / "cpu-linux.json"), "--lang", "en").text
    assert "--imports --facts-out" in text


@pytest.fixture
def small_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a paddle and a paddlenlp of a few lines."""
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    write_stack(folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.slow
def test_imports_are_tried_when_asked_for_and_known_afterwards(small_stack: Path) -> None:
    assert "imports" not in ask().json["facts"]
    for words in (["--imports"], []):
        results = ask(*words).json["facts"]["imports"]["results"]
        assert [result["ok"] for result in results] == [True, True]
    (small_stack / "paddlenlp/trainer.py").write_text("", "utf-8")
    assert "imports" not in ask().json["facts"]
    broken = ask("--imports", "--lang", "en")
    assert (broken.exit_code, broken.json["light"]) == (1, "red")
    assert "import paddlenlp fails: ImportError: cannot import name" in broken.text


@pytest.mark.slow
def test_a_check_includes_the_imports(small_stack: Path) -> None:
    facts = ask("--check").json["facts"]
    assert [result["ok"] for result in facts["imports"]["results"]] == [True, True]
    assert facts["check"]["phases"][-1]["name"] == "training step on cpu"


@pytest.mark.slow
def test_the_imports_of_another_interpreter(small_stack: Path) -> None:
    for words in (["--imports"], []):
        facts = ask("--python", sys.executable, *words).json["facts"]
        assert facts["imports"]["key"] == facts["state"]["key"]


def test_hints_are_for_notebooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    with pytest.raises(UsageError):
        ask("--hints", "on")


def test_hints_on_and_off_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    from paddle_lab.environment import hint

    ip = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: ip)
    assert ask("--hints", "on").value == "on"
    assert hint.installed(ip)
    ask("--hints", "off")
    assert not hint.installed(ip)


def test_a_report_is_written_beside_the_answer(broken: Path, tmp_path: Path) -> None:
    log = tmp_path / "error.txt"
    log.write_text(f"https://joe:pw@index.firm.local\n{ERROR}", encoding="utf-8")
    report = tmp_path / "report.md"
    sheet = ("--facts", str(broken))
    answer = ask(*sheet, "--explain", str(log), "--report", str(report))
    text = report.read_text("utf-8")
    assert ERROR in text
    assert "joe" not in text
    assert "firm.local" not in text
    assert "aistudio-sdk==0.3.9" in text
    assert str(report) in answer.text
    assert answer.json["report"] == str(report)
    with pytest.raises(UsageError) as caught:
        ask(*sheet, "--report", str(report))
    assert caught.value.code == "usage.report_exists"
    assert ask(*sheet, "--report", str(tmp_path / "page.md")).exit_code == 1
    with pytest.raises(UsageError, match="--report"):
        ask(*sheet, "--docker", "--report", str(tmp_path / "other.md"))


def test_the_report_has_a_name_of_its_own() -> None:
    assert build_parser("%paddle_env").parse_args(["--report"]).report == "paddle-lab-report.md"
