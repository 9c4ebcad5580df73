"""A new environment beside the old one: made whole or not at all, and never over what exists."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from environment.local_index import LocalIndex

from paddle_lab.commands import Context
from paddle_lab.commands.env import build_parser, execute
from paddle_lab.environment.resolving import fresh, makers
from paddle_lab.environment.resolving.fresh import kernel_name, make_fresh
from paddle_lab.environment.resolving.makers import Pip, Uv
from paddle_lab.environment.resolving.tools import Done
from paddle_lab.environment.tables import load_tables
from paddle_lab.errors import EnvError, UsageError

WORKED = {"ok": True, "phases": [{"name": "training step on cpu", "ok": True}]}
FAILED = {"ok": False, "phases": [{"name": "import paddle", "ok": False}], "text": "x\nno AVX"}


@pytest.fixture
def facts(gathered_once: dict[str, Any]) -> dict[str, Any]:
    """Of this machine; commands are given the same."""
    return gathered_once


@pytest.fixture
def known_set(index: LocalIndex, facts: dict[str, Any]) -> LocalIndex:
    """The set of the tables, in wheels of one line."""
    paddle = fresh.best_build(facts, load_tables()).requirement
    name, _, version = str(paddle).partition("==")
    index.add(name, version, "numpy>=1.20")
    index.add("paddlenlp", "3.0.0b4", "pyarrow", "aistudio-sdk", "datasets")
    for name, versions in {
        "numpy": ("1.26.4", "2.4.0"),
        "pyarrow": ("20.0.0", "26.0.1"),
        "aistudio-sdk": ("0.2.6", "0.3.9"),
        "datasets": ("3.6.0", "5.2.0"),
        "setuptools": ("80.9.0", "82.0.0"),
        "pip": ("26.3",),
        "paddle2onnx": ("2.1.0",),
        "ipykernel": ("7.4.0",),
    }.items():
        for version in versions:
            index.add(name, version)
    return index


@pytest.fixture
def proof(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the check says, in place of a training step: the wheels here are empty."""
    said = dict(WORKED)
    monkeypatch.setattr(fresh, "run_check", lambda python, where: said)
    return said


def packages_of(folder: Path) -> set[str]:
    return {found.name.split("-")[0] for found in folder.rglob("*.dist-info")}


@pytest.mark.slow
def test_the_known_set_is_installed_and_proven(
    known_set: LocalIndex,
    uv: str,
    proof: dict[str, Any],
    tmp_path: Path,
    facts: dict[str, Any],
) -> None:
    said: list[str] = []
    made = make_fresh(tmp_path / "new", facts, say=lambda text: said.append(str(text)))
    assert made.python.exists()
    assert {"numpy==1.26.4", "pyarrow==20.0.0", "paddlenlp==3.0.0b4"} <= set(made.pins)
    assert {"paddlenlp", "ipykernel", "pip"} <= packages_of(made.folder)
    assert made.check == WORKED
    assert made.kernel is None
    assert len(said) == 3


@pytest.mark.slow  # pip makes an environment in seconds
def test_pip_makes_it_where_there_is_no_uv(
    known_set: LocalIndex,
    proof: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    facts: dict[str, Any],
) -> None:
    monkeypatch.setattr(makers, "find_uv", lambda: None)
    made = make_fresh(tmp_path / "new", facts)
    assert {"numpy==1.26.4", "pyarrow==20.0.0"} <= set(made.pins)
    assert {"paddlenlp", "ipykernel"} <= packages_of(made.folder)


@pytest.mark.parametrize("kind", ["folder", "file", "link to nothing"])
def test_what_exists_is_refused_and_kept(
    kind: str, uv: str, tmp_path: Path, facts: dict[str, Any]
) -> None:
    target = tmp_path / "mine"
    {
        "folder": target.mkdir,
        "file": target.touch,
        "link to nothing": lambda: target.symlink_to("nowhere"),
    }[kind]()
    with pytest.raises(EnvError) as caught:
        make_fresh(target, facts)
    assert caught.value.code == "env.fresh_exists"
    assert target.is_symlink() or target.exists()


def test_without_a_network_it_says_so_before_anything_is_made(
    index: LocalIndex,
    uv: str,
    tmp_path: Path,
    facts: dict[str, Any],
) -> None:
    index.close()
    with pytest.raises(EnvError) as caught:
        make_fresh(tmp_path / "new", facts)
    assert caught.value.code == "env.fresh_no_network"
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_what_uv_once_fetched_needs_no_network(
    known_set: LocalIndex,
    uv: str,
    proof: dict[str, Any],
    tmp_path: Path,
    facts: dict[str, Any],
) -> None:
    make_fresh(tmp_path / "first", facts)
    known_set.close()
    made = make_fresh(tmp_path / "second", facts)
    assert made.offline
    assert "paddlenlp" in packages_of(made.folder)


