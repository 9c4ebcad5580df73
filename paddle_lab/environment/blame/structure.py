"""What a traceback holds: frames with their package, and the errors from the cause to the last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

#: Code of the standard library; of a file, cell or prompt of the person; everything else is the
#: top-level name after ``site-packages`` or ``dist-packages``.
STDLIB = "stdlib"
PERSON = "person"


@dataclass(frozen=True)
class Frame:
    """One line of a traceback: where the code stands and to whom it belongs.

    ``file`` is as the text says it, ``line`` None and ``function`` and ``code`` empty where it does
    not. ``site`` is the ``site-packages`` folder ("" outside of one), ``module`` the dotted name.
    """

    file: str
    line: int | None
    function: str
    package: str
    module: str = ""
    site: str = ""
    code: str = ""

    @property
    def is_library(self) -> bool:
        """Is it code that somebody installed?"""
        return self.package not in (STDLIB, PERSON)

    @property
    def is_cell(self) -> bool:
        """Is it a cell, a prompt or ``python -c``, and no file?"""
        return self.package == PERSON and (
            self.file.startswith(("<", "Cell ", "In [", "Input In"))
            or "ipykernel_" in self.file.replace("\\", "/")
        )


@dataclass(frozen=True)
class Raised:
    """One error of a chain: its class as printed, its message, and its frames, outermost first.

    ``link`` says how the next error came from it: "cause" (``raise ... from``), "context" (while it
    was handled), "group" (it is a part of a group), or "" for the last.
    """

    name: str
    message: str
    frames: tuple[Frame, ...] = ()
    link: str = ""

    @property
    def kind(self) -> str:
        """The name of the class without its modules."""
        return self.name.rpartition(".")[2]

    @property
    def line(self) -> str:
        """The error as Python prints it, first line only."""
        first = self.message.strip().partition("\n")[0]
        return f"{self.name}: {first}" if first else self.name

    @property
    def raiser(self) -> str | None:
        """Whose code raised: the last frame that is not the standard library's."""
        owners = self._owners
        return owners[-1] if owners else None

    @property
    def caller(self) -> str | None:
        """Whose code called the raiser's, or None when nobody else did."""
        owners = self._owners
        return owners[-2] if len(owners) > 1 else None

    @cached_property
    def _owners(self) -> list[str]:
        """Packages along the frames, each stretch once, without the standard library."""
        found: list[str] = []
        for frame in self.frames:
            if frame.package != STDLIB and found[-1:] != [frame.package]:
                found.append(frame.package)
        return found


@dataclass(frozen=True)
class Traceback:
    """The errors of one traceback, the innermost cause first, the one that ended it last.

    ``native`` are functions of a C++ stack, ``truncated`` says that its first lines are missing,
    ``form`` names how it was written: python, ipython, pytest, rich, fatal, native, pip, uv, bare.
    """

    errors: tuple[Raised, ...]
    form: str = "python"
    native: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def cause(self) -> Raised:
        """Where it began."""
        return self.errors[0]

    @property
    def final(self) -> Raised:
        """What the person saw."""
        return self.errors[-1]

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames, those of the cause first."""
        return tuple(frame for error in self.errors for frame in error.frames)

    @property
    def raiser(self) -> str | None:
        """The package whose code raised the cause."""
        return self.cause.raiser

    @property
    def caller(self) -> str | None:
        """The package that called it."""
        return self.cause.caller

    @property
    def sites(self) -> tuple[str, ...]:
        """The ``site-packages`` folders that its files stand in, each once."""
        return tuple(dict.fromkeys(frame.site for frame in self.frames if frame.site))

    @property
    def in_library(self) -> bool:
        """Does a library's frame stand where one of the errors was raised?"""
        return any(error.raiser is not None and error.raiser != PERSON for error in self.errors)
