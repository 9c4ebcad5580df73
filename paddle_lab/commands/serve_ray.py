"""``paddle-lab serve --ray``: the same service on a cluster of Ray, until told to end."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.options import AnswerOptions, option
from paddle_lab.options.declare import Group
from paddle_lab.options.ray_address import ADDRESS, ADDRESS_FORMS, AUTO

if TYPE_CHECKING:
    from paddle_lab.serving.on_ray.plan import FrontPlan, ModelPlan, Replicas

_RAY: Final = Group(T("on Ray", "在 Ray 上"), 15)
_MOST_AUTO: Final = 8
_PORT: Final = 8000
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
REPLICAS: Final = r"[1-9][0-9]{0,3}(\.\.[1-9][0-9]{0,3})?"


@dataclass(frozen=True, kw_only=True)
class RayOptions(AnswerOptions):
    """Which cluster, and how many replicas."""

    ray: str | None = option(
        None,
        T("run on a cluster of Ray: the one at this address; without an address the one that runs "
          "here, else a new one of this machine alone",
          "在 Ray 集群上运行：此地址的集群；不带地址时使用本机已运行的集群，否则新建一个单机集群"),
        metavar="ADDRESS", example="10.0.0.5:6379", bare=AUTO, pattern=ADDRESS, forms=ADDRESS_FORMS,
        group=_RAY,
    )  # fmt: skip
    replicas: str | None = option(
        None,
        T("replicas of each model, a number or MIN..MAX between which their load decides; left "
          "out: from 1 to what the cluster has cores for, at most 8",
          "每个模型的副本数：固定值，或 最小..最大（按负载伸缩）；缺省为 1 到集群核数所允许的值，"
          "最多 8"),
        metavar="N", example="2..6", pattern=REPLICAS, forms="2, 2..6 ...", group=_RAY,
    )  # fmt: skip
    scale_up: float | None = option(
        None,
        T("seconds of more load after which replicas are added, 5 when left out",
          "负载升高持续多少秒后增加副本，缺省为 5"),
        metavar="S", example="10", at_least=0, at_most=86_400, group=_RAY,
    )  # fmt: skip
    scale_down: float | None = option(
        None,
        T("seconds of less load after which replicas are taken away, 300 when left out",
          "负载降低持续多少秒后减少副本，缺省为 300"),
        metavar="S", example="60", at_least=0, at_most=86_400, group=_RAY,
    )  # fmt: skip


def refuse_conflicts(args: argparse.Namespace, notebook: bool) -> None:
    """Raise UsageError for options that say nothing with --ray, or nothing without it."""
    if args.ray is None:
        if args.replicas is not None:
            raise _conflict(
                T("--replicas says nothing without --ray.", "没有 --ray 时，--replicas 不起作用。"),
                T("Processes on this machine are --workers.", "本机的进程数用 --workers 指定。"),
            )  # fmt: skip
        _refuse_scaling(args, T("without --ray", "没有 --ray 时"))
        return
    if notebook:
        raise _conflict(
            T("--ray is for the terminal.", "--ray 用于终端。"),
            T("Start it there: paddle-lab serve last --ray",
              "请在终端中启动：paddle-lab serve last --ray"),
        )  # fmt: skip
    asked = replicas_of(args.replicas, _MOST_AUTO)
    if asked.fewest == asked.most:
        _refuse_scaling(args, T("where --replicas is one number", "--replicas 为固定值时"))
    if args.workers is not None:
        raise _conflict(
            T("--workers says nothing with --ray.", "使用 --ray 时，--workers 不起作用。"),
            T("Replicas on Ray are --replicas.", "Ray 上的副本数用 --replicas 指定。"),
        )
    if args.grpc_port is not None:
        raise _conflict(
            T("With --ray there is no gRPC.", "使用 --ray 时不提供 gRPC。"),
            T("Leave --grpc-port out: the Open Inference Protocol is there over HTTP.",
              "请去掉 --grpc-port：开放推理协议可通过 HTTP 使用。"),
        )  # fmt: skip
    if args.device.startswith("gpu"):
        raise _conflict(
            T("With --ray models compute on the CPU.", "使用 --ray 时模型在 CPU 上计算。"),
            T("Leave --device out.", "请去掉 --device。"),
        )


def _refuse_scaling(args: argparse.Namespace, where: Text) -> None:
    given = [name for name in ("scale_up", "scale_down") if getattr(args, name) is not None]
    if given:
        raise _conflict(
            T("--{flag} says nothing {where}.", "{where}，--{flag} 不起作用。",
              flag=given[0].replace("_", "-"), where=where),
            T("It is for replicas whose number follows their load: --ray --replicas 2..6",
              "它用于按负载伸缩的副本：--ray --replicas 2..6"),
        )  # fmt: skip


def replicas_of(text: str | None, most: int) -> Replicas:
    """What ``--replicas`` says. Raises UsageError where the most is less than the fewest."""
    from paddle_lab.serving.on_ray.plan import Replicas

    try:
        return Replicas(1, most) if text is None else Replicas.read(text)
    except ValueError as error:
        raise UsageError(
            T("--replicas {text}: the second number is the smaller one.",
              "--replicas {text}：第二个数更小。", text=text),
            fix=T("The fewest come first, for example 2..6.", "先写最小值，例如 2..6。"),
            code="usage.value",
        ) from error  # fmt: skip


def plans_of(
    args: argparse.Namespace, token: str | None, models: int, cores: int, nodes: int
) -> tuple[ModelPlan, FrontPlan]:
    """What the options ask for, on a cluster of so many cores and nodes."""
    from paddle_lab.serving.access import is_loopback
    from paddle_lab.serving.on_ray.plan import FrontPlan, ModelPlan
    from paddle_lab.serving.processes import How
    from paddle_lab.serving.requests import Bounds

    replicas = replicas_of(args.replicas, max(1, min(_MOST_AUTO, cores // args.threads // models)))
    if replicas.fewest == replicas.most:
        _refuse_scaling(args, T("where there are cores for one replica alone",
                                "核数只够一个副本时"))  # fmt: skip
    if args.scale_up is not None:
        replicas = replace(replicas, more_after_s=args.scale_up)
    if args.scale_down is not None:
        replicas = replace(replicas, fewer_after_s=args.scale_down)
    bounds = Bounds(int(args.max_body * (1 << 20)), args.max_texts, args.max_chars, args.deadline)
    model = ModelPlan("", how=How(args.runtime, args.device, args.threads), replicas=replicas)
    front = FrontPlan(
        (), replicas.most, nodes, bounds, args.batch_rows, args.batch_padding,
        args.batch_wait / 1e3, args.max_queue, token, is_loopback(args.host), args.log_requests,
    )  # fmt: skip
    return model, front


def serve_on_ray(
    args: argparse.Namespace, token: str | None, context: Context, ready: Callable[..., list[Text]]
) -> Result:
    """Serve until it is ended. Raises EnvError without Ray, ServerError, BundleError."""
    from paddle_lab.bundle.on_ray.problems import no_ray

    try:
        from paddle_lab.bundle.on_ray.cluster import connect
        from paddle_lab.serving.on_ray.running import OnRay, leave
    except ImportError as error:
        raise no_ray(error) from error
    from paddle_lab.serving.announced import announced
    from paddle_lab.serving.listening import Address, listen_on
    from paddle_lab.serving.log import Log
    from paddle_lab.serving.models import places_of

    places, log, url = places_of(args.bundles), Log(), ""
    cluster = connect(args.ray)
    try:
        with _until_told(args.until_input_ends) as ending:
            plans = plans_of(args, token, len(places), cluster.cores, cluster.nodes)
            port = _PORT if args.port is None else args.port
            if port == 0:
                with listen_on(Address(args.host, 0)) as listening:
                    port = listening.getsockname()[1]
            url = f"http://{'127.0.0.1' if args.host == '0.0.0.0' else args.host}:{port}"
            service = OnRay(places, *plans, log)
            try:
                service.start(args.host, port)
                with announced(url, [place.name for place in places]):
                    log.event("serving", url=url, nodes=cluster.nodes)
                    for line in ready(url, None, places):
                        context.say(line)
                    service.serve_until(ending.wait)
            finally:
                log.event("ending")
                service.end()
    finally:
        leave(cluster)
    log.event("ended")
    return Result(str(T("The service has ended.", "服务已结束。")), json={"url": url})


@contextlib.contextmanager
def _until_told(with_input: bool) -> Iterator[threading.Event]:
    """The block ends with SIGTERM and Ctrl-C; the input's end, if wanted, sets the event.

    Ray handles SIGTERM itself, so this comes after it.
    """
    ending = threading.Event()

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    if with_input:
        threading.Thread(target=_hear, args=(ending,), daemon=True).start()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _hear(ending: threading.Event) -> None:
    while os.read(0, 1 << 12):
        pass
    ending.set()


def _conflict(what: Text, fix: Text) -> UsageError:
    return UsageError(what, fix=fix, code="usage.conflict")
