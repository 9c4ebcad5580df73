"""From an error text to a finding: encodings, clues, checks against the machine, order, silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from paddle_lab import errors
from paddle_lab.environment import diagnose, explain, explain_exception, own_errors
from paddle_lab.environment.clues import importer, read
from paddle_lab.environment.exceptions import exception_text
from paddle_lab.environment.tables import load_tables
from paddle_lab.environment.text import LIMIT, decode, tidy

CLASSES = [one for one in vars(errors).values()
           if isinstance(one, type) and issubclass(one, errors.PaddleLabError)]  # fmt: skip
HEALTHY: dict[str, Any] = json.loads(
    (Path(__file__).parent / "sheets" / "cpu-linux.json").read_text("utf-8")
)
ERROR = "ImportError: DLL load failed while importing libpaddle: 找不到指定的模块。"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_any_encoding_of_a_text_is_read(encoding: str) -> None:
    text = decode(ERROR.encode(encoding))
    assert text.lstrip("\ufeff") == ERROR
    assert explain(text, HEALTHY).findings[0].id == "dll-load-failed"


def test_binary_junk_is_read_without_harm() -> None:
    junk = decode(bytes(range(256)) * 100)
    assert explain(junk, HEALTHY).findings == () or explain(junk, HEALTHY).findings[0].severity


def test_colours_windows_line_ends_and_quotes_do_not_hide_an_error() -> None:
    text = "\x1b[31mImportError\x1b[0m: cannot import name ‘download’ from ‘aistudio_sdk.hub’\r\n"
    assert explain(text, HEALTHY).findings[0].id == "aistudio-download"


def test_a_very_long_text_keeps_its_beginning_and_its_end() -> None:
    text = tidy("BEGIN" + "x" * (3 * LIMIT) + "END")
    assert text.startswith("BEGIN")
    assert text.endswith("END")
    assert len(text) < LIMIT + 100


def test_quoted_code_is_not_mistaken_for_what_happened() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/nb/train.py", line 3, in <module>\n'
        '    os.environ["CUDA_VISIBLE_DEVICES"] = "0"; import torch, paddle  # hangs, crash\n'
        "KeyError: 'label'\n"
    )
    assert explain(text, HEALTHY).findings == ()


def test_an_unknown_error_gets_no_invented_cause() -> None:
    assert explain("ValueError: 3 is not a good number", HEALTHY).findings == ()
    assert explain("", HEALTHY).findings == ()


def test_facts_join_when_the_text_says_nothing() -> None:
    broken = {**HEALTHY, "packages": {**HEALTHY["packages"], "aistudio-sdk": "0.3.9"}}
    assert explain("it does not work", broken).findings[0].id == "aistudio-download"


DOWNLOAD = "ImportError: cannot import name 'download' from 'aistudio_sdk.hub'"
BROKEN = {**HEALTHY, "packages": {**HEALTHY["packages"], "aistudio-sdk": "0.3.9"}}


def test_what_the_facts_of_this_machine_show_is_confirmed() -> None:
    (first, *_) = explain(DOWNLOAD, BROKEN).findings
    assert (first.id, first.certainty, first.checked) == ("aistudio-download", "confirmed", None)
    assert "aistudio-sdk 0.3.9" in first.evidence


def test_what_a_text_alone_says_is_likely_at_most() -> None:
    (first, *_) = explain(DOWNLOAD, {}).findings
    assert (first.id, first.certainty, first.evidence) == ("aistudio-download", "likely", ())


@pytest.mark.parametrize("home", ["/root", "/home/lin", "/Users/lin"])
def test_what_the_facts_contradict_is_dropped_from_a_text_of_this_environment(home: str) -> None:
    site = f"{home}/nlp/.venv/lib/python3.11/site-packages"
    text = f'  File "{site}/paddlenlp/hub.py", line 2\n{DOWNLOAD}'
    found = explain(text, HEALTHY)
    assert not found.foreign
    assert "aistudio-download" not in [one.id for one in found.findings]
    same = explain(DOWNLOAD, HEALTHY, from_here=True).findings
    assert "aistudio-download" not in [one.id for one in same]


@pytest.mark.parametrize(
    "text",
    [DOWNLOAD, f'  File "/opt/conda/lib/python3.11/site-packages/paddlenlp/hub.py"\n{DOWNLOAD}'],
)
def test_what_the_facts_contradict_is_told_as_of_another_environment(text: str) -> None:
    found = explain(text, HEALTHY)
    (first, *_) = found.findings
    assert found.foreign
    assert (first.id, first.certainty) == ("aistudio-download", "likely")
    assert first.checked is not None and "not checked" in first.checked.in_language("en")


def test_what_is_wrong_here_goes_before_a_rule_that_the_facts_contradict() -> None:
    both = {**HEALTHY, "packages": {**HEALTHY["packages"], "paddlepaddle-gpu": "3.3.1"}}
    found = explain(DOWNLOAD, both)
    assert found.findings[0].id == "dual-install"
    assert not found.foreign


def test_a_text_from_another_machine_is_not_judged_by_this_one() -> None:
    explained = explain(
        "ERROR: No matching distribution found for paddlepaddle (macOS, Apple M2, arm64)", HEALTHY
    )
    assert explained.foreign
    assert explained.findings[0].id == "mac-arm-old-paddle"
    assert explained.findings[0].checked is not None
    assert "another machine" in explained.findings[0].checked.in_language("en")


def test_few_findings_and_the_best_first() -> None:
    text = "\n".join(
        [
            "Error: Can not import paddle core while this file exists: /x/paddle/base/libpaddle.so",
            "ImportError: libgomp.so.1: cannot open shared object file: No such file or directory",
            "AttributeError: partially initialized module 'paddle.base.core' has no attribute "
            "'eager'",
            "NameError: name 'libpaddle' is not defined",
        ]
    )
    found = explain(text, HEALTHY).findings
    assert found[0].id == "shared-library-missing"
    assert len(found) <= 3
    assert "libgomp1" in " ".join(found[0].commands)


def test_clues_tell_the_machine_that_the_text_came_from() -> None:
    text = (
        "Windows 11, Python 3.10, paddlepaddle-gpu 2.6.1.post117, RTX 4090, Driver Version: 546.17 "
        "cp310-win_amd64 numpy==1.24.3"
    )
    clues = read(text, load_tables())
    assert clues["platform"]["system"] == "Windows"
    assert clues["python"]["version"] == "3.10"
    assert clues["packages"]["paddlepaddle-gpu"] == "2.6.1.post117"
    assert clues["packages"]["numpy"] == "1.24.3"
    assert clues["paddle"]["cuda"] == "11.7"
    assert clues["gpu"]["devices"][0]["compute_capability"] == "8.9"
    assert clues["gpu"]["driver"] == "546.17"


@pytest.mark.parametrize(
    ("text", "cuda", "capability"),
    [
        ("显卡是 RTX-3060，cuda使用10.2，run_check()执行后一直无反应", "10.2", "8.6"),
        ("my GTX1070 with the wheel for CUDA126: No text found", "12.6", "6.1"),
    ],
)
def test_card_and_cuda_are_read_as_people_write_them(text: str, cuda: str, capability: str) -> None:
    clues = read(text, load_tables())
    assert clues["paddle"]["cuda"] == cuda
    assert clues["gpu"]["devices"][0]["compute_capability"] == capability
    assert explain(text, {}).findings[0].id == "card-and-wheel"


def test_the_importing_package_is_the_last_frame() -> None:
    text = (
        '  File "/x/site-packages/paddlenlp/__init__.py", line 1\n'
        '  File "/x/site-packages/datasets/arrow.py", line 2\n'
        "ImportError: cannot import name 'x'"
    )
    assert importer(text) == "datasets"


@pytest.mark.parametrize(
    ("card", "driver", "build"),
    [
        ("Tesla V100 sm_70, Driver Version: 470.57.02", "", "cu118"),
        ("RTX 5090, Driver Version: 576.88", "", "cu129"),
        ("H100, Driver Version: 580.82.07", "", "cu130"),
        ("A100, Driver Version: 550.90.07", "", "cu126"),
    ],
)
def test_the_printed_gpu_wheel_fits_card_and_driver(card: str, driver: str, build: str) -> None:
    text = (
        f"Linux, Python 3.11: No matching distribution found for paddlepaddle-gpu==3.3.1 ({card})"
    )
    finding = explain(text, HEALTHY).findings[0]
    assert f"packages/stable/{build}/" in " ".join(finding.commands)


def test_exceptions_are_explained_with_their_causes() -> None:
    def fails() -> None:
        try:
            raise ImportError("cannot import name 'download' from 'aistudio_sdk.hub'")
        except ImportError as error:
            raise RuntimeError("model could not be loaded") from error

    with pytest.raises(RuntimeError) as caught:
        fails()
    error = caught.value
    text = exception_text(type(error), error, error.__traceback__)
    assert text.index("aistudio_sdk") < text.index("model could not be loaded")
    assert "raise RuntimeError" not in tidy(text), "quoted code is not what happened"
    found = explain_exception(type(error), error, error.__traceback__, BROKEN)
    assert found.findings[0].id == "aistudio-download"


def test_exceptions_that_cannot_be_printed_are_survived() -> None:
    class Rude(Exception):
        def __str__(self) -> str:
            raise ValueError("no")

    error = Rude()
    assert "Rude" in exception_text(Rude, error, None)


def test_the_json_of_an_explanation_is_what_machines_are_promised() -> None:
    data = explain("No module named 'setuptools' (import paddle)", HEALTHY).to_json("zh")
    finding = data["findings"][0]
    assert {"id", "cause", "fix", "certainty"} <= set(finding)
    assert all(isinstance(finding[key], str) for key in ("id", "cause", "fix", "certainty"))
    assert finding["texts"]["cause"]["en"] != finding["cause"]
    json.dumps(data)


def test_a_processor_without_avx2_is_named_from_its_facts() -> None:
    old = {**HEALTHY, "cpu": {**HEALTHY["cpu"], "flags": ["avx", "sse4_2"]}}
    assert "no-avx2" in [finding.id for finding in diagnose(old)]
    assert "no-avx2" not in [finding.id for finding in diagnose(HEALTHY)]


@pytest.mark.parametrize(
    ("text", "system", "machine"),
    [
        ("Windows11 import paddle", "Windows", None),
        ("macOS14 MacBook Air M3 pip install", "Darwin", "arm64"),
        ("mac mini m4 上安装", "Darwin", "arm64"),
        ("树莓派 4 import paddle Illegal instruction", None, "aarch64"),
    ],
)
def test_systems_are_known_by_the_words_that_users_write(
    text: str, system: str | None, machine: str | None
) -> None:
    platform = read(text, load_tables()).get("platform", {})
    assert platform.get("system") == system
    assert platform.get("machine") == machine


def test_a_python_version_is_read_from_a_chinese_sentence() -> None:
    assert read("环境里 python 版本是 3.12", load_tables())["python"]["version"] == "3.12"


OWN = [
    ("DataError: a.csv is empty.\nIt holds no character but white space.\n"
     "Each line needs a text and a label, e.g. text<TAB>label.", "data.empty"),
    ("Training\nFailed\nDataError: a.csv has no column 'x'.\nIts columns: text, label.\n"
     "Name one of them with --text.\n", "data.column"),
    ("DataError: a.json 第 18 条：文本为空\n60 行中有 2 行不能使用。\n"
     "请修正这些行，或用 --skip-bad 丢弃。", "data.bad_rows"),
    ("\x1b[31mModelError\x1b[0m: No model is called ernie-x\nDid you mean another?\n"
     "Names: %paddle_models", "model.not_found"),
    ("Traceback (most recent call last):\n  File \"/work/train.py\", line 3, in <module>\n"
     "    paddle_lab.api.finetune('a')\n"
     "paddle_lab.errors.UsageError: --lr x is no number.\nDataLoader worker exited\nGive 2e-5.",
     "paddle-lab"),
    ('{"seq": 7, "type": "end", "error": {"type": "DataError", "code": "data.lfs_pointer", '
     '"what": {"en": "a.csv is a Git LFS pointer, not the data.", "zh": "a.csv 是“指针”"}, '
     '"why": null, "fix": {"en": "git lfs pull", "zh": "git lfs pull"}}}', "data.lfs_pointer"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), OWN, ids=[code for _, code in OWN])
def test_an_own_error_is_told_by_its_code_with_its_own_fix(text: str, code: str) -> None:
    (found,) = explain(text, HEALTHY).findings
    assert found.id == code
    fix = found.fix.in_language("en")
    assert fix == "git lfs pull" or fix in text, "the fix is the error's own"


def test_an_own_error_that_lost_its_fix_gets_the_fix_of_its_code() -> None:
    (found,) = explain("DataError: a.csv is a Git LFS pointer, not the data.", HEALTHY).findings
    assert found.id == "data.lfs_pointer" and "git lfs pull" in found.fix.in_language("zh")


@pytest.mark.parametrize(
    "text",
    ["DataError: No numeric types to aggregate", "pandas.errors.DataError: {x} {0}",
     "psycopg2.DataError: value too long for type character varying(10)", "RunError: x: y"],
)  # fmt: skip
def test_errors_of_others_with_such_names_are_not_taken_for_own(text: str) -> None:
    assert explain(text, HEALTHY).findings == ()


@pytest.mark.parametrize("code", sorted(own_errors.known_codes()))
def test_every_error_is_recognised_by_its_own_words(code: str) -> None:
    gap = own_errors.GAP
    label = {one.area: one.label for one in CLASSES}[code.partition(".")[0]]
    for says in own_errors.texts_of(code)["says"]:
        for language in ("en", "zh"):
            said = f"{label}: {gap.sub('x1', says[language])}"
            found = own_errors.find_own_error(said)
            assert found is None or found.code is not None
            if len(gap.sub("", says[language]).encode()) > 30:
                assert found is not None


def test_what_a_log_notes_beside_an_error_is_no_error() -> None:
    log = (
        "2026-11-28 16:28:39,799 DEBUG dataloader_num_workers : DataLoader worker exited\n"
        "Traceback (most recent call last):\n"
        "ValueError: (InvalidArgument) Variable value (input) of "
        "OP(paddle.nn.functional.embedding) expected >= 0 and < 3907, but got 3957.\n"
        "  [Hint: Expected ids_data[i] < N, but received ids_data[i]:3957 >= N:3907.]\n"
    )
    assert [one.id for one in explain(log, HEALTHY).findings] == ["index-out-of-range-gpu"]
    failed = (
        "RunError: The run failed: ValueError: [Hint: Expected ids_data[i] < N, but received "
        "ids_data[i]:3957 >= N:3907.]\nThis was not foreseen; the full traceback is in log.txt.\n"
        "paddle-lab env --explain log.txt may know it.\n"
    )
    assert explain(failed, HEALTHY).findings[0].id == "index-out-of-range-gpu"


def test_a_cause_that_was_proven_for_this_error_goes_first() -> None:
    step = "import paddle"
    changes = [["bytecode", "/x/paddle/__pycache__/a.cpython-311.pyc", "/x/paddle/a.py"]]
    error = "ValueError: bad marshal data (unknown type code)"
    tried: dict[str, Any] = {
        **HEALTHY,
        "imports": {"results": [{"name": "paddle", "ok": False, "error": error}]},
        "trials": [
            {"step": step, "changes": [], "ok": False, "text": error},
            {"step": step, "changes": changes, "ok": True, "text": "", "seconds": 2.0},
            {"step": step, "changes": [], "ok": False, "text": error},
        ],
    }
    frame = 'File "<string>", line 1, in <module>\n    import paddle'
    first, *_ = explain(f"Traceback (most recent call last):\n  {frame}\n{error}", tried).findings
    assert (first.id, first.certainty) == ("proven-bytecode", "proven")
    assert explain("ValueError: 3 is not a good number", tried).findings == ()
    tried["imports"]["results"][0].update(error="SIGBUS", signal="SIGBUS")
    text = "bash: line 1: 4711 Bus error (core dumped) python train.py"
    assert explain(text, tried).findings[0].id == "proven-bytecode"


def test_where_another_package_failed_nobody_is_told_to_install_paddle() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/x/lib/python3.11/site-packages/alpha/cuda.py", line 9, in start\n'
        "    self._init()\n"
        "RuntimeError: CUDA error: no kernel image is available for execution on this (sm_120)"
    )
    first = explain(text, HEALTHY).findings[0]
    assert first.family in ("gpu", "driver")
    assert "Here alpha failed, and not Paddle" in first.fix.in_language("en")
    lines = [*first.commands, *(line for way in first.alternatives for line in way.commands)]
    assert not [line for line in lines if "paddlepaddle" in line]
    assert "paddlepaddle" in "".join(explain(text + "\npaddle 3.0", HEALTHY).findings[0].commands)


def test_versions_that_a_text_lists_explain_no_library_that_is_not_loaded() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "D:\\py\\lib\\site-packages\\paddle\\fluid\\core.py", line 269, in <module>\n'
        "    from . import libpaddle\n"
        "ImportError: DLL load failed while importing libpaddle: The specified module could not be "
        "found.\n\npaddlenlp==2.5.2\npaddlepaddle==2.5.1\nnumpy==1.24.4\n"
    )
    assert explain(text, {}).findings[0].id == "dll-load-failed"


def test_what_a_command_asks_of_the_network_has_not_happened() -> None:
    line = "pip install alpha -i https://mirrors.example/pypi/simple --timeout 120 --retries=3 beta"
    assert tidy(line) == "pip install alpha -i https://mirrors.example/pypi/simple beta"


def test_a_rule_that_knows_a_product_goes_before_what_is_said_of_any_package() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "D:\\py\\lib\\site-packages\\fastdeploy\\c_lib_wrap.py", line 164, in <module>\n'
        "    from .libs.fastdeploy_main import *\n"
        "ImportError: DLL load failed: The specified module could not be found.\n"
        "RuntimeError: FastDeploy initalized failed!\n"
    )
    assert [one.id for one in explain(text, {}).findings] == ["fastdeploy-load"]


def test_what_windows_says_in_traditional_characters_is_known() -> None:
    text = "ImportError: DLL load failed while importing libpaddle: 找不到指定的模組。"
    assert explain(text, {}).findings[0].id == "dll-load-failed"
