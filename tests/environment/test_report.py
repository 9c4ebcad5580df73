"""A report that can be posted: it says what others need, and nothing of who wrote it."""

from __future__ import annotations

import getpass
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paddle_lab.environment.report import make_report, write_report
from paddle_lab.environment.scrub import scrub
from paddle_lab.errors import UsageError

HEALTHY = Path(__file__).parent / "sheets" / "cpu-linux.json"
RANDOM = st.from_regex(r"[A-Z][a-z][0-9][A-Za-z0-9]{17,40}[0-9]", fullmatch=True)
WORD = st.from_regex(r"[a-z]{4,9}[0-9]{2,4}", fullmatch=True)

#: Where a secret (``{s}``) hides, each as programs print it.
HIDDEN = [
    "token={s}",
    "HF_TOKEN: {s}",
    '{{"api_key": "{s}"}}',
    "password = '{s}'",
    "Authorization: Bearer {s}",
    "curl -H 'Authorization: Basic {s}'",
    "paddle --access-token {s} run",
    "https://joe:{s}@pypi.example.com/simple",
    "https://{s}@huggingface.co/x",
    "https://huggingface.co/x?token={s}&a=1",
    "Looking in indexes: https://{s}.corp.local/simple",
    "HTTPSConnectionPool(host='{s}.intra', port=443): Max retries",
    "HTTPConnectionPool(host='{s}', port=80)",
    "mail to {s}@firm.example",
    "/home/{s}/work/train.py",
    "/Users/{s}/x",
    "C:\\Users\\{s}\\AppData\\Local",
    "C:\\\\Users\\\\{s}\\\\AppData",
    "密码：{s}",
    "Cookie: session_id={s}",
    "-----BEGIN RSA PRIVATE KEY-----\n{s}\n-----END RSA PRIVATE KEY-----",
    "s3://{s}.bucket.internal/data",
    "ssh {s}.cluster.lan",
]


@given(WORD, st.sampled_from(HIDDEN), st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=400, deadline=None)
def test_no_planted_secret_comes_through(secret: str, place: str, left: str, right: str) -> None:
    assert secret not in scrub(f"{left} {place.format(s=secret)} {right}", {})


@given(RANDOM, st.sampled_from(["ValueError: {s}", "got {s}!", "('{s}',)", "key {s} is", "{s}"]))
@settings(max_examples=200, deadline=None)
def test_what_looks_random_is_taken_for_a_secret(secret: str, place: str) -> None:
    assert secret not in scrub(place.format(s=secret), {})


@pytest.mark.parametrize(
    "secret",
    [
        "hf_" + "abcDEF" * 5,
        "ghp_" + "a1B2" * 8,
        "sk-" + "abcdefgh" * 3,
        "AKIA" + "ABCDEFGH12345678",
    ],
)
def test_tokens_of_known_services(secret: str) -> None:
    assert secret not in scrub(f"OSError: {secret}\n", {})


@given(WORD, st.sampled_from(["MY_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "MY_THING"]))
@settings(max_examples=100, deadline=None)
def test_values_of_variables_come_through_nowhere(value: str, name: str) -> None:
    value = f"{value}/Zx{value}"
    assert value not in scrub(f"RuntimeError: could not open {value}, sorry", {name: value})


def test_people_and_machines_are_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "annette")
    monkeypatch.setattr(socket, "gethostname", lambda: "lab-7.firm.example")
    text = scrub("annette@lab-7:~$ python /srv/annette/a.py on LAB-7.firm.example", {})
    assert "annette" not in text
    assert "lab-7" not in text.lower()


@pytest.mark.parametrize(
    "line",
    [
        "tokenizers: 0.21.4",
        "secretstorage==3.3.3",
        "nvidia-cuda-runtime-cu12==12.4.127",
        "https://www.paddlepaddle.org.cn/packages/stable/cu126/",
        "https://github.com/PaddlePaddle/Paddle/issues/123",
        'File "/x/lib/python3.11/site-packages/paddle/base/framework.py", line 3, in <module>',
        "_ZN6paddle9framework12OperatorBase3RunERKNS0_5ScopeE",
        "ImportError: cannot import name 'download' from 'aistudio_sdk.hub'",
        "libcudart.so.11.0: cannot open shared object file",
        "connect to 127.0.0.1:7890 refused",
        "TypeError: __init__() got an unexpected keyword argument 'clean_up_tokenization_spaces'",
    ],
)
def test_what_explains_the_failure_stays(line: str) -> None:
    assert scrub(line, {}) == line


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_cleaned(text: str) -> None:
    assert scrub(scrub(text, {}), {}) is not None


@pytest.mark.parametrize("unit", ["a", "A1b", "a.", "a-", "a@", "token", "://a", "1.", "x:", "'"])
def test_a_hostile_text_is_cleaned_in_bounded_time(unit: str) -> None:
    started = time.thread_time()
    scrub(unit * (50_000 // len(unit)), {})
    scrub(f"token={unit}" * 5_000, {})
    assert time.thread_time() - started < 4


ERROR = """\
Traceback (most recent call last):
  File "/home/annette/train.py", line 3, in <module>
    import alpha
OSError: no `file` at https://annette:pw@index.firm.local/simple
```
# not a heading
"""


def facts() -> dict[str, Any]:
    sheet: dict[str, Any] = json.loads(HEALTHY.read_text("utf-8"))
    return sheet


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_holds_error_versions_and_where_to_post(language: str) -> None:
    report = make_report(facts(), [], ERROR, language)
    assert "annette" not in report
    assert "firm.local" not in report
    assert "OSError: no `file` at" in report
    assert "````text\nTraceback" in report, "the text cannot end its own block"
    assert f"paddlenlp=={facts()['packages']['paddlenlp']}" in report
    honest = {"en": "is not known: no installed package raised", "zh": "无法确定属于哪个项目"}
    assert honest[language] in report


def test_of_another_machine_it_holds_nothing_of_this_one() -> None:
    report = make_report(facts(), [], ERROR, foreign=True)
    assert facts()["packages"]["paddlenlp"] not in report


def test_a_report_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    write_report(str(file), "first\n")
    with pytest.raises(UsageError) as caught:
        write_report(str(file), "second\n")
    assert caught.value.code == "usage.report_exists"
    assert file.read_text() == "first\n"
    with pytest.raises(UsageError):
        write_report(str(tmp_path / "no" / "folder.md"), "x")
