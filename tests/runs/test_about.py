"""A person gives a run another name and a note; the run itself stays as it was written."""

from __future__ import annotations

import json

import pytest
import run_writer

from paddle_lab.errors import RunError
from paddle_lab.runs import Registry
from paddle_lab.runs.about import LONGEST_NOTE, About, read_about, write_about
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.snapshot import snapshot


def test_a_new_name_is_shown_everywhere_and_found(make_run, registry_root):
    folder = make_run(name="first")
    run_writer.write_run(folder, 8)
    before = folder.info_path.read_bytes()
    board = RunsBoard(Registry(registry_root))
    assert board.refresh()[0].name == "first"
    write_about(folder, name=" 更好的名字 ", note="lr too high\nsee chart")
    (row,) = board.refresh()
    assert (row.name, row.note) == ("更好的名字", "lr too high\nsee chart")
    assert snapshot(folder)["name"] == "更好的名字"
    assert Registry(registry_root).find("更好的名字").id == folder.id
    assert folder.info_path.read_bytes() == before
    with pytest.raises(RunError, match="No run 'first'"):
        Registry(registry_root).find("first")


def test_one_of_both_may_change_and_the_own_name_comes_back(make_run):
    folder = make_run(name="first")
    write_about(folder, name="second")
    assert write_about(folder, note="n") == About("second", "n")
    assert write_about(folder, name="") == About(None, "n")
    assert write_about(folder, name="first") == About(None, "n")


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[31mred", "a\u202eb", "x" * 201])
def test_what_is_no_name_is_refused(make_run, name):
    folder = make_run()
    with pytest.raises(RunError) as refused:
        write_about(folder, name=name)
    assert refused.value.code == "run.name"
    assert not folder.about_path.exists()


def test_a_note_is_bounded(make_run):
    folder = make_run()
    with pytest.raises(RunError) as refused:
        write_about(folder, note="x" * (LONGEST_NOTE + 1))
    assert refused.value.code == "run.note"
    assert write_about(folder, note="a\x1b[31mb\x00c").note == "a[31mbc"


@pytest.mark.parametrize(
    "content", ["", "[]", "{", json.dumps({"name": 3}), json.dumps({"note": "x" * 5000}), "1" * 99]
)
def test_a_damaged_file_is_as_none(make_run, content):
    folder = make_run(name="own")
    folder.about_path.write_text(content, encoding="utf-8")
    assert read_about(folder) == About()
    assert write_about(folder, note="mended") == About(None, "mended")


def test_a_removed_run_is_not_made_again(make_run):
    folder = make_run()
    folder.path.rename(folder.path.with_name("gone"))
    with pytest.raises(RunError):
        write_about(folder, note="late")
    assert not folder.path.exists()