def test_an_index_without_the_set_is_told(
    index: LocalIndex, uv: str, tmp_path: Path, facts: dict[str, Any]
) -> None:
    index.add("numpy", "1.26.4")
    with pytest.raises(EnvError) as caught:
        make_fresh(tmp_path / "new", facts)
    assert caught.value.code == "env.fresh_not_resolved"
    assert "not found" in caught.value.in_language("en")


@pytest.mark.slow
@pytest.mark.parametrize("end", ["the check fails", "an interrupt", "a wheel is gone"])
def test_nothing_half_made_is_left(
    end: str,
    known_set: LocalIndex,
    uv: str,
    proof: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    facts: dict[str, Any],
) -> None:
    expected: type[BaseException] = EnvError
    if end == "the check fails":
        proof.update(FAILED)
    elif end == "a wheel is gone":
        monkeypatch.setattr(Uv, "fill", lambda *given, **more: makers.run([uv, "no-such"], 20))
    else:
        expected = KeyboardInterrupt

        def interrupted(*given: Any, **more: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(fresh, "run_check", interrupted)
    with pytest.raises(expected) as caught:
        make_fresh(tmp_path / "new", facts)
    assert not (tmp_path / "new").exists()
    if end == "the check fails":
        assert "no AVX" in str(caught.value)


def test_too_little_room_is_told_with_figures(
    uv: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    facts: dict[str, Any],
) -> None:
    usage = argparse.Namespace(free=700 * 2**20)
    monkeypatch.setattr(fresh.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(EnvError) as caught:
        make_fresh(tmp_path / "new", facts)
    assert "2500 MB" in str(caught.value)
    assert "700 MB" in str(caught.value)


def test_a_python_that_does_not_fit_is_not_used(tmp_path: Path, facts: dict[str, Any]) -> None:
    class Nothing(Pip):
        """No uv, and the PATH is empty."""

    found = makers.fitting_python("/no/such/python", ">=3.9", ("3.99",), Nothing())
    assert found is None
    assert makers.fitting_python(facts["python"]["executable"], "<3", ("3.99",), Nothing()) is None


@pytest.mark.parametrize(
    ("folder", "taken", "name"),
    [
        (".venv-paddle", [], "venv-paddle"),
        ("work", [], "paddle-work"),
        ("work", ["paddle-work"], "paddle-work-2"),
        ("课程", [], "paddle"),
    ],
)
def test_a_kernel_never_takes_the_name_of_another(folder: str, taken: list[str], name: str) -> None:
    facts = {"jupyter": {"kernels": [{"name": one} for one in taken]}}
    assert kernel_name(Path(folder), facts) == name


@pytest.mark.parametrize("words", [["--kernel"], ["--facts", "s.json", "--fresh"]])
def test_options_that_do_not_go_together(words: list[str]) -> None:
    with pytest.raises(UsageError):
        execute(build_parser().parse_args(words), Context())


@pytest.mark.slow
def test_the_command_says_how_it_is_used(
    known_set: LocalIndex, uv: str, proof: dict[str, Any], tmp_path: Path
) -> None:
    words = ["--fresh", str(tmp_path / "new")]
    result = execute(build_parser().parse_args(words), Context())
    assert f". {tmp_path / 'new' / 'bin' / 'activate'}" in result.text
    assert "-m ipykernel install --user --name paddle-new" in result.text
    data = json.loads(json.dumps(result.json))
    assert data["packages"]["paddlenlp"] == "3.0.0b4"
    assert data["kernel"] is None


@pytest.mark.slow
def test_a_kernel_is_registered_only_when_asked_for(
    known_set: LocalIndex,
    uv: str,
    proof: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[list[str]] = []
    real = fresh.run

    def seen(command: list[str], *given: Any, **more: Any) -> Any:
        if "ipykernel" in command:
            calls.append(command)
            return Done(0, "", "")
        return real(command, *given, **more)

    monkeypatch.setattr(fresh, "run", seen)
    execute(build_parser().parse_args(["--fresh", str(tmp_path / "a")]), Context())
    assert not calls
    words = ["--fresh", str(tmp_path / "b"), "--kernel"]
    result = execute(build_parser().parse_args(words), Context())
    assert result.value.kernel == "paddle-b"
    assert calls[0][0] == str(tmp_path / "b" / "bin" / "python")
