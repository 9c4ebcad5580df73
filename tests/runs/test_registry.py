"""The registry of runs: what changes under a registry that is kept is seen by its next look."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_lab.paths import atomic_write_json
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.runs import registry as module

MakeRun = Callable[..., RunFolder]


def names(registry: Registry) -> set[str]:
    return {ref.name for ref in registry.list()}


class TestARegistryThatIsKept:
    """The server keeps one and looks every second, also where there are thousands of runs."""

    def test_reads_an_entry_once(
        self, make_run: MakeRun, registry_root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_run(name="one")
        make_run(name="two")
        registry = Registry(registry_root)
        assert names(registry) == {"one", "two"}
        read: list[Path] = []

        def counted(path: Path, most: int) -> dict[str, object]:
            read.append(path)
            return dict(json.loads(path.read_bytes()))

        monkeypatch.setattr(module, "read_object", counted)
        assert names(registry) == {"one", "two"}
        assert read == []

    @pytest.mark.parametrize("change", ["added", "removed", "exchanged", "spoiled"])
    def test_sees_what_others_change(
        self, make_run: MakeRun, registry_root: Path, change: str
    ) -> None:
        folder = make_run(name="one")
        registry = Registry(registry_root)
        assert names(registry) == {"one"}
        entry = next(registry_root.glob("*.json"))
        if change == "added":
            make_run(name="two")
        elif change == "removed":
            entry.unlink()
        elif change == "exchanged":
            atomic_write_json(entry, {**json.loads(entry.read_bytes()), "name": "eno"})
        else:
            entry.write_text("{", encoding="utf-8")
        wanted = {"added": {"one", "two"}, "exchanged": {"eno"}}.get(change, set())
        assert names(registry) == wanted
        assert folder.info_path.is_file()

    def test_an_entry_that_comes_back_is_read_again(
        self, make_run: MakeRun, registry_root: Path
    ) -> None:
        make_run(name="one")
        registry = Registry(registry_root)
        entry = next(registry_root.glob("*.json"))
        text = entry.read_bytes()
        entry.unlink()
        assert names(registry) == set()
        entry.write_bytes(text)
        assert names(registry) == {"one"}
