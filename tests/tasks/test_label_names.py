"""Names for labels that are numbers: used where they surely fit, told, and never forced."""

from __future__ import annotations

from pathlib import Path

import pytest

from paddle_lab.errors import DataError
from paddle_lab.tasks.label_names import find_names, read_names

NEWS = ["finance", "realty", "stocks"]


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def said(texts: list[object]) -> str:
    return " ".join(str(text) for text in texts)


@pytest.mark.parametrize("file", ["class.txt", "label.txt", "label_map.txt"])
def test_a_file_beside_the_data_names_the_numbers(tmp_path: Path, file: str) -> None:
    write(tmp_path / file, "\n".join(NEWS))
    names, notices = find_names(["0", "2", "1"], tmp_path, None)
    assert names is not None and [names.name(n) for n in "012"] == NEWS
    assert file in said(notices) and "label_names=none" in said(notices)


@pytest.mark.parametrize(
    "content",
    ["finance\t0\nrealty\t1\nstocks\t2\n", "2 stocks\n0 finance\n1 realty",
     "finance,0\nrealty,1\nstocks,2"],
)  # fmt: skip
def test_names_may_stand_beside_their_number(tmp_path: Path, content: str) -> None:
    assert read_names(write(tmp_path / "map.txt", content)) == dict(enumerate(NEWS))


@pytest.mark.parametrize(
    ("content", "labels", "told"),
    [
        ("finance\nrealty\nstocks\ngame", "012", True),
        ("finance\nrealty", "012", True),
        ("一行很长的说明文字" * 50, "012", False),
        ("finance\nfinance\nstocks", "012", False),
        ("0\n1\n2", "012", False),
        ("finance\nrealty\nstocks", "好差", False),
        ("", "01", False),
    ],
    ids=["more names", "fewer names", "no names", "twice", "numbers", "labels are words", "empty"],
)
def test_a_file_that_does_not_fit_is_not_used(
    tmp_path: Path, content: str, labels: str, told: bool
) -> None:
    write(tmp_path / "class.txt", content)
    names, notices = find_names(labels, tmp_path, None)
    assert names is None
    assert ("is not used" in said(notices)) == told


def test_a_person_may_name_the_file_or_refuse_it(tmp_path: Path) -> None:
    path = write(tmp_path / "topics.txt", "\n".join([*NEWS, "game"]))
    names, _ = find_names("02", None, str(path))
    assert names is not None and names.name("2") == "stocks"
    beside, _ = find_names("02", tmp_path, "topics.txt")
    assert beside is not None
    write(tmp_path / "class.txt", "\n".join(NEWS))
    assert find_names("012", tmp_path, "none") == (None, [])


def test_a_part_is_read_with_the_file_of_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "class.txt", "\n".join(NEWS))
    names, _ = find_names("1", None, None, str(path))
    assert names is not None and names.name("1") == "realty"


@pytest.mark.parametrize("content", [None, "finance\nrealty", "a\na\nb"])
def test_a_named_file_that_does_not_name_all_labels_is_refused(
    tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        write(tmp_path / "class.txt", content)
    with pytest.raises(DataError) as caught:
        find_names("012", None, str(tmp_path / "class.txt"))
    assert caught.value.code == "data.label_names" and "none" in str(caught.value.fix)


def test_labels_that_are_names_already_stay(tmp_path: Path) -> None:
    path = write(tmp_path / "class.txt", "\n".join(NEWS))
    names, _ = find_names(["finance", "realty"], None, str(path))
    assert names is not None and names.name("finance") == "finance"
