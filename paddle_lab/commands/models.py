"""``%ernie_models`` and ``paddle-lab models``: what is here, what can be had, and at what cost."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.i18n import T, current_language
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.text.html import escape
from paddle_lab.text.numbers import count, roughly


@dataclass(frozen=True, kw_only=True)
class ModelsOptions(AnswerOptions):
    """Which models are shown."""

    word: str | None = option(
        None,
        T("part of the name; left out: those whose sizes are known",
          "名称的一部分；缺省显示大小已知的模型"),
        positional=True, metavar="WORD",
    )  # fmt: skip
    here: bool = option(False, T("only those on this machine", "只显示本机已有的模型"))


def build_parser(prog: str = "%ernie_models") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        ModelsOptions,
        T("The models that can be asked for by name: size, licence, layers, and how long an epoch "
          "takes here. Nothing is asked of a network.",
          "可按名称使用的模型：大小、许可证、层数，以及在本机训练一轮的时间。不访问网络。"),
        [prog, f"{prog} ernie", f"{prog} --here"],
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """The list. A hub is asked by name alone: ``--model hf:org/name``."""
    from paddle_lab.training.offered import ROWS, TOKENS, offered

    found = [one for one in offered(args.word) if one.here or not args.here]
    language = current_language()
    table = Table([
        str(T("model", "模型")), str(T("here", "本机")), str(T("licence", "许可证")),
        str(T("layers", "层数")), str(T("parameters", "参数量")), "MB", str(T("an epoch", "一轮")),
    ])  # fmt: skip
    for one in found:
        table.add([
            one.name,
            str(T("yes", "有")) if one.here else str(one.source),
            one.licence or str(T("unknown", "未知")),
            "–" if one.layers is None else str(one.layers),
            "–" if one.parameters is None else f"{one.parameters / 1e6:.1f} M",
            "–" if one.bytes is None else count(max(1, one.bytes // 1_000_000)),
            "–" if one.epoch_s is None else roughly(one.epoch_s, language),
        ])  # fmt: skip
    told = T("An epoch of {rows} rows of {tokens} tokens on the CPUs of this machine, roughly. "
             "More names: {command} WORD. On a hub any ERNIE or BERT encoder: --model hf:org/name",
             "一轮：{rows} 行、每行 {tokens} 词元，在本机 CPU 上的大致时间。"
             "更多名称：{command} 词。模型库中的 ERNIE、BERT 编码器均可：--model hf:org/name",
             rows=count(ROWS), tokens=TOKENS,
             command="%ernie_models" if context.stays else "paddle-lab models")  # fmt: skip
    if not found:
        told = T("No model here has '{word}' in its name. On a hub: --model hf:org/name",
                 "没有名称含“{word}”的模型。模型库中的模型：--model hf:org/name",
                 word=(args.word or "")[:80])  # fmt: skip
        return Result(str(told), json=[])
    return Result(
        f"{table.text()}\n\n{told}",
        html=f"{table.html()}<p>{escape(str(told))}</p>",
        json=[one.to_json() for one in found],
        value=[one.name for one in found],
    )
