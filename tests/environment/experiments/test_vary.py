"""A step fails; experiments find what around the packages makes it fail, and prove it."""

from __future__ import annotations

import os
import py_compile
import sys
from pathlib import Path

import pytest
from small_environment import PADDLE, Environment, remove

from paddle_lab.environment.check import check_findings
from paddle_lab.environment.experiments.causes import trial_findings
from paddle_lab.environment.experiments.checked import check_and_try
from paddle_lab.environment.gathering import collect_from
from paddle_lab.errors import EnvError

pytestmark = [
    pytest.mark.slow,  # each starts interpreters
    pytest.mark.skipif(sys.platform == "win32", reason="an interpreter of POSIX"),
]


@pytest.mark.parametrize(
    ("file", "text", "title"),
    [
        ("helper.py", "raise ValueError('my own helper')", "helper.py"),
        ("helper/__init__.py", "import nothing_like_this", "helper"),
        ("random.py", "def choice(): pass", "random.py"),
        ("dl.py", "import paddle\nx = paddle.to_tensor([1])", "dl.py"),
    ],
    ids=["a library's", "a package", "the standard library's", "one that imports the library"],
)
def test_a_file_in_the_folder_is_named(
    environment: Environment, file: str, text: str, title: str
) -> None:
    environment.write(
        "paddle/__init__.py",
        PADDLE + "from random import SystemRandom\ntry:\n    import dl\nexcept ImportError: pass\n",
    )
    path = environment.here / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    (environment.here / "train.py").write_text("print('not the cause')", encoding="utf-8")
    found = environment.proven()
    assert found.certainty == "proven"
    assert title in found.title.in_language("en")
    assert found.commands[0].startswith(f"mv -n ~/work/{title} ")  # overwrites nothing
    assert any("fails" in line for line in found.shown("en"))
    assert any("works" in line for line in found.shown("en"))


def test_of_two_files_that_each_break_it_both_are_named(environment: Environment) -> None:
    environment.write("paddle/__init__.py", PADDLE + "import second\n")
    environment.write("second.py", "value = 2\n")
    (environment.here / "helper.py").write_text("1 / 0\n", encoding="utf-8")
    (environment.here / "second.py").write_text("int('x')\n", encoding="utf-8")
    found = environment.proven()
    assert len(found.commands) == 2
    assert "all 2 changes" in found.cause.in_language("en")


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "LD_SOMETHING", "NOBODY_KNOWS_THIS"])
def test_a_variable_is_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    environment.write("helper.py", f"import os\nint(os.environ.get({name!r}, '1'))\n")
    monkeypatch.setenv(name, "abc")
    found = environment.proven()
    assert name in found.title.in_language("zh")
    assert found.commands == (f"unset {name}",)


