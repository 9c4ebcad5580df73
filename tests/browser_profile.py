"""One browser profile for many tests, of which none sees what another left in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

VIEWPORT = {"width": 1280, "height": 1000}
#: Pages of one host are drawn by one process and share what is compiled: no script is parsed anew
#: while it is fetched, and none runs for so long that optimizing it pays.
FLAGS = [
    "--process-per-site",
    "--disable-features=ScriptStreaming",
    "--js-flags=--no-opt --no-maglev --min-semi-space-size=32",
]
#: What a page leaves behind, all but the scripts it fetched.
_LEFT = "file_systems,indexeddb,local_storage,service_workers,cache_storage"


@contextmanager
def shared_profile(chromium: Any) -> Iterator[Any]:
    """A profile in which JupyterLab's scripts stay fetched and compiled.

    An empty page of this host holds the process that draws all of them; without it each would begin
    in a new one, which takes half as much again of a processor.
    """
    context = chromium.new_context(viewport=VIEWPORT)
    holder = context.new_page()
    holder.route("**/*", lambda route: route.fulfill(body=""))
    holder.goto("http://127.0.0.1/")
    yield context
    context.close()


@contextmanager
def new_page(profile: Any) -> Iterator[Any]:
    """A page without a cookie, a permission or anything stored; its own go with it."""
    page = profile.new_page()
    visited = set()
    page.on("framenavigated", lambda frame: visited.add(frame.url))
    yield page
    holder, *opened = profile.pages
    for each in opened:
        visited.add(each.url)
        each.close()
    profile.clear_cookies()
    profile.clear_permissions()
    session = profile.new_cdp_session(holder)
    for origin in {"/".join(url.split("/")[:3]) for url in visited if url.startswith("http")}:
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": _LEFT})
    session.detach()
