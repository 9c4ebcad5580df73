"""Packed files are read as what is inside of them; nothing is written to disk, all is bounded."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pytest
from classify_data import prepare, read
from data.data_files import Write, three_parts
from data.workbooks import workbook

from paddle_lab.data.containers import CONTAINERS
from paddle_lab.errors import DataError
from paddle_lab.tasks.recognition import choose_task

ROWS = [(f"这家店第{n}次去，{'还会再来' if n % 2 else '再也不来'}", "好评" if n % 2 else "差评")
        for n in range(40)]  # fmt: skip
PLAIN = ("评论,标签\n" + "".join(f"{text},{label}\n" for text, label in ROWS)).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


PACKED = {
    "gz": gzip.compress(PLAIN),
    "bz2": bz2.compress(PLAIN),
    "xz": lzma.compress(PLAIN),
    "zip": zipped({"reviews/train.csv": PLAIN}),
}


def refusal(source: Any, **how: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        read(str(source), **how)
    three_parts(caught.value)
    return caught.value


def test_each_container_is_tried_here() -> None:
    assert set(PACKED) == set(CONTAINERS.names())


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("stem", ["a.csv", "a"])
def test_a_packed_file_is_read_as_the_one_inside(kind: str, stem: str, write: Write) -> None:
    path = write(f"{stem}.{kind}", PACKED[kind])
    found = read(str(path))
    assert list(found.rows()) == ROWS
    assert found.columns == {"text": "评论", "label": "标签"}
    assert found.provenance["bytes"] == len(PACKED[kind])


@pytest.mark.parametrize("kind", PACKED)
def test_what_is_inside_keeps_its_ending(kind: str, write: Write) -> None:
    """A .tsv has tabs, whatever else may separate."""
    rows = b"".join(b"a|b,c\td%d,e|f\n" % (n % 2) for n in range(30))
    inside = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress,
              "zip": lambda content: zipped({"a.tsv": content})}  # fmt: skip
    found = read(str(write(f"a.tsv.{kind}", inside[kind](rows))))
    assert found.provenance["separator"] == "\t"


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_one_that_was_cut_short_is_called_damaged(kind: str, share: float, write: Write) -> None:
    content = PACKED[kind][: int(share * len(PACKED[kind]))]
    error = refusal(write(f"a.csv.{kind}", content))
    assert error.code == "data.damaged" and "damaged or cut short" in three_parts(error)


@pytest.mark.parametrize("kind", PACKED)
def test_what_unpacks_to_too_much_is_refused(
    kind: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paddle_lab.data.opening.LARGEST_FILE", 1 << 20)
    bomb = bytes(8 << 20)
    packed = {"gz": gzip.compress(bomb), "bz2": bz2.compress(bomb), "xz": lzma.compress(bomb),
              "zip": zipped({"a": bomb})}  # fmt: skip
    path = write(f"a.{kind}", packed[kind])
    assert path.stat().st_size < 1 << 16
    assert refusal(path).code == "data.too_large"


@pytest.mark.parametrize("kind", PACKED)
def test_the_task_is_told_by_the_beginning(kind: str, write: Write) -> None:
    pairs = (
        "sentence1\tsentence2\tlabel\n" + "怎么退货\t如何退款\t1\n天气很好\t今天吃什么\t0\n" * 40
    )
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress,
            "zip": lambda content: zipped({"a.tsv": content})}  # fmt: skip
    path = write(f"pairs.{kind}", pack[kind](pairs.encode() * 400))
    assert choose_task(str(path)) == "pair"


def test_containers_inside_of_each_other(write: Write) -> None:
    assert len(read(str(write("a.zip", zipped({"train.csv.gz": PACKED["gz"]}))))) == 40
    assert len(read(str(write("b.gz", gzip.compress(workbook({"a": ROWS})))))) == 40
    deeper = zipped({"c.gz": gzip.compress(PACKED["gz"])})
    assert refusal(write("c.zip", deeper)).code == "data.nested"


# -- members ------------------------------------------------------------------------------------


@pytest.fixture
def sets(write: Write) -> Path:
    files = {
        "reviews/": b"",
        "reviews/train.csv": PLAIN,
        "reviews/dev.csv": b"\n".join(PLAIN.split(b"\n")[:20]),
        "__MACOSX/reviews/._train.csv": b"x", "reviews/.DS_Store": b"x",
    }  # fmt: skip
    return write("sets.zip", zipped(files))


def test_one_of_several_files_is_named(sets: Path) -> None:
    assert len(read(f"{sets}/reviews/train.csv")) == 40
    error = refusal(sets)
    message = three_parts(error)
    assert error.code == "data.member" and "holds 2 files" in message
    assert "sets.zip/reviews/train.csv" in message and "MACOSX" not in message


def test_parts_out_of_one_archive(sets: Path) -> None:
    prepared = prepare(f"{sets}/reviews/train.csv", f"{sets}/reviews/dev.csv", skip_bad=True)
    assert (len(prepared.train), prepared.dev.name) == (40, "dev.csv")


@pytest.mark.parametrize("member", ["reviews/trian.csv", "../train.csv", "reviews", "/etc/passwd"])
def test_a_file_that_is_not_inside(member: str, sets: Path) -> None:
    error = refusal(f"{sets}/{member}")
    assert error.code in ("data.member", "data.not_found")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_container_of_one_file_has_no_members(kind: str, write: Write) -> None:
    path = write(f"a.csv.{kind}", PACKED[kind])
    assert refusal(f"{path}/train.csv").code == "data.not_found"
    assert refusal(f"{write('a.csv', PLAIN)}/train.csv").code == "data.not_found"


def test_names_that_lead_out_are_names_and_nothing_is_written(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    path = write("a.zip", zipped({"../../evil.csv": PLAIN}))
    assert len(read(str(path))) == 40
    assert not list(inner.iterdir()) and [one.name for one in tmp_path.glob("*.csv")] == []


def test_chinese_names_of_windows(write: Write) -> None:
    content = zipped({"ABCD.csv": PLAIN, "x.csv": b""}).replace(
        b"ABCD.csv", "数据".encode("gb18030") + b".csv"
    )
    assert len(read(f"{write('a.zip', content)}/数据.csv")) == 40


def test_a_password_and_an_empty_archive_are_told(write: Write) -> None:
    locked = bytearray(PACKED["zip"])
    for start in (locked.find(b"PK\x03\x04") + 6, locked.find(b"PK\x01\x02") + 8):
        locked[start] |= 1
    assert refusal(write("a.zip", bytes(locked))).code == "data.locked"
    assert refusal(write("b.zip", zipped({}))).code == "data.member"


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "RAR"), (b"\x28\xb5\x2f\xfd", "zstd"),
     (bytes(257) + b"ustar\x0000", "tar")],
)  # fmt: skip
def test_other_archives_are_named_and_refused(start: bytes, kind: str, write: Write) -> None:
    error = refusal(write("a.dat", start + bytes(300)))
    assert error.code == "data.binary" and kind in three_parts(error)
    assert "Unpack it" in three_parts(error)
    packed = refusal(write("a.gz", gzip.compress(start + bytes(300))))
    assert kind in three_parts(packed), "also inside of another"
