"""What the leader of a run decides reaches every rank, or all hear that one is gone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from paddle_lab.training.ranks.channel import Channel, PeersLost, follow, lead

TOKEN = "of this run"


def met(
    size: int, work: Callable[[Channel, int], Any], strangers: tuple[bytes, ...] = ()
) -> list[Any]:
    """What each rank's ``work`` gives; ``strangers`` connect first and say this."""
    found: list[Any] = [None] * size
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        for hello in strangers:
            stranger = socket.create_connection(address)
            stranger.sendall(hello)
            stranger.shutdown(socket.SHUT_WR)

        def rank(number: int) -> None:
            channel = (
                lead(listening, size, TOKEN) if number == 0 else follow(address, number, TOKEN)
            )
            try:
                found[number] = work(channel, number)
            except PeersLost:
                found[number] = PeersLost
            finally:
                channel.close()

        threads = [threading.Thread(target=rank, args=(number,)) for number in range(size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return found


def test_every_rank_hears_what_the_leader_says_and_nothing_else() -> None:
    def work(channel: Channel, rank: int) -> list[Any]:
        return [channel.agree({"of": rank, "text": "好\n"}), channel.agree(7 if rank == 0 else 8)]

    assert met(3, work) == [[{"of": 0, "text": "好\n"}, 7]] * 3


def test_nobody_goes_on_before_the_last_has_come() -> None:
    last_came = threading.Event()

    def work(channel: Channel, rank: int) -> bool:
        if rank == 2:
            last_came.wait(0.3)
            last_came.set()
        channel.agree()
        return last_came.is_set()

    assert met(3, work) == [True] * 3


@pytest.mark.parametrize("gone", [0, 1], ids=["the leader", "another"])
def test_who_goes_is_missed_by_all_others(gone: int) -> None:
    def work(channel: Channel, rank: int) -> Any:
        return "gone" if rank == gone else channel.agree(1)

    found = met(3, work)
    assert [one for number, one in enumerate(found) if number != gone] == [PeersLost, PeersLost]


def test_strangers_do_not_get_in() -> None:
    hellos = (b'["wrong", 1]\n', b"GET / HTTP/1.1\r\n\r\n", b'["of this run", 9]\n', b"", b"[]\n",
              b'["of this run", true]\n', b"x" * 2000)  # fmt: skip
    assert met(2, lambda channel, rank: channel.agree("ours"), hellos) == ["ours", "ours"]
