"""``paddle-lab serve`` and ``%ernie_serve``: bundles behind HTTP and gRPC, until told to end."""

from __future__ import annotations

import argparse
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from paddle_lab.cgroup import usable_cores
from paddle_lab.commands.context import Context
from paddle_lab.commands.older_small import tell_of_used
from paddle_lab.commands.result import Result
from paddle_lab.commands.serve_ray import RayOptions, refuse_conflicts, serve_on_ray
from paddle_lab.commands.serve_token import token_of
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.options import CommandParser, option
from paddle_lab.options.device import DEVICE, DEVICE_FORMS

if TYPE_CHECKING:
    from paddle_lab.serving.guard import Service
    from paddle_lab.serving.models import Place
    from paddle_lab.serving.rpc.front import Front

_PORT: Final = 8000
#: More workers than these take memory that nobody asked for.
_MOST_AUTO: Final = 8


@dataclass(frozen=True, kw_only=True)
class ServeOptions(RayOptions):
    """Which models, where, by how many processes, and what one request may hold."""

    bundles: tuple[str, ...] = option(
        (),
        T("bundles: last, a run's name or id, or a bundle's folder; NAME=BUNDLE or "
          "NAME:VERSION=BUNDLE says how it is called",
          "模型包：last、运行名称或 id，或模型包目录；名称=模型包 或 名称:版本=模型包 可指定名称"),
        positional=True, metavar="BUNDLE", values="runs",
    )  # fmt: skip
    port: int | None = option(
        None,
        T("port; 0 takes a free one; left out: 8000, beside a notebook a free one",
          "端口；0 表示任选空闲端口；缺省为 8000，在笔记本中为空闲端口"),
        example="8000", at_least=0, at_most=65535, common=True,
    )  # fmt: skip
    grpc_port: int | None = option(
        None,
        T("port for gRPC, the Open Inference Protocol; 0 takes a free one; left out: no gRPC",
          "gRPC（开放推理协议）的端口；0 表示任选空闲端口；缺省不提供 gRPC"),
        example="9000", at_least=0, at_most=65535, common=True,
    )  # fmt: skip
    host: str = option(
        "127.0.0.1",
        T("address to listen on; 0.0.0.0 is reached from everywhere",
          "监听的地址；0.0.0.0 可从任何地方访问"),
        example="0.0.0.0", common=True,
    )  # fmt: skip
    token_file: str | None = option(
        None,
        T("file with the token that requests must send; or set PADDLE_LAB_SERVE_TOKEN",
          "保存令牌的文件，请求必须携带该令牌；也可设置 PADDLE_LAB_SERVE_TOKEN"),
        metavar="FILE", example="token.txt", common=True,
    )  # fmt: skip
    workers: int | None = option(
        None,
        T("processes for each model; auto, as when left out: the cores but one, shared by the "
          "models, at most 8",
          "每个模型的进程数；auto（缺省）：核数减一，由各模型分用，最多 8"),
        metavar="N", example="2", at_least=1, at_most=256, auto=True, common=True,
    )  # fmt: skip
    threads: int = option(
        1, T("threads of each process", "每个进程的线程数"),
        metavar="N", example="1", at_least=1, at_most=256,
    )  # fmt: skip
    runtime: str | None = option(
        None,
        T("how the models are run: paddle, or one that their bundles were made for; left out: the "
          "one that each bundle names",
          "模型的运行方式：paddle 或模型包支持的其他运行时；缺省使用各模型包指定的运行时"),
        metavar="NAME", example="onnx-int8", common=True,
    )  # fmt: skip
    device: str = option(
        "auto", T("where the models compute", "计算设备"),
        example="cpu", pattern=DEVICE, forms=DEVICE_FORMS,
    )  # fmt: skip
    batch_rows: int | None = option(
        None,
        T("texts of a batch at most; auto, as when left out: what is measured at the start",
          "每批最多文本数；auto（缺省）：启动时测得的值"),
        metavar="N", example="8", at_least=1, at_most=1024, auto=True,
    )  # fmt: skip
    batch_padding: int | None = option(
        None,
        T("tokens of padding that a text may add to a batch; auto, as when left out: what is "
          "measured at the start",
          "一条文本最多可给一批增加的填充词元数；auto（缺省）：启动时测得的值"),
        metavar="N", example="8", at_least=0, at_most=65536, auto=True,
    )  # fmt: skip
    batch_wait: float = option(
        0.0,
        T("milliseconds that an idle process waits for more texts", "空闲进程等待更多文本的毫秒数"),
        metavar="MS", example="2", at_least=0, at_most=1000,
    )  # fmt: skip
    deadline: float = option(
        5.0,
        T("seconds after which an answer is worth nothing: what would take longer is refused",
          "请求的时限（秒）：预计超时的请求会立即被拒绝"),
        metavar="S", example="2", above=0, at_most=600, common=True,
    )  # fmt: skip
    max_queue: int = option(
        4096, T("texts that wait at most", "排队文本数上限"),
        metavar="N", example="1000", at_least=1, at_most=1_000_000,
    )  # fmt: skip
    max_body: float = option(
        4.0, T("largest body of a request, in MiB", "请求正文上限（MiB）"),
        metavar="MIB", example="1", above=0, at_most=1024,
    )  # fmt: skip
    max_texts: int = option(
        256, T("texts in one request at most", "一次请求的文本数上限"),
        metavar="N", example="64", at_least=1, at_most=100_000,
    )  # fmt: skip
    max_chars: int = option(
        20_000, T("characters of a text at most", "一条文本的字符数上限"),
        metavar="N", example="2000", at_least=1, at_most=10_000_000,
    )  # fmt: skip
    log_requests: bool = option(
        False,
        T("write a line for each request, without its texts", "为每个请求写一行日志，不含文本内容"),
        common=True,
    )  # fmt: skip
    until_input_ends: bool = option(
        False,
        T("end when standard input ends: for a program that starts the service as a part of itself",
          "标准输入结束时结束服务：供把服务作为自身一部分启动的程序使用"),
    )  # fmt: skip
    detach: bool = option(
        False,
        T("notebook: the service goes on when the kernel ends", "笔记本：内核结束后服务继续运行"),
        common=True,
    )
    stop: bool = option(
        False,
        T("notebook: end the services that this kernel started", "笔记本：结束此内核启动的服务"),
        common=True,
    )


