"""A package that is asked for by its metadata is named; a frozen program has none."""

from __future__ import annotations

import pytest

from paddle_lab.environment.said import absent


@pytest.mark.parametrize(
    "text",
    [
        "importlib_metadata.PackageNotFoundError: No package metadata was found for alpha-x",
        "importlib.metadata.PackageNotFoundError: alpha-x",
        "PackageNotFoundError: 'alpha-x'\n",
        "pkg_resources.DistributionNotFound: The 'alpha-x>=1.0' distribution was not found and is "
        "required by the application",
    ],
)
def test_the_package_is_named_and_installed(text: str) -> None:
    (found,) = absent.findings(text, {})
    assert found.title.in_language("en") == "alpha-x is not installed here"
    assert found.commands == ("python -m pip install alpha-x",)


def test_a_frozen_program_is_no_case() -> None:
    text = "C:\\Temp\\_MEI1234\\base: PackageNotFoundError: No package metadata was found for alpha"
    assert absent.findings(text, {}) == []
