"""A Paddle that cannot read a bundle's program is refused by its version, before it crashes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bundle.making import make_bundle

from paddle_lab.bundle import paddle_version
from paddle_lab.bundle.manifest import load_manifest
from paddle_lab.bundle.paddle_version import refuse_older_paddle
from paddle_lab.errors import BundleError

MADE = {"paddlepaddle": "3.3.1"}


def with_paddle(monkeypatch: pytest.MonkeyPatch, **installed: str) -> None:
    names = {name.replace("_", "-"): version for name, version in installed.items()}
    monkeypatch.setattr(paddle_version, "version_of", names.get)


@pytest.mark.parametrize(
    ("installed", "made"),
    [
        ({"paddlepaddle": "2.6.2"}, MADE),
        ({"paddlepaddle_gpu": "2.6.1.post117"}, MADE),
        ({"paddlepaddle": "1.8.5"}, MADE),
        ({"paddlepaddle": "2.6.2"}, {}),
        ({"paddlepaddle": "3.3.1"}, {"paddlepaddle-gpu": "4.0.0"}),
    ],
)
def test_an_older_paddle_is_refused_with_both_versions(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    installed: dict[str, str],
    made: dict[str, Any],
) -> None:
    with_paddle(monkeypatch, **installed)
    folder = make_bundle(tmp_path / "bundle", versions=made)
    with pytest.raises(BundleError) as caught:
        refuse_older_paddle(folder, load_manifest(folder))
    text = caught.value.in_language("en")
    assert caught.value.code == "bundle.paddle_version"
    assert next(iter(installed.values())) in text and "pip install" in text


@pytest.mark.parametrize(
    ("installed", "made"),
    [
        ({"paddlepaddle": "3.3.1"}, MADE),
        ({"paddlepaddle": "3.0.0"}, MADE),
        ({"paddlepaddle_gpu": "3.4.0"}, MADE),
        ({"paddlepaddle": "4.1"}, MADE),
        ({"paddlepaddle": "0.0.0"}, MADE),  # one that somebody built
        ({}, MADE),
        ({"paddlepaddle": "3.1.0"}, {"paddlepaddle": 5}),
        ({"paddlepaddle": "nightly"}, {}),
    ],
)
def test_any_other_is_tried(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    installed: dict[str, str],
    made: dict[str, Any],
) -> None:
    with_paddle(monkeypatch, **installed)
    folder = make_bundle(tmp_path / "bundle", versions=made)
    refuse_older_paddle(folder, load_manifest(folder))


@pytest.mark.slow
def test_loading_a_bundle_asks_first(monkeypatch: pytest.MonkeyPatch, copy_of: Path) -> None:
    from paddle_lab.bundle import load_bundle

    with_paddle(monkeypatch, paddlepaddle="2.6.2")
    with pytest.raises(BundleError, match=r"2\.6\.2"):
        load_bundle(copy_of)
