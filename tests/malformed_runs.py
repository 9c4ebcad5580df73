"""Run folders with one thing wrong in each: what other people, other versions and disks leave.

:data:`SHAPES` holds them by the name of their fault. A shape is made of a finished, registered run
by :func:`spoil`; ``readable`` says whether the run is still shown, or is a row that says why not.
"""

from __future__ import annotations

import gzip
import json
import os
import pickle
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MEGABYTE: Final = 1 << 20
GIGABYTE: Final = 1 << 30
_DELETE: Final = object()


@dataclass(frozen=True)
class Shape:
    """What is done to a run folder, and whether the run can still be read afterwards."""

    spoil: Callable[[Path], None]
    readable: bool


SHAPES: dict[str, Shape] = {}


def spoil(name: str, folder: Path) -> None:
    """Do to ``folder``, a finished run, what the shape ``name`` says."""
    SHAPES[name].spoil(folder)


def _add(name: str, spoil: Callable[[Path], None], *, readable: bool) -> None:
    if name in SHAPES:
        raise ValueError(f"two shapes are called {name}")
    SHAPES[name] = Shape(spoil, readable)


def _written(file: str, content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    return write


def _deep(opening: str, closing: str) -> bytes:
    return (opening * 100_000 + "1" + closing * 100_000).encode()


DOCUMENTS: Final[dict[str, bytes]] = {
    "empty": b"",
    "blanks": b"  \n\t ",
    "cut off": b'{"id": "abc", "na',
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "a text": b'"run"',
    "lists nested 100,000 deep": _deep("[", "]"),
    "mappings nested 100,000 deep": _deep('{"a":', "}"),
    "NaN": b'{"id": "abc", "created": NaN}',
    "Infinity": b'{"id": "abc", "created": Infinity}',
    "minus Infinity": b'{"id": "abc", "created": -Infinity}',
    "1e999": b'{"id": "abc", "created": 1e999}',
    "a number of 10,000 digits": b'{"id": "abc", "created": ' + b"9" * 10_000 + b"}",
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "UTF-16": '{"id": "abc"}'.encode("utf-16"),
    "half a surrogate": b'{"id": "\\ud800"}',
    "NUL bytes": b"\x00" * 4096,
    "something after it": b'{"id": "abc"} {}',
    "a pickle": pickle.dumps({"id": "abc"}),
    "a gzip": gzip.compress(b'{"id": "abc"}', mtime=0),
    "single quotes": b"{'id': 'abc'}",
    "20 MB": b'{"id": "' + b"x" * (20 * MEGABYTE) + b'"}',
}


def special(kind: str) -> Callable[[Path], None]:
    """Puts something that is no regular file at a path."""

    def make(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            path.unlink()
        if kind == "a directory":
            path.mkdir()
        elif kind == "a FIFO":
            os.mkfifo(path)
        elif kind == "a socket":
            _bind(path)
        elif kind == "a link to itself":
            path.symlink_to(path.name)
        else:
            path.symlink_to(kind.removeprefix("a link to "))

    return make


def _bind(path: Path) -> None:
    # The address of a socket is short: bound by its name, from its own folder.
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(before)


SPECIAL: Final = (
    "a directory",
    "a FIFO",
    "a socket",
    "a link to itself",
    "a link to nowhere",
    "a link to /dev/zero",
    "a link to /dev/null",
    "a link to /proc/self/mem",
)


def _replaced(file: str, kind: str) -> Callable[[Path], None]:
    return lambda folder: special(kind)(folder / file)


def _sparse(file: str, size: int) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        with (folder / file).open("ab") as stream:
            stream.truncate(size)

    return make


# -- run.json ----------------------------------------------------------------------------------

for _name, _content in DOCUMENTS.items():
    _add(f"run.json: {_name}", _written("run.json", _content), readable=False)
for _kind in SPECIAL:
    _add(f"run.json: {_kind}", _replaced("run.json", _kind), readable=False)


def _with(part: str | None, field: str, value: Any) -> Callable[[Path], None]:
    """A field of run.json, or of its ``part``, set to ``value`` or left out."""

    def change(folder: Path) -> None:
        info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        target = info if part is None else info[part]
        if value is _DELETE:
            del target[field]
        else:
            target[field] = value
        (folder / "run.json").write_text(json.dumps(info), encoding="utf-8")

    return change


_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "id": {
        "left out": _DELETE, "null": None, "a number": 7, "a list": ["abc"], "empty": "",
        "a path upwards": "../../x", "an absolute path": "/tmp/x", "two folders": "a/b",
        "with a NUL": "a\x00b", "of 10 kB": "x" * 10_000, "with a direction mark": "a\u202eb",
        "a dot": ".", "an option": "-rf", "a file's name": "a.json", "with a line end": "abc\n",
        "with an escape": "\x1b[31mabc",
    },
    "name": {
        "left out": _DELETE, "null": None, "a number": 7, "a list": ["run"],
        "of 10 kB": "x" * 10_000,
    },
    "created": {
        "left out": _DELETE, "null": None, "a text": "today", "true": True, "before 1970": -1.0,
        "1e18": 1e18, "-1e18": -1e18, "a list": [1],
    },
    "spec": {"left out": _DELETE, "null": None, "a list": [], "a text": "classify"},
    "notebook": {"a list": ["lesson.ipynb"], "of 10 kB": "x" * 10_000},
    "kernel": {"a mapping": {"id": "abc"}},
    "host": {"a number": 7},
    "versions": {"a list": ["3.3"], "nested": {"paddlepaddle": {"major": 3}}},
    "format": {"of a later version": 2, "a text": "1"},
    "process": {
        "a list": [1], "of pid -1": {"pid": -1, "started": 1.0, "host": "x"},
        "of pid 0": {"pid": 0, "started": 1.0, "host": "x"},
        "of pid true": {"pid": True, "started": 1.0, "host": "x"},
        "of pid 1.5": {"pid": 1.5, "started": 1.0, "host": "x"},
        "of pid 10**12": {"pid": 10**12, "started": 1.0, "host": "x"},
    },
}  # fmt: skip
for _field, _values in _FIELDS.items():
    for _name, _value in _values.items():
        _add(f"run.json: {_field} {_name}", _with(None, _field, _value), readable=False)

_SPEC: Final[dict[str, dict[str, Any]]] = {
    "train": {"left out": _DELETE, "a list": ["a.tsv"]},
    "epochs": {"a text": "three", "null": None, "negative": -1, "true": True},
    "batch_size": {"a fraction": 1.5, "10**12": 10**12},
    "lr": {"a text": "5e-5"},
    "seed": {"a fraction": 4.2},
    "dropout": {"7": 7},
    "metric": {"a mapping": {}},
    "name": {"a list": ["run"]},
    "model": {"null": None},
    "extra": {"a list": []},
    "export": {"a text": "yes"},
}
for _field, _values in _SPEC.items():
    for _name, _value in _values.items():
        _add(f"spec: {_field} {_name}", _with("spec", _field, _value), readable=False)

# -- events.jsonl ------------------------------------------------------------------------------

for _kind in SPECIAL:
    _add(
        f"events.jsonl: {_kind}",
        _replaced("events.jsonl", _kind),
        # What is not there, or has no size, is a log without events.
        readable=_kind in ("a link to nowhere", "a link to /proc/self/mem"),
    )


def _appended(*lines: bytes | dict[str, Any], end: bytes = b"\n") -> Callable[[Path], None]:
    """Lines after those of the finished run, each with the next number unless it has its own."""

    def append(folder: Path) -> None:
        with (folder / "events.jsonl").open("ab") as file:
            for number, line in enumerate(lines, start=1000):
                whole = {"seq": number, "t": 1.8e9, **line} if isinstance(line, dict) else None
                file.write((json.dumps(whole).encode() if whole else line) + end)

    return append


_STEP: Final = {"kind": "step", "step": 9999, "loss": 0.5}
_PROCESS: Final = {"pid": 4_000_000, "started": 1.0, "host": "another-host.example"}
_EVENTS: Final[dict[str, bytes | dict[str, Any]]] = {
    "binary": bytes(range(256)) * 8,
    "lists nested 100,000 deep": _deep("[", "]"),
    "a mapping nested 100 deep": b'{"seq":1,"t":1,"kind":"x","a":' + b"[" * 100 + b"]" * 100 + b"}",
    "a line of 1 MB": b'{"seq":1,"t":1,"kind":"' + b"x" * MEGABYTE + b'"}',
    "a number of 10,000 digits": b'{"seq":' + b"9" * 10_000 + b',"t":1,"kind":"step"}',
    "loss NaN": {**_STEP, "loss": float("nan")},
    "loss Infinity": {**_STEP, "loss": float("inf")},
    "loss 1e999": b'{"seq":1000,"t":1,"kind":"step","step":9999,"loss":1e999}',
    "loss 1e300": {**_STEP, "loss": 1e300},
    "loss a text": {**_STEP, "loss": "0.5"},
    "loss a list": {**_STEP, "loss": [0.5]},
    "lr a mapping": {**_STEP, "lr": {}},
    "left_s a text": {**_STEP, "left_s": "soon"},
    "step a text": {**_STEP, "step": "one"},
    "step a list": {**_STEP, "step": [1]},
    "step negative": {**_STEP, "step": -5},
    "step 10**15": {**_STEP, "step": 10**15},
    "step true": {**_STEP, "step": True},
    "step left out": {"kind": "step", "loss": 0.5},
    "an unknown field NaN": {**_STEP, "note": float("nan")},
    "seq negative": {**_STEP, "seq": -1},
    "seq a fraction": {**_STEP, "seq": 1000.5},
    "seq 2**63": {**_STEP, "seq": 2**63},
    "t a text": {**_STEP, "t": "now"},
    "t 1e18": {**_STEP, "t": 1e18},
    "t before 1970": {**_STEP, "t": -1e18},
    "kind a number": {"kind": 7},
    "kind a list": {"kind": []},
    "kind of a later version": {"kind": "dance", "steps": [1, 2, 3]},
    "phase a number": {"kind": "phase", "phase": 7},
    "phase left out": {"kind": "phase"},
    "phase of 100 kB": {"kind": "phase", "phase": "x" * 100_000},
    "process a list": {"kind": "phase", "phase": "train", "process": [1]},
    "pid -1": {"kind": "phase", "phase": "train", "process": {**_PROCESS, "pid": -1}},
    "pid 0": {"kind": "phase", "phase": "train", "process": {**_PROCESS, "pid": 0}},
    "pid 2**70": {"kind": "phase", "phase": "train", "process": {**_PROCESS, "pid": 2**70}},
    "pid a text": {"kind": "phase", "phase": "train", "process": {**_PROCESS, "pid": "1"}},
    "total_steps a text": {"kind": "phase", "phase": "train", "total_steps": "many"},
    "total_steps negative": {"kind": "phase", "phase": "train", "total_steps": -3},
    "from_step a text": {"kind": "phase", "phase": "train", "from_step": "one"},
    "detail a list": {"kind": "phase", "phase": "train", "detail": ["x"]},
    "done a text": {"kind": "phase", "phase": "train", "done": "1", "total": 2},
    "metrics a list": {"kind": "eval", "step": 1, "metrics": [], "best": True},
    "metrics of texts": {"kind": "eval", "step": 1, "metrics": {"accuracy": "x"}, "best": True},
    "metrics left out": {"kind": "eval", "step": 1, "best": True},
    "metrics of 10,000 names": {
        "kind": "eval", "step": 1, "best": True, "metrics": {f"m{n}": 0.5 for n in range(10_000)},
    },
    "eval step a text": {"kind": "eval", "step": "1", "metrics": {"accuracy": 1}, "best": True},
    "checkpoint step a text": {"kind": "checkpoint", "step": "1", "path": "x", "best": False},
    "notice text a list": {"kind": "notice", "level": "info", "code": "x", "text": ["x"]},
    "notice text in one language": {"kind": "notice", "level": "info", "code": "x",
                                    "text": {"en": "x"}},
    "notice level a list": {"kind": "notice", "level": [], "code": "x",
                            "text": {"en": "", "zh": ""}},
    "export ok a text": {"kind": "export", "ok": "yes", "bundle": None},
    "export latency a list": {"kind": "export", "ok": True, "bundle": "b", "latency_ms": [1]},
    "export error a text": {"kind": "export", "ok": False, "bundle": None, "error": "full"},
    "end state training": {"kind": "end", "state": "training", "step": 1},
    "end state a list": {"kind": "end", "state": [], "step": 1},
    "end error a text": {"kind": "end", "state": "failed", "step": 1, "error": "x"},
    "end error without what": {"kind": "end", "state": "failed", "step": 1, "error": {"type": "x"}},
    "end metrics a list": {"kind": "end", "state": "finished", "step": 1, "metrics": [1]},
    "end kept a text": {"kind": "end", "state": "finished", "step": 1, "kept": "all"},
    "train_seconds a text": {"kind": "end", "state": "finished", "step": 1, "train_seconds": "x"},
}  # fmt: skip
for _name, _line in _EVENTS.items():
    _add(f"event: {_name}", _appended(_line), readable=True)
_add("events.jsonl: empty", _written("events.jsonl", b""), readable=True)
_add(
    "events.jsonl: a byte order mark", _written("events.jsonl", b"\xef\xbb\xbf{}\n"), readable=True
)
_add("events.jsonl: a torn last line", _appended(b'{"seq":1000,"t"', end=b""), readable=True)
_add("events.jsonl: ends of Windows", _appended(_STEP, end=b"\r\n"), readable=True)
_add("events.jsonl: 20,000 lines that are none", _appended(*[b"x"] * 20_000), readable=False)
_add("events.jsonl: 100,000 empty lines", _appended(*[b""] * 100_000), readable=False)
_add(
    "events.jsonl: 20 MB of notices",
    _appended(*[
        {"kind": "notice", "level": "info", "code": "x", "text": {"en": "x" * 10_000, "zh": "x"}}
    ] * 2_000),
    readable=False,
)  # fmt: skip
_add("events.jsonl: 1 GB", _sparse("events.jsonl", GIGABYTE), readable=False)
_add("events.jsonl: a line of 100 MB", _sparse("events.jsonl", 100 * MEGABYTE), readable=True)

# -- the other files ---------------------------------------------------------------------------

for _file in ("data.json", "report/report.json", "log.txt", "requests.jsonl", "claim.lock"):
    for _kind in ("a directory", "a FIFO", "a link to /dev/zero"):
        _add(f"{_file}: {_kind}", _replaced(_file, _kind), readable=True)
for _name in ("cut off", "a list", "lists nested 100,000 deep", "NaN", "20 MB", "not UTF-8"):
    _add(f"data.json: {_name}", _written("data.json", DOCUMENTS[_name]), readable=True)
    _add(f"report.json: {_name}", _written("report/report.json", DOCUMENTS[_name]), readable=True)


def _report(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "report" / "report.json"
        report = {**json.loads(path.read_text(encoding="utf-8")), **changes}
        path.write_text(json.dumps(report), encoding="utf-8")

    return change


_REPORTS: Final[dict[str, dict[str, Any]]] = {
    "blocks a text": {"blocks": "none"},
    "a block of numbers": {"blocks": [1]},
    "a block without items": {"blocks": [{"type": "metrics"}]},
    "a block of an unknown type": {"blocks": [{"type": "dance"}]},
    "rows a text": {"rows": "many"},
    "metrics a list": {"metrics": []},
    "version 99": {"version": 99},
    "version 1 without its fields": {"version": 1},
    "a table with texts for rows": {
        "blocks": [
            {
                "type": "table",
                "title": {"en": "", "zh": ""},
                "columns": [],
                "rows": ["x"],
                "more": 0,
            }
        ]
    },
}
for _name, _changes in _REPORTS.items():
    _add(f"report.json: {_name}", _report(**_changes), readable=True)
_add("log.txt: 10 GB", _sparse("log.txt", 10 * GIGABYTE), readable=True)
_add("log.txt: binary", _written("log.txt", bytes(range(256)) * 100), readable=True)
_add("log.txt: escapes", _written("log.txt", b"\x1b]0;owned\x07\x1b[2J\n" * 10), readable=True)
_add("requests.jsonl: 1 GB", _sparse("requests.jsonl", GIGABYTE), readable=True)
_add("requests.jsonl: binary", _written("requests.jsonl", bytes(range(256))), readable=True)
_add("checkpoints: a file", _written("checkpoints", b"x"), readable=True)
_add("bundle: a file", _written("bundle", b"x"), readable=True)
_add("bundle: a FIFO", _replaced("bundle", "a FIFO"), readable=True)
_add("bundle-failed.json: a FIFO", _replaced("bundle-failed.json", "a FIFO"), readable=True)
