"""A package index on this machine: tiny wheels, with the dates at which they were uploaded."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

_JSON = "application/vnd.pypi.simple.v1+json"
_SETTINGS = (
    "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL",
    "UV_INDEX_URL", "UV_FIND_LINKS", "UV_EXCLUDE_NEWER", "UV_OFFLINE", "HTTP_PROXY", "http_proxy",
    "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "PIP_CONSTRAINT", "UV_CONSTRAINT",
)  # fmt: skip


def wheel(
    name: str, version: str, requires: Sequence[str], modules: dict[str, str], tag: str
) -> tuple[str, bytes]:
    """A wheel of one or more small modules: its file name and its bytes."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {line}" for line in requires]
    files = {**modules, f"{info}/METADATA": "\n".join(lines) + "\n"}
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
    record = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())
        record.append(f"{path},sha256={digest.rstrip(b'=').decode()},{len(content.encode())}")
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return f"{plain}-{version}-{tag}.whl", raw.getvalue()


class LocalIndex:
    """The index: ``add`` packages, then ask it with uv or pip. ``dates`` False tells no dates."""

    def __init__(self) -> None:
        self.dates = True
        self.files: dict[str, dict[str, tuple[bytes, str]]] = {}
        self.pythons: dict[str, str] = {}  # of a file, where it says for which Pythons it is
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = index._answer(self.path)
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(
        self,
        name: str,
        version: str,
        *requires: str,
        date: str = "2025-01-01",
        modules: dict[str, str] | None = None,
        tag: str = "py3-none-any",
        python: str = "",
    ) -> None:
        """A release with one wheel."""
        own = {f"{name.replace('-', '_')}.py": f"__version__ = {version!r}\n"}
        file, raw = wheel(name, version, requires, own if modules is None else modules, tag)
        self.files.setdefault(name, {})[file] = (raw, f"{date}T12:00:00Z")
        self.pythons[file] = python

    def add_sources(
        self, name: str, version: str, modules: dict[str, str], python: str = ""
    ) -> None:
        """A release's archive of sources."""
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w:gz") as archive:
            for path, text in modules.items():
                entry = tarfile.TarInfo(f"{name}-{version}/{path}")
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
        file = f"{name}-{version}.tar.gz"
        self.files.setdefault(name, {})[file] = (raw.getvalue(), "2025-01-01T12:00:00Z")
        self.pythons[file] = python

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str) -> tuple[str, bytes]:
        parts = path.strip("/").split("/")
        if parts[0] == "files":
            raw = self.files[parts[1]][parts[2].removesuffix(".metadata")][0]
            if parts[2].endswith(".metadata"):
                with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                    name = next(one for one in archive.namelist() if one.endswith("/METADATA"))
                    return "text/plain", archive.read(name)
            return "application/zip", raw
        if len(parts) < 2 or parts[1] not in self.files:
            return "", b"not here"
        listed = []
        for file, (raw, date) in self.files[parts[1]].items():
            one: dict[str, Any] = {"filename": file, "url": f"/files/{parts[1]}/{file}"}
            one["core-metadata"] = file.endswith(".whl")
            if self.pythons.get(file):
                one["requires-python"] = self.pythons[file]
            one["hashes"] = {"sha256": hashlib.sha256(raw).hexdigest()}
            listed.append({**one, "upload-time": date} if self.dates else one)
        body = {"meta": {"api-version": "1.1"}, "name": parts[1], "files": listed, "versions": []}
        return _JSON, json.dumps(body).encode()

    def use(self, patch: pytest.MonkeyPatch, cache: str) -> None:
        """Make it the only index that uv and pip know, with a cache of its own."""
        for name in _SETTINGS:
            patch.delenv(name, raising=False)
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("PIP_CONFIG_FILE", "/dev/null")
        patch.setenv("PIP_INDEX_URL", self.url)
        patch.setenv("UV_DEFAULT_INDEX", self.url)
        patch.setenv("UV_NO_CONFIG", "1")
        patch.setenv("UV_HTTP_RETRIES", "0")
        patch.setenv("UV_CACHE_DIR", cache)
