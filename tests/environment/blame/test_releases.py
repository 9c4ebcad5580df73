"""Code of a library that is wrong by itself: another release, and nothing of the person's."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.findings import Finding

LINUX: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {"pip": "25.0"}}
LIB = "/env/lib/python3.10/site-packages"


def trace(error: str, *frames: tuple[str, str]) -> str:
    lines = [f'  File "{file}", line 5, in <module>\n    {code}' for file, code in frames]
    return "\n".join(["Traceback (most recent call last):", *lines, error])


def first(text: str) -> Finding | None:
    return next(iter(explain(text, LINUX, facts_join=False).findings), None)


@pytest.mark.parametrize(
    ("text", "title", "command"),
    [
        (
            trace(
                "NameError: name 'helper' is not defined",
                ("train.py", "import alpha"),
                (f"{LIB}/alpha/core.py", "class Core(helper.Base):"),
            ),
            "alpha itself is at fault: it uses helper",
            "-U alpha",
        ),
        (
            trace(
                "TypeError: Option.__init__() takes 1 positional argument but 2 were given",
                ("train.py", "model = alpha.load(name)"),
                (f"{LIB}/alpha/api.py", "return beta.make(name)"),
                (f"{LIB}/beta/core.py", "option = Option(name)"),
            ),
            "beta calls Option.__init__ otherwise",
            "-U alpha beta",
        ),
        (
            trace(
                "AttributeError: 'Manager' object has no attribute '_parts'",
                ("/env/bin/alpha-lab", "sys.exit(main())"),
                (f"{LIB}/alpha/app.py", "beta.link(self)"),
                (f"{LIB}/beta/link.py", "found = app.manager._parts.get('beta')"),
            ),
            "beta uses Manager._parts",
            "eager beta alpha",
        ),
    ],
    ids=["name", "signature", "attribute"],
)
def test_the_release_is_named(text: str, title: str, command: str) -> None:
    finding = first(text)
    assert finding is not None
    assert finding.id == "library-at-fault"
    assert title in finding.title.in_language("en")
    assert finding.commands[-1].endswith(command)


@pytest.mark.parametrize(
    "text",
    [
        trace("NameError: name 'helper' is not defined", ("train.py", "helper()")),
        trace(
            "NameError: name 'price' is not defined",
            ("train.py", "table.eval('price * 2')"),
            (f"{LIB}/alpha/scope.py", "raise NameError(name)"),
        ),
        trace(
            "TypeError: <lambda>() takes 1 positional argument but 2 were given",
            ("train.py", "table.map(lambda row: row)"),
            (f"{LIB}/alpha/table.py", "return function(row, number)"),
        ),
        trace(
            "TypeError: collate() missing 1 required positional argument: 'rows'",
            ("train.py", "Loader(data, collate_fn=collate)"),
            (f"{LIB}/alpha/loader.py", "return self.collate_fn()"),
        ),
        trace(
            "AttributeError: 'Config' object has no attribute 'hidden'",
            ("train.py", "alpha.build(Config())"),
            (f"{LIB}/alpha/build.py", "size = config.hidden"),
        ),
        trace(
            "AttributeError: 'NoneType' object has no attribute 'shape'",
            ("train.py", "import alpha"),
            (f"{LIB}/alpha/build.py", "size = image.shape"),
        ),
    ],
    ids=["own code", "evaluated", "lambda", "handed over", "own object", "None"],
)
def test_what_a_person_handed_over_is_not_the_librarys(text: str) -> None:
    finding = first(text)
    assert finding is None or finding.id != "library-at-fault"


def test_a_rule_of_another_pair_stands_behind_the_packages_that_are_named() -> None:
    text = trace(
        f"ImportError: cannot import name 'contextfilter' from 'jinja2' ({LIB}/jinja2/__init__.py)",
        ("train.py", "import nbconvert"),
        (f"{LIB}/nbconvert/exporters/html.py", "from jinja2 import contextfilter"),
    )
    finding = first(text)
    assert finding is not None
    assert finding.id == "name-of-other-release"
    assert "nbconvert was written for jinja2<3.1" in finding.cause.in_language("en")
