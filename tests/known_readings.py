"""Data files whose right reading is known: rows are made first, then written in some form.

A change that keeps the meaning must give the same rows; one that destroys rows must be refused or
told, and leave the others as they were. Used by the tests and by ``benchmarks/fuzz_data.py``.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paddle_lab.data import prepare, read
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.recognition import choose_task

Row = tuple[str, str]

_WORDS: Final = ("这家酒店", "位置很好", "离地铁站只有五分钟", "早餐也不错", "房间太小了", "隔音差",
                 "服务态度一般", "下次还会再来", "再也不来", "性价比高", "物流快",
                 "包装好")  # fmt: skip
_ODD: Final = (",", "，", ";", "|", '"', "“好”", "'", "#1", " ", "👍", "\u2028", "C++", "100%",
               "\\n", "http://a.cn/?x=1&y=2", "NaN", "é", "[赞]", "{}", ":", "3.5")  # fmt: skip
_LABELS: Final = (("0", "1"), ("好评", "差评"), ("体育", "财经", "科技"), ("neg", "pos"),
                  ("1.0", "2.0", "3.0"), ("房产 新闻", "C++", "其他"), ("-1", "1"))  # fmt: skip
_HEADERS: Final = (None, ("text", "label"), ("content", "category"), ("文本", "标签"),
                   ("Review", "Sentiment"), ("评论", "类别"))  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A file and its right reading. ``whole`` tells that no row was destroyed."""

    name: str
    content: bytes
    rows: list[Row]
    whole: bool
    made: str


def known_files(seed: int, count: int) -> Iterator[Known]:
    """``count`` files, the same for the same seed; two in three are whole."""
    chance = random.Random(seed)
    for _ in range(count):
        rows = _rows(chance)
        form = chance.choice(_FORMS)
        text, suffix, what = form(rows, chance)
        made = [form.__name__.strip("_"), what]
        lone = "\n" not in "".join(text for text, _ in rows)
        if lone and form is not _json_array:
            text, done = chance.choice(_KEEPING)(text, chance)
            made.append(done)
        encoding = _encoding(text, chance)
        content = text.encode(encoding)
        made.append(encoding)
        whole = chance.random() < 2 / 3
        right = [(text, _label(label)) for text, label in rows]
        if not whole:
            destroy = chance.choice(_DESTROYING)
            content = destroy(content, encoding, chance)
            made.append(destroy.__name__.strip("_"))
        yield Known(f"rows{suffix}", content, right, whole, " ".join(filter(None, made)))


def judge(known: Known, folder: Path) -> tuple[str, str]:
    """How a file was read: right, refused, told or wrong; and what is wrong."""
    path = folder / known.name
    path.write_bytes(known.content)
    try:
        task = choose_task(str(path))
        if task != "classify":
            return "wrong", f"taken for {task}"
        found = read(get_task(task), str(path))
        rows = list(zip(found.texts, found.labels, strict=True))
        if rows == known.rows:
            return "right", ""
        if not known.whole:
            if _all_known(rows, known.rows):
                return "right", ""  # what was destroyed is a row that is gone
            notices = prepare(get_task(task), str(path)).report.notices
            said = [notice.in_language("en") for notice in notices]
            if any(_tells(one) for one in said):
                return "told", " | ".join(said)
        return "wrong", _difference(rows, known.rows)
    except DataError as error:
        return "refused", error.in_language("en")
    finally:
        path.unlink()


def _tells(notice: str) -> bool:
    """Whether a notice speaks of rows that are damaged, or of a class of few rows."""
    signs = ("rows hold ", "fewer than", "look alike", "was read as", "taken as the header",
             "left out", "characters in one row", "missing value")  # fmt: skip
    return any(sign in notice for sign in signs)


def _all_known(rows: list[Row], right: list[Row]) -> bool:
    return bool(rows) and set(rows) <= set(right)


def _difference(rows: list[Row], right: list[Row]) -> str:
    strange = [row for row in rows if row not in right]
    gone = [row for row in right if row not in rows]
    return f"{len(rows)} of {len(right)} rows; strange {strange[:2]!r}; gone {gone[:2]!r}"


# -- rows ---------------------------------------------------------------------------------------


def _rows(chance: random.Random) -> list[Row]:
    labels = chance.choice(_LABELS)
    odd = chance.choice((0.0, 0.1, 0.3, 0.9))
    lines = chance.random() < 0.1
    found: dict[str, str] = {}
    for number in range(chance.choice((12, 24, 60, 120))):
        words = chance.choices(_WORDS, k=chance.randint(1, 6))
        words.insert(chance.randint(0, len(words)), str(number))
        if chance.random() < odd:
            words.insert(chance.randint(0, len(words)), chance.choice(_ODD))
        if lines and chance.random() < 0.2:
            words.insert(1, "\n")
        text = "".join(words)
        if text.strip() == text:
            found[text] = labels[number % len(labels)]
    return list(found.items())


def _label(label: str) -> str:
    return label.removesuffix(".0")


# -- forms --------------------------------------------------------------------------------------


def _delimited(rows: list[Row], sep: str, quoting: int, chance: random.Random) -> tuple[str, str]:
    header = chance.choice(_HEADERS)
    swapped, numbered = chance.random() < 0.3, chance.random() < 0.2
    table = [[*row] for row in rows]
    if header is not None:
        table.insert(0, [*header])
    if swapped:
        table = [row[::-1] for row in table]
    if numbered:
        first = 0 if header is None else 1
        numbers = [*(["id"] * first), *(f"{n:06}" for n in range(len(rows)))]
        table = [[number, *row] for number, row in zip(numbers, table, strict=True)]
    made = f"{header or 'no header'}{' swapped' * swapped}{' numbered' * numbered}"
    if quoting == csv.QUOTE_NONE:
        return "\n".join(sep.join(row) for row in table) + "\n", made
    out = io.StringIO()
    csv.writer(out, delimiter=sep, quoting=quoting, lineterminator="\n").writerows(table)  # type: ignore[arg-type]
    return out.getvalue(), made


