"""What the command says of a new environment: that it works, and how it is used."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from paddle_lab.environment.probes.installers import find_uv
from paddle_lab.environment.redact import clean
from paddle_lab.environment.resolving.fresh import Fresh, kernel_name, kernel_words
from paddle_lab.i18n import T, Text

_USE = T("Use it in a terminal", "在终端中使用")
_KERNEL = T("Show it in Jupyter", "在 Jupyter 中显示")
_OWN = T("Paddle Lab in it, for its magics", "在其中安装 Paddle Lab，以使用魔法命令")
_DONE = T(
    "Done with it? Remove the folder; nothing else was changed.",
    "不再需要时删除该目录即可，其他内容均未改动。",
)


def answer(made: Fresh, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Text, JSON and value of the command's result."""
    kernel = _line(kernel_words(made.folder, made.kernel or kernel_name(made.folder, facts)))
    own = _paddle_lab(made)
    lines = [str(_headline(made)), "", _comment(_USE), _activate(made)]
    lines += [str(_registered(made))] if made.kernel else [_comment(_KERNEL), kernel]
    lines += [_comment(_OWN), own] if own else []
    lines.append(_comment(_DONE))
    commands = {"use": _activate(made), "kernel": kernel, "paddle_lab": own}
    return {
        "text": "\n".join(lines),
        "json": {
            "folder": str(made.folder),
            "python": str(made.python),
            "version": made.version,
            "packages": dict(pin.split("==", 1) for pin in made.pins),
            "check": dict(made.check),
            "seconds": made.seconds,
            "offline": made.offline,
            "kernel": made.kernel,
            "commands": commands,
        },
        "value": made,
    }


def _comment(text: Text) -> str:
    return f"# {text}"


def _headline(made: Fresh) -> Text:
    versions = dict(pin.split("==", 1) for pin in made.pins)
    paddle = next(name for name in ("paddlepaddle-gpu", "paddlepaddle") if name in versions)
    said = T(
        "The new environment works: a training step and an inference were run in it.\n"
        "  {folder}   Python {python}, {paddle} {version}, paddlenlp {nlp}   {seconds:.0f} s",
        "新环境可用：已在其中完成一次训练步和一次推理。\n"
        "  {folder}   Python {python}，{paddle} {version}，paddlenlp {nlp}   {seconds:.0f} 秒",
        folder=clean(str(made.folder)),
        python=made.version,
        paddle=paddle,
        version=versions[paddle],
        nlp=versions.get("paddlenlp", "-"),
        seconds=made.seconds,
    )
    if not made.offline:
        return said
    return T(
        "{said}\n  There was no network: its packages come from uv's cache.",
        "{said}\n  没有网络：软件包来自 uv 缓存。",
        said=said,
    )


def _registered(made: Fresh) -> Text:
    return T(
        "Jupyter offers it as the kernel “Paddle ({name})”; to remove that again: "
        "jupyter kernelspec uninstall {kernel}",
        "Jupyter 中的内核名为“Paddle ({name})”；移除：jupyter kernelspec uninstall {kernel}",
        name=made.folder.name,
        kernel=made.kernel,
    )


def _activate(made: Fresh) -> str:
    if os.name == "nt":
        return _line([str(made.folder / "Scripts" / "activate")])
    return f". {_line([str(made.folder / 'bin' / 'activate')])}"


def _paddle_lab(made: Fresh) -> str | None:
    """The command that installs the Paddle Lab that runs here into the new environment."""
    source = _own_source()
    if source is None:
        return None
    uv = find_uv()
    if uv is None:
        return _line([str(made.python), "-m", "pip", "install", *source])
    return _line([uv, "pip", "install", "--python", str(made.python), *source])


def _own_source() -> list[str] | None:
    """Where this Paddle Lab was installed from; None where that is no longer known."""
    try:
        text = metadata.distribution("paddle-lab").read_text("direct_url.json")
        origin = json.loads(text) if text else {}
        folder = url2pathname(urlsplit(str(origin.get("url", ""))).path)
    except (metadata.PackageNotFoundError, ValueError):
        return None
    if not Path(folder).exists():
        return None
    return ["-e", folder] if (origin.get("dir_info") or {}).get("editable") else [folder]


def _line(words: list[str]) -> str:
    if os.name == "nt":
        return subprocess.list2cmdline(words)
    return " ".join(shlex.quote(word) for word in words)
