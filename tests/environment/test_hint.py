"""The hint under a traceback: a library failed and this machine confirms why; else it is quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import user_errors
from IPython.core.interactiveshell import InteractiveShell
from small_packages import install

from paddle_lab.environment import hint, probes
from paddle_lab.environment.hint import sure_finding
from paddle_lab.environment.hint_view import HintView
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    ip = InteractiveShell()
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    ip.user_ns["shown"] = shown
    hint.install(ip)
    yield ip
    hint.uninstall(ip)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages on the path: alpha asks beta for what its version does not have."""
    folder = tmp_path / "lib" / "python3.11" / "site-packages"
    install(folder, "alpha-x", "1.0", {"alpha_x.py": "from beta_x import get\n"}, ["beta-x<2"])
    install(folder, "beta-x", "2.5", {"beta_x.py": "def fetch(): pass\n"})
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in ("alpha_x", "beta_x"):
        sys.modules.pop(name, None)


@pytest.fixture
def alone(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The facts are those of ``site``: of the packages beside it nothing is asked here."""

    def gather() -> dict[str, Any]:
        with monkeypatch.context() as patch:
            beside = ("site-packages", "dist-packages")
            others = [entry for entry in sys.path if not entry.endswith(beside)]
            patch.setattr(sys, "path", [str(site), *others])
            return probes.gather()

    monkeypatch.setattr("paddle_lab.environment.gathering.gather", gather)


def run(shell: InteractiveShell, code: str) -> list[Any]:
    shell.run_cell(code)
    found: list[Any] = shell.user_ns["shown"]
    return found


def test_packages_that_do_not_fit_get_one_quiet_hint(shell: InteractiveShell, site: Path) -> None:
    shown = run(shell, "import alpha_x")
    assert len(shown) == 1
    assert isinstance(shown[0], HintView)
    bundle = shown[0]._repr_mimebundle_()
    plain = bundle["text/plain"]
    assert "alpha-x 1.0 and beta-x 2.5 do not fit each other: no get in beta_x" in plain
    assert "alpha-x 1.0 requires beta-x<2: beta-x 2.5" in plain, "the evidence is shown"
    assert 'install "beta-x<2"' in plain
    assert "--hints off" in plain
    assert bundle["text/html"].startswith("<details")
    assert "alpha_x.py:1: from beta_x import get" in bundle["text/html"]


@pytest.mark.usefixtures("alone")
def test_the_cause_behind_another_error_counts(shell: InteractiveShell, site: Path) -> None:
    code = "try:\n    import alpha_x\nexcept ImportError as e:\n    raise RuntimeError('no') from e"
    assert "do not fit each other" in repr(run(shell, code)[0])


@pytest.mark.usefixtures("alone")
def test_after_the_fix_the_facts_are_looked_at_again(shell: InteractiveShell, site: Path) -> None:
    run(shell, "import alpha_x")
    (site / "beta_x.py").write_text("def get(): return {}['a']\n")
    (site / "beta_x-2.5.dist-info").rename(site / "beta_x-1.5.dist-info")
    sys.modules.pop("beta_x", None)
    assert len(run(shell, "import alpha_x\nimport beta_x\nbeta_x.get()")) == 1


@pytest.mark.usefixtures("alone")
def test_a_file_in_the_place_of_a_library_is_named(
    shell: InteractiveShell, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "beta_x.py"
    own.write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shown = run(shell, "import alpha_x")
    assert str(own) in repr(shown[0])
    # Also where the person's own cell asks for the library that the file hides.
    sys.modules.pop("beta_x", None)
    assert len(run(shell, "from beta_x import fetch")) == 2


_CELLS = {
    name: code
    for name, code in {**user_errors.PLAIN, **user_errors.TABLES}.items()
    if name not in ("recursion", "await outside") and "await" not in code
}


@pytest.mark.parametrize("code", _CELLS.values(), ids=_CELLS.keys())
def test_an_error_of_the_persons_own_gets_none(
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sheet_of_this_machine: dict[str, Any],
) -> None:
    user_errors.write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    space: dict[str, Any] = {}
    exec(user_errors.BEFORE, space)
    try:
        exec(compile(code, "<ipython-input-3-0a1b>", "exec"), space)
    except BaseException as error:
        found = sure_finding(type(error), error, error.__traceback__, lambda: sheet_of_this_machine)
        assert found is None, found
    else:
        pytest.fail("the cell did not fail")
    finally:
        for name in set(sys.modules) - before & {Path(file).stem for file in user_errors.FILES}:
            del sys.modules[name]


@pytest.mark.usefixtures("gathered_once")
@pytest.mark.parametrize(
    "code",
    [
        "1 + 1",
        "1 / 0",
        "raise KeyboardInterrupt",
        "raise ValueError('something of my own')",
        "raise ImportError(\"cannot import name 'download' from 'aistudio_sdk.hub'\")",
        "import a_module_of_mine_that_is_missing",
        "this is no python",
        "raise problem",
    ],
)
def test_everything_else_stays_quiet(shell: InteractiveShell, code: str) -> None:
    shell.user_ns["problem"] = UsageError(
        T("No module named 'setuptools'", "x"), code="usage.value"
    )
    assert run(shell, code) == []


def test_the_hint_never_raises(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the doctor is ill")

    monkeypatch.setattr(hint, "sure_finding", broken)
    assert run(shell, "raise ImportError('x')") == []
    assert shell.run_cell("2 + 2").result == 4


@pytest.mark.usefixtures("alone")
def test_off_and_on_and_twice(shell: InteractiveShell, site: Path) -> None:
    hint.uninstall(shell)
    hint.uninstall(shell)
    assert not hint.installed(shell)
    assert run(shell, "import alpha_x") == []
    hint.install(shell)
    hint.install(shell)
    assert len(run(shell, "import alpha_x")) == 1


@pytest.mark.usefixtures("alone")
def test_a_hostile_name_is_escaped(shell: InteractiveShell, site: Path) -> None:
    (site / "alpha_x.py").write_text("from beta_x import get  # <script>alert(1)</script>\n")
    shown = run(shell, "import alpha_x")
    assert "<script" not in shown[0]._repr_mimebundle_()["text/html"]


class BrokenText(ImportError):
    def __str__(self) -> str:
        raise RecursionError("no end")

    __repr__ = __str__


class BrokenLooks(ImportError):
    @property
    def __traceback__(self) -> Any:  # type: ignore[override]
        raise ValueError("no traceback")

    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise KeyError("no cause")


class BrokenTruth(ImportError):
    def __bool__(self) -> bool:
        raise TypeError("neither true nor false")

    def __eq__(self, other: object) -> bool:
        raise TypeError("equal to nothing")

    __hash__ = None  # type: ignore[assignment]


def endless() -> BaseException:
    error: BaseException = ValueError("first")
    first = error
    for number in range(5000):
        error.__cause__ = error = type(error)(f"cause {number}")
    error.__cause__ = first
    return first


@pytest.mark.usefixtures("gathered_once")
@pytest.mark.parametrize(
    "problem",
    [
        BrokenText(),
        BrokenLooks("x"),
        BrokenTruth("x"),
        endless(),
        ImportError("x" * 50_000_000),
        ImportError("import paddle and " * 500_000),
        ImportError("\ud800\0\x1b[2J"),
        ImportError(name=["odd"], path=object()),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_no_exception_of_the_user_makes_the_hint_fail(
    shell: InteractiveShell, problem: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "showtraceback", lambda *_, **__: None)  # IPython's own affair
    shell.user_ns["problem"] = problem
    started = time.thread_time()
    run(shell, "raise problem")
    assert time.thread_time() - started < 4
    assert shell.run_cell("2 + 2").result == 4
