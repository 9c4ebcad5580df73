"""A person interrupts while modules are imported: they are imported whole, and then it acts."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from paddle_lab import interrupts
from paddle_lab.i18n import T, speaking
from paddle_lab.interrupts import (
    Interrupted,
    act_from_now_on,
    after_imports,
    is_half_imported,
    told_in_one_line,
)

ROOT = Path(__file__).parents[1]
INTERRUPTED = "import signal\nsignal.raise_signal(signal.SIGINT)\n"
# What a person's interrupt may meet: the module itself, one that it needs, one that reads a file.
MODULES = {
    "plain": {"one.py": INTERRUPTED + "whole = True"},
    "deep": {"one.py": "import two\nwhole = two.whole", "two.py": INTERRUPTED + "whole = True"},
    "several": {"one.py": INTERRUPTED * 3 + "whole = True"},
    "package": {
        "one/__init__.py": "from one.part import whole",
        "one/part.py": INTERRUPTED + "whole = True",
    },
}


@pytest.fixture(params=MODULES)
def module(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The name of a module that is interrupted while it is imported."""
    for name, source in MODULES[request.param].items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("one", "one.part", "two"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    # A shell that starts the tests in the background has interrupts ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield "one"
    signal.signal(signal.SIGINT, before)


def test_without_it_the_module_is_cut_off(module: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        importlib.import_module(module)
    assert module not in sys.modules


def test_the_module_is_whole_and_the_interrupt_acts_then(module: str) -> None:
    before = signal.getsignal(signal.SIGINT)
    reached = False
    with pytest.raises(KeyboardInterrupt), after_imports():
        importlib.import_module(module)
        signal.pause()  # ends with the signal: nothing more of the block is run
        reached = True
    assert sys.modules[module].whole
    assert not reached
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_at_the_very_end_of_the_block_is_not_lost(module: str) -> None:
    with pytest.raises(KeyboardInterrupt), after_imports():
        importlib.import_module(module)
    assert sys.modules[module].whole


def test_what_acts_may_be_chosen_and_the_block_goes_on(module: str) -> None:
    asked: list[str] = []
    with after_imports(lambda: asked.append("stop")):
        importlib.import_module(module)
    assert asked == ["stop"]


def test_what_acts_may_be_chosen_anew_while_blocks_are_open() -> None:
    asked: list[str] = []
    with after_imports(), after_imports():
        act_from_now_on(lambda: asked.append("stop"))
        signal.raise_signal(signal.SIGINT)
    assert asked == ["stop"]
    with pytest.raises(KeyboardInterrupt), after_imports():
        signal.raise_signal(signal.SIGINT)


def test_another_thread_chooses_nothing_for_the_main_one() -> None:
    thread = threading.Thread(target=act_from_now_on, args=(lambda: None,))
    with pytest.raises(KeyboardInterrupt), after_imports():
        thread.start()
        thread.join()
        signal.raise_signal(signal.SIGINT)


def test_outside_of_imports_it_acts_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), after_imports():
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the interrupt came too late")


def test_a_module_that_trains_when_it_is_imported_can_be_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trains.py").write_text(
        "import signal\n"
        "from paddle_lab.interrupts import after_imports\n"
        "with after_imports():\n    signal.raise_signal(signal.SIGINT)\n    signal.pause()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    name = "trains"  # of no distribution
    with pytest.raises(KeyboardInterrupt):
        importlib.import_module(name)


def test_other_threads_leave_the_signal_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with after_imports():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.skipif(os.name == "nt", reason="an interrupt reaches one process there")
def test_what_an_import_asks_of_other_programs_is_answered() -> None:
    script = """
        import os, signal, subprocess
        from paddle_lab.interrupts import after_imports, sparing_children

        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with after_imports(), sparing_children():
                child = subprocess.Popen(["sh", "-c", "read a; echo $a"], stdin=-1, stdout=-1)
                os.killpg(0, signal.SIGINT)
                answer, _ = child.communicate(b"whole")
                print(answer.decode().strip(), child.returncode)
        except KeyboardInterrupt:
            print("interrupted")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.stdout, done.stderr) == ("whole 0\ninterrupted\n", "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_notebook_shows_one_line_of_it(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setattr("paddle_lab.cell.in_notebook", lambda: True)
    with speaking(language), pytest.raises(Interrupted) as caught, told_in_one_line():
        raise KeyboardInterrupt
    [line] = caught.value._render_traceback_()
    assert line == interrupts.interrupted().what.in_language(language)


def test_a_script_sees_the_interrupt_that_python_knows() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, told_in_one_line():
        raise KeyboardInterrupt
    assert type(caught.value) is KeyboardInterrupt


def test_the_line_has_no_escapes() -> None:
    assert Interrupted(T("a\x1b[2Jb", "a"))._render_traceback_() == ["a\\x1b[2Jb"]


@pytest.mark.parametrize(
    "modules, half",
    [([], False), (["pack"], False), (["pack", "pack.part"], False), (["pack.part"], True)],
)
def test_a_package_that_was_cut_off_is_known(
    monkeypatch: pytest.MonkeyPatch, modules: list[str], half: bool
) -> None:
    for name in modules:
        monkeypatch.setitem(sys.modules, name, sys)
    assert is_half_imported("pack") is half


BROKEN = {
    "attribute": "raise AttributeError('partially initialized module paddle has no attribute pir')",
    "import": "raise ImportError('cannot import name core')",
    "twice": "raise RuntimeError('cannot load module more than once per process')",
}


@pytest.mark.parametrize("failure", BROKEN)
def test_a_kernel_whose_paddle_was_cut_off_is_told_to_restart(tmp_path: Path, failure: str) -> None:
    """By an interrupt of somebody's own `import paddle`: what remains of it makes the next fail."""
    (tmp_path / "paddle").mkdir()
    (tmp_path / "paddle" / "part.py").write_text("")
    (tmp_path / "paddle" / "__init__.py").write_text(
        f"import sys\nif 'paddle.part' in sys.modules: {BROKEN[failure]}\n"
        "import paddle.part\nraise KeyboardInterrupt\n"
    )
    script = """
    try:
        import paddle
    except KeyboardInterrupt:
        pass
    from paddle_lab.devices import import_paddle
    from paddle_lab.errors import EnvError
    try:
        import_paddle()
    except EnvError as error:
        print(error.code)
        print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PADDLE_LAB_LANG": "en"},
        capture_output=True,
        text=True,
        check=True,
    )
    code, what, fix = done.stdout.splitlines()
    assert code == "env.half_imported"
    assert "paddle was interrupted" in what
    assert fix == "Restart the kernel, then run the cell again."
