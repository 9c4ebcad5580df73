"""A traceback is read in every form in which it is pasted: frames, packages, cause and message."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traceback_forms import FORMS, MESSAGE, PLAIN, SITE

from paddle_lab.environment.blame import Traceback, read, read_all


def known(text: str) -> Traceback:
    found = read(text)
    assert found is not None
    return found


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_the_same_failure_in_every_form(text: str) -> None:
    found = known(text)
    error = found.final
    assert (error.name, error.message) == ("ImportError", MESSAGE)
    packages = [frame.package for frame in error.frames if frame.package != "stdlib"]
    cut = text == FORMS["top cut off"]
    assert packages == ["person", "alpha", "alpha"][cut:]
    assert (found.raiser, found.caller) == ("alpha", None if cut else "person")
    last = error.frames[-1]
    assert (last.module, last.line, last.code) == ("alpha.data", 8, "from beta.hub import download")
    assert found.truncated is cut


def test_the_folder_of_packages_is_told() -> None:
    assert known(PLAIN).sites == (SITE,)


CHAIN = """\
Traceback (most recent call last):
  File "/x/site-packages/alpha/a.py", line 1, in get
    return self.table[name]
KeyError: 'bert'

{link}

Traceback (most recent call last):
  File "run.py", line 9, in <module>
    alpha.get("bert")
  File "/x/site-packages/alpha/a.py", line 3, in get
    raise LookupError(
alpha.errors.NoModel: no model bert,
look at the list

of models
"""


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("During handling of the above exception, another exception occurred:", "context"),
        (
            "The above exception was the direct cause of the following exception:",
            "cause",
        ),
    ],
)
def test_of_a_chain_the_cause_comes_first(link: str, kind: str) -> None:
    found = known(CHAIN.format(link=link))
    assert [(error.name, error.link) for error in found.errors] == [
        ("KeyError", kind),
        ("alpha.errors.NoModel", ""),
    ]
    assert found.final.kind == "NoModel"
    assert found.final.message == "no model bert,\nlook at the list"


def test_of_several_tracebacks_the_last_ended_the_program() -> None:
    log = PLAIN + "\nepoch 1\n" + PLAIN.replace("download", "upload") + "\nbye"
    assert len(read_all(log)) == 2
    assert known(log).final.message == MESSAGE.replace("download", "upload")


def test_an_exception_group_is_caused_by_its_parts() -> None:
    text = """\
  + Exception Group Traceback (most recent call last):
  |   File "/home/ann/a.py", line 7, in <module>
  |     asyncio.run(main())
  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/x/site-packages/alpha/net.py", line 2, in get
    |     raise ValueError("a")
    | ValueError: a
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "/home/ann/a.py", line 3, in b
    |     {}["k"]
    | KeyError: 'k'
    +------------------------------------
"""
    found = known(text)
    assert [error.name for error in found.errors] == ["ValueError", "KeyError", "ExceptionGroup"]
    assert found.raiser == "alpha"


def test_faulthandler_prints_the_newest_frame_first() -> None:
    text = """\
Fatal Python error: Segmentation fault

Thread 0x00007f0a (most recent call first):
  File "/usr/lib/python3.10/threading.py", line 320 in wait

Current thread 0x00007f0b (most recent call first):
  File "/x/site-packages/paddle/base/core.py", line 267 in <module>
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
  File "/home/ann/train.py", line 1 in <module>

Extension modules: numpy.core (total: 1)
"""
    found = known(text)
    assert (found.form, found.final.message) == ("fatal", "Segmentation fault")
    assert (found.caller, found.raiser) == ("person", "paddle")


def test_paddles_own_stack_is_read_beside_that_of_python() -> None:
    text = """\
Traceback (most recent call last):
  File "train.py", line 30, in <module>
    out = net(x)
  File "/x/dist-packages/paddle/nn/layer/common.py", line 12, in forward
    return F.linear(x)
OSError:

--------------------------------------
C++ Traceback (most recent call last):
--------------------------------------
0   paddle::pybind::eager_api_matmul(_object*, _object*, _object*)
1   matmul_ad_func(paddle::Tensor const&)

----------------------
Error Message Summary:
----------------------
ExternalError: CUDA error(700), an illegal memory access was encountered.
  [Hint: 'cudaErrorIllegalAddress'. ] (at ../paddle/phi/backends/gpu/cuda/cuda_info.cc:259)
"""
    found = known(text)
    assert found.native[1] == "matmul_ad_func(paddle::Tensor const&)"
    assert found.final.message.startswith("ExternalError: CUDA error(700)")
    assert found.raiser == "paddle"
    alone = known(text[text.index("C++ Trace") :])
    assert (alone.form, alone.final.name, len(alone.native)) == ("native", "ExternalError", 2)


def test_pip_is_the_last_and_the_build_the_cause() -> None:
    text = """\
  error: subprocess-exited-with-error

  × Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [20 lines of output]
      Traceback (most recent call last):
        File "<string>", line 3, in <module>
      ModuleNotFoundError: No module named 'numpy'
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
"""
    found = known(text)
    assert found.form == "pip"
    assert [error.name for error in found.errors] == ["ModuleNotFoundError", "pip"]
    assert found.cause.message == "No module named 'numpy'"
    plain = known("ERROR: No matching distribution found for paddlepaddle==9")
    assert (plain.form, plain.final.name) == ("pip", "pip")


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("ImportError: cannot import name 'a' from 'b'", "ImportError", "cannot import name 'a'"),
        ("运行时报错：OSError：[Errno 28] No space left", "OSError", "[Errno 28]"),
        ("it says requests.exceptions.SSLError: bad", "requests.exceptions.SSLError", "bad"),
    ],
)
def test_an_error_alone_is_read_too(text: str, name: str, message: str) -> None:
    found = known(text)
    assert found.form == "bare"
    assert found.final.name == name
    assert found.final.message.startswith(message)
    assert found.raiser is None


@pytest.mark.parametrize(
    "text", ["", "\n", "train loss 0.3", "File not found", "Traceback (most recent call last):\n"]
)
def test_no_error_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("file", "package"),
    [
        ("/opt/conda/lib/python3.8/json/decoder.py", "stdlib"),
        (r"C:\Python39\Lib\json\decoder.py", "stdlib"),
        (r"C:\work\lib\loader.py", "person"),
        ("/usr/lib/python3.11/lib-dynload/_ssl.so", "stdlib"),
        ("<frozen runpy>", "stdlib"),
        ("/usr/lib/python3/dist-packages/six.py", "six"),
        (r"d:\env\lib\site-packages\google\protobuf\a.py", "google"),
        ("/x/site-packages/numpy-1.24-py3.8-linux-x86_64.egg/numpy/core.py", "numpy"),
        ("/x/site-packages/foo/_c.cpython-311-x86_64-linux-gnu.so", "foo"),
        ("/x/site-packages/_only.cpython-311-x86_64-linux-gnu.so", "_only"),
        ("pandas/_libs/index.pyx", "pandas"),
        ("/tmp/ipykernel_12/345.py", "person"),
        ("train.py", "person"),
    ],
)
def test_a_path_tells_whose_code_it_is(file: str, package: str) -> None:
    text = (
        f'Traceback (most recent call last):\n  File "{file}", line 1, in f\n    x\nValueError: y'
    )
    assert known(text).frames[-1].package == package


def test_code_made_at_run_time_belongs_to_who_made_it() -> None:
    text = PLAIN.replace(f'{SITE}/alpha/data.py"', '<string>"')
    assert known(text).frames[-1].package == "alpha"


PROGRAM = """\
import json
def read(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise RuntimeError("not read\\nsecond line") from error
try:
    read("")
except RuntimeError:
    import a_module_that_nobody_has
"""


def test_what_this_python_prints(tmp_path: Path) -> None:
    script = tmp_path / "own.py"
    script.write_text(PROGRAM)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    found = known(done.stderr)
    assert [(error.kind, error.link) for error in found.errors] == [
        ("JSONDecodeError", "cause"),
        ("RuntimeError", "context"),
        ("ModuleNotFoundError", ""),
    ]
    assert found.errors[1].message == "not read\nsecond line"
    assert {frame.package for frame in found.frames} == {"person", "stdlib"}
    assert not found.in_library


def test_what_this_ipython_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    shell.run_cell(PROGRAM)
    found = known(capsys.readouterr().out)
    assert found.form == "ipython"
    assert [error.kind for error in found.errors] == [
        "JSONDecodeError",
        "RuntimeError",
        "ModuleNotFoundError",
    ]
    assert found.errors[0].frames[0].code == "return json.loads(text)"
    assert found.errors[0].frames[0].is_cell


def test_frames_agree_with_those_of_python() -> None:
    try:
        Path("/nowhere/at/all").read_text()
    except OSError as error:
        text = "".join(traceback.format_exception(error))
        expected = traceback.extract_tb(error.__traceback__)
    found = known(text)
    assert [(f.file, f.line, f.function) for f in found.frames] == [
        (entry.filename, entry.lineno, entry.name) for entry in expected
    ]


_PIECES = st.sampled_from([line for text in FORMS.values() for line in text.split("\n")])


@given(st.lists(_PIECES | st.text(max_size=30), max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_order_of_lines_makes_it_fail(lines: list[str]) -> None:
    for found in read_all("\n".join(lines)):
        assert found.errors
        assert found.raiser is None or found.raiser in {f.package for f in found.cause.frames}


@pytest.mark.parametrize(
    "unit",
    [
        "Traceback (most recent call last):\n",
        '  File "a.py", line 1, in f\n',
        "Traceback (most recent call last): File ",
        "A" * 50 + ".",
        "Error: Error: ",
        "x" * 3000 + '" line 1, in',
        "> " * 40,
        "ValueError: ",
        "_ " * 60 + "\n",
        "  |   File ",
        "---> 1 a\n",
    ],
)
def test_a_hostile_text_is_read_in_bounded_time(unit: str) -> None:
    started = time.thread_time()
    read(unit * (400_000 // len(unit)))
    read(PLAIN + "".join(random.Random(1).choices(unit, k=100_000)))
    assert time.thread_time() - started < 5


def test_the_links_of_vs_code_are_taken_off() -> None:
    link = "vscode-notebook-cell:/c%3A/w/lesson.ipynb#W1?line=0"
    site = "c:\\env\\Lib\\site-packages"
    found = read(
        "ImportError                               Traceback (most recent call last)\n"
        f"\x1b[1;32mc:\\w\\lesson.ipynb Cell 2\x1b[0m line <a href='{link}'>1</a>\n"
        f"----> <a href='{link}'>1</a> import alpha\n\n"
        f"File \x1b[1;32m{site}\\alpha\\__init__.py:30\x1b[0m\n"
        "     <a href='file:///c%3A/env/alpha/__init__.py?line=28'>29</a> import x\n"
        "---> <a href='file:///c%3A/env/alpha/__init__.py?line=29'>30</a> from beta import gone\n\n"
        f"ImportError: cannot import name 'gone' from 'beta' ({site}\\beta.py)"
    )
    assert found is not None
    assert [(one.package, one.line, one.code) for one in found.frames] == [
        ("person", 1, "import alpha"),
        ("alpha", 30, "from beta import gone"),
    ]
