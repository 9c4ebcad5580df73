"""Environments are really broken, really diagnosed, and really mended by the plan's own commands.

Each one begins as a copy of a good environment (hard links: seconds, not gigabytes) and ends with a
real training step and a real inference in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment import all_findings, collect_from, explain, make_plan, run_check

pytestmark = [
    pytest.mark.slow,
    pytest.mark.network,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="the copies use hard links and symlinks"),
]
GOOD = (
    "paddlepaddle==3.3.1",
    "paddlenlp==3.0.0b4",
    "aistudio-sdk<0.3",
    "pyarrow<21",
    "datasets>=3,<4",
    "numpy<2",
    "paddle2onnx>=2.1",
    "setuptools<81",
    "pip",
)


def find_uv() -> str | None:
    """uv on the PATH, or beside this Python."""
    return (
        os.environ.get("UV")
        or shutil.which("uv")
        or shutil.which("uv", path=str(Path(sys.executable).parent))
    )


class Workshop:
    """Makes environments, breaks them, and applies plans to them."""

    def __init__(self, folder: Path, uv: str) -> None:
        self.folder = folder
        self.uv = uv
        self.environ = {**os.environ, "UV_LINK_MODE": "hardlink", "UV_NO_CONFIG": "0"}
        self.environ["UV_HTTP_TIMEOUT"] = "120"
        self.environ["PIP_NO_COMPILE"] = "0"  # means: compile what is imported, not all of it
        self.environ["PATH"] = f"{Path(uv).parent}{os.pathsep}{os.environ['PATH']}"

    def new(self, name: str, *packages: str) -> Path:
        """A fresh environment with packages in it."""
        target = self.folder / name
        self.run(self.uv, "venv", "-q", "--python", sys.executable, str(target))
        self.install(target, *packages)
        return target

    def copy(self, source: Path, name: str) -> Path:
        """A copy that shares its files with ``source`` until one of the two replaces them."""
        target = self.folder / name
        shutil.copytree(source, target, copy_function=os.link, symlinks=True)
        return target

    def install(self, environment: Path, *packages: str) -> None:
        self.run(
            self.uv, "pip", "install", "-q", "--python", str(environment / "bin/python"), *packages
        )

    def share_compiled(self, source: Path, environment: Path) -> None:
        """What was compiled in ``source`` of files that the other has too: uv links them."""
        inside = Path("lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
        for compiled in (source / inside).rglob("*.pyc"):
            name = compiled.relative_to(source / inside)
            here = environment / inside / name
            text = Path(name.parent.parent, f"{name.name.split('.')[0]}.py")
            ours, theirs = environment / inside / text, source / inside / text
            if ours.is_file() and not here.exists() and ours.samefile(theirs):
                here.parent.mkdir(exist_ok=True)
                os.link(compiled, here)

    def uninstall(self, environment: Path, *packages: str) -> None:
        self.run(
            self.uv,
            "pip",
            "uninstall",
            "-q",
            "--python",
            str(environment / "bin/python"),
            *packages,
        )

    def run(self, *command: str) -> None:
        for _ in range(3):  # the registry may falter for a moment
            done = subprocess.run(command, env=self.environ, capture_output=True, text=True)
            if done.returncode == 0:
                return
        pytest.fail(f"{command}:\n{done.stdout}\n{done.stderr}")

    def apply(self, environment: Path, commands: list[str], where: Path) -> None:
        """Run the plan as a person would: in a shell with the environment activated."""
        environ = {**self.environ, "VIRTUAL_ENV": str(environment)}
        environ["PATH"] = f"{environment / 'bin'}{os.pathsep}{environ['PATH']}"
        for command in commands:
            if command.startswith("paddle-lab env "):  # not installed there; we check below
                continue
            done = subprocess.run(
                ["bash", "-c", command], env=environ, cwd=where, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    uv = find_uv()
    if uv is None:
        pytest.skip("uv is not installed: pip install uv")
    made = Workshop(tmp_path_factory.mktemp("workshop"), uv)
    probe = subprocess.run(
        [uv, "pip", "install", "-q", "--dry-run", "--python", sys.executable, "--no-deps", "six"],
        capture_output=True,
        text=True,
        env=made.environ,
    )
    if probe.returncode != 0:
        pytest.skip(f"the package registry is not reached: {probe.stderr.strip()[-200:]}")
    yield made
    shutil.rmtree(made.folder)


@pytest.fixture(scope="module")
def good(workshop: Workshop) -> Path:
    """The environment that the plan leads to; also what the others are made from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        environment = workshop.new("good", *GOOD)
        check = run_check(environment / "bin/python")
    assert check["ok"], check
    return environment


@pytest.fixture(autouse=True)
def only_the_good_one_stays(workshop: Workshop) -> Iterator[None]:
    """A mended environment is up to 1.6 GB of new files: it goes with its test."""
    yield
    for environment in workshop.folder.iterdir():
        if environment.name != "good":
            shutil.rmtree(environment)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, as a notebook's would be."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mend(
    workshop: Workshop,
    environment: Path,
    here: Path,
    expected: set[str],
    facts: dict[str, Any] | None = None,
) -> list[str]:
    """Diagnose, apply the plan, and prove that training works. Returns the plan's commands.

    ``facts`` are those of the broken environment, where they were gathered already.
    """
    python = environment / "bin/python"
    facts = collect_from(python) if facts is None else facts
    findings = all_findings(facts)
    found = {finding.id for finding in findings if finding.severity == "error"}
    assert expected <= found, (expected, found)
    plan = make_plan(facts, findings)
    assert plan.possible
    assert plan.commands
    workshop.apply(environment, plan.commands, here)
    check = run_check(python)
    assert check["ok"], check
    assert [phase["name"] for phase in check["phases"]][-2:] == [
        "training step on cpu",
        "inference on cpu",
    ]
    after = collect_from(python)
    assert [f.id for f in all_findings(after) if f.severity == "error"] == []
    assert make_plan(after).commands == [], "a mended environment needs no plan"
    return plan.commands


