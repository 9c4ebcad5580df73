"""From a pasted text to the structure of the traceback in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from paddle_lab.environment.blame import lines as shapes
from paddle_lab.environment.blame.owners import owner_of
from paddle_lab.environment.blame.structure import PERSON, STDLIB, Frame, Raised, Traceback
from paddle_lab.environment.blame.unwrap import HEADER, PART, lines_of

_MOST_FRAMES = 2000
_LONGEST_MESSAGE = 60  # lines
_IPYTHON_HEADER = re.compile(r"^(?P<name>[\w.]+) {2,}" + re.escape(HEADER))
_PIP = re.compile(r"^\s{0,8}(?P<word>ERROR|error): (?P<message>\S.*)$")
_PIP_WORDS = re.compile(
    r"(?i)\bpip\b|could not find a version|no matching distribution|resolutionimpossible"
    r"|subprocess-exited|not a supported wheel|could not install"
    r"|failed building wheel|requires-python|requirements file|looks like a filename"
)
_NO_SUCH_FILE = re.compile(
    r"^(?:WARNING: )?(?P<message>Requirement '[^'\n]{1,400}' looks like a filename, but .*)$"
)
_UV = re.compile(
    r"^\s{0,4}× (?P<message>(?:No solution|Failed to|Because|Distribution|Could not).*)$"
)
_AROUND_NATIVE = re.compile(r"^\s*(?:-{3,}|Error Message Summary:?)\s*$")
_END_OF_MESSAGE = re.compile(r"^-{70,}$|^(?:```|\'\'\')\s*$|^\s*\[end of output\]$")
_IN_MESSAGE = re.compile(r"^\s*(?:-{3,}|\[|\(at |C\+\+|Error Message Summary|No stack trace)")


@dataclass
class _Open:
    """An error that is being read: frames first, then its class and message."""

    form: str = "python"
    indent: int = 0
    expected: str = ""
    headed: bool = True
    frames: list[Frame] = field(default_factory=list)
    frame_indent: int = 0
    after_frame: bool = False
    newest_first: bool = False
    name: str = ""
    message: list[str] = field(default_factory=list)
    ended: bool = False
    link_before: str = ""

    def add(self, found: shapes.FrameLine) -> None:
        packages = (frame.package for frame in reversed(self.frames))
        previous = next((package for package in packages if package != STDLIB), PERSON)
        package, module, site = owner_of(found.file, previous)
        if len(self.frames) < _MOST_FRAMES:
            self.frames.append(
                Frame(found.file, found.line, found.function, package, module, site, found.code)
            )
        self.frame_indent, self.after_frame = found.indent, not found.code

    def quote(self, code: str) -> None:
        """The line of code that the last frame shows."""
        if self.frames and not self.frames[-1].code:
            self.frames[-1] = replace(self.frames[-1], code=code.strip()[:400])

    def close(self, name: str, message: str) -> None:
        self.name, self.message, self.after_frame = name, [message], False

    def result(self) -> Raised:
        frames = reversed(self.frames) if self.newest_first else self.frames
        message = [line for line in self.message if not _AROUND_NATIVE.match(line)]
        return Raised(self.name, "\n".join(message).strip(), tuple(frames))


def read(text: str) -> Traceback | None:
    """The traceback of a text; of several the last one, which ended the program. None without one.

    A line such as ``ImportError: ...`` alone is one without frames.
    """
    found = read_all(text)
    return found[-1] if found else None


def read_all(text: str) -> list[Traceback]:
    """All tracebacks of a text, as they stand in it. Bounded, and never raises for any text."""
    return _Reader(lines_of(text)).run()


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._done: list[_Open] = []
        self._open: _Open | None = None
        self._link = ""
        self._native: list[str] = []
        self._in_native = False

    def run(self) -> list[Traceback]:
        for number, line in enumerate(self._lines):
            self._take(line, number)
        self._finish()
        found = _chained(self._done, tuple(self._native))
        installer = _installer(self._lines)
        if installer is not None:
            return _with_installer(found, installer)
        return found or _bare(self._lines, tuple(self._native))

    def _take(self, line: str, number: int) -> None:
        if shapes.NATIVE_HEADER.search(line):
            self._in_native = True
        elif self._in_native and self._native_line(line):
            pass
        elif line == PART:
            self._finish()
            self._link = "part"
        elif shapes.HANDLING in line or shapes.FROM in line:
            self._finish()
            self._link = "context" if shapes.HANDLING in line else "cause"
        elif HEADER in line or line.strip() == "Traceback:":
            self._begin(line)
        elif shapes.FATAL.match(line):
            self._fatal(line)
        elif shapes.THREAD.match(line):
            self._thread(line)
        else:
            self._body(line, number)

    def _native_line(self, line: str) -> bool:
        found = shapes.NATIVE_FRAME.match(line)
        if found:
            self._native.append(found["function"].strip()[:300])
            return True
        if "Error Message Summary" in line:
            self._in_native = False
        return not line.strip() or line.lstrip().startswith("---")

    def _begin(self, line: str) -> None:
        self._in_native = False
        if self._open is not None and not self._open.name and not self._open.frames:
            self._open = None  # a header twice
        self._finish()
        ipython = _IPYTHON_HEADER.match(line)
        self._open = _Open(
            form="ipython" if ipython else "python",
            indent=len(line) - len(line.lstrip()),
            expected=ipython["name"] if ipython else "",
            link_before=self._link,
        )
        self._link = ""

    def _fatal(self, line: str) -> None:
        self._finish()
        message = shapes.FATAL.sub(r"\g<message>", line)
        self._open = _Open(form="fatal", newest_first=True, name="Fatal Python error")
        self._open.message = [message]

    def _thread(self, line: str) -> None:
        current = self._open
        if current is None or current.form != "fatal":
            return
        # Of several threads the one that failed counts: it is marked, or the first.
        if "Current" in line:
            current.frames.clear()
            current.ended = False
        elif current.frames:
            current.ended = True

    def _body(self, line: str, number: int) -> None:
        current = self._open
        found = shapes.frame_of(line)
        if found is not None:
            self._frame(found)
        elif current is None:
            self._outside(line)
        elif current.form == "pytest":
            self._pytest(current, line)
        elif current.form == "fatal":
            current.ended = current.ended or (bool(current.frames) and not line.startswith(" "))
        elif current.name:
            self._continue(current, line, number)
        elif current.form == "ipython":
            self._ipython(current, line)
        elif current.form == "rich":
            self._rich(current, line)
        else:
            self._python(current, line)

    def _outside(self, line: str) -> None:
        """A line where nothing is open: only pytest's form begins without a header or a frame."""
        place = shapes.pytest_place(line)
        if place is not None and line.rstrip().endswith(":"):
            self._frame(place)
        elif line.startswith("E   ") and shapes.error_of(line[1:].strip()):
            self._open = _Open(form="pytest", headed=False, link_before=self._link)
            self._link = ""
            self._pytest(self._open, line)

    @staticmethod
    def _rich(current: _Open, line: str) -> None:
        marked = shapes.MARKED.match(line)
        error = shapes.error_of(line)
        if marked:
            current.quote(marked["code"])
        elif error is not None:
            current.close(*error)

    def _pytest(self, current: _Open, line: str) -> None:
        place = shapes.pytest_place(line)
        if line.startswith("E  "):
            text = line[1:].strip()
            error = None if current.name else shapes.error_of(text)
            if error is not None:
                current.close(*error)
            elif current.name:
                current.message.append(text)
        elif place is not None and current.name:  # the place of an error stands below it
            current.add(place)
            self._finish()
        elif place is not None:
            self._frame(place)
        elif line.startswith((">", "    ")) and line.strip():
            current.quote(line.lstrip(">"))

    def _frame(self, found: shapes.FrameLine) -> None:
        current = self._open
        if current is not None and current.form == "fatal":
            if not current.ended:
                current.add(found)
            return
        if current is not None and current.name:
            if current.headed and found.form == "python" and self._in_message(current):
                current.message.append(f"{' ' * found.indent}{found.file}:{found.line}")
                return
            self._finish()
            current = None
        if current is None:
            current = _Open(form=found.form, headed=False, link_before=self._link)
            current.indent = max(0, found.indent - 2)
            self._link = ""
            self._finish()
            self._open = current
        if found.form in ("ipython", "rich") or (found.form == "pytest" and not current.frames):
            current.form = found.form
        current.add(found)

    @staticmethod
    def _in_message(current: _Open) -> bool:
        """Do frames still belong to a message, as Paddle's "In transformed code" prints them?"""
        return not current.ended and current.message[-1].strip() != ""

    def _python(self, current: _Open, line: str) -> None:
        if not line.strip() or shapes.REPEATED.match(line):
            return
        indent = len(line) - len(line.lstrip())
        error = shapes.error_of(line.strip(), sure=bool(current.frames))
        stripped = current.frame_indent <= current.indent  # the paste lost its spaces
        if stripped and current.frames:
            strong = shapes.error_of(line.strip())
            if strong is None and current.after_frame:
                current.quote(line)
                current.after_frame = False
                return
            error = strong or (error if not current.after_frame else None)
        elif indent > max(current.indent, current.frame_indent):
            if not re.fullmatch(r"[\s~^]+", line):
                current.quote(line)
            current.after_frame = False
            return
        if error is not None:
            current.close(*error)
        elif current.frames and not stripped:
            self._finish()  # other words where the error should stand: it was cut off

    def _ipython(self, current: _Open, line: str) -> None:
        arrow = shapes.ARROW.match(line)
        if arrow:
            if current.frames and current.frames[-1].line is None and arrow["line"]:
                current.frames[-1] = replace(current.frames[-1], line=int(arrow["line"]))
            current.quote(arrow["code"] or "")
            return
        if not line.strip() or shapes.NUMBERED.match(line):
            return
        error = shapes.error_of(line, sure=bool(current.expected))
        last = current.expected.rpartition(".")[2]
        if error and (not last or error[0].rpartition(".")[2] == last):
            current.close(*error)

    def _continue(self, current: _Open, line: str, number: int) -> None:
        """Further lines of a message, until a blank one that nothing of the message follows."""
        if current.ended or len(current.message) >= _LONGEST_MESSAGE:
            return
        if _END_OF_MESSAGE.match(line):
            current.ended = True
            return
        if line.strip():
            current.message.append(line.rstrip()[:2000])
            return
        following = next(
            (text for text in self._lines[number + 1 : number + 4] if text.strip()), ""
        )
        empty = not any(part.strip() for part in current.message)
        if not (empty or _IN_MESSAGE.match(following)):
            current.ended = True
        else:
            current.message.append("")

    def _finish(self) -> None:
        current, self._open = self._open, None
        if current is not None and (current.name or current.frames):
            self._done.append(current)


