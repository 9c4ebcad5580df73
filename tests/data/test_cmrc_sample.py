"""The questions that come with the package: whole, at their positions, and under their licence."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_lab.data.read import read
from paddle_lab.data.samples import cmrc, read_sample
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task

ANSWER = get_task("answer")


def test_every_answer_stands_at_its_place() -> None:
    parts = read_sample("cmrc", ANSWER)
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 200, "dev": 52, "test": 51,
    }  # fmt: skip
    for part in parts.values():
        for context, target in zip(part.given["context"], part.targets, strict=True):
            assert target["answers"]
            for answer in target["answers"]:
                assert context.startswith(answer["text"], answer["start"])


def test_no_context_stands_in_two_parts() -> None:
    groups = [set(part.groups or ()) for part in read_sample("cmrc", ANSWER).values()]
    assert all(groups)
    assert len(set.union(*groups)) == sum(map(len, groups)) == 92


def test_the_files_read_as_the_sample_does() -> None:
    for name, part in read_sample("cmrc", ANSWER).items():
        again = read(ANSWER, str(cmrc.FOLDER / f"{name}.json"))
        assert list(again.rows()) == list(part.rows()) and again.groups == part.groups


def test_the_licence_lies_beside_the_data_and_names_its_source() -> None:
    licence = (cmrc.FOLDER / "LICENSE").read_text(encoding="utf-8")
    assert "Creative Commons Attribution-ShareAlike 4.0 International Public" in licence
    notice = (cmrc.FOLDER / "NOTICE.md").read_text(encoding="utf-8")
    for word in ("CC BY-SA 4.0", "https://github.com/ymcui/cmrc2018", "Changes:", "303", "92"):
        assert word in notice
    assert "CC BY-SA 4.0" in cmrc.SAMPLE.licence
    assert sum(path.stat().st_size for path in cmrc.FOLDER.iterdir()) < 256 * 1024


def test_damaged_files_are_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cmrc, "FOLDER", tmp_path)
    with pytest.raises(DataError) as caught:
        cmrc.SAMPLE.load()
    assert caught.value.code == "data.sample_damaged"
    (tmp_path / "train.json").write_text('{"data": [{"paragraphs": [{}]}]}', encoding="utf-8")
    with pytest.raises(DataError):
        cmrc.SAMPLE.load()


def test_the_sample_says_what_it_is_not() -> None:
    (notice,) = read_sample("cmrc", ANSWER)["train"].notices
    assert "not to learn to answer" in notice.in_language("en")
