"""A trial really imports: what fails, crashes or hangs there is a result, told in one line."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest
from environment.imports.small_stack import write_stack

from paddle_lab.environment import check_script
from paddle_lab.environment.imports import cache, trial
from paddle_lab.environment.imports.trial import check_and_imports, key_of, try_imports
from paddle_lab.environment.imports.verdict import imports_work

pytestmark = pytest.mark.slow  # each starts interpreters

PACKAGE = Path(check_script.__file__).parents[1]


@pytest.fixture(autouse=True)
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    write_stack(folder)
    monkeypatch.chdir(folder)
    # To read all files of this environment takes two seconds: test_closer.py has a smaller one.
    monkeypatch.setattr(trial, "look_closer", lambda python, text: {"read because of": text})
    return folder


def test_a_stack_that_works() -> None:
    imports = try_imports()
    assert [(each["name"], each["version"]) for each in imports["results"]] == [
        ("paddle", "3.3.1"),
        ("paddlenlp", "3.0.0b4"),
    ]
    assert imports_work({"imports": imports}) is True
    assert all(each["text"] == each["error"] == "" for each in imports["results"])


def test_a_file_with_the_name_of_a_module_that_was_looked_for_makes_it_unknown(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (stack / "paddle" / "nn.py").open("a") as source:
        source.write("try:\n    import dl\nexcept ImportError:\n    pass\n")
    tried = try_imports()
    assert cache.recall(tried["key"]) is not None
    (stack / "train.py").write_text("")
    assert cache.recall(tried["key"]) is not None
    (stack / "dl.py").write_text("x = 1")
    assert key_of() == tried["key"]
    assert cache.recall(tried["key"]) is None

    tried = try_imports()  # now with it
    assert cache.recall(tried["key"]) is not None
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert cache.recall(tried["key"]) is None


@pytest.mark.parametrize(
    ("file", "source", "name", "error", "where"),
    [
        ("paddle/__init__.py", "import decorator_of_nobody", "paddle",
         "ModuleNotFoundError: No module named 'decorator_of_nobody'",
         "paddle/__init__.py:1: import decorator_of_nobody"),
        ("paddlenlp/transformers/ernie/__init__.py", "", "paddlenlp",
         "ImportError: cannot import name 'BertModel' from 'paddlenlp.transformers'",
         "from paddlenlp.transformers import"),
        ("paddlenlp/trainer.py", "x = (", "paddlenlp", "SyntaxError: '(' was never closed",
         "paddlenlp/trainer.py:1: x = ("),
        ("random.py", "raise RuntimeError('a\\nb')\n", "paddle", "RuntimeError: a", "random.py:1"),
        ("paddlenlp/__init__.py", "import sys; sys.exit(3)", "paddlenlp", "SystemExit: 3",
         "paddlenlp/__init__.py:1"),
    ],
)  # fmt: skip
def test_the_failing_line_and_its_place(
    file: str, source: str, name: str, error: str, where: str, stack: Path
) -> None:
    (stack / file).write_text(source, encoding="utf-8")
    if file == "random.py":
        (stack / "paddle/nn.py").write_text("import random", encoding="utf-8")
    imports = try_imports()
    last = imports["results"][-1]
    assert (last["name"], last["ok"], last["ended"]) == (name, False, "normally")
    assert error.split(":", maxsplit=1)[0] in imports["contents"]["read because of"]
    assert last["error"].startswith(error)
    assert where in last["where"]
    assert error.split(":", maxsplit=1)[0] in last["text"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("signal", ["SIGSEGV", "SIGBUS", "SIGKILL"])
def test_a_crash_ends_the_trial_and_names_its_signal(signal: str, stack: Path) -> None:
    (stack / "paddle/nn.py").write_text(
        f"import os, signal\nos.kill(os.getpid(), signal.{signal})", encoding="utf-8"
    )
    (last,) = try_imports()["results"]
    assert (last["name"], last["ended"], last["signal"]) == ("paddle", "by signal", signal)
    assert last["error"] == signal


def test_a_file_that_breaks_the_trial_itself_is_a_failure_too(stack: Path) -> None:
    (stack / "json.py").write_text("from nowhere_at_all import loads", encoding="utf-8")
    imports = try_imports()
    (last,) = imports["results"]
    assert (last["name"], last["ok"], last["ended"]) == ("paddle", False, "early")
    assert last["error"] == "ModuleNotFoundError: No module named 'nowhere_at_all'"
    assert "json.py" in last["text"]
    assert cache.recall(imports["key"]) == imports


@pytest.mark.slow
def test_an_import_that_hangs_is_ended_and_not_remembered(stack: Path) -> None:
    (stack / "paddle/nn.py").write_text("import time; time.sleep(600)", encoding="utf-8")
    imports = try_imports(timeout=5)
    assert imports["results"][-1]["ended"] == "timeout"
    assert cache.recall(imports["key"]) is None


def test_an_interpreter_that_cannot_start(tmp_path: Path) -> None:
    imports = try_imports(tmp_path / "no python")
    assert imports["key"] is None
    assert imports["results"][0]["ended"] == "not started"
    assert imports["results"][0]["error"]


def test_what_libraries_print_confuses_nobody(stack: Path) -> None:
    noise = "print('x' * 300000 + '\\\\n\\\\x1e{\\\\n\\\\x1e[1]\\\\n\\\\x1enull')\n"
    (stack / "paddle/nn.py").write_text(noise, encoding="utf-8")
    assert imports_work({"imports": try_imports()}) is True


def test_no_name_and_no_password_of_a_person_is_kept(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(stack.parent))
    monkeypatch.setenv("USERPROFILE", str(stack.parent))
    text = f"raise OSError('http://li:secret@host/ {stack.parent}/data')"
    (stack / "paddle/nn.py").write_text(text, encoding="utf-8")
    imports = try_imports()
    said = json.dumps({**imports, "key": ""})
    assert str(stack.parent) not in said
    assert "secret@" not in said
    assert "http://host/ ~/data" in imports["results"][0]["error"]


@pytest.mark.parametrize("broken", [False, True])
def test_it_is_remembered_until_a_file_that_it_read_changes(broken: bool, stack: Path) -> None:
    if broken:
        (stack / "paddlenlp/utils/log.py").write_text("", encoding="utf-8")
    imports = try_imports()
    assert cache.recall(imports["key"]) == imports
    (stack / "paddlenlp/utils/log.py").write_text("logger = 10\n", encoding="utf-8")
    assert cache.recall(imports["key"]) is None


def test_with_other_variables_it_is_not_remembered() -> None:
    imports = try_imports(environ={"PATH": "/usr/bin"})
    assert imports["key"] is None
    assert imports_work({"imports": imports}) is True
    assert not cache.folder().exists()


def test_a_check_tells_of_the_imports_too(stack: Path) -> None:
    found = check_and_imports()  # the small stack imports, and cannot train
    assert imports_work(found) is True
    assert not found["check"]["ok"]
    assert "seen" not in found["check"]
    assert cache.recall(key_of()) == found["imports"]


def names_taken(files: list[Path]) -> set[tuple[str, str]]:
    """What these files take from paddlenlp, as module and name."""
    return {
        (node.module, alias.name)
        for path in files
        if "from paddlenlp" in (source := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("paddlenlp")
        for alias in node.names
        if node.module
    }


def test_every_name_that_paddle_lab_takes_from_paddlenlp_is_tried() -> None:
    from typing import get_args

    from paddle_lab.models.load import Head

    heads = {("paddlenlp.transformers", name) for name in get_args(Head)}
    tried = names_taken([Path(check_script.__file__)])
    assert names_taken(sorted(PACKAGE.rglob("*.py"))) | heads <= tried


@pytest.mark.slow
def test_the_real_stack_is_imported_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    imports = try_imports()
    assert imports_work({"imports": imports}) is True, imports
    assert cache.recall(imports["key"]) == imports
