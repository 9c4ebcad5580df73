"""What the machine lacks: a program, a right to read, a folder, a file for this processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment.blame import blame_findings
from paddle_lab.environment.findings import Finding

FACTS: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {}}
LIB = "/env/lib/python3.11/site-packages"
STD = "/usr/lib/python3.11"


def trace(*frames: tuple[str, str, str], error: str) -> str:
    lines = ["Traceback (most recent call last):"]
    for file, function, code in frames:
        lines += [f'  File "{file}", line 5, in {function}', f"    {code}"]
    return "\n".join([*lines, error])


def first(text: str) -> Finding:
    return blame_findings(text, FACTS, here=False)[0]


def title(finding: Finding) -> str:
    return finding.title.in_language("en")


@pytest.mark.parametrize(
    ("message", "package"),
    [
        (
            f"ImportError: dlopen({LIB}/alpha/_c.so, 0x0002): tried: '{LIB}/alpha/_c.so' (mach-o "
            "file, but is an incompatible architecture (have 'x86_64', need 'arm64'))",
            "alpha",
        ),
        (f"ImportError: {LIB}/beta/_b.so: wrong ELF class: ELFCLASS32", "beta"),
        ("OSError: [WinError 193] %1 is not a valid Win32 application", "alpha"),
    ],
)
def test_the_package_whose_file_is_for_another_processor(message: str, package: str) -> None:
    text = trace((f"{LIB}/alpha/__init__.py", "<module>", "from . import _c"), error=message)
    found = first(text)
    assert found.id == "binary-of-other-processor"
    assert found.commands[-1].endswith(f"--force-reinstall --no-cache-dir {package}")


def test_a_file_that_needs_an_older_glibc_wants_a_newer_package() -> None:
    text = f"ImportError: {LIB}/alpha/core.so: undefined symbol: _dl_sym, version GLIBC_PRIVATE"
    found = first(text)
    assert (found.id, found.commands) == (
        "older-than-the-system",
        ("python -m pip install -U alpha",),
    )


@pytest.mark.parametrize(
    ("code", "error", "program"),
    [
        (
            "return call(['tar', '-xf', name])",
            "FileNotFoundError: [WinError 2] The system cannot find the file specified",
            "tar",
        ),
        (
            "subprocess.run(command)",
            "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'",
            "ffmpeg",
        ),
    ],
)
def test_a_program_that_is_started_and_not_there(code: str, error: str, program: str) -> None:
    text = trace(
        (f"{LIB}/alpha/io.py", "unpack", code),
        (f"{STD}/subprocess.py", "_execute_child", "raise child_exception_type(errno_num)"),
        error=error,
    )
    assert title(first(text)) == f"The program {program} is not found"


def test_a_file_that_is_not_found_is_no_program() -> None:
    text = trace(
        (f"{LIB}/alpha/io.py", "load", "open(path)"),
        error="FileNotFoundError: [Errno 2] No such file or directory: 'model.bin'",
    )
    assert "program-missing" not in [one.id for one in blame_findings(text, FACTS, here=False)]


def test_a_working_folder_that_was_deleted() -> None:
    text = trace(
        (f"{LIB}/alpha/__init__.py", "<module>", "import beta"),
        ("<frozen importlib._bootstrap_external>", "_path_isdir", ""),
        error="FileNotFoundError: [Errno 2] No such file or directory",
    )
    assert first(text).id == "folder-gone"


@pytest.mark.parametrize(
    ("function", "code", "verb"),
    [
        ("stat", "return os.stat(self)", "read"),
        ("load", "with open(path) as file:", "read"),
        ("save", "with open(path, 'wb') as file:", "write"),
        ("prepare", "os.makedirs(path)", "write"),
    ],
)
def test_reading_and_writing_are_told_apart(function: str, code: str, verb: str) -> None:
    text = trace(
        (f"{LIB}/alpha/io.py", function, code),
        error="PermissionError: [Errno 13] Permission denied: '/srv/data/x'",
    )
    assert title(first(text)) == f"alpha may not {verb} /srv/data/x"


def test_a_loaded_file_that_pip_may_not_replace() -> None:
    text = (
        "ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied: "
        "'D:\\\\env\\\\Lib\\\\site-packages\\\\alpha\\\\core.pyd'\n"
        "Consider using the `--user` option or check the permissions."
    )
    found = first(text)
    assert (found.id, found.commands) == ("file-in-use", ("tasklist /m core.pyd",))


def test_who_imports_through_a_helper_is_whoever_called_it() -> None:
    text = trace(
        (f"{LIB}/alpha/app.py", "_resolve", "klass = resolve(string)"),
        (f"{LIB}/beta/helper.py", "resolve", "module = __import__(package, fromlist=[name])"),
        error="ModuleNotFoundError: No module named 'gamma.contents'",
    )
    found = first(text)
    assert title(found).startswith("alpha and gamma do not fit")
    assert found.commands == ("python -m pip install -U alpha gamma",)


def test_a_module_that_is_installed_and_not_found_is_hidden(tmp_path: Path) -> None:
    site = tmp_path / "lib/python3.11/site-packages"
    for folder in ("alpha", "gamma/contents"):
        (site / folder).mkdir(parents=True)
        (site / folder / "__init__.py").write_text("")
    text = trace(
        (f"{site}/alpha/__init__.py", "<module>", "from gamma.contents import x"),
        error="ModuleNotFoundError: No module named 'gamma.contents'",
    )
    found = blame_findings(text, FACTS, here=True)[0]
    assert found.id == "package-hidden"
    assert found.evidence == (f"{site}/gamma/contents/__init__.py",)


def test_a_path_that_a_library_does_not_find_is_told_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "model_state.bin").write_text("")
    text = trace(
        (f"{LIB}/alpha/io.py", "load", "raise ValueError(error_msg % path)"),
        error=f"ValueError: The ``path`` ({tmp_path}/best/state.bin) to load model not exists.",
    )
    found = blame_findings(text, FACTS, here=True)[0]
    assert found.id == "file-not-there"
    assert "model_state.bin" in found.cause.in_language("en")


@pytest.mark.parametrize(
    ("error", "named"),
    [
        ("ValueError: `alpha.load` can not parse the file:m.pdparams.", "m.pdparams"),
        ("alpha.NotJSONError: Notebook does not appear to be JSON: '{ \"cells'", "alpha reads"),
        ("zipfile.BadZipFile: weights.npz: bad central directory", "weights.npz"),
    ],
)
def test_a_file_whose_contents_a_library_refuses(error: str, named: str) -> None:
    text = trace((f"{LIB}/alpha/io.py", "load", "raise error"), error=error)
    found = first(text)
    assert found.id == "file-damaged"
    assert named in title(found)


def test_an_answer_of_a_server_that_is_no_json_is_no_damaged_file() -> None:
    text = trace(
        ("/home/me/ask.py", "<module>", "client.get('v1')"),
        (f"{LIB}/alpha/client.py", "get", "return response.json()"),
        error="json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    )
    assert "file-damaged" not in [one.id for one in blame_findings(text, FACTS, here=False)]


@pytest.mark.parametrize(
    ("loaded", "by", "command"),
    [
        (
            "/usr/lib/x86_64-linux-gnu",
            "/opt/conda/lib/python3.9/a.so",
            "LD_LIBRARY_PATH=/opt/conda",
        ),
        ("/opt/gcc-5.2/lib64", "/opt/conda/lib/python3.9/a.so", "unset LD_LIBRARY_PATH"),
        ("/opt/conda/lib", "/opt/conda/lib/python3.9/a.so", "libstdcxx-ng>=12"),
    ],
    ids=["the system's", "another folder's", "the environment's"],
)
def test_where_the_old_run_time_lies_decides_what_is_done(
    loaded: str, by: str, command: str
) -> None:
    text = (
        f"ImportError: {loaded}/libstdc++.so.6: version `GLIBCXX_3.4.26' not found "
        f"(required by {by})"
    )
    found = first(text)
    assert found.id == "older-runtime-first"
    assert any(command in one for one in found.commands)


def test_a_configuration_file_that_is_no_python() -> None:
    text = trace(
        (f"{LIB}/alpha/loader.py", "read", "exec(compile(f.read(), name, 'exec'))"),
        error='  File "/home/me/.jupyter/config.py", line 3\n    c.ip = "0\n'
        "           ^\nSyntaxError: unterminated string literal (detected at line 3)",
    )
    assert title(first(text)) == "The file /home/me/.jupyter/config.py has a mistake in line 3"


def test_a_requirements_file_that_is_not_there(tmp_path: Path) -> None:
    text = (
        "pip install -r\nERROR: Could not open requirements file: [Errno 2] No such file or "
        f"directory: '{tmp_path}/requirments.txt'"
    )
    (tmp_path / "requirements.txt").write_text("")
    found = blame_findings(text, FACTS, here=True)[0]
    assert found.id == "file-not-there"
    assert "requirements.txt" in found.cause.in_language("en")


def test_a_file_that_is_not_utf8_is_no_fault_of_the_system() -> None:
    text = trace(
        ("/home/u/train.py", "<module>", 'rows = alpha.read_csv("名单.csv")'),
        (f"{LIB}/alpha/parsers.py", "read", "return self._reader.read()"),
        error="UnicodeDecodeError: 'utf-8' codec can't decode byte 0xb1 in position 0: invalid",
    )
    found = first(text)
    assert (found.id, "0xb1" in found.cause.in_language("en")) == ("file-not-utf8", True)
    assert "gb18030" in found.fix.in_language("en")


def test_a_folder_of_the_user_in_an_environment_goes_before_what_the_error_says() -> None:
    text = trace(
        ("C:/conda/lib/site-packages/alpha/app.py", "start", "run()"),
        ("C:/Users/a/AppData/Roaming/Python/Python36/site-packages/beta/loop.py", "run", "go()"),
        error="RuntimeError: This event loop is already running",
    )
    assert (first(text).id, first(text).score > 34) == ("two-environments", True)
