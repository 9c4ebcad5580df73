"""What a page asks of the queue; what it shows of it comes with the runs, and Stop is the runs'."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from paddle_lab.queue import asking
from paddle_lab.server.run_handler import RunRouteHandler


class EarlierHandler(RunRouteHandler):
    """``POST paddle-lab/runs/<id>/earlier``: a waiting run comes one place nearer to its turn."""

    @authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Its place now. 409 for a run that does not wait."""
        ref = await self.find(run_id)
        line = await self.in_thread("queue", asking.move_up, ref.id)
        self.answer({"place": line.place_of(ref.id)})
