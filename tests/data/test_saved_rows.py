"""Rows of a variable on disk: the same in another process, or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from classify_data import prepare, read
from data.data_files import three_parts

from paddle_lab.data import Dataset, fingerprint, load_rows, save_rows
from paddle_lab.errors import DataError
from paddle_lab.i18n import T

STRANGE = [
    "换行\n在内",
    "段落\u2029分隔\u2028符",
    "\x0b\x0c\x85\x1c",
    "NUL\0",
    "\ud800",
    "\u202e",
    '"{}"',
]


def strange() -> Dataset:
    return Dataset(
        "df", {"text": STRANGE}, [*"ababab", "<b>"], [1, 2, 3, None, 5, 6, 7],
        (T("{n} rows", "{n} 行", n=7),), {"variable": "df", "columns": {"text": "t"}}, "row",
    )  # fmt: skip


def test_rows_of_several_roles_and_documents_come_back(tmp_path: Path) -> None:
    rows = Dataset(
        "qa", {"question": ["谁？", "何时？"], "context": ["他", "今天"]},
        [{"id": None, "answers": []}, [[0, 2, "时"]]], [1, 2], groups=["一", "二"],
    )  # fmt: skip
    save_rows(rows, tmp_path / "rows.jsonl")
    again = load_rows(tmp_path / "rows.jsonl")
    assert (again.given, again.targets, again.groups) == (rows.given, rows.targets, rows.groups)
    assert fingerprint([again]) == fingerprint([rows])


def test_rows_that_an_earlier_version_saved_are_read(tmp_path: Path) -> None:
    head = {"name": "df", "unit": "row", "rows": 1, "notices": [], "provenance": {}}
    lines = [json.dumps(head), json.dumps(["很好", "1", 3])]
    (tmp_path / "old.jsonl").write_text("\n".join(lines) + "\n", encoding="ascii")
    again = load_rows(tmp_path / "old.jsonl")
    assert (again.given, again.targets, again.lines) == ({"text": ["很好"]}, ["1"], [3])


def test_everything_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "data" / "train.jsonl"
    save_rows(strange(), path)
    again = load_rows(path)
    assert [n.to_json() for n in again.notices] == [{"en": "7 rows", "zh": "7 行"}]
    assert (again.texts, again.labels, again.lines) == (STRANGE, strange().labels, strange().lines)
    assert (again.name, again.unit, again.provenance) == ("df", "row", strange().provenance)
    assert fingerprint([again]) == fingerprint([strange()])
    assert [entry.name for entry in path.parent.iterdir()] == ["train.jsonl"]


@pytest.mark.parametrize("damage", ["cut", "gone", "empty", "letters", "no row", "binary"])
def test_damage_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    save_rows(strange(), path)
    content = path.read_text(encoding="ascii")
    lines = content.splitlines(keepends=True)
    damaged = {
        "cut": content[:-20],
        "empty": "",
        "letters": content.replace('["', "[", 1),
        "no row": "".join(lines[:-1]),
    }
    if damage == "gone":
        path.unlink()
    elif damage == "binary":
        path.write_bytes(b"\xff" + content.encode())
    else:
        path.write_text(damaged[damage], encoding="ascii")
    with pytest.raises(DataError) as caught:
        load_rows(path)
    assert "The rows that the run saved are damaged." in three_parts(caught.value)


def test_a_run_prepared_from_saved_rows_is_the_same_run(tmp_path: Path) -> None:
    """Another process resumes with the saved rows in place of the DataFrame."""
    rows = [{"id": n, "review": f"第{n}条评论", "stars": n % 2} for n in range(200)]
    rows[3]["stars"] = None  # type: ignore[assignment]
    first = prepare("df", names={"df": rows}, text="review", skip_bad=True)
    save_rows(read("df", names={"df": rows}, text="review", skip_bad=True), tmp_path / "t.jsonl")
    second = prepare("df", names={"df": load_rows(tmp_path / "t.jsonl")}, text="review")
    assert second.fingerprint == first.fingerprint
    assert second.train.lines == first.train.lines
    assert second.report.to_json() == first.report.to_json()


def test_the_fingerprint_hears_every_change() -> None:
    def of(*rows: tuple[str, str]) -> str:
        data = Dataset.of_texts("x", [t for t, _ in rows], [c for _, c in rows], [None] * len(rows))
        return fingerprint([data, None])

    prints = {
        of(("ab", "c"), ("d", "e")),
        of(("a", "bc"), ("d", "e")),
        of(("ab", "c"), ("de", "")),
        of(("d", "e"), ("ab", "c")),
        of(("ab", "c")),
        of(("ab", "c\x1fd"), ("", "e")),
    }
    assert len(prints) == 6
    data = Dataset.of_texts("x", ["a"], ["b"], [1])
    assert fingerprint([data, data]) != fingerprint([data, None])
    assert fingerprint([data]) == fingerprint([Dataset.of_texts("y", ["a"], ["b"], [9])])
