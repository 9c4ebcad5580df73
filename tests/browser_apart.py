"""Browser tests wait a lot: they run beside the others, from the beginning."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadFileScheduling

BROWSER = "tests/browser/"


class BrowserApart(LoadFileScheduling):
    """A file at a time; the first process has those of the browser.

    Playwright's event loop runs in the main thread until a process ends, so after such a file a
    process takes no other. The other processes help once nothing else is left.
    """

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(self._next_for(node), last=False)
        super()._assign_work_unit(node)

    def _reschedule(self, node: Any) -> None:
        if self.workqueue and not node.shutting_down and self._next_for(node) is None:
            node.shutdown()
        else:
            super()._reschedule(node)

    def _next_for(self, node: Any) -> str | None:
        """The file that a process takes next: None if what is left is not for it."""
        pages = [name for name in self.workqueue if name.startswith(BROWSER)]
        others = [name for name in self.workqueue if not name.startswith(BROWSER)]
        if any(name.startswith(BROWSER) for name in self.assigned_work[node]):
            return next(iter(pages), None)
        first = node is self.nodes[0]
        return next(iter([*pages, *others] if first else [*others, *pages]), None)
