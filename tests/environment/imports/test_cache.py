"""What a trial found holds while its files hold, and nothing else of the file is believed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment.imports import cache
from paddle_lab.environment.imports.cache import known_sections, recall, remember, remember_trials

KEY = "a" * 32


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PADDLE_LAB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_kept_here", {})
    return tmp_path / "cache" / "imports"


def result(name: str = "paddle", *, ok: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "ok": ok,
        "seconds": 1.5,
        "version": "3.3.1" if ok else None,
        "text": "" if ok else "Traceback ...",
        "error": "" if ok else "ImportError: no",
        "where": "",
        "ended": "normally",
        "signal": None,
    }


def trial(*, ok: bool = True, age: float = 0.0, key: str = KEY) -> dict[str, Any]:
    made = time.time() - age
    return {"key": key, "made": made, "results": [result(), result("paddlenlp", ok=ok)]}


@pytest.fixture
def read(tmp_path: Path) -> dict[str, list[str]]:
    package = tmp_path / "package"
    package.mkdir()
    for name in ("__init__.py", "deep.py"):
        (package / name).write_text("x = 1")
    return {str(package): ["__init__.py", "deep.py"]}


@pytest.mark.parametrize("ok", [True, False])
def test_what_was_tried_is_known_afterwards(ok: bool, read: dict[str, list[str]]) -> None:
    tried = trial(ok=ok)
    assert remember(tried, read)
    assert recall(KEY) == tried
    assert recall("b" * 32) is None


def test_experiments_are_kept_beside_the_import_that_failed(read: dict[str, list[str]]) -> None:
    trials = [{"step": "import paddle", "change": "in an empty folder", "changes": [], "ok": True}]
    assert not remember_trials(KEY, trials), "nothing failed here yet"
    remember(trial(), read)
    assert not remember_trials(KEY, trials), "the import works"
    failed = trial(ok=False)
    remember(failed, read)
    assert remember_trials(KEY, trials)
    assert known_sections(KEY) == {"imports": failed, "trials": trials}
    remember(failed, read)
    assert known_sections(KEY) == {"imports": failed}, "another failure, other experiments"


def test_experiments_hold_as_long_as_the_files_they_name(
    read: dict[str, list[str]], tmp_path: Path
) -> None:
    compiled = tmp_path / "deep.cpython-311.pyc"
    compiled.write_bytes(b"damaged")
    changes = [["bytecode", str(compiled), str(tmp_path / "deep.py")]]
    remember(trial(ok=False), read)
    assert remember_trials(KEY, [{"step": "import paddle", "changes": changes, "ok": True}])
    assert "trials" in known_sections(KEY)
    compiled.write_bytes(b"compiled anew")
    assert known_sections(KEY) == {}, "it was mended: what was found then is not known now"


@pytest.mark.parametrize("what", ["cut short", "touched", "removed"])
def test_a_file_that_the_import_read_has_changed(
    what: str, read: dict[str, list[str]], tmp_path: Path
) -> None:
    remember(trial(), read)
    deep = tmp_path / "package" / "deep.py"
    if what == "cut short":
        times = deep.stat()
        deep.write_text("")
        os.utime(deep, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif what == "touched":
        os.utime(deep, (1, 1))
    else:
        deep.unlink()
    assert recall(KEY) is None


@pytest.mark.parametrize(
    ("ok", "age", "known"),
    [(True, 3600, True), (True, 90_000, False), (False, 60, True), (False, 700, False),
     (True, -3600, False)],
)  # fmt: skip
def test_how_long_it_is_believed(
    ok: bool, age: float, known: bool, read: dict[str, list[str]]
) -> None:
    remember(trial(ok=ok, age=age), read)
    assert (recall(KEY) is not None) == known


@pytest.mark.parametrize(
    ("ok", "age", "known"),
    [(True, 60, True), (True, 4000, False), (False, 60, True), (False, 300, False)],
)
def test_on_a_slow_disk_a_success_is_believed_for_an_hour_and_a_failure_for_two_minutes(
    ok: bool, age: float, known: bool, read: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(trial(ok=ok, age=age), {name: files * 100 for name, files in read.items()})
    monkeypatch.setattr(cache, "LOOK_S", -1.0)
    assert (recall(KEY) is not None) == known


def changed(entry: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of an entry with another value at a path of keys and indexes."""
    copy = json.loads(json.dumps(entry))
    place = copy
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        place = place[part]
    place[last] = value
    return dict(copy)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 2),
        ("imports", []),
        ("imports.key", "b" * 32),
        ("imports.made", "now"),
        ("imports.results", []),
        ("imports.results.0.ok", "yes"),
        ("imports.results.0.more", 1),
        ("imports.results.0.text", "x" * 30_000),
        ("files.by_folder", {"/": [1]}),
        ("files.digest", None),
    ],
)
def test_a_file_that_is_no_result_counts_as_none(
    path: str, value: Any, read: dict[str, list[str]], folder: Path
) -> None:
    remember(trial(), read)
    file = folder / f"{KEY}.json"
    entry = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(changed(entry, path, value)))
    assert recall(KEY) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000])
def test_a_damaged_file_counts_as_none(content: bytes, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{KEY}.json").write_bytes(content)
    assert recall(KEY) is None


def test_another_users_file_counts_as_none(
    read: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(trial(), read)
    real = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: real + 1)
    assert recall(KEY) is None


def test_a_key_is_no_path() -> None:
    assert recall("../../etc/passwd") is None


def test_few_states_are_kept_and_the_newest(read: dict[str, list[str]], folder: Path) -> None:
    for number in range(cache.MOST_ENTRIES + 3):
        key = f"{number:032d}"
        assert remember(trial(key=key), read)
        os.utime(folder / f"{key}.json", (number, number))
    assert len(list(folder.iterdir())) == cache.MOST_ENTRIES
    assert recall(f"{0:032d}") is None
    assert recall(f"{cache.MOST_ENTRIES + 2:032d}") is not None


def test_a_disk_that_takes_nothing_is_no_fault(read: dict[str, list[str]], folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file where the folder would be")
    tried = trial()
    assert not remember(tried, read)
    assert recall(KEY) == tried  # this process knows it all the same
    folder.unlink()
    assert remember(trial(), read)
    (folder / f"{KEY}.json").unlink()
    assert recall(KEY) is None


def test_without_a_key_nothing_is_kept(read: dict[str, list[str]], folder: Path) -> None:
    assert not remember({**trial(), "key": None}, read)
    assert not folder.exists()
