"""Mutated files: each is read, or refused in three parts on one screen; none takes long.

``benchmarks/fuzz_data.py`` reads a thousand; here is a seeded part.
"""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from odd_data import File, files, read

from paddle_lab.data.encoding import decode
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers.delimited import parse_delimited


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]
)
def test_mutated_files(seed: int, tmp_path: Path) -> None:
    for file in files(500 + seed, 50):
        ending = read(file, tmp_path)
        assert ending.kind in ("result", "error"), f"{file.made}\n{ending.detail}"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "[" * 200_000, "nested too deeply"),
        ("a.jsonl", '{"a":' * 50_000, "nested too deeply"),
        ("a.jsonl", '{"text": ' + "9" * 10_000 + "}\n", "not JSON"),
        ("a.tsv", "很好\t1\n" + "好" * 1_000_000 + "\t0\n", "set aside"),
        pytest.param(
            "a.csv",
            ",".join(f"c{n}" for n in range(20_000)) + "\n" + "1," * 19_999 + "1\n",
            "",
            marks=pytest.mark.slow,
        ),
        ("a.tsv", "".join(f"评论{n}\t{n}\n" for n in range(20_000)), "looks like a label"),
        ("a.csv", "text,label\n" + ("好," + "长" * 10_000 + "\n") * 2, "one class only"),
        ("a.csv", 'x",",z\n' * 5000, "never closed"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_files_that_are_large_in_one_way(name: str, text: str, said: str, tmp_path: Path) -> None:
    ending = read(File(name, text.encode(), {}, name), tmp_path)
    assert ending.kind == "error" and said in ending.detail


def test_marks_that_are_never_closed_cost_no_square_of_the_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of these lines opens a cell that no later line closes: each could be read to the end."""
    looked_at = 0
    reader = csv.reader

    def counting(lines: Iterable[str], **how: Any) -> Any:
        def counted() -> Iterator[str]:
            nonlocal looked_at
            for line in lines:
                looked_at += 1
                yield line

        return reader(counted(), **how)

    monkeypatch.setattr(csv, "reader", counting)
    records = parse_delimited('x",",z\n' * 4000, TextReading("x", ".csv", ","))
    assert len(records.bad) == 4000
    assert 4000 <= looked_at < 100 * 4000


def test_a_row_over_many_lines_is_still_read() -> None:
    text = "text,label\n" + '"' + "第一行\n" * 3000 + '",1\n好,0\n'
    records = parse_delimited(text, TextReading("x", ".csv", known=frozenset({"text"})))
    assert [row[1] for row in records.cells] == ["1", "0"]


def test_a_damaged_megabyte_is_told_from_gb18030_at_once() -> None:
    content = "这家酒店很好\n".encode() * 50_000
    with pytest.raises(Exception, match="cannot be read as utf-8"):
        decode(content[:500_000] + b"\xff\xff" + content[500_001:], "a.tsv")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/proc/self/mem"])
def test_devices_are_refused_or_read_to_their_end(path: str, tmp_path: Path) -> None:
    if not Path(path).exists():
        pytest.skip(f"no {path} on this system")
    link = tmp_path / "rows.tsv"
    link.symlink_to(path)
    ending = read_link(link)
    assert ending.startswith("DataError")


def read_link(link: Path) -> str:
    from classify_data import prepare

    from paddle_lab.errors import DataError

    with pytest.raises(DataError) as caught:
        prepare(str(link))
    return caught.value.in_language("en")


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="process substitution is of Unix")
def test_process_substitution_is_refused_with_what_to_do() -> None:
    reading, writing = os.pipe()
    try:
        assert "Save the rows to a file" in read_link(Path(f"/dev/fd/{reading}"))
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.slow
def test_a_file_that_grows_and_goes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            path.write_text("很好的酒店\t1\n很差的酒店\t0\n" * 200, encoding="utf-8")
            with path.open("a", encoding="utf-8") as file:
                file.write("又来了一次\t1\n" * 50)
            path.unlink()

    writer = threading.Thread(target=change)
    writer.start()
    try:
        from classify_data import prepare

        from paddle_lab.errors import DataError

        for _ in range(60):
            try:
                assert len(prepare(str(path)).train) > 1
            except DataError as error:
                assert error.what and error.why and error.fix
    finally:
        done.set()
        writer.join()
