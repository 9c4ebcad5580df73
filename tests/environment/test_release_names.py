"""The table of names says in which release a name came or went, and findings say it on."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.release_names import TABLE, History, history

SITE = "/env/lib/python3.10/site-packages"
LINUX: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {"pip": "25.0"}}


@pytest.mark.parametrize(
    ("module", "name", "since", "gone"),
    [
        ("huggingface_hub", "cached_download", "", "0.26.0"),
        ("huggingface_hub", "get_collection", "0.18.0", ""),
        ("numpy", "VisibleDeprecationWarning", "", "2.0.0"),
        ("google.protobuf.internal.builder", "", "3.20.0", ""),
        ("tornado.web", "asynchronous", "", "6.0"),  # 6.0 has no wheel for Linux
        ("seqeval.scheme", "", "1.0.0", ""),  # no release has one
        ("gensim.summarization", "", "", "4.0.0"),
    ],
)
def test_a_release_is_named(module: str, name: str, since: str, gone: str) -> None:
    found = history(module, name)
    assert found is not None
    assert (found.since, found.gone) == (since, gone)


@pytest.mark.parametrize(
    ("module", "name"),
    [("numpy", "array"), ("numpy", "no_such_name"), ("no_such_package", "x"), ("numpy", "float")],
)
def test_of_what_never_changed_or_never_was_nothing_is_said(module: str, name: str) -> None:
    assert history(module, name) is None


@pytest.mark.parametrize(
    ("module", "name", "python", "fits", "nearest"),
    [
        ("numpy.typing", "", "3.6", False, "3.7"),
        ("numpy.typing", "", "3.11", True, "3.11"),
        ("numpy", "float_", "3.13", False, "3.12"),  # no wheel of 1.26 is for it
        ("markupsafe", "soft_unicode", "3.13", True, "3.13"),  # built without compilers, too
    ],
)
def test_the_table_says_for_which_pythons_the_releases_are(
    module: str, name: str, python: str, fits: bool, nearest: str
) -> None:
    found = history(module, name)
    assert found is not None
    assert (found.fits(python), found.nearest(python)) == (fits, nearest)


@pytest.mark.parametrize(
    ("since", "gone", "version", "lacks"),
    [
        ("1.2.0", "", "1.1", True),
        ("1.2.0", "", "1.2", False),
        ("", "2.0.0", "2.0", True),
        ("", "2.0.0", "1.9", False),
        ("1.0", "2.0", None, None),
        ("1.0", "2.0", "what", None),
    ],
)
def test_a_version_has_the_name_or_lacks_it(
    since: str, gone: str, version: str | None, lacks: bool | None
) -> None:
    assert History("alpha", "alpha.x", since, gone).lacks(version) is lacks


LEFT = (
    "Traceback (most recent call last):\n"
    f'  File "{SITE}/alpha/hub.py", line 3, in <module>\n'
    "    from huggingface_hub import cached_download\n"
    "ImportError: cannot import name 'cached_download' from 'huggingface_hub' "
    f"({SITE}/huggingface_hub/__init__.py)"
)


def test_a_name_that_left_is_told_with_the_release_and_the_way_back() -> None:
    findings = explain(LEFT, LINUX, facts_join=False).findings
    assert [one.id for one in findings].count("name-of-other-release") == 1
    first = findings[0]
    assert "left huggingface-hub in 0.26" in first.title.in_language("en")
    assert "huggingface-hub<0.26" in first.commands[0]
    assert first.alternatives[0].commands[0].endswith("-U alpha")
    assert first.certainty == "likely"  # no fact of this machine confirms it


def test_a_release_that_has_the_name_is_not_said_to_have_lost_it() -> None:
    facts = {**LINUX, "packages": {"huggingface-hub": "0.20.0", "alpha": "1.0"}}
    assert explain(LEFT, facts, facts_join=False).findings[0].id == "packages-do-not-fit"


def test_a_name_that_came_later_is_an_upgrade_and_no_way_back() -> None:
    text = "cannot import name 'get_collection' from 'huggingface_hub' (huggingface-hub 0.13.4)"
    first = explain(text, LINUX, facts_join=False).findings[0]
    assert "came with huggingface-hub 0.18" in first.title.in_language("en")
    assert "huggingface-hub>=0.18" in first.commands[0]
    assert first.alternatives == ()


@pytest.mark.parametrize(("page", "words"), [("doctor.md", "Of "), ("doctor.zh.md", "相关的 ")])
def test_the_page_counts_the_packages_of_the_table(page: str, words: str) -> None:
    table = gzip.decompress(TABLE.read_bytes()).decode()
    text = (Path(__file__).parents[2] / "docs" / page).read_text("utf-8")
    assert re.findall(rf"{words}(\d+) (?:packages of the stack|个包)", text) == [
        str(len(re.findall("(?m)^=", table)))
    ]
