"""``%ernie_kit`` and ``paddle-lab kit``: a bundle with all that it takes to answer elsewhere."""

from __future__ import annotations

import argparse
import platform
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from paddle_lab._version import __version__
from paddle_lab.commands.context import Context
from paddle_lab.commands.older_small import tell_of_used
from paddle_lab.commands.result import Result
from paddle_lab.commands.serve_ray import REPLICAS, replicas_of
from paddle_lab.errors import BundleError, UsageError
from paddle_lab.i18n import T
from paddle_lab.kits import KITS, Kit, KitFacts, name_of
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.paths import expanded
from paddle_lab.text.html import escape

if TYPE_CHECKING:
    from paddle_lab.bundle import Manifest

_IMAGE: Final = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,200}", re.ASCII)
_WHEEL: Final = re.compile(r"paddle_lab_serve-[A-Za-z0-9._+-]+\.whl", re.ASCII)
#: Memory that a worker holds beside the model's files, and how often it holds these, in MB.
_BESIDE: Final = {"paddle": 450, "onnx": 160}
_TIMES: Final = 3
_REPLICAS: Final = 2
_MOST_TIMES: Final = 4
_PORT: Final = 8000
#: Options of what runs in a container.
_OF_IMAGES: Final = ("image", "wheel", "port", "grpc_port", "workers", "replicas")


@dataclass(frozen=True, kw_only=True)
class KitOptions(AnswerOptions):
    """Which kit of which bundle, and what its files say."""

    kind: str = option(
        help=T("docker, compose, k8s, kserve, ray, cpp or web",
               "docker、compose、k8s、kserve、ray、cpp 或 web"),
        positional=True, metavar="KIND",
    )  # fmt: skip
    bundle: str = option(
        help=T("last, a run's name or id, or a bundle's folder",
               "last、运行名称或 id，或模型包目录"),
        positional=True, values="runs",
    )  # fmt: skip
    out: str | None = option(
        None,
        T("folder to write; otherwise NAME-KIND here", "写入的目录；缺省为当前目录下的 名称-类型"),
        metavar="FOLDER", example="service",
    )  # fmt: skip
    name: str | None = option(
        None,
        T("how the model is called; otherwise its run's name", "模型的名称；缺省为运行名称"),
        example="reviews",
    )  # fmt: skip
    image: str | None = option(
        None,
        T("name of the image, with its registry where it is pushed; otherwise NAME:latest",
          "镜像名称，推送时含仓库地址；缺省为 名称:latest"),
        example="registry.example/nlp/reviews:1",
    )  # fmt: skip
    runtime: str | None = option(
        None,
        T("how the model is run; left out: the runtime that the bundle names",
          "模型的运行方式；缺省为模型包指定的运行时"),
        example="onnx-int8",
    )  # fmt: skip
    wheel: str | None = option(
        None,
        T("a wheel of paddle-lab-serve to install, which make release builds; left out: from an "
          "index",
          "要安装的 paddle-lab-serve wheel，由 make release 生成；缺省从软件源安装"),
        metavar="FILE", example="dist/paddle_lab_serve-0.1.0-py3-none-any.whl",
    )  # fmt: skip
    port: int | None = option(
        None,
        T("port of the service, 8000 when left out", "服务的端口，缺省为 8000"),
        example="8080", at_least=1024, at_most=65535,
    )  # fmt: skip
    grpc_port: int | None = option(
        None,
        T("port for gRPC as well; in kserve the one that is passed on",
          "同时提供 gRPC 的端口；在 kserve 中为对外转发的端口"),
        metavar="PORT", example="9000", at_least=1024, at_most=65535,
    )  # fmt: skip
    workers: int | None = option(
        None,
        T("processes in a container, 1 when left out; of ray replicas on a node",
          "每个容器的进程数，缺省为 1；用于 ray 时为每个节点的副本数"),
        metavar="N", example="2", at_least=1, at_most=64,
    )  # fmt: skip
    replicas: str | None = option(
        None,
        T("containers of k8s, kserve and, beside its head, ray: MIN..MAX, between which their load "
          "decides; of one number that and four times as many; 2..8 when left out",
          "k8s、kserve 和 ray（不含头节点）的容器数：最小..最大，按负载伸缩；只给一个数时，"
          "最大为其四倍；缺省为 2..8"),
        metavar="N", example="2..6", pattern=REPLICAS, forms="2, 2..6 ...",
    )  # fmt: skip


