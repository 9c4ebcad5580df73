"""The sidebar's panel in one browser tab, for tests and benchmarks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lab_server import Lab

#: The one line of the GPUs on a machine without any.
NO_GPUS = "#pl-gpus-title button[aria-expanded=false]:has-text('none')"
#: What of the page is the sidebar's.
PARTS = (".pl-sidebar", ".pl-status")


class Sidebar:
    """The panel in one browser tab."""

    def __init__(self, page: Any, lab: Lab) -> None:
        self.page = page
        self.lab = lab
        self.errors: list[str] = []
        self.sockets: list[Any] = []
        page.on("pageerror", self._on_error)
        page.on("websocket", self._on_socket)

    def _on_error(self, error: Any) -> None:
        """Errors of our own code; JupyterLab's and Notebook's are theirs."""
        if "/extensions/paddle-lab/" in (error.stack or ""):
            self.errors.append(error.stack)

    def _on_socket(self, socket: Any) -> None:
        if "paddle-lab" in socket.url:
            self.sockets.append(socket)

    def open(self, path: str = "lab", reset: str = "&reset") -> Sidebar:
        """Open a page of the server, and the panel in it."""
        self.page.goto(f"{self.lab.url}{path}?token={self.lab.token}{reset}")
        self.page.wait_for_function("window.jupyterapp && jupyterapp.restored", timeout=60_000)
        self.page.evaluate("jupyterapp.restored.then(() => 1)")
        self.command("paddle-lab:open-panel")
        self.page.wait_for_selector(".pl-sidebar:visible")
        return self

    def command(self, name: str) -> None:
        self.page.evaluate("name => void jupyterapp.commands.execute(name)", name)

    def wait(self, selector: str, timeout: int = 20_000) -> Any:
        self.page.wait_for_selector(selector, timeout=timeout)
        return self.page.locator(selector)

    def section(self, name: str) -> Any:
        return self.page.locator(f"section[aria-labelledby='pl-{name}-title']")

    def shot(self, name: str) -> None:
        """A picture, where PADDLE_LAB_SCREENSHOTS names a folder for them."""
        folder = os.environ.get("PADDLE_LAB_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"sidebar-{name}.png"))


def sidebar_in(page: Any, lab: Lab) -> Sidebar:
    """The sidebar of a page on this server; :meth:`Sidebar.open` shows it."""
    return Sidebar(page, lab)


def registry_of(lab: Any) -> Path:
    return lab.home / "paddle-lab" / "runs"
