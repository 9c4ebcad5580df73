"""Large imports and trainings are spared the search for garbage; nobody's own is kept by it."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from paddle_lab.garbage import not_searched, only_new_searched


class Knot:
    """Something that only the search for garbage can find: it holds itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    """As in a person's kernel; what the test run keeps is kept again afterwards."""
    gc.unfreeze()
    yield
    gc.freeze()


def dropped() -> weakref.ref[Knot]:
    return weakref.ref(Knot())


def test_no_search_while_modules_are_imported_and_then_as_before() -> None:
    with not_searched():
        assert not gc.isenabled()
        with not_searched():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_leaves_the_search_on() -> None:
    with pytest.raises(ImportError), not_searched():
        raise ImportError
    assert gc.isenabled()


@pytest.mark.usefixtures("nothing_kept")
def test_what_stood_before_is_searched_again_afterwards() -> None:
    mine = Knot()
    gone = weakref.ref(mine)
    with only_new_searched():
        del mine
        new = dropped()
        gc.collect()
        assert new() is None
        assert gone() is not None
    gc.collect()
    assert gone() is None


@pytest.mark.usefixtures("nothing_kept")
def test_of_two_the_first_lets_go_and_what_others_keep_stays() -> None:
    with only_new_searched():
        with only_new_searched():
            pass
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


@pytest.mark.slow
def test_paddlenlp_is_imported_without_a_search() -> None:
    script = """
import gc, os
from pathlib import Path
from paddle_lab.training.quiet import import_paddlenlp
searches = []
gc.callbacks.append(lambda phase, info: searches.append(phase))
import_paddlenlp(Path(os.devnull))
during = len(searches)
gc.collect()
print(during < 10 and len(searches) > during and gc.isenabled())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr
