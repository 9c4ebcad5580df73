"""Options of one call: how it goes about a run, and how and where it answers. No run holds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from model_builders import Malicious, paddle_weights, write_folder, write_pdparams
from options.built import notebook, write_model, write_rows

from paddle_lab import api
from paddle_lab.commands import Context, Result, finetune
from paddle_lab.errors import PaddleLabError
from paddle_lab.magics.dispatch import command_magic
from paddle_lab.options import options_of
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.training.plan import Plan
from paddle_lab.training.run import Run

LINE = "few.tsv --model tiny --max-len 12"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "CACHE_DIR", "RUNS_DIR"):
        monkeypatch.setenv(f"PADDLE_LAB_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.chdir(tmp_path)
    write_rows(Path("few.tsv"), 40)
    write_model(Path("tiny"))


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is asked of each run that would begin."""
    asked: list[dict[str, Any]] = []

    def begin(folder: RunFolder, **options: Any) -> Run:
        asked.append({"folder": folder, **options})
        return Run(folder)

    monkeypatch.setattr("paddle_lab.training.start.begin", begin)
    monkeypatch.setattr(Run, "wait", lambda run, *_: run)
    return asked


def execute(line: str, *, stays: bool = True) -> Result:
    args = finetune.build_parser().parse_args(line.split())
    return finetune.execute(args, Context(stays=stays))


def test_resume_goes_on_with_the_run_of_that_name(
    begun: list[dict[str, Any]], make_run: Callable[..., RunFolder]
) -> None:
    Registry()
    folder = make_run(train="few.tsv", name="begun-before")
    with folder.open_log() as log:
        log.append("end", state="stopped", step=1)
    execute("--resume begun-before --quiet")
    execute(f"{LINE} --quiet")
    assert [(one["folder"] == folder, one["resume"]) for one in begun] == [
        (True, True), (False, False)
    ]  # fmt: skip


def test_background_does_not_wait(begun: list[dict[str, Any]]) -> None:
    result = execute(f"{LINE} --background --quiet")
    assert "goes on in the background" in result.text
    execute(f"{LINE} --background --quiet", stays=False)
    assert [one["isolate"] for one in begun] == [False, True], "a terminal's thread would end"


def test_queue_lets_the_run_wait_and_takes_nothing_that_this_call_alone_allows(
    begun: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[RunFolder] = []
    monkeypatch.setattr("paddle_lab.queue.asking.add", added.append)
    result = execute(f"{LINE} --queue")
    assert result.value.folder == added[0] and begun == []
    for option in ("--trust", "--resume last", "--nnodes 2"):
        with pytest.raises(PaddleLabError) as caught:
            execute(f"{LINE} --queue {option}")
        assert caught.value.code == "usage.conflict"


def test_config_brings_the_options_of_a_file(begun: list[dict[str, Any]]) -> None:
    Path("run.yaml").write_text("seed: 9\nepochs: 2\n", encoding="utf-8")
    execute(f"{LINE} --config run.yaml --epochs 1 --quiet")
    spec = begun[0]["folder"].spec()
    assert (spec.seed, spec.epochs) == (9, 1.0)


def test_dry_run_plans_and_begins_nothing(begun: list[dict[str, Any]]) -> None:
    assert isinstance(execute(f"{LINE} --dry-run").value, Plan)
    assert begun == [] and Registry().list() == []


def test_quiet_shows_no_live_view(
    begun: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[RunFolder] = []
    monkeypatch.setattr(api, "_show", shown.append)
    execute(f"{LINE} --quiet")
    assert shown == []
    execute(LINE)
    assert len(shown) == 1


@pytest.mark.slow
def test_trust_loads_weights_that_run_a_program(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    folder = write_folder(tmp_path / "theirs")
    write_pdparams(folder / "model_state.pdparams", {**paddle_weights(), "x": Malicious(mark)})
    line = "few.tsv --model theirs --max-len 12 --epochs 1 --no-export --no-baseline --quiet"
    with pytest.raises(PaddleLabError) as caught:
        execute(line)
    assert caught.value.code == "model.untrusted" and not mark.exists()
    with pytest.raises(PaddleLabError) as caught:
        execute(f"{line} --trust")
    assert mark.exists() and caught.value.code != "model.untrusted", "what it made is no weight"


@dataclass(frozen=True)
class Command:
    """A command that answers."""

    magic: str = "ernie_runs"
    shown: str = "%ernie_runs"
    cell: bool = False

    def build_parser(self, prog: str) -> Any:
        from paddle_lab.commands import runs

        return runs.build_parser(prog)

    def execute(self, args: Any, context: Context) -> Result:
        from paddle_lab.commands import runs

        return runs.execute(args, context)


def answer(line: str) -> SimpleNamespace:
    ip = notebook()
    command_magic(ip, Command())(line)  # type: ignore[arg-type]
    return ip


def test_output_names_the_variable(make_run: Callable[..., RunFolder]) -> None:
    folder = make_run()
    assert answer("list -o kept").user_ns["kept"][0].folder == folder
    assert answer("list --output kept").user_ns.keys() == {"kept"}


def test_json_is_for_programs_and_lang_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    answer("list --json")
    assert json.loads(capsys.readouterr().out) == []
    answer("list --lang zh")
    assert "还没有运行" in capsys.readouterr().out
    answer("list -q")
    assert capsys.readouterr().out == ""


def test_no_option_of_a_call_is_forgotten_here() -> None:
    tested = {"resume", "background", "config", "dry_run", "quiet", "trust", "output", "json",
              "lang", "queue"}  # fmt: skip
    of_call = {one.name for one in options_of(finetune.FinetuneOptions) if not one.stored}
    assert of_call == tested
    assert not of_call & set(RunSpec(train="a.tsv").to_json())
