"""Environments that are really broken, asked by the real command inside them, and a healthy one.

A few kinds of ``benchmarks/broken_environments.py``, which has all of them, and mends them too.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from environments.place import Place
    from environments.templates import Templates

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
BROKEN = (
    "random.py in the folder",
    "zero bytes inside paddlenlp",
    "truncated libpaddle.so",
    "opt-einsum removed",
    "corrupt bytecode of paddle",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the copies use hard links and bash"),
]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        from environments.templates import Templates

        folder = tmp_path_factory.mktemp("environments")
        yield Templates(folder)
        shutil.rmtree(folder)


def made(templates: Templates, name: str) -> tuple[Any, Place]:
    """The kind of this name, and an environment that was harmed in this way."""
    from environments import damaged, healthy, hidden, versions  # noqa: F401
    from environments.kinds import KINDS
    from environments.place import Skipped

    kind = KINDS[name]
    place = templates.copy(kind.layout)
    try:
        kind.harm(place)
    except Skipped as reason:
        place.remove()
        pytest.skip(str(reason))
    return kind, place


@pytest.mark.parametrize("name", BROKEN)
def test_the_check_is_red_and_names_what_was_harmed(templates: Templates, name: str) -> None:
    from environments import asking, grading

    kind, place = made(templates, name)
    try:
        assert asking.truth(place, kind.truth).code != 0, "this environment was meant to be broken"
        assert asking.ask(place)[1]["light"] != "green", "nothing was imported yet"
        record = grading.reading(kind, *reversed(asking.ask(place, "--check")))
        assert record["light"] == "red"
        assert record["named"], record
        assert record["plan"], "under red there is something to do"
        after = grading.reading(kind, *reversed(asking.ask(place)))
        assert after["light"] == "red", "the page knows what the check has found"
    finally:
        place.remove()


def test_a_file_in_the_way_is_renamed_by_the_printed_commands(templates: Templates) -> None:
    from environments import asking

    kind, place = made(templates, "typing_extensions.py in the folder")
    try:
        commands = asking.fixes(asking.ask(place, "--check")[1])
        assert asking.paste(place, commands)["ran"], commands
        assert asking.truth(place, kind.truth).code == 0
        assert [path.read_text("utf-8") for path in place.work.iterdir() if path.is_file()]
    finally:
        place.remove()


def test_nothing_is_found_in_a_healthy_environment(templates: Templates) -> None:
    from environments import asking

    _, place = made(templates, "healthy: venv")
    try:
        page, checked = asking.ask(place)[1], asking.ask(place, "--check")[1]
        # A note may be true of the environment that the tests run in: files that somebody edited.
        found = [f for f in page["findings"] + checked["findings"] if f["severity"] != "note"]
        assert (checked["light"], found) == ("green", [])
    finally:
        place.remove()
