"""The page "Training runs" over HTTP: a page of the table, runs side by side, their points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.iostream import StreamClosedError
from tornado.web import authenticated

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.runs import RunRef
from paddle_lab.runs.about import read_about
from paddle_lab.runs.board import RunsBoard
from paddle_lab.runs.comparison import compare_runs
from paddle_lab.runs.points import points_csv
from paddle_lab.runs.table import LARGEST_PAGE, SORTS, TableQuery, row_json, select
from paddle_lab.server.base_handler import bad_request
from paddle_lab.server.run_handler import RunRouteHandler
from paddle_lab.untrusted import UnusableFile

TABLE: Final = "paddle_lab_table"
#: Runs that are set side by side at most.
MOST_COMPARED: Final = 8
LONGEST_WORDS: Final = 200
#: An answer waits so long for runs that were never read; the page asks again for the others.
READING_S: Final = 0.4
_MOST_OFFSET: Final = 1_000_000


class RunTableHandler(RunRouteHandler):
    """``GET paddle-lab/run-table?words=&state=&task=&model=&sort=&down=1&offset=0&limit=50``.

    Answers ``RunTable`` of ``page.schema.json``.
    """

    @authenticated
    @authorized
    async def get(self) -> None:
        """A page of all runs that are known."""
        query = TableQuery(
            words=self.query("words", "")[:LONGEST_WORDS],
            state=self.query("state", ""),
            task=self.query("task", ""),
            model=self.query("model", ""),
            sort=self.choice("sort", tuple(SORTS)),
            down=self.choice("down", ("1", "0")) == "1",
            offset=self.number("offset", 0, 0, _MOST_OFFSET),
            limit=self.number("limit", 50, 1, LARGEST_PAGE),
        )
        board: RunsBoard = self.settings[TABLE]
        self.answer(await self.in_thread("run table", _table, board, query))


def _table(board: RunsBoard, query: TableQuery) -> dict[str, Any]:
    runs = board.refresh(READING_S)
    page = select(runs, query)
    return {
        "rows": [row_json(run) for run in page.rows],
        "total": page.total,
        "all": len(runs) + board.unread,
        "unread": board.unread,
        "states": page.states,
        "tasks": page.tasks,
        "models": page.models,
    }


class _SeveralHandler(RunRouteHandler):
    async def chosen(self, least: int) -> list[RunRef]:
        """The runs that ``runs=<id>,<id>`` names. Raises ServerError, and RunError for none."""
        ids = list(dict.fromkeys(self.query("runs", "").split(",")))
        if not least <= len(ids) <= MOST_COMPARED or not all(ids):
            raise bad_request(
                "runs is {least} to {most} ids of runs, with commas between them.",
                "runs 是 {least} 到 {most} 个运行 id，用逗号分隔。",
                least=least,
                most=MOST_COMPARED,
            )
        return [await self.find(run_id) for run_id in ids]


class CompareHandler(_SeveralHandler):
    """``GET paddle-lab/compare?runs=<id>,<id>``: ``Comparison`` of ``page.schema.json``."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """What differs between the runs, and how they ended."""
        refs = await self.chosen(2)
        self.answer(await self.in_thread("compare", _compared, refs))


def _compared(refs: list[RunRef]) -> dict[str, Any]:
    return compare_runs(refs).to_json()


class PointsHandler(_SeveralHandler):
    """``GET paddle-lab/points?runs=<id>,<id>``: every point of their curves as CSV."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """The CSV, piece by piece: a log may have a million steps."""
        refs = await self.chosen(1)
        pieces = await self.in_thread("points", _pieces, refs)
        piece = await self.in_thread("points", _next, pieces)
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="points.csv"')
        self.set_header("Cache-Control", "no-store")
        while piece is not None:
            self.write(piece)
            try:
                await self.flush()
            except StreamClosedError:  # nobody reads it any more
                return
            piece = await self.in_thread("points", _next, pieces)


def _pieces(refs: list[RunRef]) -> Iterator[str]:
    return points_csv([(read_about(ref.folder).name or ref.name, ref.folder) for ref in refs])


def _next(pieces: Iterator[str]) -> str | None:
    try:
        return next(pieces, None)
    except (OSError, UnusableFile) as error:
        raise RunError(
            T("The run's events cannot be read.", "无法读取运行的事件。"),
            T("{why}", "{why}", why=error),
            code="run.unreadable",
        ) from error
