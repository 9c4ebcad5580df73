"""What no service opens goes from an image's environment, and all that it opens stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from kits.onnx_bundle import OF_TOKENS, TASKS, onnx_bundle, tokenizer_of_mini
from serving.process import Served
from serving_wheel import lean_metadata

from paddle_lab.bundle import load_bundle
from paddle_lab.errors import UsageError
from paddle_lab.serving import slim as slimming
from paddle_lab.serving.slim import name_of, slim, unneeded

PACKAGE = Path(slimming.__file__).resolve().parents[1]


def site_of(folder: Path, packages: dict[str, list[str]], asked: tuple[str, ...] = ()) -> Path:
    """A folder with packages of these requirements; pip was asked for some of them."""
    for name, requires in packages.items():
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
        (info / "METADATA").write_text(
            "\n".join([*lines, *(f"Requires-Dist: {one}" for one in requires)]) + "\n"
        )
        (info / "INSTALLER").write_text("pip\n")
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("x = 1\n")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n{info.name}/METADATA,,\n")
        if name in asked:
            (info / "REQUESTED").touch()
    return folder


def gone_from(folder: Path) -> list[str]:
    return [name_of(one.metadata["Name"]) for one in unneeded(distributions(path=[str(folder)]))]


BASE = {
    "paddle_lab_serve": ["numpy<2", "setuptools>=77", "tokenizers",
                         'onnxruntime>=1.20; extra == "onnx"', 'grpcio; extra == "grpc"',
                         'protobuf>=4; extra == "grpc"'],
    "tokenizers": ["huggingface-hub<3"],
    "huggingface_hub": ["hf-xet; platform_machine == 'x86_64'", "typing_extensions"],
    "hf_xet": [], "typing_extensions": [], "numpy": [], "setuptools": [], "protobuf": [],
    "onnxruntime": ["numpy", "protobuf"],
    "pip": [],
}  # fmt: skip


def test_what_is_merely_declared_goes_with_all_that_it_brought(tmp_path: Path) -> None:
    site = site_of(tmp_path, BASE, asked=("paddle_lab_serve", "pip"))
    gone = ["hf-xet", "huggingface-hub", "pip", "protobuf", "setuptools", "typing-extensions"]
    assert gone_from(site) == gone


def test_what_something_else_needs_or_a_person_asked_for_stays(tmp_path: Path) -> None:
    packages = {**BASE, "our_task": ["typing_extensions"]}
    site = site_of(tmp_path, packages, asked=("paddle_lab_serve", "hf_xet"))
    assert gone_from(site) == ["huggingface-hub", "pip", "protobuf", "setuptools"]


def test_with_grpc_its_messages_stay_and_with_paddle_what_paddle_imports(tmp_path: Path) -> None:
    packages = {**BASE, "grpcio": [], "paddlepaddle": ["numpy"]}
    site = site_of(tmp_path, packages, asked=("paddle_lab_serve",))
    assert gone_from(site) == ["hf-xet", "huggingface-hub", "pip", "typing-extensions"]


def test_an_extra_that_nobody_asks_for_keeps_nothing(tmp_path: Path) -> None:
    hub, own = 'huggingface-hub; extra == "hub"', 'our-task[hub]; extra == "all"'
    site = site_of(tmp_path / "a", {**BASE, "our_task": ["numpy", hub, own]}, ("paddle_lab_serve",))
    assert "huggingface-hub" in gone_from(site)
    asked = {**BASE, "our_task": ["numpy", hub], "our_tasks": ["our-task[hub, more]>=1"]}
    assert gone_from(site_of(tmp_path / "b", asked)) == ["pip", "protobuf", "setuptools"]


def test_any_other_environment_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"paddle-lab-serve"):
        slim(tmp_path)
    with pytest.raises(UsageError):
        slim(Path(sys.prefix))  # that of these tests: paddle-lab itself is in it


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of ``paddle-lab-serve[onnx]``: what these tests have of it, by links to its files."""
    root = tmp_path_factory.mktemp("slim") / "env"
    venv.create(root, symlinks=True)
    site = next((root / "lib").glob("python3*")) / "site-packages"
    info = site / "paddle_lab_serve-1.0.dist-info"
    info.mkdir()
    lines = [f"Requires-Dist: {one}" for one in distribution("paddle-lab").requires or ()]
    head = "\n".join(["Metadata-Version: 2.1", "Name: paddle-lab", "Version: 1.0", *lines])
    (info / "METADATA").write_text(lean_metadata(f"{head}\n\n"), encoding="utf-8")
    (info / "RECORD").write_text("")
    link_all(PACKAGE, site / "paddle_lab", PACKAGE.rglob("*.py"), PACKAGE.rglob("*.json"))
    wanted, found = [*(Distribution.at(info).requires or ())], set[str]()
    while wanted:
        requirement = wanted.pop()
        name = name_of(requirement)
        if name in found or ("extra" in requirement and name != "onnxruntime"):
            continue
        try:
            one = distribution(name)
        except ImportError:
            continue
        found.add(name)
        wanted += one.requires or ()
        home = Path(str(one.locate_file("")))
        files = [Path(str(one.locate_file(file))) for file in one.files or ()]
        link_all(home, site, [file for file in files if file.is_relative_to(home)])
    return root


def link_all(home: Path, target: Path, *groups: Iterator[Path] | list[Path]) -> None:
    for group in groups:
        for file in group:
            if ".." in file.parts or "__pycache__" in file.parts or not file.is_file():
                continue
            place = target / file.relative_to(home)
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                os.link(file.resolve(), place)


@pytest.mark.slow
def test_what_is_left_answers_for_every_task(environment: Path, tmp_path: Path) -> None:
    """What is left starts a service, and answers as the predictor does with all packages."""
    before = size_of(environment)
    command = [environment / "bin" / "python", "-m", "paddle_lab.serving.slim"]
    python = str(command[0])
    for words, same in ((["--dry-run"], True), ([], False)):
        done = subprocess.run(list(map(str, [*command, *words])), capture_output=True, text=True,
                              env=without_ours(), cwd="/")  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "huggingface" in done.stdout.lower() and (size_of(environment) == before) is same
    site = next((environment / "lib").glob("python3*")) / "site-packages"
    assert not list(site.glob("huggingface_hub*")) and not (site / "numpy" / "f2py").exists()
    assert not list(site.glob("onnxruntime/capi/libonnxruntime.so*"))
    assert list((site / "onnxruntime").rglob("*.pyc")), "what is imported is compiled"
    assert (PACKAGE / "cli.py").is_file()
    tokens, rows = (
        tokenizer_of_mini(),
        {True: ["质量很好，推荐！", "物流很快"], False: "李明在北京买的，很好！"},
    )
    tasks = {**TASKS, **OF_TOKENS}
    bundles = {name: onnx_bundle(tmp_path / name, tokens, task, codec)
               for name, (task, codec, _) in tasks.items()}  # fmt: skip
    words = [f"{name}={folder}" for name, folder in bundles.items()]
    service = Served(tmp_path / "service", *words, python=python)
    try:
        service.until_ready()
        for name, (_, _, two) in tasks.items():
            row = rows[two]
            status, found = service.ask("/predict", {"model": name, "texts": [row]})
            (answer,) = load_bundle(bundles[name], device="cpu").predict(
                [tuple(row) if two else row]
            )
            assert status == 200, (name, found)
            assert found["answers"] == [json.loads(json.dumps(answer.to_json()))]
    finally:
        assert service.terminate() == 0


def without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def size_of(folder: Path) -> int:
    files = [file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    return sum(file.lstat().st_size for file in files)
