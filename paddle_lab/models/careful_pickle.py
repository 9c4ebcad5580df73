"""The few instructions of pickle that weights need, carried out without Python's unpickler.

A pickle is a program, and Python's unpickler carries out all of it: it calls what the file names,
sets attributes, makes room for what the file only claims to hold. Here a file can build numbers,
texts, tuples, lists and dictionaries, and call the stand-ins of a fixed table; they make small
objects of ours, never numpy's. Anything else is refused. Every length is compared with the bytes
that are there, and steps and copies are limited, so that a small file costs little.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

#: A large encoder takes some ten thousand; this many are done in about a second.
MOST_STEPS: Final = 1_000_000
_LONGEST_NAME: Final = 200
_SPARE: Final = 1 << 20


class NotAllowed(Exception):
    """A pickle asks for something that weights do not need; the text names it."""


class Malformed(ValueError):
    """A pickle contradicts itself or ends too early; the text says how."""


class Function:
    """A stand-in that a pickle may call: ``build`` gets the reader and the tuple of arguments."""

    __slots__ = ("build", "name")

    def __init__(self, name: str, build: Callable[[PickleReader, tuple[Any, ...]], Any]) -> None:
        self.name = name
        self.build = build


class StandIn:
    """An object of ours that a pickle may make and give a state to."""

    __slots__ = ()

    def take_state(self, reader: PickleReader, state: Any) -> None:
        """Check and keep what BUILD gives. Raises Malformed."""
        raise Malformed(f"{type(self).__name__} takes no state")


class PickleReader:
    """Reads one pickle. ``names`` is the table of what may be named; ``outside`` makes something of
    a reference to data outside the pickle (PyTorch's storages)."""

    def __init__(
        self,
        content: bytes,
        names: Mapping[tuple[str, str], Any],
        outside: Callable[[Any], Any] | None = None,
    ) -> None:
        self._content = content
        self._at = 0
        self._names = names
        self._outside = outside
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._copied = 0

    def load(self) -> Any:
        """What the pickle holds. Raises NotAllowed and Malformed."""
        for _ in range(MOST_STEPS):
            code = self._take(1)[0]
            if code == _STOP:
                return self._pop()
            step = _STEPS.get(code)
            if step is None:
                raise NotAllowed(f"the pickle instruction {bytes([code])!r}")
            step(self)
        raise Malformed(f"it takes more than {MOST_STEPS} steps")

    def spend(self, size: int) -> None:
        """Account for ``size`` bytes that a stand-in copies. Raises Malformed when that is more
        than a few times the file: the same piece would be copied over and over."""
        self._copied += size
        if self._copied > 4 * len(self._content) + _SPARE:
            raise Malformed("it copies its parts over and over")

    # -- bytes ------------------------------------------------------------------------------

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._content):
            raise Malformed("it ends too early")
        taken = self._content[self._at : end]
        self._at = end
        return taken

    def _number(self, width: int) -> int:
        return int.from_bytes(self._take(width), "little")

    def _line(self) -> str:
        end = self._content.find(b"\n", self._at, self._at + _LONGEST_NAME)
        if end < 0:
            raise Malformed("a name does not end")
        return _text(self._take(end + 1 - self._at)[:-1])

    # -- stack ------------------------------------------------------------------------------

    def _pop(self) -> Any:
        if not self._stack:
            raise Malformed("it takes from an empty stack")
        return self._stack.pop()

    def _last(self) -> Any:
        if not self._stack:
            raise Malformed("it looks at an empty stack")
        return self._stack[-1]

    def _to_mark(self) -> list[Any]:
        if not self._marks:
            raise Malformed("a mark is missing")
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _mark(self) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _tuple(self, size: int) -> None:
        if len(self._stack) < size:
            raise Malformed("it takes from an empty stack")
        items = tuple(self._stack[-size:])
        self._stack[-size:] = [items]

    def _tuple_to_mark(self) -> None:
        items = tuple(self._to_mark())
        self._stack.append(items)

    def _recall(self, index: int) -> None:
        if index not in self._memo:
            raise Malformed("it recalls what it never kept")
        self._stack.append(self._memo[index])

    def _keep(self, index: int) -> None:
        self._memo[index] = self._last()

    # -- containers -------------------------------------------------------------------------

    def _append(self, items: list[Any]) -> None:
        target = self._last()
        if type(target) is not list:
            raise NotAllowed(f"to append to {_kind(target)}")
        target.extend(items)

    def _set(self, items: list[Any]) -> None:
        target = self._last()
        if type(target) is not dict:
            raise NotAllowed(f"to set items of {_kind(target)}")
        fill(target, items)

    def _set_one(self) -> None:
        value, key = self._pop(), self._pop()
        self._set([key, value])

    # -- names and calls --------------------------------------------------------------------

    def _named(self, module: Any, name: Any) -> None:
        if type(module) is not str or type(name) is not str:
            raise Malformed("a name is not text")
        if (module, name) not in self._names:
            raise NotAllowed(f"{module}.{name}"[:_LONGEST_NAME])
        self._stack.append(self._names[module, name])

    def _global(self) -> None:
        module = self._line()
        self._named(module, self._line())

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        self._named(module, name)

    def _reduce(self) -> None:
        arguments, function = self._pop(), self._pop()
        if type(function) is not Function:
            raise NotAllowed(f"to call {_kind(function)}")
        if type(arguments) is not tuple:
            raise Malformed("arguments are not a tuple")
        self._stack.append(function.build(self, arguments))

    def _build(self) -> None:
        state, target = self._pop(), self._last()
        if isinstance(target, StandIn):
            target.take_state(self, state)
        elif type(target) is not dict:  # a dictionary's attributes are of no use
            raise NotAllowed(f"to give a state to {_kind(target)}")

    def _persistent(self) -> None:
        if self._outside is None:
            raise Malformed("unexpected reference to outside data")
        self._stack.append(self._outside(self._pop()))

    def _protocol(self) -> None:
        if self._number(1) > 5:
            raise Malformed("it is of a later pickle protocol")

    def _frame(self) -> None:
        if self._number(8) > len(self._content) - self._at:
            raise Malformed("it ends too early")