def build_parser(prog: str = "%ernie_serve") -> CommandParser:
    """The parser."""
    return CommandParser(
        prog,
        ServeOptions,
        T("Answer over HTTP with exported models: POST /predict, /models, /health, /metrics and "
          "/docs; the Open Inference Protocol also over gRPC. Ends with Ctrl-C or SIGTERM, after "
          "the requests that it has taken; in a notebook it runs beside the kernel.",
          "通过 HTTP 提供导出的模型：POST /predict、/models、/health、/metrics 和 /docs；"
          "开放推理协议也可通过 gRPC 使用。"
          "按 Ctrl-C 或收到 SIGTERM 后，处理完已接受的请求再结束。笔记本中服务在内核旁运行。"),
        [
            f"{prog} last",
            *([f"{prog} last --detach", f"{prog} --stop"] if prog.startswith("%") else []),
            f"{prog} last --port 9000 --workers 2",
            f"{prog} last --grpc-port 9001",
            f"{prog} reviews=reviews-1a2b3c4d intent=intent-5e6f7a8b",
            f"{prog} reviews:1=old/bundle reviews:2=new/bundle",
            f"{prog} last --host 0.0.0.0 --token-file token.txt",
            *([] if prog.startswith("%") else [f"{prog} last --ray --replicas 2..6"]),
        ],
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Serve until it is ended. Raises UsageError, BundleError, ServerError."""
    refuse_conflicts(args, context.notebook)
    if context.notebook:
        _check_installed(args.grpc_port is not None)
        from paddle_lab.commands.serve_beside import serve_beside

        return serve_beside(args, ServeOptions, context)
    import asyncio

    if args.detach or args.stop:
        raise UsageError(
            T("--detach and --stop are for %ernie_serve in a notebook.",
              "--detach 和 --stop 用于笔记本中的 %ernie_serve。"),
            fix=T("In a terminal the service ends with Ctrl-C.", "在终端中按 Ctrl-C 结束服务。"),
            code="usage.notebook_only",
        )  # fmt: skip
    token = token_of(args.token_file)
    if args.ray is not None:
        _check_asked(args)
        return serve_on_ray(args, token, context, _ready)
    service, places = _service(args, token)
    tell_of_used(context, [place.folder for place in places])
    from paddle_lab.serving.announced import announced
    from paddle_lab.serving.listening import Address, is_local, listen_on, serve, url_of

    address = Address(args.host, _PORT if args.port is None else args.port)
    listening = listen_on(address)
    fronts = _fronts(args, service)
    url = url_of(listening)
    if token is None and not is_local(address):
        context.say(
            T("Everybody who reaches {host} may ask: there is no token (--token-file).",
              "能访问 {host} 的任何人都可以请求：没有设置令牌（--token-file）。", host=args.host)
        )  # fmt: skip

    known = contextlib.ExitStack()

    def tell() -> None:
        grpc = next((front.address for front in fronts), None)
        known.enter_context(announced(url, [place.name for place in places]))
        service.log.event("serving", url=url, grpc=grpc)
        for line in _ready(url, grpc, places):
            context.say(line)

    try:
        with known:
            asyncio.run(
                serve(service, listening, tell, with_input=args.until_input_ends, others=fronts)
            )
    finally:
        listening.close()
    return Result(str(T("The service has ended.", "服务已结束。")), json={"url": url})


def _ready(url: str, grpc: str | None, places: list[Place]) -> list[Text]:
    from paddle_lab.serving.openapi import grpc_line

    names = ", ".join(f"{one.name}:{one.version}" for one in places)
    lines = [
        T("Ready: {url} ({names}); what it answers: {url}/docs",
          "已就绪：{url}（{names}）；接口说明：{url}/docs", url=url, names=names),
    ]  # fmt: skip
    if grpc is not None:
        lines.append(grpc_line(grpc))
    return lines


def _fronts(args: argparse.Namespace, service: Service) -> list[Front]:
    """The gRPC server, where one is asked for."""
    if args.grpc_port is None:
        return []
    from paddle_lab.serving.listening import Address
    from paddle_lab.serving.rpc.front import Front

    return [Front(service, Address(args.host, args.grpc_port))]


def _service(args: argparse.Namespace, token: str | None) -> tuple[Service, list[Place]]:
    """What the options ask for."""
    _check_asked(args)
    from paddle_lab.serving.access import Access, is_loopback
    from paddle_lab.serving.generation import Settings
    from paddle_lab.serving.guard import Service
    from paddle_lab.serving.log import Log
    from paddle_lab.serving.metrics import Metrics
    from paddle_lab.serving.models import Models, places_of
    from paddle_lab.serving.processes import How
    from paddle_lab.serving.requests import Bounds

    places = places_of(args.bundles)
    workers = args.workers if args.workers is not None else auto_workers(len(places))
    settings = Settings(
        How(args.runtime, args.device, args.threads), workers, args.batch_rows, args.batch_padding,
        args.batch_wait / 1e3, args.max_queue,
    )  # fmt: skip
    metrics, log = Metrics(), Log(requests=args.log_requests)
    bounds = Bounds(int(args.max_body * (1 << 20)), args.max_texts, args.max_chars, args.deadline)
    models = Models(places, settings, metrics, log)
    access = Access(token, is_loopback(args.host))
    return Service(models, metrics, log, bounds, access), places


def _check_asked(args: argparse.Namespace) -> None:
    """Raises UsageError without a bundle, EnvError without what is needed to serve it."""
    _check_installed(args.grpc_port is not None)
    if not args.bundles:
        raise UsageError(
            T("No bundle was given.", "没有给出模型包。"),
            fix=T("Name one: paddle-lab serve last", "请指定，例如：paddle-lab serve last"),
            code="usage.missing",
        )


def _check_installed(grpc: bool) -> None:
    """Raises EnvError where there is no HTTP server, or no gRPC server that was asked for."""
    from paddle_lab.serving.problems import no_grpc, no_serving

    try:
        import prometheus_client  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise no_serving(error) from error
    if not grpc:
        return
    try:
        import paddle_lab.serving.rpc.front  # noqa: F401
    except ImportError as error:
        raise no_grpc(error) from error


def auto_workers(models: int) -> int:
    """The cores but one for the front, shared by the models."""
    return max(1, min(_MOST_AUTO, (int(usable_cores()) - 1) // max(1, models)))