def build_parser(prog: str = "%ernie_kit") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        KitOptions,
        T("Write a folder with the bundle and the files that build an image of it and start it: "
          "Docker, Docker Compose, Kubernetes, KServe, Ray. Or with a C++ program or a page for "
          "browsers that answers.",
          "写入一个目录，包含模型包以及构建和启动服务镜像所需的文件："
          "Docker、Docker Compose、Kubernetes、KServe、Ray；"
          "或一个给出结果的 C++ 程序或浏览器页面。"),
        [f"{prog} docker last", f"{prog} compose last --workers 2",
         f"{prog} k8s last --image registry.example/nlp/reviews:1", f"{prog} cpp last"],
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Write the kit. Raises UsageError for a kind that nobody knows, BundleError for the bundle."""
    from paddle_lab.bundle import load_manifest
    from paddle_lab.bundle.exchange import in_place
    from paddle_lab.bundle.locate import find_bundle

    kit = KITS.get(args.kind)
    _refuse_idle_options(args, kit)
    folder = find_bundle(args.bundle)
    tell_of_used(context, [folder])
    manifest = in_place(folder, lambda: load_manifest(folder))
    facts = _facts(args, kit, folder, manifest)
    out = expanded(args.out if args.out is not None else f"{facts.name}-{args.kind}").absolute()
    _refuse_full(out)
    files = in_place(folder, lambda: kit.files(facts))
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kit-", dir=out.parent) as work:
        made = Path(work, "kit")
        made.mkdir()
        if kit.in_container:
            in_place(folder, lambda: _copy(folder, manifest, facts.runtime, made / "bundle"))
        if args.wheel is not None:
            shutil.copyfile(expanded(args.wheel), made / expanded(args.wheel).name)
        for name, content in files.items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_bytes(
                content.encode("utf-8") if isinstance(content, str) else content
            )
        if out.exists():
            out.rmdir()
        made.rename(out)
    return _shown(out, str(kit.title), kit.steps(facts))


def _refuse_idle_options(args: argparse.Namespace, kit: Kit) -> None:
    """Raise UsageError for an option that says nothing to the kit, and for one that it lacks."""
    idle = [name.replace("_", "-") for name in _OF_IMAGES if getattr(args, name) is not None]
    if idle and not kit.in_container:
        raise UsageError(
            T("--{option} says nothing to {kind}, which makes no image.",
              "--{option} 对 {kind} 不起作用，它不生成镜像。", option=idle[0], kind=args.kind),
            fix=T("Leave it out.", "请去掉它。"),
            code="usage.conflict",
        )  # fmt: skip
    if args.grpc_port is not None and not kit.speaks_grpc:
        raise UsageError(
            T("--grpc-port says nothing to {kind}, whose service answers over HTTP alone.",
              "--grpc-port 对 {kind} 不起作用，其服务只提供 HTTP。", kind=args.kind),
            fix=T("Leave it out.", "请去掉它。"),
            code="usage.conflict",
        )  # fmt: skip
    if kit.in_cluster and "/" not in (args.image or ""):
        raise UsageError(
            T("A cluster fetches the image from a registry, and none is named.",
              "集群从镜像仓库获取镜像，但没有给出仓库。"),
            fix=T("Name it: --image registry.example/nlp/reviews:1",
                  "请给出：--image registry.example/nlp/reviews:1"),
            code="usage.missing",
        )  # fmt: skip
    if args.replicas is not None and not kit.in_cluster:
        raise UsageError(
            T("--replicas says nothing to {kind}, which starts one container.",
              "--replicas 对 {kind} 不起作用，它只启动一个容器。", kind=args.kind),
            fix=T("Leave it out; --workers is for processes in the container.",
                  "请去掉它；容器内的进程数用 --workers 指定。"),
            code="usage.conflict",
        )  # fmt: skip
    if args.grpc_port is not None and args.grpc_port == (args.port or _PORT):
        raise UsageError(
            T("--port and --grpc-port are the same.", "--port 与 --grpc-port 相同。"),
            fix=T("HTTP and gRPC need a port each.", "HTTP 和 gRPC 各需要一个端口。"),
            code="usage.conflict",
        )


def _facts(args: argparse.Namespace, kit: Kit, folder: Path, manifest: Manifest) -> KitFacts:
    runtime = _runtime(args, kit, folder, manifest)
    name = name_of(args.name or str(manifest.source.get("name") or folder.name))
    image = args.image or f"{name}:latest"
    if not _IMAGE.fullmatch(image):
        raise UsageError(
            T("'{image}' is no name of an image.", "“{image}”不是有效的镜像名称。", image=image),
            fix=T("For example registry.example/nlp/reviews:1, in small letters.",
                  "例如 registry.example/nlp/reviews:1，使用小写字母。"),
            code="usage.value",
        )  # fmt: skip
    wheel = None if args.wheel is None else expanded(args.wheel)
    if wheel is not None and not (_WHEEL.fullmatch(wheel.name) and wheel.is_file()):
        raise UsageError(
            T("{wheel} is no wheel of paddle-lab-serve.",
              "{wheel} 不是 paddle-lab-serve 的 wheel。", wheel=args.wheel),
            fix=T("Build it in a checkout: make release", "请在源码目录中生成：make release"),
            code="usage.value",
        )  # fmt: skip
    fewest, most = _replicas(args.replicas)
    kind = "paddle" if runtime.startswith("paddle") else "onnx"
    size = sum(manifest.files[file].bytes for file in manifest.runtimes[runtime]) / 1e6
    return KitFacts(
        bundle=folder,
        name=name,
        image=image,
        runtime=runtime,
        extra=("cpu" if kind == "paddle" else "onnx") + (",grpc" if args.grpc_port else ""),
        wheel=None if wheel is None else wheel.name,
        python=".".join(platform.python_version_tuple()[:2]),
        version=__version__,
        port=_PORT if args.port is None else args.port,
        replicas=fewest,
        most_replicas=most,
        workers=1 if args.workers is None else args.workers,
        memory_mb=round(_BESIDE[kind] + _TIMES * size),
        grpc_port=args.grpc_port,
    )


def _replicas(text: str | None) -> tuple[int, int]:
    """The fewest and the most. Raises UsageError where the second number is the smaller one."""
    if text is None or ".." not in text:
        fewest = _REPLICAS if text is None else int(text)
        return fewest, fewest * _MOST_TIMES
    found = replicas_of(text, 0)
    return found.fewest, found.most


def _runtime(args: argparse.Namespace, kit: Kit, folder: Path, manifest: Manifest) -> str:
    """What the kit shall run: what is asked for, else what the bundle names, if it can."""
    from paddle_lab.bundle.problems import without_runtime
    from paddle_lab.bundle.runtimes import RUNTIMES

    able = manifest.runtimes if kit.runtimes is None else kit.runtimes
    found: str = args.runtime or manifest.runtime
    RUNTIMES.get(found)
    if args.runtime is None and found not in able:
        found = next((name for name in able if name in manifest.runtimes), found)
    if found not in manifest.runtimes:
        raise without_runtime(folder, found, manifest.runtimes)
    if found not in able and found not in (kit.on_request if args.runtime else ()):
        asked = next((name for name in kit.on_request if name in manifest.runtimes), None)
        add = T("Add one to its run, then again: %ernie_export RUN --runtime {runtime}",
                "请为其运行添加后重试：%ernie_export RUN --runtime {runtime}",
                runtime=next(iter(able)))  # fmt: skip
        raise BundleError(
            T("{kind} runs {able}, not {runtime}.", "{kind} 运行 {able}，而不是 {runtime}。",
              kind=args.kind, able=", ".join(able), runtime=found),
            T("The bundle {folder} has {has}.", "模型包 {folder} 包含 {has}。",
              folder=folder, has=", ".join(manifest.runtimes)),
            add if asked is None else T(
                "{add}. Or take what is bound to one version of its library: --runtime {asked}",
                "{add}。也可使用绑定于某一库版本的：--runtime {asked}", add=add, asked=asked),
            code="bundle.no_runtime",
        )  # fmt: skip
    return found


def _refuse_full(out: Path) -> None:
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() or out.is_symlink():
        raise UsageError(
            T("{folder} is there already.", "{folder} 已存在。", folder=out),
            T("A kit is written into a folder of its own.", "部署方案写入单独的目录。"),
            T("Name another with --out, or remove it first.",
              "请用 --out 指定其他目录，或先删除它。"),
            code="usage.exists",
        )  # fmt: skip


def _copy(folder: Path, manifest: Manifest, runtime: str, to: Path) -> None:
    """The bundle, with what this runtime reads alone: an image has use for nothing else."""
    from paddle_lab.bundle.manifest import write_manifest

    lean = manifest.with_one_runtime(runtime)
    for name in lean.files:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, to / name)
    write_manifest(to, lean)


def _shown(out: Path, title: str, steps: tuple[str, ...]) -> Result:
    first = T("Written: {folder}, {title}.", "已写入：{folder}，{title}。", folder=out, title=title)
    then = T("Next, in that folder:", "接下来，在该目录中：")
    lines = [str(first), str(then), *(f"  {step}" for step in steps)]
    commands = escape("\n".join(steps))
    return Result(
        "\n".join(lines),
        html=f"<p>{escape(first)}</p><p>{escape(then)}</p><pre>{commands}</pre>",
        json={"folder": str(out), "steps": list(steps)},
        value=out,
    )
