"""The documents beside run.json: what is damaged counts as absent, and nothing blocks or raises."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from malformed_runs import DOCUMENTS, SPECIAL, special

from paddle_lab.errors import RunError
from paddle_lab.runs import Registry, RunFolder, RunSpec
from paddle_lab.training.checkpoint import (
    MANIFEST_FILE,
    MODEL_FILE,
    OPTIMIZER_FILE,
    STATE_FILE,
    latest_checkpoint,
    read_checkpoint,
    write_checkpoint,
)

MakeRun = Callable[..., RunFolder]
BROKEN = sorted({*DOCUMENTS, *SPECIAL})


def put(name: str, path: Path) -> None:
    """A malformed document, or something that is no file, at ``path``."""
    if name in SPECIAL:
        special(name)(path)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DOCUMENTS[name])


class TestRegistry:
    @pytest.mark.parametrize("name", BROKEN)
    def test_a_broken_entry_hides_no_other(self, make_run: MakeRun, name: str) -> None:
        folder = make_run()
        put(name, Registry().root / "broken.json")
        assert [ref.folder for ref in Registry().list()] == [folder]

    @pytest.mark.parametrize(
        "changes",
        [
            {"id": "../../x"},
            {"id": "other"},
            {"id": ["x"]},
            {"name": 7},
            {"name": "x" * 10_000},
            {"created": "today"},
            {"created": 1e18},
            {"created": -1e18},
            {"created": True},
            {"folder": 7},
            {"folder": "/a\x00b"},
            {"folder": "/" + "x" * 10_000},
            {"folder": None},
        ],
        ids=str,
    )
    def test_an_entry_of_the_wrong_form_is_none(
        self, make_run: MakeRun, changes: dict[str, Any]
    ) -> None:
        good, bad = make_run(name="good"), make_run(name="bad")
        path = Registry().root / f"{bad.id}.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}), encoding="utf-8")
        assert [ref.folder for ref in Registry().list()] == [good]
        assert Registry().find("last").folder == good

    @pytest.mark.parametrize("bad", ["../../evil", "/tmp/evil", "a/b", "a\x00b", "x" * 10_000, ""])
    def test_an_id_that_is_a_path_is_written_nowhere(self, tmp_path: Path, bad: str) -> None:
        folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path / "runs")
        info = {**folder.info(), "id": bad}
        folder.info_path.write_text(json.dumps(info), encoding="utf-8")
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(RunError) as caught:
            Registry(tmp_path / "registry").add(folder)
        assert caught.value.code == "run.unreadable"
        assert sorted(tmp_path.rglob("*")) == before

    def test_a_copied_id_takes_no_entry_away(self, make_run: MakeRun, tmp_path: Path) -> None:
        mine = make_run(name="mine")
        other = RunFolder.create(RunSpec(train="a.tsv", name="other"), tmp_path / "elsewhere")
        info = {**other.info(), "id": mine.id}
        other.info_path.write_text(json.dumps(info), encoding="utf-8")
        assert Registry().find(str(other.path)).folder == other
        assert Registry().find(mine.id).folder == mine

    def test_a_run_that_moved_is_registered_anew(self, make_run: MakeRun, tmp_path: Path) -> None:
        folder = make_run()
        moved = RunFolder(tmp_path / "moved")
        folder.path.rename(moved.path)
        assert Registry().find(str(moved.path)).folder == moved
        assert Registry().find(moved.id).folder == moved

    def test_a_folder_that_links_to_itself_is_a_row(self, make_run: MakeRun) -> None:
        folder = make_run()
        folder.info_path.unlink()
        folder.path.rmdir()
        folder.path.symlink_to(folder.path)
        (ref,) = Registry().list()
        with pytest.raises(RunError):
            ref.folder.info()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    @pytest.mark.parametrize("mode", [0o000, 0o600])
    def test_a_folder_that_may_not_be_entered_is_a_row(self, make_run: MakeRun, mode: int) -> None:
        folder = make_run()
        folder.path.chmod(mode)
        try:
            (ref,) = Registry().list()
            with pytest.raises(RunError) as caught:
                ref.folder.info()
        finally:
            folder.path.chmod(0o700)
        assert caught.value.code == "run.unreadable"


@pytest.mark.parametrize("name", BROKEN)
def test_broken_data_facts_are_none(tmp_path: Path, name: str) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    put(name, folder.path / "data.json")
    assert folder.data_facts() is None and folder.fingerprint() is None


@pytest.mark.parametrize(
    "facts",
    [{}, {"fingerprint": 7}, {"fingerprint": "a", "labels": "ab"}, {"fingerprint": "a" * 999},
     {"fingerprint": "a", "labels": [1]}, {"fingerprint": "a", "rows": {"train": -1}}],
    ids=str,
)  # fmt: skip
def test_data_facts_of_the_wrong_form_are_none(tmp_path: Path, facts: dict[str, Any]) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    (folder.path / "data.json").write_text(json.dumps(facts), encoding="utf-8")
    assert folder.data_facts() is None


@pytest.mark.parametrize(
    "line",
    [
        *(content for name, content in DOCUMENTS.items() if name != "20 MB"),
        b'{"ask": "explode"}',
        b'{"ask": ["stop"]}',
        b'{"ask": "stop", "save": "no"}',
        b'{"ask": "stop", "t": "now"}',
        b'{"ask": "stop", "t": 1e999}',
        b'{"ask": "stop", "from": {}}',
        b'{"ask": "stop", "when": 7}',
        b'{"ask": "stop", "x": "' + b"x" * 100_000 + b'"}',
    ],
    ids=lambda line: line[:24].decode("ascii", "replace"),
)
def test_lines_that_are_no_requests_are_passed_over(tmp_path: Path, line: bytes) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    watcher = folder.watch_requests()
    folder.requests_path.write_bytes(line + b"\n")
    folder.ask("pause")
    assert [request.ask for request in watcher.poll()] == ["pause"]


def test_a_flood_of_requests_is_read_a_part_at_a_time(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    watcher = folder.watch_requests()
    folder.requests_path.write_bytes(b"x" * 60_000 + b"\n" + b'{"ask": "stop"}\n' * 100_000)
    sizes = [len(watcher.poll()) for _ in range(5)]
    assert max(sizes) < 80_000 and sum(sizes) == 100_000


@pytest.mark.parametrize("kind", sorted({*SPECIAL} - {"a link to nowhere"}))
def test_no_request_is_written_into_what_is_no_file(tmp_path: Path, kind: str) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    special(kind)(folder.requests_path)
    with pytest.raises(RunError):
        folder.ask("stop")


def checkpoint_at(root: Path, step: int) -> Path:
    numpy = pytest.importorskip("numpy")
    arrays = {"w": numpy.zeros(4, dtype="float32")}
    documents = {STATE_FILE: {"best": None}}
    groups = {MODEL_FILE: arrays, OPTIMIZER_FILE: arrays}
    return write_checkpoint(root, step, documents, groups).path


@pytest.mark.parametrize("file", [MANIFEST_FILE, STATE_FILE])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_checkpoint_is_passed_over(tmp_path: Path, name: str, file: str) -> None:
    good, bad = checkpoint_at(tmp_path, 1), checkpoint_at(tmp_path, 2)
    put(name, bad / file)
    with pytest.raises(RunError, match="not whole"):
        read_checkpoint(bad)
    found = latest_checkpoint(tmp_path)
    assert found is not None and found.path == good


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "2"},
        {"step": -1},
        {"step": True},
        {"step": None},
        {"sha256": []},
        {"sha256": {"model.safetensors": 7}},
        {"sha256": {"model.safetensors": "short"}},
        {"sha256": {"../model.safetensors": "0" * 64}},
        {"sha256": {"/etc/passwd": "0" * 64}},
        {"sha256": {f"file{n}": "0" * 64 for n in range(500)}},
        {"format": 2},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_a_manifest_of_the_wrong_form_is_none(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = checkpoint_at(tmp_path, 2)
    manifest = {**json.loads((path / MANIFEST_FILE).read_text()), **changes}
    (path / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(RunError, match="not whole"):
        read_checkpoint(path)