def _plain(rows: list[Row]) -> list[Row]:
    """Rows that stand on one line each and hold no tab, as tab-separated files need them."""
    rows[:] = [(text.replace("\n", "。"), label) for text, label in rows]
    return rows


def _tsv(rows: list[Row], chance: random.Random) -> tuple[str, str, str]:
    text, made = _delimited(_plain(rows), "\t", csv.QUOTE_NONE, chance)
    return text, chance.choice((".tsv", ".tsv", ".txt", "")), made


def _csv(rows: list[Row], chance: random.Random) -> tuple[str, str, str]:
    quoting = chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    text, made = _delimited(rows, ",", quoting, chance)
    return text, ".csv", f"{made} {'all' if quoting == csv.QUOTE_ALL else 'some'} quoted"


def _other_sign(rows: list[Row], chance: random.Random) -> tuple[str, str, str]:
    sep = chance.choice((";", "|"))
    text, made = _delimited(rows, sep, csv.QUOTE_MINIMAL, chance)
    return text, chance.choice((".csv", ".txt")), f"{made} {sep}"


def _json_lines(rows: list[Row], chance: random.Random) -> tuple[str, str, str]:
    text, label = chance.choice((("text", "label"), ("content", "class"), ("句子", "标签")))
    ascii_only = chance.random() < 0.3
    lines = [json.dumps({text: t, label: c}, ensure_ascii=ascii_only) for t, c in rows]
    return "\n".join(lines) + "\n", chance.choice((".jsonl", ".json", ".txt")), ""


def _json_array(rows: list[Row], chance: random.Random) -> tuple[str, str, str]:
    indent = chance.choice((None, 1, 4))
    objects = [{"text": text, "label": label} for text, label in rows]
    text = json.dumps(objects, ensure_ascii=chance.random() < 0.3, indent=indent)
    return text, chance.choice((".json", ".jsonl", ".txt")), f"indent {indent}"


_FORMS: Final[tuple[Callable[[list[Row], random.Random], tuple[str, str, str]], ...]] = (
    _tsv, _tsv, _csv, _csv, _other_sign, _json_lines, _json_array,
)  # fmt: skip


# -- changes that keep the meaning --------------------------------------------------------------


def _as_is(text: str, chance: random.Random) -> tuple[str, str]:
    return text, ""


def _windows(text: str, chance: random.Random) -> tuple[str, str]:
    return text.replace("\n", "\r\n"), "CRLF"


def _no_end(text: str, chance: random.Random) -> tuple[str, str]:
    return text.rstrip("\n"), "no end"


def _blank_lines(text: str, chance: random.Random) -> tuple[str, str]:
    lines = text.split("\n")
    for _ in range(chance.choice((1, 5))):
        lines.insert(chance.randint(1, len(lines)), chance.choice(("", " ", "\u3000")))
    return "\n".join(lines), "blank lines"


def _lines_after(text: str, chance: random.Random) -> tuple[str, str]:
    return text + "\n" * chance.choice((1, 50)), "line ends"


_KEEPING: Final = (_as_is, _as_is, _windows, _no_end, _blank_lines, _lines_after)


def _encoding(text: str, chance: random.Random) -> str:
    names = ("utf-8",) * 4 + ("utf-8-sig", "utf-16", "gb18030", "gb18030", "utf-16-le", "utf-32")
    return chance.choice(names)


# -- changes that destroy -----------------------------------------------------------------------


def _cut(content: bytes, encoding: str, chance: random.Random) -> bytes:
    """The file ends somewhere in its second half."""
    return content[: chance.randint(len(content) // 2, len(content) - 1)]


def _other_bytes(content: bytes, encoding: str, chance: random.Random) -> bytes:
    """Some bytes in the middle are others: a bad disk."""
    changed = bytearray(content)
    start = chance.randint(len(content) // 3, len(content) - 8)
    changed[start : start + 4] = bytes(chance.choices(range(0x80, 0x100), k=4))
    return bytes(changed)


def _replaced(content: bytes, encoding: str, chance: random.Random) -> bytes:
    """Characters were lost in another program: U+FFFD in their place."""
    text = content.decode(encoding)
    places = [n for n, char in enumerate(text) if "\u4e00" <= char <= "\u9fff"]
    for place in chance.sample(places, min(len(places), 5)):
        text = text[:place] + "\ufffd" + text[place + 1 :]
    return text.encode("utf-8")


def _saved_twice(content: bytes, encoding: str, chance: random.Random) -> bytes:
    """UTF-8 that was read in another encoding, and saved again."""
    wrong = chance.choice(("latin-1", "cp1252", "gbk"))
    return content.decode(encoding).encode().decode(wrong, "replace").encode()


def _joined(content: bytes, encoding: str, chance: random.Random) -> bytes:
    """A line end is lost: two rows on one line."""
    text = content.decode(encoding)
    ends = [n for n, char in enumerate(text) if char == "\n" and n < len(text) - 2]
    if not ends:
        return _cut(content, encoding, chance)
    end = chance.choice(ends[len(ends) // 2 :])
    return (text[:end].removesuffix("\r") + text[end + 1 :]).encode(encoding)


_DESTROYING: Final = (_cut, _cut, _other_bytes, _replaced, _saved_twice, _joined)
