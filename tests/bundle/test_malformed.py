"""Documents in and beside a bundle that are none: refused or passed over, and nothing blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle.making import make_bundle
from malformed_runs import DOCUMENTS, SPECIAL, special

from paddle_lab.bundle.locate import failure_report, find_bundle
from paddle_lab.bundle.manifest import MANIFEST_FILE, load_manifest
from paddle_lab.bundle.staging import STAGING, check_replaceable, staging_dir
from paddle_lab.errors import BundleError
from paddle_lab.runs import ProcessMark, RunFolder

BROKEN = sorted({*DOCUMENTS, *SPECIAL})


def put(name: str, path: Path) -> None:
    """A malformed document, or something that is no file, at ``path``."""
    if name in SPECIAL:
        special(name)(path)
    else:
        path.write_bytes(DOCUMENTS[name])


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_manifest_is_no_bundle_and_nothing_is_replaced(tmp_path: Path, name: str) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    put(name, bundle / MANIFEST_FILE)
    for use in (load_manifest, check_replaceable):
        with pytest.raises(BundleError):
            use(bundle)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_report_of_a_failure_only_leaves_the_reason_out(
    make_run: Callable[..., RunFolder], name: str
) -> None:
    folder = make_run()
    with folder.open_log() as log:
        log.append("end", state="finished", step=1)
    put(name, failure_report(folder.bundle))
    with pytest.raises(BundleError) as caught:
        find_bundle(folder.path)
    assert caught.value.code == "bundle.absent" and caught.value.why is None


@pytest.mark.parametrize("name", BROKEN)
def test_a_staging_directory_of_nobody_known_stays_for_a_while(tmp_path: Path, name: str) -> None:
    left = tmp_path / f"{STAGING}0123"
    left.mkdir()
    put(name, left / "owner.json")
    with staging_dir(tmp_path / "bundle"):
        assert left.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"pid": -1},
        {"pid": 0},
        {"pid": 2**70},
        {"pid": True},
        {"pid": 1.5},
        {"pid": "1"},
        {"host": 7},
        {"started": "now"},
        {"started": -1e18},
        {"born": 7},
    ],
    ids=str,
)
def test_an_owner_of_no_possible_number_is_nobody_known(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    left = tmp_path / f"{STAGING}0123"
    left.mkdir()
    owner = {**ProcessMark.of_this_process().to_json(), "destination": "../evil", **changes}
    (left / "owner.json").write_text(json.dumps(owner), encoding="utf-8")
    with staging_dir(tmp_path / "bundle"):
        assert left.exists()