def breaks_with(environment: Path, here: Path) -> str:
    """The error text of the broken environment: it must really be broken."""
    check = run_check(environment / "bin/python")
    assert not check["ok"], "this environment was meant to be broken"
    return str(check["text"])


def test_todays_plain_installation(workshop: Workshop, good: Path, here: Path) -> None:
    environment = workshop.new("plain", "paddlepaddle", "paddlenlp", "pip", "setuptools<81")
    workshop.share_compiled(good, environment)
    text = breaks_with(environment, here)
    assert "ImportError" in text or "ModuleNotFoundError" in text
    facts = collect_from(environment / "bin/python")
    first = explain(text, facts).findings[0]
    assert first.id in {"packages-do-not-fit", "hf-hub-too-new"}
    commands = mend(workshop, environment, here, {"aistudio-download", "hf-hub-too-new"}, facts)
    assert len(commands) == 2, "the chain is resolved at once: one installation, one check"


def test_fresh_prerelease_with_the_newest_dependencies(
    workshop: Workshop, good: Path, here: Path
) -> None:
    environment = workshop.copy(good, "newest")
    workshop.install(
        environment,
        "aistudio-sdk>=0.3",
        "pyarrow>=26",
        "numpy==1.26.4",
        "datasets>=5",
        "huggingface-hub<1",
    )
    text = breaks_with(environment, here)
    facts = collect_from(environment / "bin/python")
    first = explain(text, facts).findings[0]
    assert first.id in {"packages-do-not-fit", "aistudio-download"}
    assert "aistudio-sdk" in f"{first.title} {first.evidence}"
    mend(workshop, environment, here, {"aistudio-download", "pyarrow-needs-numpy2"}, facts)


def test_a_half_done_repair(workshop: Workshop, good: Path, here: Path) -> None:
    environment = workshop.copy(good, "half")
    workshop.install(environment, "--no-deps", "datasets==5.2.0")
    text = breaks_with(environment, here)
    facts = collect_from(environment / "bin/python")
    first = explain(text, facts).findings[0]
    assert first.id == "requirement-unmet"
    mend(workshop, environment, here, {"requirement-unmet"}, facts)


def test_an_environment_without_pip_and_setuptools(
    workshop: Workshop, good: Path, here: Path
) -> None:
    environment = workshop.copy(good, "bare")
    workshop.uninstall(environment, "pip", "setuptools")
    text = breaks_with(environment, here)
    assert explain(text, {}).findings[0].id in {"no-module-setuptools", "no-module-pip"}
    commands = mend(workshop, environment, here, {"no-module-setuptools", "no-module-pip"})
    assert commands[0].startswith("uv pip install"), "without pip, the command must not ask for pip"


def test_a_local_file_named_paddle(workshop: Workshop, good: Path, here: Path) -> None:
    environment = workshop.copy(good, "shadow")
    (here / "paddle.py").write_text("print('my experiments')\n", encoding="utf-8")
    breaks_with(environment, here)
    mend(workshop, environment, here, {"hidden-module"})
    assert (here / "my_paddle.py").read_text(encoding="utf-8") == "print('my experiments')\n"


def test_a_half_deleted_paddle(workshop: Workshop, good: Path, here: Path) -> None:
    environment = workshop.copy(good, "halved")
    packages = next((environment / "lib").glob("python3.*")) / "site-packages"
    shutil.rmtree(packages / "paddle" / "distribution")
    shutil.rmtree(packages / "paddle" / "nn")
    text = breaks_with(environment, here)
    facts = collect_from(environment / "bin/python")
    first = explain(text, facts).findings[0]
    assert first.id == "damaged-files"
    mend(workshop, environment, here, {"damaged-files"}, facts)


def test_paddle_26_that_crashes(workshop: Workshop, good: Path, here: Path) -> None:
    if sys.version_info >= (3, 12):
        pytest.skip("the crash was seen on Python 3.10 and 3.11")
    environment = workshop.copy(good, "crash")
    workshop.install(
        environment,
        "paddlepaddle==2.6.2",
        "paddlenlp==2.8.1",
        "huggingface-hub<1",
        "protobuf<=3.20.3",
        "aistudio-sdk<0.3",
        "numpy<2",
        "pyarrow<21",
        "datasets>=3,<4",
    )
    check = run_check(environment / "bin/python")
    assert not check["ok"]
    mend(workshop, environment, here, {"zlib-segfault-26"})


def test_the_impostor_named_paddle(workshop: Workshop, good: Path, here: Path) -> None:
    environment = workshop.copy(good, "impostor")
    build_impostor(workshop, environment, here)
    text = breaks_with(environment, here)
    assert text
    mend(workshop, environment, here, {"shared-files"})


def build_impostor(workshop: Workshop, environment: Path, here: Path) -> None:
    """A package called paddle, as the unrelated one on the index: it overwrites ours."""
    source = here.parent / f"{here.name}-impostor"
    (source / "paddle").mkdir(parents=True)
    (source / "paddle" / "__init__.py").write_text("import common\n", encoding="utf-8")
    (source / "pyproject.toml").write_text(
        '[project]\nname = "paddle"\nversion = "1.0.2"\n'
        '[build-system]\nrequires = ["setuptools<81"]\n'
        'build-backend = "setuptools.build_meta"\n[tool.setuptools]\npackages = ["paddle"]\n',
        encoding="utf-8",
    )
    workshop.install(environment, "--no-deps", str(source))


Breaker = Callable[[Workshop, Path], None]
