"""``%ernie_serve``: a service beside the notebook, what it answers, and how to ask and end it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from paddle_lab.commands.context import Context
from paddle_lab.commands.older_small import tell_of_used
from paddle_lab.commands.result import Result
from paddle_lab.i18n import T, Text, current_language
from paddle_lab.options import options_of
from paddle_lab.serving.beside import Beside, running
from paddle_lab.serving.models import places_of
from paddle_lab.serving.openapi import curl_line, example_row, grpc_line
from paddle_lab.text.html import escape

#: Options that are not for the service itself.
_OWN = ("detach", "stop", "until_input_ends", "json", "quiet", "output", "lang", "port")


def serve_beside(args: argparse.Namespace, declared: type, context: Context) -> Result:
    """Start a service and wait until it is ready; or end those that this notebook started."""
    if args.stop:
        return _stopped()
    if not args.bundles:
        return _listed()
    places = places_of(args.bundles)  # what is wrong with them is said at once
    tell_of_used(context, [place.folder for place in places])
    context.say(T("Loading …", "正在加载……"))
    service = Beside(words_of(args, declared), detached=args.detach)
    service.until_ready()
    return _shown(service, context, rich=not (args.json or args.quiet))


def words_of(args: argparse.Namespace, declared: type) -> list[str]:
    """The line of the terminal that serves what was asked for; a free port unless one is named."""
    words = list(args.bundles)
    words += ["--port", str(args.port if args.port is not None else 0)]
    for option in options_of(declared):
        value = getattr(args, option.name)
        if option.positional or option.name in _OWN or value == option.default:
            continue
        words += [option.flag] if option.kind == "bool" else [option.flag, str(value)]
    return words


def _shown(service: Beside, context: Context, *, rich: bool) -> Result:
    models = service.models()
    lines: list[Text] = [
        T("Serving at {url} (process {pid}); what it answers: {url}/docs",
          "服务地址：{url} （进程 {pid}）；接口说明：{url}/docs", url=service.url, pid=service.pid),
    ]  # fmt: skip
    if service.grpc is not None:
        lines.append(grpc_line(service.grpc))
    curls = []
    for model in models:
        lines.append(
            T("{name}, version {version}: {task}, runtime {runtime}, processes: {n}",
              "{name}，版本 {version}：{task}，运行时 {runtime}，进程数 {n}",
              name=model["name"], version=model["version"], task=model.get("task"),
              runtime=model.get("runtime"), n=model.get("workers"))
        )  # fmt: skip
        row = {"model": model["name"], **example_row(model.get("reads", ["text"]))}
        curls.append(curl_line(service.url, row))
    end = T("It ends with this kernel, or with %ernie_serve --stop. Log: {log}",
            "它随此内核结束，或用 %ernie_serve --stop 结束。日志：{log}",
            log=service.log)  # fmt: skip
    if service.detached:
        end = T("It goes on when this kernel ends; end it with %ernie_serve --stop here, or with "
                "kill {pid}. Log: {log}",
                "此内核结束后它仍会运行；可在此用 %ernie_serve --stop 或用 kill {pid} 结束。"
                "日志：{log}",
                pid=service.pid, log=service.log)  # fmt: skip
    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    html += "".join(f"<pre>{escape(line)}</pre>" for line in curls) + f"<p>{escape(end)}</p>"
    about: dict[str, Any] = {
        "url": service.url, "grpc": service.grpc, "pid": service.pid, "log": str(service.log),
        "models": models,
    }  # fmt: skip
    text = "\n".join([*map(str, lines), *curls, str(end)])
    if not (rich and context.stays):
        return Result(text, html=html, json=about, value=service)
    from paddle_lab.trial.service import ServicePanel

    # What is written above the box stays when the kernel has gone, and the box with it.
    for line in text.splitlines():
        context.say(Text(line, line))
    panel = ServicePanel(service, models, current_language())

    def later(show: Callable[[Result], object]) -> None:
        panel.watch(lambda said: show(Result(said)))

    return Result(text, json=about, value=service, bundle=panel.bundle(), later=later)


def _listed() -> Result:
    """The services of this notebook that run."""
    found = running()
    lines = [f"{one.url} ({one.pid})" for one in found]
    if not found:
        lines = [str(T("This notebook serves nothing. Start it: %ernie_serve last",
                       "此笔记本没有启动服务。启动：%ernie_serve last"))]  # fmt: skip
    return Result("\n".join(lines), json=[{"url": one.url, "pid": one.pid} for one in found],
                  value=found)  # fmt: skip


def _stopped() -> Result:
    found = running()
    for one in found:
        one.stop()
    text = T("Ended services: {n}", "已结束的服务：{n}", n=len(found))
    return Result(str(text), json={"ended": [one.url for one in found]})
