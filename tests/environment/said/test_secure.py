"""Why a proxy or a secure connection refuses is read from the words after the error."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.environment import explain
from paddle_lab.environment.findings import Finding

LINUX: dict[str, Any] = {"platform": {"system": "Linux"}, "packages": {"pip": "25.0"}}


def first(text: str) -> Finding:
    return explain(text, LINUX, facts_join=False).findings[0]


@pytest.mark.parametrize(
    ("text", "name", "command"),
    [
        (
            "after connection broken by 'ProxyError('Cannot connect to proxy.', OSError('Tunnel "
            "connection failed: 407 Proxy Authentication Required'))': /simple/alpha/",
            "proxy-login",
            "http://USER:PASSWORD@HOST:PORT",
        ),
        (
            "https_proxy=https://10.0.0.7:3128\nValueError: check_hostname requires "
            "server_hostname",
            "proxy-scheme",
            "export HTTPS_PROXY=http://10.0.0.7:3128",
        ),
        (
            "requests.exceptions.InvalidSchema: Missing dependencies for SOCKS support.",
            "proxy-socks",
            "install PySocks socksio",
        ),
        (
            "ProxyError('Cannot connect to proxy.', NewConnectionError('Failed to establish a new "
            "connection: [Errno 111] Connection refused'))",
            "proxy-absent",
            "unset http_proxy",
        ),
        (
            "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
            "failed: self-signed certificate in certificate chain (_ssl.c:1007)",
            "certificate-of-another",
            "REQUESTS_CA_BUNDLE",
        ),
        (
            "URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
            "unable to get local issuer certificate (_ssl.c:1129)>",
            "certificate-unknown",
            "-U certifi",
        ),
        (
            "error: Failed to fetch: `https://index.example/simple/pandas/`\n"
            "  Caused by: client error (Connect)\n"
            "  Caused by: invalid peer certificate: UnknownIssuer",
            "certificates-of-uv",
            "UV_NATIVE_TLS=true",
        ),
        (
            "SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has "
            "expired (_ssl.c:997)",
            "certificate-expired",
            "date",
        ),
        (
            "broken by 'SSLError(SSLEOFError(8, 'EOF occurred in violation of protocol "
            "(_ssl.c:997)'))': /simple/alpha/",
            "secure-broken-off",
            "unset http_proxy",
        ),
    ],
)
def test_the_refusal_has_its_own_cause_and_command(text: str, name: str, command: str) -> None:
    found = first(text)
    assert found.id == name
    assert any(command in one for one in found.commands)


def test_a_vaguer_guess_of_the_same_kind_is_left_out() -> None:
    text = "ProxyError('Cannot connect to proxy.', OSError('407 Proxy Authentication Required'))"
    assert [one.id for one in explain(text, LINUX, facts_join=False).findings] == ["proxy-login"]


def test_a_text_from_windows_gets_the_form_of_its_terminal() -> None:
    text = (
        "PS C:\\w> pip install alpha\nProxyError('Cannot connect to proxy.', "
        "FileNotFoundError(2, 'No such file or directory'))\nHTTPS_PROXY=https://127.0.0.1:7890"
    )
    assert first(text).commands == (
        '$env:HTTPS_PROXY="http://127.0.0.1:7890"; $env:HTTP_PROXY="http://127.0.0.1:7890"',
    )
