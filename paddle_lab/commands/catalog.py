"""The commands by name, for both front ends. Nothing is imported before a command is called."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.commands.system import refusals_told
from paddle_lab.i18n import T, Text

if TYPE_CHECKING:
    from paddle_lab.options import CommandParser


@dataclass(frozen=True)
class Command:
    """A command: its names in notebook and terminal, what it does, and where it lives.

    ``magic`` None: there is none, it is a command of the terminal alone.
    ``cell`` tells whether the magic takes a cell body. ``ask`` picks the request for the commands
    that share one file.
    """

    magic: str | None
    cli: str
    does: Text
    module: str
    cell: bool = False
    ask: str | None = None

    @property
    def shown(self) -> str:
        """How it is called in a notebook; in a terminal where it has no magic."""
        return f"paddle-lab {self.cli}" if self.magic is None else f"%{self.magic}"

    def build_parser(self, prog: str) -> CommandParser:
        """The parser, under the name that the front end uses."""
        module = importlib.import_module(f"paddle_lab.commands.{self.module}")
        build: Callable[[str], CommandParser] = (
            module.parser_for(self.ask) if self.ask else module.build_parser
        )
        return build(prog)

    def execute(self, args: Any, context: Context) -> Result:
        """Do it. Raises PaddleLabError, also for what the system refuses."""
        module = importlib.import_module(f"paddle_lab.commands.{self.module}")
        with refusals_told():
            result: Result = module.execute(args, context)
        return result


_ENV: Final = T("check the environment", "检查环境")
_DATA: Final = T("look at data", "查看数据")
_FINETUNE: Final = T("fine-tune a model", "微调模型")
_DISTILL: Final = T("train a smaller model on a run's answers", "用一次运行的回答训练更小的模型")
_SEARCH: Final = T("search for the best options", "搜索最佳选项")
_QUEUE: Final = T("see and order the runs that wait", "查看和调整等待的运行")
_LAUNCH: Final = T("let one more machine work on a run", "让另一台机器加入一次运行")
_RUNS: Final = T("list, compare and remove runs", "列出、比较和删除运行")
_STOP: Final = T("stop a run", "停止运行")
_PAUSE: Final = T("pause a run", "暂停运行")
_RESUME: Final = T("go on with a paused run", "继续已暂停的运行")
_PREDICT: Final = T("ask an exported model", "使用导出的模型预测")
_SERVE: Final = T("answer over HTTP with exported models", "通过 HTTP 提供导出的模型")
_KIT: Final = T("write files that serve a model elsewhere", "生成在别处部署模型的文件")
_MODELS: Final = T("list models by name", "按名称列出模型")
_PUSH: Final = T("publish a model on a hub", "把模型发布到模型库")
_EXPORT: Final = T("export a model, or check one", "导出或验证模型")

COMMANDS: Final[tuple[Command, ...]] = (
    Command("paddle_env", "env", _ENV, "env", cell=True),
    Command("paddle_data", "data", _DATA, "data", cell=True),
    Command("ernie_finetune", "finetune", _FINETUNE, "finetune", cell=True),
    Command("ernie_distill", "distill", _DISTILL, "distill"),
    Command("ernie_search", "search", _SEARCH, "search"),
    Command("ernie_queue", "queue", _QUEUE, "queue"),
    Command("ernie_launch", "launch", _LAUNCH, "launch"),
    Command("ernie_runs", "runs", _RUNS, "runs"),
    Command("ernie_stop", "stop", _STOP, "stop", ask="stop"),
    Command("ernie_pause", "pause", _PAUSE, "stop", ask="pause"),
    Command("ernie_resume", "resume", _RESUME, "stop", ask="resume"),
    Command("ernie_predict", "predict", _PREDICT, "predict", cell=True),
    Command("ernie_export", "export", _EXPORT, "export"),
    Command("ernie_push", "push", _PUSH, "push"),
    Command("ernie_models", "models", _MODELS, "models"),
    Command("ernie_kit", "kit", _KIT, "kit"),
    Command("ernie_serve", "serve", _SERVE, "serve"),
)

#: Those that a notebook has as magics, by name.
MAGICS: Final[dict[str, Command]] = {one.magic: one for one in COMMANDS if one.magic is not None}
