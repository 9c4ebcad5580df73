"""One browser tab on the Jupyter server of the browser tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from barriers import barriers, barriers_of_themes
from lab_server import Lab


class Tab:
    """One browser tab on the server."""

    def __init__(self, page: Any, lab: Lab) -> None:
        self.page = page
        self.lab = lab
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.on("request", self._request)
        page.on("pageerror", self._error)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((f"http://127.0.0.1:{self.lab.port}", "data:", "blob:")):
            self.outside.append(request.url)

    def _error(self, error: Any) -> None:
        # Notebook 7 has errors of its own.
        if "paddle-lab" in (error.stack or "") or "plab" in (error.stack or ""):
            self.errors.append(error.stack)

    def open(self, name: str, *, app: str = "lab/tree") -> None:
        """Open a notebook in JupyterLab, or with ``app="notebooks"`` in Notebook 7."""
        reset = "&reset" if app == "lab/tree" else ""
        self.page.goto(f"{self.lab.url}{app}/{name}?token={self.lab.token}{reset}")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")

    def wait_for_kernel(self) -> None:
        self.page.evaluate(
            """async () => {
              const panel = jupyterapp.shell.currentWidget;
              await panel.context.ready;
              await panel.sessionContext.ready;
              await panel.sessionContext.session.kernel.info;
            }"""
        )

    def run(self, cell: int) -> None:
        """Run a cell without waiting for its end."""
        self.wait_for_kernel()
        self.page.evaluate(
            """i => {
              const notebook = jupyterapp.shell.currentWidget.content;
              notebook.activeCellIndex = i;
              void jupyterapp.commands.execute('notebook:run-cell');
            }""",
            cell,
        )

    def card(self, state: str | None = None, *, timeout: float = 60) -> Any:
        """The run's card, once it is there (in ``state``)."""
        # A card that another one takes the place of may still be there, and hidden.
        selector = ".plab-run" + (f"[data-state={state}]" if state else "") + ":visible"
        try:
            return self.page.wait_for_selector(selector, timeout=1000 * timeout)
        except Exception as error:
            shown = self.page.locator(".jp-Notebook").first.inner_text()
            log = (self.lab.home / "server.log").read_text(errors="replace")[-1500:]
            raise AssertionError(f"no card in state {state}:\n{shown}\n{log}") from error

    def points(self) -> int:
        """How many points the chart says it holds."""
        said = self.page.locator(".plab-unseen").first.text_content()
        return int(said.split()[0]) if said and said[0].isdigit() else 0

    def wait_for_points(self, count: int) -> None:
        """Wait until the chart holds ``count`` points or more."""
        self.page.wait_for_function(
            """count => {
              const said = document.querySelector('.plab-unseen')?.textContent ?? '';
              return parseInt(said) >= count;
            }""",
            arg=count,
            timeout=60_000,
        )

    def axe(self, selector: str) -> list[str]:
        """Serious and critical violations of accessibility inside ``selector``."""
        return barriers(self.page, selector)

    def axe_in_all_themes(self, selector: str, name: str) -> dict[str, list[str]]:
        """:meth:`axe` by theme, none where there are none; screenshots are called ``name-dark``."""
        return barriers_of_themes(
            self.page, selector, shot=lambda theme: self.shot(f"{name}-{theme}")
        )

    def save(self) -> None:
        self.page.evaluate("() => jupyterapp.shell.currentWidget.context.save()")

    def shutdown(self) -> None:
        """End the kernel of the open notebook."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def shot(self, name: str) -> None:
        """A screenshot, where PADDLE_LAB_SCREENSHOTS names a folder for them."""
        folder = os.environ.get("PADDLE_LAB_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))
