"""Who may ask: nobody without a token, and with one only who has the right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.websocket import websocket_connect

pytest_plugins = ["pytest_jupyter.jupyter_server"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# An address for each group of a pattern.
EXAMPLES = {"([^/]+)": "x", "([0-9a-f]{16})": "0123456789abcdef"}


@pytest.fixture
def jp_server_config(monkeypatch, registry_root) -> dict[str, Any]:
    monkeypatch.setenv("PADDLE_LAB_GPUS", "simulated:1xT4")
    return {"ServerApp": {"jpserver_extensions": {"paddle_lab": True}}}


def routes(web_app: Any) -> Iterator[tuple[str, str, type]]:
    """Pattern, an address that it matches, and handler of all that the extension registers."""
    for group in web_app.default_router.rules:
        for rule in getattr(group.target, "rules", []):
            pattern = getattr(getattr(rule.matcher, "regex", None), "pattern", "")
            if "paddle-lab" not in pattern:
                continue
            path = pattern.rstrip("$")
            for form, example in EXAMPLES.items():
                path = path.replace(form, example)
            assert re.fullmatch(pattern, path), f"give an example of the groups of {pattern}"
            yield pattern, path, rule.target


async def test_without_a_token_every_route_and_socket_is_closed(
    jp_fetch, jp_web_app, jp_base_url, jp_http_port
):
    """Walks all that the extension has registered, with every method."""
    found = list(routes(jp_web_app))
    assert len(found) >= 15
    client = AsyncHTTPClient()
    for _, path, _ in found:
        for method in METHODS:
            answer = await client.fetch(
                f"http://localhost:{jp_http_port}{path}",
                method=method,
                body="{}" if method in ("POST", "PUT", "PATCH") else None,
                raise_error=False,
                follow_redirects=False,
            )
            assert answer.code in (403, 405), (method, path, answer.code)
    for query in ("", "?token=wrong"):
        with pytest.raises(HTTPClientError) as refused:
            await websocket_connect(
                f"ws://localhost:{jp_http_port}{jp_base_url}paddle-lab/stream{query}"
            )
        assert refused.value.code == 403


async def test_who_has_a_token_but_no_right_is_refused_by_routes_and_socket_alike(
    jp_fetch, jp_ws_fetch, jp_web_app
):
    """So that the page can tell a lost connection from a right that is missing."""
    asked = []

    class Nobody:
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            asked.append(resource)
            return False

    jp_web_app.settings["authorizer"] = Nobody()
    tried = set()
    for _, path, handler in routes(jp_web_app):
        for method in METHODS:
            if path.endswith("/stream") or method.lower() not in vars(handler):
                continue
            with pytest.raises(HTTPClientError) as refused:
                await jp_fetch(
                    *path.strip("/").split("/")[1:],
                    method=method,
                    body="{}" if method in ("POST", "PUT", "PATCH") else None,
                )
            assert refused.value.code == 403, (method, path)
            tried.add((method, path.partition("/paddle-lab/")[2]))
    assert {
        ("POST", "look"),
        ("POST", "checks"),
        ("DELETE", "runs/x"),
        ("GET", "snapshot"),
    } <= tried
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch("paddle-lab", "stream")
    assert refused.value.code == 403
    assert set(asked) <= {"kernels", "contents"}
