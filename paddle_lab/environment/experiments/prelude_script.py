"""Run in the child before the step: change what was asked, and say what is taken from where.

``TRIAL`` stands in the globals: ``hidden`` (pairs of a folder and a module that is not taken from
it), ``unread`` (bytecode files that are passed over), ``own`` (folders whose modules are told as
they are found), ``libraries`` (tell each shared library before it is loaded), ``here`` (the working
folder); for a start without ``site``: ``paths`` and ``prefix`` that it would have set, and
``started``, those of its files that run all the same. Nothing is imported here that Python has not
imported itself.
"""

from __future__ import annotations

import sys

MYPY = False
if MYPY:  # a file of the working folder may hide these
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

TRIAL: Mapping[str, Any] = globals().get("TRIAL", {})
_finder: Any = sys.modules["_frozen_importlib_external"]


def told(*words: str) -> None:
    """One line for the reader, past anything that the libraries print."""
    sys.stderr.write("\x1f" + "\t".join(words) + "\n")
    sys.stderr.flush()


class Finder:
    """In the place of Python's own finder: passes over hidden modules, tells of those found."""

    def __init__(self, whole: Any, hidden: Sequence[Any], own: Sequence[str], here: str) -> None:
        """``here`` is the working folder, which stands in ``sys.path`` as an empty string."""
        self.whole = whole
        self.hidden = {(folder, name) for folder, name in hidden}
        self.own = tuple(own)
        self.here = here

    def __getattr__(self, name: str) -> Any:
        """Whatever else is asked of the finder."""
        return getattr(self.whole, name)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """As Python's own, but for what is hidden."""
        if path is None and any(module == name for _, module in self.hidden):
            places = [p for p in sys.path if (p or self.here, name) not in self.hidden]
            found = self.whole.find_spec(name, places, target)
        else:
            found = self.whole.find_spec(name, path, target)
        if path is None and found is not None:
            self._tell(name, found)
        return found

    def _tell(self, name: str, found: Any) -> None:
        """Say that a module stands directly in one of the folders of one's own."""
        places = list(found.submodule_search_locations or [])
        origin = (places[0] if places else str(found.origin or "")).replace("\\", "/")
        folder, _, entry = origin.rpartition("/")
        for own in self.own:
            if folder == own.replace("\\", "/").rstrip("/") and entry.split(".")[0] == name:
                told("found", name, own, origin)
                return


def without_bytecode(files: Sequence[str]) -> None:
    """Pass over these bytecode files, as if they were not there."""
    passed = set(files)
    loader = _finder.FileLoader
    read: Callable[[Any, str], bytes] = loader.get_data

    def get_data(self: Any, path: str) -> bytes:
        if path in passed:
            raise FileNotFoundError(path)
        return read(self, path)

    loader.get_data = get_data


def start(file: str) -> None:
    """What ``site`` does with a .pth file or a sitecustomize.py; it goes on after an error."""
    try:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
        for part in text.splitlines() if file.endswith(".pth") else [text]:
            if not file.endswith(".pth") or part.startswith(("import ", "import\t")):
                exec(compile(part, file, "exec"), {"__name__": "site", "__file__": file})
    except Exception as error:
        sys.stderr.write(f"{file}: {error}\n")


def begin() -> None:
    """Make the changes."""
    if "prefix" in TRIAL:
        sys.prefix = sys.exec_prefix = TRIAL["prefix"]
    sys.path.extend(TRIAL.get("paths", ()))
    for file in TRIAL.get("started", ()):
        start(file)
    if TRIAL.get("unread"):
        without_bytecode(TRIAL["unread"])
    if TRIAL.get("hidden") or TRIAL.get("own"):
        whole = _finder.PathFinder
        finder = Finder(whole, TRIAL.get("hidden", ()), TRIAL.get("own", ()), TRIAL["here"])
        sys.meta_path[:] = [finder if one is whole else one for one in sys.meta_path]
    if TRIAL.get("libraries"):
        sys.addaudithook(library_told)


def library_told(event: str, arguments: Any) -> None:
    """Say which shared library is about to be loaded."""
    if event == "import" and arguments[1]:
        told("library", str(arguments[1]))
    elif event == "ctypes.dlopen" and arguments[0]:
        told("library", str(arguments[0]))


begin()
