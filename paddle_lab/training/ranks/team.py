"""The ranks of a run as one of them sees them."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.training.ranks.channel import Channel, PeersLost, follow, lead

_STORE_S: Final = 120
#: Paddle's own default.
_NCCL_MS: Final = 1_800_000
#: Smaller tensors travel together: each transfer costs a fraction of a millisecond by itself.
_SMALL: Final = 1 << 16


@dataclass(frozen=True)
class Place:
    """Where one rank stands: ``rank`` of ``size``, and where the leader listens.

    ``threads`` of Paddle's kernels on a CPU; ``device`` as Paddle names it in this process.
    """

    rank: int
    size: int
    host: str
    port: int
    token: str
    threads: int
    device: str


class Team:
    """The ranks of a run; made without arguments, that of a run in one process: every call is free.

    Every rank makes the same calls in the same order. Each raises PeersLost when another is gone.
    """

    def __init__(
        self,
        rank: int = 0,
        size: int = 1,
        channel: Channel | None = None,
        group: Any = None,
        store: Any = None,
    ) -> None:
        self.rank = rank
        self.size = size
        self._channel = channel
        self._group = group
        self._store = store  # lives for as long as the group does

    @property
    def leads(self) -> bool:
        """Whether this rank decides, and alone writes the run's folder."""
        return self.rank == 0

    def agree(self, value: Any = None) -> Any:
        """The leader's ``value`` on every rank: what JSON can hold. Waits for the others."""
        return value if self._channel is None else self._channel.agree(value)

    def sum(self, tensors: Sequence[Any]) -> None:
        """Replace each tensor by its sum over the ranks, in place; all ranks get the same bits."""
        if self._group is None:
            return
        from paddle.base import core

        self._each(tensors, lambda one: self._group.all_reduce(one, core.ReduceOp.SUM, True))

    def copy(self, tensors: Sequence[Any], source: int = 0) -> None:
        """Replace each tensor by that of rank ``source``, in place."""
        if self._group is not None:
            self._each(tensors, lambda one: self._group.broadcast(one, source, True))

    def close(self) -> None:
        """Leave the team: the others hear it."""
        if self._channel is not None:
            self._channel.close()

    def _each(self, tensors: Sequence[Any], transfer: Any) -> None:
        """Large tensors by themselves, small ones of a kind as one."""
        import paddle

        small: dict[Any, list[Any]] = {}
        try:
            with paddle.no_grad():
                for tensor in tensors:
                    if tensor.size < _SMALL:
                        small.setdefault(tensor.dtype, []).append(tensor)
                    else:
                        transfer(tensor).wait()
                for together in small.values():
                    flat = paddle.concat([one.reshape([-1]) for one in together])
                    transfer(flat).wait()
                    parts = flat.split([one.size for one in together])
                    for one, part in zip(together, parts, strict=True):
                        paddle.assign(part.reshape(one.shape), one)
        except RuntimeError as error:
            if "memory" in str(error).lower():
                raise
            raise PeersLost(str(error)) from error


def join(place: Place, listening: socket.socket | None, rows: str) -> Team:
    """Meet the other ranks; ``listening`` is the leader's socket, None for the others.

    ``rows`` is the fingerprint of what this rank has read. Needs paddle. Raises PeersLost, and
    RunError where the leader's rows are others.
    """
    if place.size == 1:
        return Team()
    if listening is not None:
        channel = lead(listening, place.size, place.token)
    else:
        channel = follow((place.host, place.port), place.rank, place.token)
    port, wanted = channel.agree([_free_port(), rows])
    if wanted != rows:
        channel.close()
        raise _other_rows()
    try:
        group, store = _collectives(place, port)
    except RuntimeError as error:
        channel.close()
        raise PeersLost(str(error)) from error
    return Team(place.rank, place.size, channel, group, store)


def _collectives(place: Place, port: int) -> tuple[Any, Any]:
    """Paddle's process group, Gloo on a CPU and NCCL on GPUs, and the store that it needs.

    Made without ``paddle.distributed.init_parallel_env``, so that PaddleNLP's Trainer stays the one
    of a single process: the batch, the schedule and the checkpoints of a run are those of one.
    """
    from paddle.base import core

    store = core.TCPStore(place.host, port, place.rank == 0, place.size, _STORE_S)
    before = os.environ.get("PADDLE_TRAINER_ID")
    os.environ["PADDLE_TRAINER_ID"] = str(place.rank)  # read by the process group alone
    try:
        if place.device == "cpu":
            group = core.ProcessGroupGloo.create(store, place.rank, place.size, 0)
        else:
            group = _nccl(store, place)
    finally:
        if before is None:
            del os.environ["PADDLE_TRAINER_ID"]
        else:
            os.environ["PADDLE_TRAINER_ID"] = before
    return group, store


def _nccl(store: Any, place: Place) -> Any:
    import paddle
    from paddle.base import core as told_by_build

    core: Any = told_by_build  # the build for the CPU has no NCCL
    paddle.set_device(place.device)
    core.CommContextManager.set_device_id(int(place.device.partition(":")[2] or 0))
    return core.ProcessGroupNCCL.create(store, place.rank, place.size, 0, _NCCL_MS, 0, None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def _other_rows() -> RunError:
    return RunError(
        T("Not all processes of the run read the same rows.", "运行的各进程读到的数据不一致。"),
        T("On {host} the data are others than where the run leads.",
          "{host} 上的数据与主进程的不同。", host=socket.gethostname()),
        T("Give each machine the same files, best of all the same folder.",
          "请让每台机器读取相同的文件，最好是同一个共享目录。"),
        code="run.data_changed",
    )  # fmt: skip
