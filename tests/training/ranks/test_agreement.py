"""A request that comes in the middle of a step acts at the same step on every rank."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paddle_lab.runs import ProcessMark, RunFolder, RunSpec
from paddle_lab.runs.progress import JobProgress
from paddle_lab.training.ranks.agreement import Agreement, FollowingReporter, LeadingReporter
from paddle_lab.training.ranks.team import Team


class Pair:
    """A leader and a follower in one thread: what the leader says is kept for the follower."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        mark = ProcessMark.of_this_process()
        self.leader = LeadingReporter(folder, 0, JobProgress(), mark)
        self.follower = FollowingReporter(folder)
        said: list[object] = []
        leading, following = Team(0, 2), Team(1, 2)
        leading.agree = lambda value=None: said.append(value) or value  # type: ignore[method-assign, func-returns-value]
        following.agree = lambda value=None: said.pop(0)  # type: ignore[method-assign]
        self.meetings = [Agreement(leading, self.leader), Agreement(following, self.follower)]

    def meet(self) -> None:
        for meeting in self.meetings:
            meeting.meet()

    def heard(self, of: Callable[[LeadingReporter | FollowingReporter], object]) -> list[object]:
        self.leader.look(now=True)
        return [of(self.leader), of(self.follower)]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(RunFolder.create(RunSpec(train="a.tsv"), tmp_path))
    yield pair
    pair.leader.close()


def test_a_stop_waits_for_the_meeting_and_then_holds_for_all(pair: Pair) -> None:
    pair.folder.ask("stop", "epoch", save=False)
    assert pair.heard(lambda one: one.control.stop) == [None, None]
    pair.meet()
    assert pair.heard(lambda one: (one.control.stop, one.control.save)) == [("epoch", False)] * 2
    assert [event["kind"] for event in pair.folder.state().notices] == ["notice"]


def test_a_pause_ends_for_all_at_once(pair: Pair) -> None:
    for ask, paused in (("pause", True), ("resume", False)):
        pair.folder.ask(ask)
        before = pair.heard(lambda one: one.control.paused)
        assert before == [not paused, not paused]
        pair.meet()
        assert pair.heard(lambda one: one.control.paused) == [paused, paused]


def test_a_signal_aborts_all_at_the_meeting_and_the_leader_alone_outside(pair: Pair) -> None:
    pair.leader.abort()
    assert pair.heard(lambda one: one.control.abort) == [False, False]
    pair.meet()
    assert pair.heard(lambda one: one.control.abort) == [True, True]


def test_when_the_others_have_left_what_was_held_acts_at_once(pair: Pair) -> None:
    pair.folder.ask("stop")
    pair.leader.look(now=True)
    for meeting in pair.meetings:
        meeting.part()
    assert pair.heard(lambda one: one.control.stop) == ["step", None]
    pair.leader.abort()
    assert pair.leader.control.abort


def test_a_follower_writes_nothing(pair: Pair) -> None:
    before = pair.folder.events_path.read_bytes()
    pair.follower.phase("train", total_steps=3)
    pair.follower.point(1, 0.5, 0.1, 1e-3, 16)
    pair.follower.end("finished", 1)
    assert pair.folder.events_path.read_bytes() == before
    assert not pair.follower.point_is_due()


def test_the_run_is_its_supervisors(tmp_path: Path) -> None:
    folder = RunFolder.create(RunSpec(train="a.tsv"), tmp_path)
    supervisor = ProcessMark(4711, 1.0, "elsewhere")
    leader = LeadingReporter(folder, 0, JobProgress(), supervisor)
    leader.begin("load")
    leader.close()
    assert folder.state().process == supervisor
