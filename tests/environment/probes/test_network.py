"""Addresses that are set and cannot work: told from this machine alone, and quickly."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paddle_lab.environment.probes import network as probe
from paddle_lab.environment.probes.network import network


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(("PIP_", "UV_", "HF_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(probe, "_pip_files", lambda: [])


@pytest.fixture
def dead_port() -> int:
    """A port that nobody listens on: it was just given back."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def open_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def found() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = network()["addresses"]
    return entries


def test_nothing_set_nothing_found() -> None:
    assert found() == []


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY", "PIP_PROXY"])
@pytest.mark.parametrize("form", ["http://127.0.0.1:{}", "http://localhost:{}/", "127.0.0.1:{}"])
def test_a_proxy_where_nothing_listens(
    monkeypatch: pytest.MonkeyPatch, dead_port: int, variable: str, form: str
) -> None:
    monkeypatch.setenv(variable, form.format(dead_port))
    (entry,) = found()
    assert (entry["setting"], entry["state"]) == (variable, "dead")
    assert entry["value"].endswith(f":{dead_port}")


def test_a_proxy_that_listens_is_none_of_ours(
    monkeypatch: pytest.MonkeyPatch, open_port: int
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{open_port}")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.company.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    assert found() == []


@pytest.mark.parametrize(
    ("variable", "value", "state"),
    [
        ("HTTPS_PROXY", "http://127.0.0.1:port", "malformed"),
        ("HTTPS_PROXY", "http://", "malformed"),
        ("HF_ENDPOINT", "mirror.example", "malformed"),
        ("PIP_INDEX_URL", "file:///no/such/folder", "missing"),
        ("PIP_FIND_LINKS", "/no/such/folder", "missing"),
        ("UV_INDEX_URL", "http://127.0.0.1:{dead}/simple", "dead"),
        ("HF_ENDPOINT", "http://localhost:{dead}", "dead"),
    ],
)
def test_other_settings_that_cannot_work(
    monkeypatch: pytest.MonkeyPatch, dead_port: int, variable: str, value: str, state: str
) -> None:
    monkeypatch.setenv(variable, value.format(dead=dead_port))
    assert [entry["state"] for entry in found()] == [state]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PIP_INDEX_URL", "https://index.example/simple"),
        ("UV_INDEX", "name=https://index.example/simple"),
        ("PIP_FIND_LINKS", "https://wheels.example/list.html"),
        ("PIP_FIND_LINKS", str(Path(__file__).parent)),
        ("PIP_INDEX_URL", Path(__file__).parent.as_uri()),
    ],
)
def test_what_only_the_network_could_tell_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert found() == []


@pytest.mark.parametrize(
    ("number", "state"),
    [(socket.EAI_NONAME, ["unresolved"]), (socket.EAI_AGAIN, []), (None, [])],
    ids=["no such host", "no answer", "found"],
)
def test_a_hub_of_an_unknown_name(
    monkeypatch: pytest.MonkeyPatch, number: int | None, state: list[str]
) -> None:
    def look(host: str, port: int) -> list[str]:
        if number is not None:
            raise socket.gaierror(number, "told")
        return [host]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example")
    assert [entry["state"] for entry in found()] == state
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert found() == [], "the proxy looks names up"


def test_pip_configurations_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dead_port: int
) -> None:
    good, bad = tmp_path / "pip.conf", tmp_path / "other.conf"
    good.write_text(
        f"[global]\nproxy = http://localhost:{dead_port}\nindex-url = https://index.example/simple\n"
        "[install]\nfind-links =\n    /no/such/folder\n",
        "utf-8",
    )
    bad.write_text("index-url without a section\n", "utf-8")
    monkeypatch.setattr(probe, "_pip_files", lambda: [str(good), str(bad)])
    assert [(entry["setting"], entry["state"]) for entry in found()] == [
        ("global.proxy", "dead"),
        ("install.find-links", "missing"),
        ("", "unreadable"),
    ]


def test_no_name_or_password_is_kept(monkeypatch: pytest.MonkeyPatch, dead_port: int) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://ann:secret@127.0.0.1:{dead_port}")
    monkeypatch.setenv("ALL_PROXY", "ann:secret@127.0.0.1:none")
    monkeypatch.setenv("HTTP_PROXY", "socks5://ann:secret@127.0.0.1:none")
    text = json.dumps(found())
    assert text.count("127.0.0.1") == 3
    assert "secret" not in text
    assert "ann" not in text