def test_the_file_behind_python_path_is_told(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "helper.py").write_text("raise RuntimeError('an old copy')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(other))
    found = environment.proven()
    assert found.commands == ("unset PYTHONPATH",)
    assert "~/other/helper.py" in found.title.in_language("en")


def test_a_file_that_runs_at_start_is_named(environment: Environment) -> None:
    environment.write("good.pth", "import sys\n")
    environment.write("bad.pth", "import sys; sys.modules['helper'] = None\n")
    found = environment.proven()
    assert "bad.pth" in found.title.in_language("en")
    assert found.commands == (
        f"mv -n {environment.packages / 'bad.pth'} {environment.packages / 'bad.pth.off'}",
    )


@pytest.mark.parametrize("name", ["bad.pth", "sitecustomize.py"])
def test_a_file_that_puts_a_folder_first_is_named(
    environment: Environment, tmp_path: Path, name: str
) -> None:
    lab = tmp_path / "lab"
    lab.mkdir()
    (lab / "helper.py").write_text("raise RuntimeError('an old copy')\n", encoding="utf-8")
    environment.write(name, f"import sys; sys.path.insert(0, {str(lab)!r})\n")
    assert name in environment.proven().title.in_language("en")


def test_sitecustomize_is_named(environment: Environment) -> None:
    environment.write("sitecustomize.py", "import sys; sys.modules['helper'] = None\n")
    assert "sitecustomize.py" in environment.proven().title.in_language("en")


def test_the_home_folder_is_a_cause_of_its_own(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / ".settings").mkdir()
    environment.write(
        "helper.py",
        "import pathlib\nfile = pathlib.Path.home() / '.settings'\n"
        "file.read_text() if file.exists() else None\n",
    )
    found = environment.proven()
    assert found.id == "proven-home"
    assert found.commands == ("mv -n ~/.settings ~/.settings.old",)


def test_a_compiled_file_is_named_and_made_again(environment: Environment) -> None:
    compiled = environment.compiled("helper.py")
    py_compile.compile(str(environment.packages / "helper.py"), cfile=str(compiled))
    content = compiled.read_bytes()
    compiled.write_bytes(content[:16] + b"\0no code" + content[40:])
    found = environment.proven()
    assert found.id == "proven-bytecode"
    assert str(compiled) in found.title.in_language("en")
    assert found.commands[0].endswith(f"-m compileall -f {environment.packages / 'helper.py'}")
    assert compiled.read_bytes() != content  # a trial mends nothing by itself


def test_a_compiled_file_of_other_source_is_named(environment: Environment) -> None:
    source = environment.write("helper.py", "1.0 / 0.0\n")
    compiled = environment.compiled("helper.py")
    py_compile.compile(str(source), cfile=str(compiled))
    written = source.stat()
    source.write_text("value = 12", encoding="utf-8")  # as long, and said to be as old
    os.utime(source, (written.st_atime, written.st_mtime))
    assert environment.proven().id == "proven-bytecode"


def test_what_is_not_installed_is_told_without_experiments(environment: Environment) -> None:
    remove(environment.packages / "paddle")
    facts: dict[str, object] = {"packages": {}}
    check_and_try(facts, environment.python)
    assert facts["trials"] == []


def test_an_error_of_the_package_itself_has_no_cause_around_it(environment: Environment) -> None:
    environment.write("helper.py", "raise TypeError('unexpected keyword x')\n")
    facts = environment.check()
    assert trial_findings(facts) == []
    trials = facts["trials"]
    assert trials[0]["same"]
    assert trials[-1]["step"] == "import helper"
    found = check_findings(facts["check"], facts)
    assert all(finding.certainty != "proven" for finding in found)
    assert any("import helper" in line for line in found[0].shown("en"))


def test_what_fails_only_once_is_no_cause(environment: Environment, tmp_path: Path) -> None:
    environment.write(
        "helper.py",
        f"import pathlib\nfile = pathlib.Path({str(tmp_path / 'seen')!r})\n"
        "seen = file.exists()\nfile.touch()\nassert seen\n",
    )
    facts = environment.check()
    found = trial_findings(facts)
    assert [finding.id for finding in found] == ["fails-sometimes"]


@pytest.mark.parametrize("text", ["import os; os._exit(3)", "import sys; sys.exit('no')"])
def test_a_file_that_ends_the_interpreter_at_its_start_is_named(
    environment: Environment, text: str
) -> None:
    environment.write("good.pth", "import sys\n")
    bad = environment.write("bad.pth", text + "\n")
    with pytest.raises(EnvError) as raised:
        collect_from(environment.python)
    assert str(bad) in raised.value.what.in_language("zh")
    assert raised.value.fix is not None
    assert f"mv -n {bad} {bad}.off" in raised.value.fix.in_language("en")


def test_a_compiled_file_and_a_file_of_ones_own_are_both_named(environment: Environment) -> None:
    environment.write("paddle/__init__.py", PADDLE + "import second\n")
    environment.write("second.py", "value = 2\n")
    compiled = environment.compiled("helper.py")
    py_compile.compile(str(environment.packages / "helper.py"), cfile=str(compiled))
    content = compiled.read_bytes()
    compiled.write_bytes(content[:16] + b"\0no code" + content[40:])
    own = environment.here / "second.py"
    own.write_text("int('x')\n", encoding="utf-8")
    facts = environment.check(hiding=[{"module": "second", "path": str(own)}])
    (found,) = trial_findings(facts)
    assert found.commands[0].endswith("/helper.py")
    assert found.commands[1] == "mv -n ~/work/second.py ~/work/my_second.py"
