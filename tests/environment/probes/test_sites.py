"""Folders of packages on the path: whose they are, and what is imported from each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from environment.made_site import install

from paddle_lab.environment.probes import sites as probe
from paddle_lab.environment.probes.sites import sites

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"


class Machine:
    """An environment with a folder of packages, and places for others."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.patch = patch
        self.own = self.folder("env", OWN)
        (root / "env/pyvenv.cfg").touch()
        self.user = self.folder("home/.local", OWN)
        patch.setattr(sys, "prefix", str(root / "env"))
        patch.setattr(sys, "base_prefix", str(root / "python"))
        patch.setattr(probe.site, "getsitepackages", lambda: [str(self.own)])
        patch.setattr(probe.site, "getusersitepackages", lambda: str(self.user))
        patch.delenv("PYTHONPATH", raising=False)
        install(self.own, "paddlenlp", "3.0.0b4", requires=["numpy"])
        install(self.own, "numpy", "1.26.4")

    def folder(self, environment: str, python: str) -> Path:
        made = self.root / environment / "lib" / f"python{python}" / "site-packages"
        made.mkdir(parents=True)
        return made

    def look(self, *path: Path) -> list[dict[str, Any]]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "path", [str(folder) for folder in path])
            return sites()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path.resolve(), monkeypatch)


def test_one_environment_has_one_folder(machine: Machine) -> None:
    (own,) = machine.look(machine.own)
    assert (own["kind"], own["python"], own["foreign"]) == ("environment", OWN, False)
    assert own["packages"] == {"paddlenlp": "3.0.0b4", "numpy": "1.26.4"}


def test_what_another_folder_holds_first_is_taken_from_there(machine: Machine) -> None:
    install(machine.user, "numpy", "2.2.6")
    install(machine.user, "unneeded", "1.0")
    user, own = machine.look(machine.user, machine.own)
    assert (user["kind"], user["foreign"]) == ("user", False)
    assert user["packages"] == {"numpy": "2.2.6"}
    assert own["packages"] == {"paddlenlp": "3.0.0b4"}


@pytest.mark.parametrize(
    ("environment", "python", "mark", "foreign"),
    [
        ("other", OWN, "pyvenv.cfg", True),
        ("other", OWN, "conda-meta", True),
        ("other", "3.8", "", True),
        ("my-project", OWN, "", False),
    ],
)
@pytest.mark.parametrize("way", ["PYTHONPATH", "pth", "path"])
def test_folders_of_other_environments(
    machine: Machine, environment: str, python: str, mark: str, foreign: bool, way: str
) -> None:
    other = machine.folder(environment, python)
    install(other, "numpy", "2.2.6")
    if mark:
        (machine.root / environment / mark).touch()
    if way == "PYTHONPATH":
        machine.patch.setenv("PYTHONPATH", str(other))
    elif way == "pth":
        (machine.own / "mine.pth").write_text(f"# mine\nimport os\n{other}\n", "utf-8")
    entry = machine.look(other, machine.own)[0]
    assert (entry["kind"], entry["foreign"]) == (way, foreign)
    assert entry.get("file", "").endswith("mine.pth") is (way == "pth")


def test_the_python_that_an_environment_was_made_from(machine: Machine) -> None:
    base = machine.folder("python", OWN)
    install(base, "numpy", "1.24.0")
    entry = machine.look(machine.own, base)[1]
    assert (entry["kind"], entry["foreign"]) == ("base", False)
