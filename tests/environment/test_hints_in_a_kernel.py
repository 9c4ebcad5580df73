"""Hints in a real kernel: silent under a person's own errors, there when the environment failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import user_errors
from kernel import Cell, Kernel
from small_packages import install

pytestmark = pytest.mark.slow
LABEL = "Paddle Lab knows"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    user_errors.write_files(folder)
    return folder


@pytest.fixture
def kernel(tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    site = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    install(site, "alpha-x", "1.0", {"alpha_x.py": "from beta_x import get\n"}, ["beta-x<2"])
    install(site, "beta-x", "2.5", {"beta_x.py": "def fetch(): pass\n"})
    with Kernel(tmp_path / "home") as one:
        for cell in (
            "%load_ext paddle_lab",
            f"import os, sys; os.chdir({os.fspath(work)!r}); sys.path.insert(0, '')",
            f"sys.path.append({os.fspath(site)!r})",
        ):
            assert one.run(cell).status == "ok"
        yield one


def hint_of(cell: Cell) -> str:
    shown = [str(output.get("text/plain", "")) for output in cell.outputs]
    return "\n".join(text for text in shown if LABEL in text)


@pytest.mark.timeout(900)
def test_ordinary_errors_get_no_hint(kernel: Kernel) -> None:
    groups = [
        (user_errors.BEFORE, user_errors.PLAIN | user_errors.TABLES | user_errors.SCIENCE),
        (user_errors.BEFORE_PADDLE, user_errors.PADDLE),
        (user_errors.BEFORE_NLP, user_errors.NLP),
    ]
    assert kernel.run("%xmode Plain").status == "ok", "source is shown of none: it takes long"
    hints = {}
    for before, cells in groups:
        assert kernel.run(before).status == "ok"
        for name, code in cells.items():
            cell = kernel.run(code)
            assert cell.status == "error", name
            if LABEL in cell.text + str(cell.outputs):
                hints[name] = hint_of(cell)
    assert hints == {}


def test_packages_that_do_not_fit(kernel: Kernel) -> None:
    hint = hint_of(kernel.run("import alpha_x"))
    assert "alpha-x 1.0 and beta-x 2.5 do not fit" in hint
    assert 'install "beta-x<2"' in hint


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("aistudio_sdk.py", "x = 1\n"),
        ("datasets.py", "x = 1\n"),
        ("colorlog.py", "import no_such_thing\n"),
    ],
)
def test_a_broken_import_of_paddlenlp(kernel: Kernel, work: Path, name: str, content: str) -> None:
    (work / name).write_text(content)
    cell = kernel.run("import paddlenlp")
    assert cell.status == "error"
    hint = hint_of(cell)
    assert name in hint.splitlines()[0]
    assert "mv " in hint
