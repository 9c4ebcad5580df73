"""A bundle that another export exchanges while it is read is read again, not called damaged."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from bundle.making import make_bundle

from paddle_lab.bundle import exchange
from paddle_lab.bundle.exchange import STAGING, appears, in_place
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.bundle.manifest import MANIFEST_FILE, load_manifest
from paddle_lab.bundle.staging import StagingDir, install
from paddle_lab.errors import BundleError


def exporting(run: Path) -> StagingDir:
    """The staging directory of an export that has moved the older bundle aside."""
    place = StagingDir(run / f"{STAGING}1")
    make_bundle(place.bundle)
    make_bundle(place.root / "replaced0")
    return place


def test_what_was_read_of_two_bundles_is_read_again(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle", codec={"labels": ["old", "x"]})
    new = make_bundle(tmp_path / "new", codec={"labels": ["new", "x"]})
    seen: list[str] = []

    def read() -> str:
        seen.append(load_manifest(folder).labels[0])
        if new.exists():
            folder.rename(tmp_path / "aside")
            new.rename(folder)
        return seen[-1]

    assert in_place(folder, read) == "new"
    assert seen == ["old", "new"]


def test_a_moment_without_any_bundle_is_waited_out(tmp_path: Path) -> None:
    place = exporting(tmp_path / "run")
    folder = tmp_path / "run" / "bundle"
    tries: list[bool] = []

    def read() -> bool:
        tries.append(folder.exists())
        if len(tries) == 3:
            place.bundle.rename(folder)
        return bool(load_manifest(folder).labels)

    assert in_place(folder, read)
    assert tries[:3] == [False, False, False]


def test_what_is_wrong_with_a_bundle_that_stays_is_said_at_once(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / "model.json").write_bytes(b"changed")
    tries: list[int] = []

    def read() -> None:
        tries.append(1)
        load_manifest(folder)

    with pytest.raises(BundleError, match=r"model\.json"):
        in_place(folder, read)
    with pytest.raises(BundleError):
        in_place(tmp_path / "absent", lambda: load_manifest(tmp_path / "absent"))
    assert tries == [1]


def test_a_folder_that_never_stays_gives_what_is_seen_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "PATIENCE_S", 0.0)
    folder = tmp_path / "bundle"
    folder.mkdir()
    places = iter(range(100))

    def read() -> int:
        number = next(places)
        folder.rename(tmp_path / f"{number}")
        folder.mkdir()
        return number

    assert in_place(folder, read) == next(places) - 1


def test_a_bundle_is_waited_for_only_while_an_export_exchanges_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle"
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    assert not appears(bundle / MANIFEST_FILE) and not pauses
    place = exporting(tmp_path)
    monkeypatch.setattr(time, "sleep", lambda _: place.bundle.rename(bundle))
    assert find_bundle(bundle) == bundle


def test_an_export_that_was_killed_between_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "PATIENCE_S", 0.1)
    exporting(tmp_path)
    assert not appears(tmp_path / "bundle" / MANIFEST_FILE)
    with pytest.raises(BundleError):
        in_place(tmp_path / "bundle", lambda: load_manifest(tmp_path / "bundle"))


@pytest.mark.slow
def test_hundreds_of_exchanges_make_no_bundle_look_damaged(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "run" / "bundle")
    done = threading.Event()

    def exchange() -> None:
        for number in range(300):
            place = StagingDir(tmp_path / "run" / f"{STAGING}{number}")
            make_bundle(place.bundle, codec={"labels": [f"{number}", "x"]})
            install(place, folder)
            time.sleep(0.01)
        done.set()

    thread = threading.Thread(target=exchange)
    thread.start()
    loaded = 0
    while not done.is_set():
        assert len(in_place(folder, lambda: load_manifest(folder)).labels) == 2
        loaded += 1
    thread.join()
    assert loaded > 10
    assert load_manifest(folder).labels[0] == "299"
