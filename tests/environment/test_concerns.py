"""Errors that facts show go first where a text is about them, and do not crowd out other texts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.clues import read
from paddle_lab.environment.concerns import concerning, nearest_first
from paddle_lab.environment.conditions import Some, holds
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.tables import load_tables
from paddle_lab.i18n import T

SHEET: dict[str, Any] = json.loads(
    (Path(__file__).parent / "sheets" / "cpu-linux.json").read_text(encoding="utf-8")
)


def finding(*about: str) -> Finding:
    words = T("x", "x")
    return Finding("x", "packages", "error", "confirmed", words, words, words, about=about)


def test_what_the_traceback_names_last_goes_first() -> None:
    text = (
        'File "/v/site-packages/paddlenlp/a.py", line 1, in <module>\n'
        'File "/v/site-packages/huggingface_hub/b.py", line 2, in <module>\n'
        "ImportError: cannot import name 'x' from 'huggingface_hub'"
    )
    numpy, hub = finding("numpy", "paddlenlp"), finding("huggingface-hub", "paddlenlp")
    assert nearest_first([numpy, finding(), hub], text) == [hub, numpy, finding()]
    assert nearest_first([numpy, hub], "") == [numpy, hub]


@pytest.mark.parametrize(
    ("about", "text", "is_about"),
    [
        ("protobuf", "ImportError in protobuf 3.19", True),
        ("huggingface-hub", "from huggingface_hub import x", True),
        ("paddlepaddle", "import paddle fails", True),
        ("paddlepaddle", "No module named 'paddlenlp'", False),
        ("variables.HTTPS_PROXY", "ProxyError: cannot connect", True),
        ("variables.HTTPS_PROXY", "KeyError: 'label'", False),
        ("pip", "pipeline failed", False),
    ],
)
def test_a_text_is_about_what_it_names(about: str, text: str, is_about: bool) -> None:
    assert bool(concerning([finding(about)], text)) is is_about


def test_of_packages_that_a_text_does_not_list_nothing_follows() -> None:
    told = {"packages": Some({"paddlepaddle": "2.5.1"})}
    assert holds({"package": "paddlepaddle"}, told) is True
    assert holds({"package": "setuptools", "installed": False}, told) is None
    assert holds({"package": "setuptools"}, told) is None


def test_what_a_text_lists_is_looked_at_as_facts_are() -> None:
    text = (
        "paddlepaddle: 2.5.1\npaddlepaddle-gpu: 2.5.1\n"
        "AttributeError: module 'paddle' has no attribute 'version'"
    )
    (first, *_) = explain(text, {}).findings
    assert (first.id, first.certainty) == ("dual-install", "likely")


@pytest.mark.parametrize("words", ["NumPy 2.0 or newer is needed", "numpy 2.0 and later"])
def test_versions_at_large_are_not_those_installed(words: str) -> None:
    assert "packages" not in read(words, load_tables())
    assert read("numpy 2.0.1", load_tables())["packages"] == {"numpy": "2.0.1"}


def test_commands_for_another_machine_do_not_name_this_one() -> None:
    texts = (
        "Windows 11, Python 3.10: ImportError: DLL load failed while importing libpaddle",
        "ImportError: cannot import name 'download' from 'aistudio_sdk.hub'",
    )
    for text in texts:
        found = explain(text, SHEET)
        assert found.foreign
        assert "~/nlp" not in " ".join(c for one in found.findings for c in one.commands)


def test_what_the_failing_import_asks_for_goes_before_what_others_of_the_stack_ask() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/e/site-packages/paddlenlp/hub.py", line 3, in <module>\n'
        "    from huggingface_hub.utils import gone\n"
        "ImportError: cannot import name 'gone' from 'huggingface_hub.utils' "
        "(/e/site-packages/huggingface_hub/utils.py)\n"
        "numpy was imported before"
    )
    numpy = finding("numpy", "paddlenlp")
    hub = finding("huggingface-hub", "datasets")
    far = finding("tokenizers", "transformers")
    file = finding("/e/other.py")
    assert nearest_first([far, numpy, hub, file], text) == [hub, numpy, far, file]
    rule = replace(finding(), evidence=("huggingface-hub 2.4.0", "paddlenlp 3.0.0b4"))
    assert nearest_first([numpy, rule], text) == [rule, numpy]
