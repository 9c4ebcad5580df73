"""The front end of notebooks in a real IPython shell: load, await, complete, fail politely."""

from __future__ import annotations

import asyncio
import atexit
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from paddle_lab.commands import distill
from paddle_lab.commands.result import Result
from paddle_lab.paths import runs_dir
from paddle_lab.settings import load_settings

HEAVY = (
    "paddle",
    "paddlenlp",
    "matplotlib",
    "datasets",
    "pandas",
    "sklearn",
    "torch",
    "tokenizers",
)


@pytest.fixture
def ip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("PADDLE_LAB_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("PADDLE_LAB_LANG", "en")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.extension_manager.load_extension("paddle_lab")
    yield shell
    shell.extension_manager.unload_extension("paddle_lab")
    shell.atexit_operations()  # its history lies in a folder that goes with the test
    atexit.unregister(shell.atexit_operations)


def test_loading_imports_nothing_heavy() -> None:
    script = f"""
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        before = set(sys.modules)
        InteractiveShell().extension_manager.load_extension("paddle_lab")
        print([name for name in {HEAVY!r} if name in sys.modules and name not in before])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "[]"


def test_unloading_takes_everything_back(ip: Any) -> None:
    ip.extension_manager.unload_extension("paddle_lab")
    assert "ernie_finetune" not in ip.magics_manager.magics["line"]
    assert "_ernie_finetune_await" not in ip.magics_manager.magics["cell"]
    assert not ip.input_transformers_post
    assert ip.extension_manager.load_extension("paddle_lab") is None
    assert "ernie_finetune" in ip.magics_manager.magics["cell"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "%ernie_finetune reviews",
            "await get_ipython().run_line_magic('_ernie_finetune_await', 'reviews')\n",
        ),
        (
            "run = %ernie_finetune reviews",
            "run = await get_ipython().run_line_magic('_ernie_finetune_await_value', 'reviews')\n",
        ),
        (
            "%%ernie_finetune reviews\nepochs: 1",
            "await get_ipython().run_cell_magic("
            "'_ernie_finetune_await', 'reviews', 'epochs: 1\\n')\n",
        ),
        (
            "%%ernie_finetune reviews --name \"a, '')\"\n",
            "await get_ipython().run_line_magic("
            "'_ernie_finetune_await', 'reviews --name \"a, \\'\\')\"')\n",
        ),
        (
            "%%ernie_finetune reviews\nname: ''",
            "await get_ipython().run_cell_magic("
            "'_ernie_finetune_await', 'reviews', \"name: ''\\n\")\n",
        ),
        (
            "student = %ernie_distill last --texts more.txt",
            "student = await get_ipython().run_line_magic("
            "'_ernie_distill_await_value', 'last --texts more.txt')\n",
        ),
        ("%ernie_runs list", "get_ipython().run_line_magic('ernie_runs', 'list')\n"),
    ],
)
def test_the_magic_awaits_at_the_top_level(ip: Any, source: str, expected: str) -> None:
    assert ip.transform_cell(source) == expected


def test_a_distillation_waits_without_holding_the_kernel(
    ip: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Clicks on the card are heard while it trains, as with ``%ernie_finetune``."""

    async def until_clicked() -> None:
        await asyncio.wait_for(clicked.wait(), 60)

    waited = SimpleNamespace(wait_async=until_clicked, state=SimpleNamespace(end=None))
    monkeypatch.setattr(distill, "start", lambda args, context: waited)
    monkeypatch.setattr(distill, "told", lambda *given: Result("It has learnt.", value=waited))

    async def story() -> None:
        nonlocal clicked
        clicked = asyncio.Event()
        cell = ip.transform_cell("%ernie_distill last --texts more.txt --layers 2 -o student")
        running = asyncio.ensure_future(ip.run_cell_async(cell, transformed_cell=cell))
        while "student" not in ip.user_ns and not running.done():
            await asyncio.sleep(0.01)
        assert not running.done()
        clicked.set()
        assert (await running).success and ip.user_ns["student"] is waited

    clicked: asyncio.Event
    asyncio.run(story())
    assert "It has learnt." in capsys.readouterr().out


def test_inside_a_function_it_stays_a_plain_call(ip: Any) -> None:
    cell = ip.transform_cell("def f():\n    %ernie_finetune reviews")
    assert "await" not in cell


def test_without_autoawait_nothing_awaits(ip: Any) -> None:
    ip.autoawait = False
    assert "await" not in ip.transform_cell("%ernie_finetune reviews")


def test_errors_come_without_a_traceback(ip: Any, capsys: pytest.CaptureFixture[str]) -> None:
    result = ip.run_cell("%ernie_finetune reviews --epoch 3")
    assert result.error_in_exec is not None
    shown = capsys.readouterr()
    text = shown.out + shown.err
    assert "Did you mean --epochs?" in text
    assert "Traceback" not in text and "File " not in text


def test_a_quotation_that_is_not_closed_is_told(
    ip: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ip.run_cell("%ernie_runs show 'last")
    shown = capsys.readouterr()
    assert "not closed" in shown.out + shown.err


@pytest.mark.parametrize(
    "text",
    [
        "it's good",
        "it's good, isn't it",
        "x" * 200_000 + " it's good",
        "don't",
        'a 5" screen',
        "质量'很'好",
        "O'Brien said: fine",
    ],
)
def test_a_text_with_a_lone_mark_is_sent_to_the_cell_below(
    ip: Any, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert ip.run_cell(f"%ernie_predict last {text}").error_in_exec is not None
    shown = capsys.readouterr()
    assert "in the cell below" in shown.out + shown.err
    assert "%%ernie_predict last" in shown.out + shown.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('last "it\'s good" --top-k 2', ["last", "it's good", "--top-k", "2"]),
        ('last "well, it\'s good"', ["last", "well, it's good"]),
        ("last 'a b' 'c'", ["last", "a b", "c"]),
        ("last --set label='x'", ["last", "--set", "label=x"]),
        (r"last it\'s", ["last", "it's"]),
    ],
)
def test_marks_that_hold_words_together_still_do(line: str, words: list[str]) -> None:
    from paddle_lab.commands.catalog import COMMANDS
    from paddle_lab.magics.dispatch import words_of

    (command,) = [one for one in COMMANDS if one.magic == "ernie_predict"]
    assert words_of(command, line) == words


def test_help_is_shown_in_the_cell(ip: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert ip.run_cell("%ernie_finetune --help").success
    short = capsys.readouterr().out
    assert "--epochs" in short and "--early-stopping" not in short
    assert ip.run_cell("%ernie_finetune --help-all").success
    assert "--early-stopping" in capsys.readouterr().out


def test_json_is_for_machines(ip: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert ip.run_cell("%ernie_runs list --json").success
    assert capsys.readouterr().out.strip() == "[]"


def test_quiet_and_the_language_are_heard(ip: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert ip.run_cell("%ernie_runs list -q").success
    assert capsys.readouterr().out == ""
    assert ip.run_cell("%ernie_runs list --lang zh").success
    assert "还没有运行" in capsys.readouterr().out
    assert not ip.run_cell("%ernie_finetune none.tsv --dry-run --lang zh").success
    shown = capsys.readouterr()
    assert "没有名为 none.tsv" in shown.out + shown.err
    assert not ip.run_cell("%ernie_finetune none.tsv --dry-run").success
    shown = capsys.readouterr()
    assert "no file" in shown.out + shown.err


class TestConfig:
    @pytest.fixture(autouse=True)
    def clean(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("RUNS_DIR", "OFFLINE", "HINTS"):
            monkeypatch.setenv(f"PADDLE_LAB_{name}", "")

    def test_it_is_what_the_environment_says(
        self, ip: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert ip.run_cell("%config PaddleLab").success
        shown = capsys.readouterr().out
        assert "PaddleLab.language" in shown and "Current: 'en'" in shown

    def test_it_is_heard_at_once_and_by_child_processes(
        self, ip: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert ip.run_cell("%config PaddleLab.language = 'zh'").success
        assert ip.run_cell("%config PaddleLab.runs_dir = 'mine'").success
        assert ip.run_cell("%config PaddleLab.offline = True").success
        assert runs_dir() == Path("mine") and load_settings().offline
        ip.run_cell("%ernie_runs list")
        assert "还没有运行" in capsys.readouterr().out
        assert os.environ["PADDLE_LAB_OFFLINE"] == "1"
        assert ip.run_cell("%config PaddleLab.runs_dir = ''").success
        assert runs_dir() == Path("paddle_runs")

    def test_hints_are_switched(self, ip: Any) -> None:
        assert hasattr(ip, "_paddle_lab_hint")
        assert ip.run_cell("%config PaddleLab.hints = False").success
        assert not hasattr(ip, "_paddle_lab_hint")

    def test_an_unknown_language_is_told(self, ip: Any, caplog: pytest.LogCaptureFixture) -> None:
        ip.run_cell("%config PaddleLab.language = 'fr'")
        assert "Known: en, zh" in caplog.text and "Traceback" not in caplog.text
        assert os.environ["PADDLE_LAB_LANG"] == "en"

    def test_a_profile_can_set_it(self, ip: Any) -> None:
        ip.extension_manager.unload_extension("paddle_lab")
        ip.config.PaddleLab.language = "zh"
        ip.extension_manager.load_extension("paddle_lab")
        assert os.environ["PADDLE_LAB_LANG"] == "zh"


def complete(ip: Any, text: str) -> list[str]:
    return [item.text for item in ip.Completer.completions(text, len(text))]


def test_options_choices_data_and_models_complete(ip: Any) -> None:
    import pandas as pd

    ip.user_ns["frame"] = pd.DataFrame({"text": ["a"], "label": ["b"]})
    ip.Completer.use_jedi = False
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        assert "--epochs" in complete(ip, "%ernie_finetune reviews --ep")
        assert complete(ip, "%ernie_finetune reviews --metric mac") == ["macro_f1"]
        assert "frame" in complete(ip, "%ernie_finetune fr")
        assert "reviews" in complete(ip, "run = %ernie_finetune rev")
        assert "ernie-lab-mini" in complete(ip, "%%ernie_finetune reviews --model ernie-lab")
        assert "ernie-3.0-nano-zh" in complete(ip, "%ernie_finetune reviews --model ernie-3.0-n")


def test_runs_complete_where_a_run_is_wanted(ip: Any, tmp_path: Path) -> None:
    from IPython.core.completer import provisionalcompleter

    from paddle_lab.runs import Registry, RunFolder, RunSpec

    folder = RunFolder.create(RunSpec(train="a.tsv", name="lesson"), tmp_path / "runs")
    Registry().add(folder)
    ip.Completer.use_jedi = False
    with provisionalcompleter():
        assert complete(ip, "%ernie_predict les") == [folder.path.name]
        assert "last" in complete(ip, "%ernie_stop la")
        assert "compare" in complete(ip, "%ernie_runs com")
        assert folder.path.name in complete(ip, "%ernie_runs show les")


def test_a_dry_run_reads_a_dataframe_and_loads_no_model(
    ip: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    import pandas as pd

    ip.user_ns["frame"] = pd.DataFrame(
        {
            "review": [f"很好{i}" for i in range(20)] + [f"很差{i}" for i in range(20)],
            "stars": [5] * 20 + [1] * 20,
        }
    )
    result = ip.run_cell("%ernie_finetune frame --text review --label stars --dry-run -o plan")
    assert result.success, capsys.readouterr()
    plan = ip.user_ns["plan"]
    assert plan.prepared.labels == ["1", "5"]
    assert plan.cost is not None and plan.cost.seconds > 0


@pytest.mark.parametrize("name", ["1bad", "a-b", "class", "a.b"])
def test_a_variable_that_cannot_be_is_told_before_the_run_begins(
    ip: Any, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from paddle_lab.runs import Registry

    assert not ip.run_cell(f"%ernie_finetune reviews -o {name}").success
    assert "not a valid variable name" in "".join(capsys.readouterr())
    assert Registry().list() == []
