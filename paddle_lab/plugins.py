"""Registries: things that exist many times, each one module or package of its own.

A registry finds its built-in entries by their files and those of other installed packages by their
entry points; nothing else lists them. The entry itself is an object under an agreed name in its
module::

    TASKS = Plugins[Task]("paddle_lab.tasks", "paddle_lab.tasks", "TASK", T("task", "任务"))
    TASKS.names()          # ["classify", ...], nothing is imported
    TASKS.get("classify")  # the object TASK of paddle_lab.tasks.classify
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from paddle_lab.errors import EnvError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.text.close_names import did_you_mean

Entry = TypeVar("Entry")


@functools.lru_cache(maxsize=64)
def _points(
    find: Callable[..., Any], group: str, search_path: tuple[tuple[str, int], ...]
) -> dict[str, Any]:
    """The entry points of a group. Reading them opens the metadata of every installed package."""
    return {point.name: point for point in find(group=group)}


def _search_path() -> tuple[tuple[str, int], ...]:
    """Where packages are found, and when that last changed: an installation is seen at once."""
    found = []
    for folder in sys.path:
        try:
            found.append((folder, os.stat(folder or os.curdir).st_mtime_ns))  # noqa: PTH116
        except (OSError, ValueError):
            continue
    return tuple(found)


class Plugins(Generic[Entry]):
    """The entries of one kind.

    ``package`` holds the built-in ones: its subpackages where ``packages``, else its modules; names
    that begin with ``_`` are none. With ``hyphens`` the module ``a_b`` is called "a-b". ``group``
    is the group of entry points, ``attribute`` the name of the object in a built-in module,
    ``kind`` the word for people.
    """

    def __init__(
        self,
        package: str,
        group: str,
        attribute: str,
        kind: Text,
        *,
        packages: bool = False,
        hyphens: bool = False,
    ) -> None:
        self.package = package
        self.group = group
        self.attribute = attribute
        self.kind = kind
        self._packages = packages
        self._between = "-" if hyphens else "_"
        self._loaded: dict[str, Entry] = {}

    def names(self) -> list[str]:
        """All names, built-in ones first; nothing is imported but the package itself."""
        return list(dict.fromkeys([*self._built_in(), *self._installed()]))

    def get(self, name: str) -> Entry:
        """The entry called ``name``; a built-in one goes before an installed one.

        Raises UsageError, with the closest name, when there is none; EnvError when an installed
        one cannot be loaded.
        """
        if name not in self._loaded:
            if name in self._built_in():
                module_name = name.replace(self._between, "_")
                module = importlib.import_module(f"{self.package}.{module_name}")
                self._loaded[name] = getattr(module, self.attribute)
            elif name in (installed := self._installed()):
                self._loaded[name] = self._load(installed[name])
            else:
                raise self._unknown(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[Entry]:
        """Every entry, in the order of :meth:`names`."""
        return (self.get(name) for name in self.names())

    def _built_in(self) -> list[str]:
        path = importlib.import_module(self.package).__path__
        return [
            module.name.replace("_", self._between)
            for module in pkgutil.iter_modules(path)
            if module.ispkg >= self._packages and not module.name.startswith("_")
        ]

    def _installed(self) -> dict[str, Any]:
        return _points(importlib.metadata.entry_points, self.group, _search_path())

    def _load(self, point: Any) -> Entry:
        try:
            entry: Entry = point.load()
        except Exception as error:  # whatever another package raises while it is imported
            raise EnvError(
                T("The {kind} '{name}' cannot be loaded.", "无法加载{kind}“{name}”。",
                  kind=self.kind, name=point.name),
                T("{value}: {error}", "{value}：{error}", value=point.value,
                  error=f"{type(error).__name__}: {error}"),
                T("Upgrade or uninstall the package that brings it.",
                  "请升级或卸载提供它的软件包。"),
                code="env.plugin_broken",
            ) from error  # fmt: skip
        return entry

    def _unknown(self, name: str) -> UsageError:
        names = self.names()
        return UsageError(
            T("There is no {kind} '{name}'.", "没有名为“{name}”的{kind}。",
              kind=self.kind, name=name),
            T("Known: {names}.", "可用：{names}。", names=", ".join(names)),
            did_you_mean(name, names, cutoff=0.4),
            code="usage.unknown_name",
        )  # fmt: skip
