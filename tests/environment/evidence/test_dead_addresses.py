"""Settings that cannot work become findings that name them, and take them back."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment.evidence import evidence_findings


def entry(setting: str, value: str, state: str = "dead", file: str = "") -> dict[str, Any]:
    return {"setting": setting, "value": value, "state": state, "file": file}


def test_variables_of_one_address_are_one_finding() -> None:
    facts = {
        "addresses": [
            entry("HTTPS_PROXY", "127.0.0.1:7890"),
            entry("https_proxy", "127.0.0.1:7890"),
            entry("HF_ENDPOINT", "hub.example", "malformed"),
        ]
    }
    proxy, hub = evidence_findings(facts)
    assert proxy.title.in_language("en") == (
        "HTTPS_PROXY, https_proxy cannot work: nothing listens on 127.0.0.1:7890"
    )
    assert proxy.commands == ("unset HTTPS_PROXY https_proxy",)
    assert proxy.evidence[0] == "HTTPS_PROXY = 127.0.0.1:7890"
    assert proxy.severity == hub.severity == "error"
    assert "hub.example" in hub.title.in_language("zh")


@pytest.mark.parametrize(
    ("system", "command"),
    [("Linux", "unset HTTP_PROXY"), ("Windows", "Remove-Item Env:HTTP_PROXY")],
)
def test_the_command_is_for_the_shell_of_the_machine(system: str, command: str) -> None:
    facts = {"platform": {"system": system}, "addresses": [entry("HTTP_PROXY", "127.0.0.1:1")]}
    assert evidence_findings(facts)[0].commands == (command,)


@pytest.mark.parametrize(
    ("packages", "commands"),
    [({"pip": "26.0"}, ("/e/bin/python -m pip config unset global.proxy",)), ({}, ())],
)
def test_a_key_of_pip_is_unset_by_pip(packages: dict[str, str], commands: tuple[str, ...]) -> None:
    facts = {
        "packages": packages,
        "python": {"executable": "/e/bin/python"},
        "addresses": [entry("global.proxy", "127.0.0.1:1", file="~/.config/pip/pip.conf")],
    }
    (found,) = evidence_findings(facts)
    assert found.commands == commands
    assert found.evidence == ("~/.config/pip/pip.conf: global.proxy = 127.0.0.1:1",)


@pytest.mark.parametrize("state", ["dead", "missing", "malformed", "unresolved", "unreadable"])
def test_every_state_is_said_in_both_languages(state: str) -> None:
    (found,) = evidence_findings({"addresses": [entry("X", "value", state, "file")]})
    assert "value" in found.title.in_language("en")
    assert "value" in found.title.in_language("zh")
