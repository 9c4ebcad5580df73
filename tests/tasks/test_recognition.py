"""Which task rows are for: the one that is certain of them; the default where none is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tasks.plugin.vote_task import VoteTask

from paddle_lab import plugins
from paddle_lab.data import read
from paddle_lab.errors import DataError, UsageError
from paddle_lab.tasks import TASKS, get_task
from paddle_lab.tasks.recognition import choose_task
from paddle_lab.tasks.settings import native_settings, own_options

PLAIN = "".join(f"很好{n}\t1\n很差{n}\t0\n" for n in range(20))
COMMENTED = "很好\t1\n# 注释\tx\n" + PLAIN


@pytest.fixture
def vote(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A task that is certain of rows with comments, as another package would bring it."""
    points = [SimpleNamespace(name="vote", load=VoteTask)]
    found = lambda group: points if "tasks" in group else []  # noqa: E731
    monkeypatch.setattr(plugins.importlib.metadata, "entry_points", found)
    yield get_task("vote")
    TASKS._loaded.pop("vote", None)


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_task_that_is_certain_is_taken(vote: Any, tmp_path: Path) -> None:
    assert choose_task(write(tmp_path / "a.tsv", COMMENTED)) == "vote"
    assert choose_task(write(tmp_path / "b.tsv", PLAIN)) == "classify"
    assert choose_task("df", names={"df": [("# 注释", "x"), ("很好", "1")]}) == "vote"


def test_a_sample_knows_its_task() -> None:
    assert choose_task("reviews") == choose_task("reviews:dev") == "classify"
    with pytest.raises(DataError, match="reviews"):
        read(SimpleNamespace(name="other", roles=(), target=SimpleNamespace(name="x")), "reviews")


def test_only_the_beginning_of_a_large_file_is_looked_at(vote: Any, tmp_path: Path) -> None:
    late = PLAIN * 2000 + "# 注释\tx\n"
    assert choose_task(write(tmp_path / "late.tsv", late)) == "classify"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04", b'{"a": [', b"\x00" * 99])
def test_what_cannot_be_read_is_left_to_the_reading(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(content)
    assert choose_task(str(tmp_path / "odd")) == "classify"
    assert choose_task(str(tmp_path / "absent")) == "classify"


def test_two_tasks_that_are_certain_are_named(vote: Any, tmp_path: Path,
                                              monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(type(get_task("classify")), "recognise", lambda self, records: "certain")
    with pytest.raises(DataError) as error:
        choose_task(write(tmp_path / "a.tsv", COMMENTED))
    assert error.value.code == "data.undecided_task"
    assert "--task classify" in str(error.value)


def test_the_options_of_a_task_are_its_own(vote: Any) -> None:
    assert own_options(vote, {"keep": False, "max_grad_norm": 1}).keep is False
    assert native_settings(vote, {"keep": False, "max_grad_norm": 1}) == {"max_grad_norm": 1}
    with pytest.raises(UsageError, match="keep"):
        own_options(vote, {"keep": "perhaps"})
    with pytest.raises(UsageError, match="keep does nothing for the task classify"):
        native_settings(get_task("classify"), {"keep": True})
