"""A bundle is whole at its place or is not there: kills, foreign folders, two exporters."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from bundle.making import make_bundle
from bundle.tiny import REPOSITORY

from paddle_lab.bundle import staging
from paddle_lab.bundle.exchange import STAGING
from paddle_lab.bundle.manifest import load_manifest
from paddle_lab.bundle.staging import StagingDir, check_replaceable, install, staging_dir
from paddle_lab.errors import BundleError
from paddle_lab.runs.process import ProcessMark

# Exports again and again, with everything real but Paddle: writing, sealing, replacing.
EXPORTER = """
import dataclasses, os, sys, time
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from bundle.tiny import build_tokenizer_json
from paddle_lab.bundle import export

def save_program(model, signature, folder):
    for name, size in (("model.json", 40_000), ("model.pdiparams", 400_000)):
        with open(folder / name, "wb") as file:
            for _ in range(8):
                file.write(os.urandom(size // 8)); file.flush()

def check(folder, work, **_):
    return export.ExportProof(True, 1, True, True, 0.0, 0.0, 1e-4, False)

export.program.save_program = save_program
export.program.check_exportable = lambda *a, **k: None
export.program.count_parameters = lambda model: 1
export.program.eager_outputs = lambda model, signature, windows: {
    "logits": np.zeros((len(windows.ids), 2), np.float32)
}
export.check_in_fresh_process = check
destination = Path(sys.argv[1])
trained = export.ExportSource(
    None, build_tokenizer_json(), {"labels": ["a", "b"]}, 16, {"text": ["x"]}
)
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    export.export_bundle(dataclasses.replace(trained, metrics={"number": number}), destination)
print("done", flush=True)
"""


def exporter(destination: Path, times: int, code: str = EXPORTER) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(destination), str(times)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"},
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_twenty_kills_at_random_moments_never_leave_half_a_bundle(tmp_path: Path) -> None:
    chance = random.Random(20)
    seen: set[str] = set()
    for attempt in range(20):
        place = tmp_path / f"run{attempt}"
        destination = place / "bundle"
        process = exporter(destination, 1000)
        time.sleep(chance.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen.add(check_after_kill(place, destination))
        if attempt % 5 == 0:
            finish(destination)
    assert "replaced" in seen or "first" in seen


def check_after_kill(place: Path, destination: Path) -> str:
    """Whatever loads is whole, at its destination or in the one abandoned staging directory."""
    stagings = list(place.glob(f"{STAGING}*")) if place.exists() else []
    assert len(stagings) <= 1
    if destination.exists():
        load_manifest(destination)
        return "replaced" if load_manifest(destination).metrics["number"] else "first"
    for folder in place.rglob("manifest.json") if place.exists() else []:
        try:
            load_manifest(folder.parent)
        except BundleError:
            continue
        # Proven and sealed, but not yet renamed: whole, and not where bundles are looked for.
        assert folder.parent.parent in stagings
    return "none"


REAL_EXPORTER = """
import sys
from pathlib import Path
from bundle.tiny import tiny_trained
from paddle_lab.bundle import export_bundle
trained = tiny_trained()
print("ready", flush=True)
export_bundle(trained, Path(sys.argv[1]))
print("done", flush=True)
"""


@pytest.mark.slow
def test_killing_a_real_export_leaves_nothing_or_all(tmp_path: Path) -> None:
    chance = random.Random(3)
    for moment in (chance.uniform(0, 2), chance.uniform(1, 6)):
        place = tmp_path / f"{moment}"
        process = exporter(place / "bundle", 1, REAL_EXPORTER)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (place / "bundle").exists():
            assert load_manifest(place / "bundle").proof
        for folder in place.glob(f"{STAGING}*/bundle"):
            with contextlib.suppress(BundleError):
                assert load_manifest(folder).proof


def finish(destination: Path) -> None:
    """The next export works and clears away what the killed one left."""
    process = exporter(destination, 1)
    assert process.communicate()[0] == "done\n"
    load_manifest(destination)
    left = [path for path in destination.parent.iterdir() if path != destination]
    # One that was killed before it had signed its staging directory is cleared away when it is old.
    signed = [path for path in left if (sign := path / "owner.json").exists() and sign.read_text()]
    assert not signed


@pytest.mark.slow
def test_two_exporters_of_one_run_do_not_spoil_each_other(tmp_path: Path) -> None:
    destination = tmp_path / "run" / "bundle"
    both = [exporter(destination, 15) for _ in range(2)]
    assert [process.communicate()[0] for process in both] == ["done\n", "done\n"]
    load_manifest(destination)
    finish(destination)


@pytest.mark.parametrize(("owner", "name"), [(Path, "is_dir"), (staging, "read_object")])
def test_a_bundle_that_another_export_exchanges_meanwhile_is_looked_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    destination = make_bundle(tmp_path / "bundle")
    other = make_bundle(tmp_path / "other")
    real = getattr(owner, name)

    def exchanged_meanwhile(path: Path, **options: Any) -> Any:
        monkeypatch.setattr(owner, name, real)
        destination.rename(tmp_path / "aside")
        try:
            return real(path, **options)
        finally:
            other.rename(destination)

    monkeypatch.setattr(owner, name, exchanged_meanwhile)
    check_replaceable(destination)
    assert (tmp_path / "aside").exists() and not other.exists()


def abandoned_staging(place: Path, destination: str = "bundle") -> Path:
    """What an export leaves that was killed between the two renamings."""
    root = place / f"{STAGING}0123"
    make_bundle(root / "replaced0")
    gone = {**ProcessMark.of_this_process().to_json(), "pid": 2**22 + 1}
    (root / "owner.json").write_text(json.dumps({**gone, "destination": destination}))
    return root


def test_a_bundle_that_was_moved_aside_by_a_killed_export_comes_back(tmp_path: Path) -> None:
    abandoned = abandoned_staging(tmp_path)
    with staging_dir(tmp_path / "bundle"):
        assert load_manifest(tmp_path / "bundle").labels
        assert not abandoned.exists()


@pytest.mark.parametrize("winner", ["it came back", "a new bundle took its place"])
def test_of_two_exports_that_bring_a_bundle_back_the_later_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, winner: str
) -> None:
    abandoned = abandoned_staging(tmp_path)
    new = make_bundle(tmp_path / "new")
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", real)
        real(self if winner == "it came back" else new, target)
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with staging_dir(tmp_path / "bundle"):
        assert load_manifest(tmp_path / "bundle").labels
        assert not abandoned.exists()


def test_a_bundle_that_cannot_be_brought_back_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    abandoned = abandoned_staging(tmp_path)

    def rename(self: Path, target: Path) -> Path:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(BundleError, match="Input/output error"), staging_dir(tmp_path / "bundle"):
        pass
    assert load_manifest(abandoned / "replaced0").labels


def test_a_hostile_note_in_an_abandoned_staging_moves_nothing_elsewhere(tmp_path: Path) -> None:
    place = tmp_path / "place"
    abandoned = abandoned_staging(place, "../stolen")
    with staging_dir(place / "bundle"):
        assert not (tmp_path / "stolen").exists() and not abandoned.exists()


def test_installing_fails_without_losing_the_older_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = make_bundle(tmp_path / "bundle")
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name == "bundle" and self.parent.name.startswith(STAGING):
            raise OSError(5, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(BundleError, match="Input/output error"), staging_dir(destination) as place:
        make_bundle(place.bundle / "x")
        install(place, destination)
    assert load_manifest(destination).labels
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", ["thesis.docx", "serve/app.py"])
def test_a_folder_with_somebodys_files_is_never_replaced(tmp_path: Path, name: str) -> None:
    folder = make_bundle(tmp_path / "bundle")
    check_replaceable(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    with pytest.raises(BundleError, match=name):
        check_replaceable(folder)


def saved_by_paddle(staging: StagingDir) -> None:
    """As ``paddle.jit.save`` does, which makes the folders that it saves to."""
    staging.bundle.mkdir(parents=True)
    (staging.bundle / "model.json").write_text("{}")


def test_a_run_that_is_removed_while_paddle_saves_is_not_made_again(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    anchor = run / "run.json"
    anchor.write_text("{}")
    with contextlib.ExitStack() as exports:
        both = [
            exports.enter_context(staging_dir(run / "bundle", anchor)),
            exports.enter_context(staging_dir(run / "bundle", anchor)),
        ]
        run.rename(tmp_path / "hidden")
        for staging in both:
            saved_by_paddle(staging)
    assert [path.name for path in tmp_path.iterdir()] == ["hidden"]


def test_no_export_begins_in_a_folder_that_only_another_has_made_again(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with (
        pytest.raises(BundleError, match="No such file"),
        staging_dir(run / "bundle", run / "run.json"),
    ):
        pass
    assert list(run.iterdir()) == []


def test_an_empty_folder_of_somebodys_stays_when_an_export_fails(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    with pytest.raises(BundleError), staging_dir(folder / "bundle"):
        raise OSError(28, "No space left on device")
    assert folder.is_dir()


def test_a_folder_that_is_no_bundle_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match=r"notes\.txt"), staging_dir(tmp_path):
        pass
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_empty_folder_and_what_notebooks_leave_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    check_replaceable(tmp_path / "empty")
    folder = make_bundle(tmp_path / "bundle")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "x.json").write_text("{}")
    check_replaceable(folder)


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for destination in (
        tmp_path / "file",
        tmp_path / "file" / "bundle",
        tmp_path / ("x" * 300),
        tmp_path / ("x" * 300) / "bundle",
    ):
        with pytest.raises(BundleError) as caught, staging_dir(destination):
            pass
        assert caught.value.fix is not None
    assert (tmp_path / "file").read_text() == "in the way"
