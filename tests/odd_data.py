"""Data files as they come from broken editors, exports and disks: seeded mutations of good ones.

Used by the tests and by ``benchmarks/fuzz_data.py``.
"""

from __future__ import annotations

import json
import random
import signal
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from odd_layouts import LAYOUTS

from paddle_lab.data import Prepared, prepare
from paddle_lab.data.schema import columns_by_role
from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.recognition import choose_task

ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030",
                    "big5", "cp1252", "utf-7")  # fmt: skip
LIMIT_S: Final = 20.0
_CHARACTERS: Final = "这家酒店的位置很好离地铁站只有五分钟早餐也不错但是房间太小了"


class Hang(BaseException):
    """The watchdog's: not an Exception, so that nothing on the way swallows it."""


@dataclass(frozen=True)
class File:
    """A file's name, its content, and the options it is read with."""

    name: str
    content: bytes
    options: dict[str, Any]
    made: str


@dataclass(frozen=True)
class Ending:
    """How the reading ended: result, error, traceback or hang."""

    kind: str
    detail: str = ""
    seconds: float = 0.0


def files(seed: int, count: int) -> Iterator[File]:
    """``count`` mutated files; the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        name, make = chance.choice(list(LAYOUTS.items()))
        text = make(_rows(chance))
        made = [name]
        for mutate in chance.choices(_OF_TEXT, k=chance.choice((0, 1, 1, 2))):
            text = mutate(text, chance)
            made.append(mutate.__name__)
        encoding = chance.choice(("utf-8",) * 6 + ENCODINGS)
        content = text.encode(encoding, "replace" if encoding != "utf-8" else "surrogatepass")
        for mutate_bytes in chance.choices(_OF_BYTES, k=chance.choice((0, 0, 1, 2))):
            content = mutate_bytes(content, chance)
            made.append(mutate_bytes.__name__)
        suffix = chance.choice((Path(name).suffix,) * 5 + (".txt", ".csv", ".json", "", ".TSV"))
        yield File(f"rows{suffix}", content, _options(chance), " ".join([*made, encoding]))


def read(file: File, folder: Path) -> Ending:
    """Write the file, prepare it as a run does, report on it, and say how that ended."""
    path = folder / file.name
    path.write_bytes(file.content)
    handler = signal.signal(signal.SIGALRM, _hang)
    waiting = signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    started = time.perf_counter()
    try:
        report = _prepare(str(path), file.options).report
        json.dumps(report.to_json())
        _ = report.text("en"), report.html("zh")
        ending = Ending("result")
    except DataError as error:
        shown = "\n".join(error._render_traceback_())
        whole = all((error.what, error.why, error.fix)) and shown.count("\n") < 24
        ending = Ending("error" if whole else "incomplete", shown)
    except Hang:
        ending = Ending("hang", traceback.format_exc(limit=-8))
    except Exception:
        ending = Ending("traceback", traceback.format_exc(limit=-6))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *waiting)
        path.unlink()
    return Ending(ending.kind, ending.detail, time.perf_counter() - started)


def _prepare(path: str, options: dict[str, Any]) -> Prepared:
    """As a run does: the rows say the task."""
    options = dict(options)
    asked = {name: options.pop(name, None) for name in ("text", "label")}
    how = {name: options.get(name) for name in ("sep", "encoding")}
    task = get_task(choose_task(path, **asked, **how))
    return prepare(task, path, columns=columns_by_role(task, **asked), **options)


def _hang(*_: Any) -> None:
    raise Hang


def _options(chance: random.Random) -> dict[str, Any]:
    odd: dict[str, tuple[Any, ...]] = {
        "text": ("text", "0", "9", "", "text\0", "²", "x" * 10_000),
        "label": ("label", "1", "-1", "nope"),
        "sep": ("tab", ",", "||", "", '"', "\n", "\0", "好"),
        "encoding": ("utf-8", "auto", "gb18030", "hex", "idna", "punycode", "x", "utf-16", "raw\0"),
        "limit": (2, 10, 10**9),
        "split": (0.1, 0.5, 1e-9),
    }
    options = {name: chance.choice(values) for name, values in odd.items() if chance.random() < 0.1}
    return {"skip_bad": chance.random() < 0.4, **options}


# -- good files ---------------------------------------------------------------------------------


def _rows(chance: random.Random) -> list[tuple[str, str]]:
    count = chance.choice((3, 40, 40, 200))
    return [
        ("".join(chance.choices(_CHARACTERS, k=chance.randint(4, 40))), str(n % 3))
        for n in range(count)
    ]


# -- mutations of the text ----------------------------------------------------------------------

_PIECES: Final = (
    '"', '""', "'", "\t", ",", ";", "|", "\r", "\n", "\r\n", "\0", "\ufeff", "\u2028", "\x1a",
    "\ud800", "[", "]", "{", "}", ":", "\\", "\\u12", "1e999", "NaN", "-Infinity", "9" * 5000, "²",
    "[" * 2000, '{"a":' * 500, "null", "true", "\u202e", "x" * 10_000, "\u3000", '",', '"\n"',
)  # fmt: skip


def _insert(text: str, chance: random.Random) -> str:
    for _ in range(chance.choice((1, 3, 20))):
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(_PIECES) + text[place:]
    return text


def _replace(text: str, chance: random.Random) -> str:
    old = chance.choice(('"', "\t", ",", "\n", ":", "[", "0", "text", "label"))
    return text.replace(old, chance.choice(_PIECES)[:100], chance.choice((1, 5, 10**6)))


def _drop_lines(text: str, chance: random.Random) -> str:
    return "\n".join(line for line in text.split("\n") if chance.random() < 0.7)


def _join_lines(text: str, chance: random.Random) -> str:
    return text.replace("\n", chance.choice(("", " ", "\r", "\x0b", "\u2028")))


def _mixed_ends(text: str, chance: random.Random) -> str:
    return "".join(chance.choice(("\n", "\r\n", "\r")) if char == "\n" else char for char in text)


def _wide(text: str, chance: random.Random) -> str:
    return "\n".join(line + chance.choice(("\t", ",")) * 2000 for line in text.split("\n")[:50])


def _one_column(text: str, chance: random.Random) -> str:
    return text.replace("\t", "").replace(",", "")


def _long_label(text: str, chance: random.Random) -> str:
    return text.replace("1", "长" * 10_000)


def _each_its_own(text: str, chance: random.Random) -> str:
    return "\n".join(f"{line}{n}" for n, line in enumerate(text.split("\n")))


def _huge_cell(text: str, chance: random.Random) -> str:
    return text.replace("酒店", "酒店" * 100_000, 1)


def _nothing(text: str, chance: random.Random) -> str:
    return chance.choice(("", " ", "\n" * 1000, "[]", "{}", '""', "null", "[[]]", "text\tlabel"))


_OF_TEXT: Final = (_insert, _insert, _replace, _replace, _drop_lines, _join_lines, _mixed_ends,
                   _wide, _one_column, _long_label, _each_its_own, _huge_cell,
                   _nothing)  # fmt: skip

# -- mutations of the bytes ---------------------------------------------------------------------


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 10, 100)) if changed else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _head_off(content: bytes, chance: random.Random) -> bytes:
    return content[chance.choice((1, 2, 3)) :]


def _marked(content: bytes, chance: random.Random) -> bytes:
    marks = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\0", b"\xff\xfe\0\0", b"PK\x03\x04")
    return chance.choice(marks) + content


def _with_zeros(content: bytes, chance: random.Random) -> bytes:
    return content + b"\0" * chance.choice((1, 4096))


def _swapped(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    return content[place:] + content[:place]


_OF_BYTES: Final = (_flip, _flip, _cut, _cut, _head_off, _marked, _with_zeros, _swapped)