def fill(target: dict[Any, Any], items: list[Any]) -> None:
    """Put keys and values in turn into ``target``. Raises Malformed for keys that are no names.

    A tuple as a key could be nested so deep that hashing it overflows the stack.
    """
    if len(items) % 2:
        raise Malformed("a key has no value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) not in (str, int):
            raise Malformed(f"{_kind(key)} is a key")
        target[key] = value


def latin1(text: str) -> bytes:
    """Bytes that were written as text. Raises Malformed."""
    try:
        return text.encode("latin1")
    except UnicodeEncodeError:
        raise Malformed("text does not decode to bytes") from None


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("a text is not UTF-8") from None


def _kind(thing: object) -> str:
    return thing.name if isinstance(thing, Function) else type(thing).__name__


def _signed(width: int) -> Callable[[PickleReader], None]:
    def step(reader: PickleReader) -> None:
        taken = reader._take(width)
        reader._stack.append(int.from_bytes(taken, "little", signed=True))

    return step


def _sized(width: int, make: Callable[[bytes], Any]) -> Callable[[PickleReader], None]:
    """An instruction with a length of ``width`` bytes and so many bytes behind it."""

    def step(reader: PickleReader) -> None:
        reader._stack.append(make(reader._take(reader._number(width))))

    return step


def _constant(value: Any) -> Callable[[PickleReader], None]:
    return lambda reader: reader._stack.append(value)


def _long(content: bytes) -> int:
    return int.from_bytes(content, "little", signed=True)


def _old_text(content: bytes) -> str:
    return content.decode("latin1")  # Python 2's byte strings


_STOP: Final = b"."[0]
_INSTRUCTIONS: Final[dict[bytes, Callable[[PickleReader], Any]]] = {
    b"\x80": PickleReader._protocol,
    b"\x95": PickleReader._frame,
    b"N": _constant(None),
    b"\x88": _constant(True),
    b"\x89": _constant(False),
    b"J": _signed(4),
    b"K": lambda reader: reader._stack.append(reader._number(1)),
    b"M": lambda reader: reader._stack.append(reader._number(2)),
    b"\x8a": _sized(1, _long),
    b"G": lambda reader: reader._stack.append(struct.unpack(">d", reader._take(8))[0]),
    b"U": _sized(1, _old_text),
    b"T": _sized(4, _old_text),
    b"C": _sized(1, bytes),
    b"B": _sized(4, bytes),
    b"\x8e": _sized(8, bytes),
    b"\x8c": _sized(1, _text),
    b"X": _sized(4, _text),
    b"\x8d": _sized(8, _text),
    b"}": lambda reader: reader._stack.append({}),
    b"]": lambda reader: reader._stack.append([]),
    b")": _constant(()),
    b"(": PickleReader._mark,
    b"t": PickleReader._tuple_to_mark,
    b"\x85": lambda reader: reader._tuple(1),
    b"\x86": lambda reader: reader._tuple(2),
    b"\x87": lambda reader: reader._tuple(3),
    b"a": lambda reader: reader._append([reader._pop()]),
    b"e": lambda reader: reader._append(reader._to_mark()),
    b"s": PickleReader._set_one,
    b"u": lambda reader: reader._set(reader._to_mark()),
    b"q": lambda reader: reader._keep(reader._number(1)),
    b"r": lambda reader: reader._keep(reader._number(4)),
    b"\x94": lambda reader: reader._keep(len(reader._memo)),
    b"h": lambda reader: reader._recall(reader._number(1)),
    b"j": lambda reader: reader._recall(reader._number(4)),
    b"c": PickleReader._global,
    b"\x93": PickleReader._stack_global,
    b"R": PickleReader._reduce,
    b"b": PickleReader._build,
    b"Q": PickleReader._persistent,
}
_STEPS: Final = {code[0]: step for code, step in _INSTRUCTIONS.items()}