def _chained(done: list[_Open], native: tuple[str, ...]) -> list[Traceback]:
    """Tracebacks from the errors read: linked ones together, the cause first."""
    chains: list[list[_Open]] = []
    for one in done:
        if one.link_before in ("cause", "context") and chains:
            chains[-1].append(one)
        elif one.link_before == "part" and chains:
            # A group is printed before its parts, but they came first.
            chains[-1].insert(len(chains[-1]) - 1, one)
        else:
            chains.append([one])
    found = []
    for chain in chains:
        errors = [one.result() for one in chain]
        for number, following in enumerate(chain[1:]):
            link = following.link_before
            grouped = chain[number].link_before == "part"
            link = "group" if grouped else link
            errors[number] = replace(errors[number], link=link or "group")
        truncated = not chain[0].headed and chain[0].form in ("python", "ipython")
        syntax = len(chain) == 1 and errors[0].kind in (
            "SyntaxError",
            "IndentationError",
            "TabError",
        )
        found.append(Traceback(tuple(errors), chain[-1].form, native, truncated and not syntax))
    return found


def _installer(lines: list[str]) -> Raised | None:
    """What pip or uv says when it gives up."""
    text = "\n".join(lines)
    if not _PIP_WORDS.search(text) and "×" not in text:
        return None
    for line in lines:
        found = _PIP.match(line)
        if found and (found["word"] == "error" or _PIP_WORDS.search(found["message"])):
            return Raised("pip", found["message"])
    for line in lines:
        found = _NO_SUCH_FILE.match(line)
        if found:
            return Raised("pip", found["message"])
    for number, line in enumerate(lines):
        found = _UV.match(line)
        if found:
            more = [
                re.sub(r"^\s*(?:╰─▶|[│├])?\s*", "", part) for part in lines[number + 1 : number + 8]
            ]
            return Raised("uv", " ".join([found["message"], *more]).strip())
    return None


def _with_installer(found: list[Traceback], installer: Raised) -> list[Traceback]:
    """The build's own traceback is the cause of what pip says."""
    if not found:
        return [Traceback((installer,), installer.name)]
    last = found[-1]
    errors = (*last.errors[:-1], replace(last.final, link="cause"), installer)
    return [*found[:-1], replace(last, errors=errors, form=installer.name, truncated=False)]


def _bare(lines: list[str], native: tuple[str, ...]) -> list[Traceback]:
    """Errors that stand in the text without a traceback; the first is the cause."""
    for line in lines:
        error = shapes.error_of(line.strip()) or shapes.error_inside(line)
        if error is not None and (error[1] or native):
            return [
                Traceback((Raised(error[0], error[1]),), "native" if native else "bare", native)
            ]
    if native:
        return [Traceback((Raised("", ""),), "native", native)]
    return []
