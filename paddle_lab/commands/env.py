"""``%paddle_env`` and ``paddle-lab env``: the environment doctor."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text, current_language
from paddle_lab.options import AnswerOptions, CommandParser, Group, option
from paddle_lab.options.declare import ANSWER
from paddle_lab.text.html import escape

Show = Callable[[Result], object]
LAST: Final = "last exception"
REPORT: Final = "paddle-lab-report.md"
FRESH_FOLDER: Final = ".venv-paddle"
QUESTIONS: Final = Group(T("what to do", "要做什么"), 10)
SHEETS: Final = Group(T("fact sheets", "信息表"), 20)


@dataclass(frozen=True, kw_only=True)
class EnvOptions(AnswerOptions):
    """What is asked of the doctor, and of which environment."""

    check: bool = option(
        False,
        T("import Paddle in a process of its own, train one step and infer once on every device",
          "在独立进程中导入飞桨，在每个设备上训练一步并推理一次"),
        group=QUESTIONS,
    )  # fmt: skip
    imports: bool = option(
        False,
        T("import paddle and paddlenlp in a process of its own and wait for it; --check does more",
          "在独立进程中导入 paddle 和 paddlenlp 并等待结果；--check 检查得更多"),
        group=QUESTIONS,
    )  # fmt: skip
    plan: bool = option(
        False,
        T("all commands from here to a working environment", "列出从当前到可用环境的全部命令"),
        group=QUESTIONS,
    )  # fmt: skip
    explain: str | None = option(
        None,
        T("explain the last exception, a file, the cell's text, or standard input (-)",
          "解释最近一次异常、文件、单元中的文本或标准输入（-）"),
        metavar="FILE", bare=LAST, example="error.txt", group=QUESTIONS,
    )  # fmt: skip
    dry_run: bool = option(
        False,
        T("the plan, and what each of its installations would change; asks the package index",
          "列出修复计划及每次安装将改动的内容；会访问软件包索引"),
        group=QUESTIONS,
    )  # fmt: skip
    try_out: bool = option(
        False,
        T("find versions that work and try them in a throw-away environment first",
          "查找可用的版本，并先在一次性环境中试验"),
        word="try", group=QUESTIONS,
    )  # fmt: skip
    fresh: str | None = option(
        None,
        T("make a new environment beside this one, with the set that works, and prove it",
          "在当前环境之外新建一个可用的环境并验证"),
        metavar="FOLDER", bare=FRESH_FOLDER, example=".venv-paddle", group=QUESTIONS,
    )  # fmt: skip
    kernel: bool = option(
        False,
        T("with --fresh: show the new environment in Jupyter, as a kernel of this user",
          "配合 --fresh：把新环境注册为当前用户的 Jupyter 内核"),
        group=QUESTIONS,
    )  # fmt: skip
    docker: bool = option(
        False,
        T("the official image that fits, and its docker run line",
          "匹配的官方镜像及 docker run 命令"),
        group=QUESTIONS,
    )  # fmt: skip
    freeze: str | None = option(
        None,
        T("exact constraints of this environment, to a file or shown",
          "把当前环境的精确版本写成约束文件，或直接显示"),
        metavar="FILE", bare="-", example="constraints.txt", group=QUESTIONS,
    )  # fmt: skip
    hints: str | None = option(
        None,
        T("the hint under a library's traceback whose cause is confirmed",
          "库代码出错且原因已证实时，回溯下方的提示开关"),
        choices=("on", "off"), example="off", group=QUESTIONS,
    )  # fmt: skip
    facts: str | None = option(
        None,
        T("diagnose a recorded fact sheet instead of this machine", "诊断已保存的信息表而非本机"),
        metavar="FILE", example="sheet.json", group=SHEETS,
    )  # fmt: skip
    facts_out: str | None = option(
        None,
        T("write this machine's fact sheet (no secrets in it)", "写出本机信息表（不含隐私）"),
        metavar="FILE", example="sheet.json", group=SHEETS,
    )  # fmt: skip
    python: str | None = option(
        None,
        T("look at another interpreter", "检查另一个解释器"),
        metavar="PATH", example=".venv/bin/python", group=SHEETS,
    )  # fmt: skip
    report: str | None = option(
        None,
        T("also write a report that can be posted: no tokens, no names of people or machines",
          "同时写出可公开提交的报告：不含令牌、用户名和主机名"),
        metavar="FILE", bare=REPORT, example="paddle-lab-report.md", group=ANSWER,
    )  # fmt: skip
    html: str | None = option(
        None,
        T("also write the page as an HTML file", "同时写出 HTML 页面"),
        metavar="FILE", example="page.html", group=ANSWER,
    )  # fmt: skip


def build_parser(prog: str = "%paddle_env") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        EnvOptions,
        T("What is wrong with this Python environment for Paddle, and the command that fixes it. "
          "Paddle is only ever imported in a process of its own.",
          "检查当前 Python 环境能否使用飞桨，并给出修复命令。飞桨只会在独立进程中导入。"),
        _examples(prog),
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Do it. The exit code is 1 when something is wrong: an error finding, or a failed check."""
    from paddle_lab.environment import answers

    if args.hints:
        return _hints(args.hints)
    if args.report:
        _reportable(args)
    text = _text_to_explain(args, context)
    facts = _facts(args, context)
    if args.facts_out:
        from paddle_lab.environment import write_facts

        write_facts(facts, args.facts_out)
    if args.docker:
        return Result(**answers.docker(facts))
    if args.fresh:
        return _fresh(args, facts, context)
    if args.freeze:
        return _freeze(facts, args.freeze)
    return _finish(args, _reported(args, _answer(args, facts, text, context), facts, text or ""))


def _answer(
    args: argparse.Namespace, facts: Mapping[str, Any], text: str | None, context: Context
) -> Result:
    """The page of the environment or the explained text, with what was tried of it."""
    from paddle_lab.environment import answers

    language = current_language()
    untried = answers.how_to_try(recorded=bool(args.facts), python=args.python)
    if args.try_out or args.dry_run:
        from paddle_lab.environment.resolving.trial_answer import rehearsed_answer, tried_answer

        if args.try_out:
            return Result(**tried_answer(facts, language, text, untried, context.say))
        return Result(**rehearsed_answer(facts, language, untried))
    if text is not None:
        return Result(**answers.explained(text, facts, language))
    later = _in_background(args, facts, language) if context.notebook else None
    if later is not None:
        untried = answers.TRYING_TEXT
    rich = context.stays or bool(args.html)
    answer = answers.diagnosed(facts, language, with_plan=args.plan, untried=untried, rich=rich)
    return Result(**answer, later=later)


def _in_background(
    args: argparse.Namespace, facts: Mapping[str, Any], language: str
) -> Callable[[Show], None] | None:
    """Begin to try the imports where that is not known and the page can change afterwards.

    What comes back takes the function that changes it; None when nothing is tried.
    """
    from paddle_lab.environment import answers, collect
    from paddle_lab.environment.imports.background import TRIAL

    fixed = args.facts or args.python or args.json or args.quiet or args.html
    key = (facts.get("state") or {}).get("key")
    if fixed or key is None or "imports" in facts:
        return None
    place: Future[Show] = Future()

    def tell() -> None:
        show = place.result(timeout=60)
        show(Result(**answers.diagnosed(collect(), language, with_plan=args.plan)))

    return None if TRIAL.begin(key, tell) == "idle" else place.set_result


def _facts(args: argparse.Namespace, context: Context) -> dict[str, Any]:
    from paddle_lab.environment import collect, collect_from, read_facts

    here = {"python", "imports", "check", "dry_run", "try_out", "fresh"}
    if args.facts and any(getattr(args, name) for name in here):
        raise UsageError(
            T(
                "--facts is of another machine: it goes with none of --python, --imports, "
                "--check, --dry-run, --try, --fresh.",
                "--facts 来自另一台机器，不能与 --python、--imports、--check、--dry-run、--try "
                "或 --fresh 同用。",
            ),
            code="usage.conflict",
        )
    if args.kernel and not args.fresh:
        raise UsageError(
            T("--kernel goes with --fresh.", "--kernel 需与 --fresh 同用。"), code="usage.conflict"
        )
    if args.facts:
        return read_facts(args.facts)
    facts = collect_from(args.python) if args.python else collect()
    if args.check or (args.try_out and args.explain is None and not context.cell):
        from paddle_lab.environment import check_and_try

        check_and_try(facts, args.python, context.say)
    elif args.imports:
        from paddle_lab.environment import try_imports

        facts["imports"] = try_imports(args.python)
    return facts


def _text_to_explain(args: argparse.Namespace, context: Context) -> str | None:
    if args.explain is None:
        if context.cell is None or not context.cell.strip():
            return None
        return context.cell
    if args.explain == LAST:
        if context.cell is not None and context.cell.strip():
            return context.cell
        return _last_exception(context)
    from paddle_lab.environment.text import read_text

    return read_text(args.explain)


def _last_exception(context: Context) -> str:
    from paddle_lab.environment.exceptions import last_exception

    text = last_exception()
    if text is None:
        raise UsageError(
            T("No exception has happened here yet.", "此处还没有发生过异常。"),
            fix=T(
                "Give the text: %%paddle_env --explain and the error below it in the cell, or "
                "paddle-lab env --explain FILE (- reads standard input).",
                "请给出文本：在单元中写 %%paddle_env --explain 并在下面粘贴报错，"
                "或使用 paddle-lab env --explain 文件（- 表示标准输入）。",
            ),
            code="usage.no_exception",
        )
    return text


def _reportable(args: argparse.Namespace) -> None:
    """Before anything takes long: is there something to report, and a free name for it?"""
    from paddle_lab.environment.report import refuse_existing

    if args.docker or args.fresh or args.freeze:
        raise UsageError(
            T(
                "--report is of the page, of --check or of --explain.",
                "--report 用于页面、--check 或 --explain 的结果。",
            ),
            code="usage.conflict",
        )
    refuse_existing(args.report)


def _reported(
    args: argparse.Namespace, result: Result, facts: Mapping[str, Any], text: str = ""
) -> Result:
    """Write what can be posted where ``--report`` asks for it, and say so."""
    if not args.report:
        return result
    from paddle_lab.environment.answers import report_of
    from paddle_lab.environment.report import write_report

    write_report(args.report, report_of(result.value, facts, text, current_language()))
    said = T(
        "Written: {path}. Read it once before you post it; it says where to.",
        "已写入：{path}。提交前请再看一遍；其中写有提交地址。",
        path=args.report,
    )
    return replace(
        result,
        text=f"{result.text}\n\n{said}",
        html=f"{result.html}<p>{escape(said)}</p>" if result.html else None,
        json={**(result.json or {}), "report": args.report},
    )


def _finish(args: argparse.Namespace, result: Result) -> Result:
    """Write the page where ``--html`` asks for it."""
    if not args.html:
        return result
    from paddle_lab.environment.page import html_document

    _write(args.html, html_document(result.html or ""))
    return result


def _fresh(args: argparse.Namespace, facts: Mapping[str, Any], context: Context) -> Result:
    from paddle_lab.environment.resolving.fresh import make_fresh
    from paddle_lab.environment.resolving.fresh_answer import answer

    made = make_fresh(Path(args.fresh).expanduser(), facts, kernel=args.kernel, say=context.say)
    return Result(**answer(made, facts))


def _write(path: str, content: str) -> None:
    from paddle_lab.paths import atomic_write_text

    try:
        atomic_write_text(Path(path), content)
    except (OSError, ValueError) as error:  # ValueError: a NUL or half a character in the name
        raise UsageError(
            T("{path} could not be written.", "无法写入 {path}。", path=path),
            T("{error}", "{error}", error=getattr(error, "strerror", None) or error),
            T("Give another file name.", "请换一个文件名。"),
            code="usage.file_not_written",
        ) from error


def _freeze(facts: Mapping[str, Any], target: str) -> Result:
    from paddle_lab.environment.freeze import constraints

    text = constraints(facts)
    if target == "-":
        return Result(text.rstrip("\n"), json={"constraints": text}, value=text)
    _write(target, text)
    shown = T(
        "Written: {path}. Use it with: pip install -c {path} ...",
        "已写入：{path}。用法：pip install -c {path} ...",
        path=target,
    )
    return Result(str(shown), json={"file": target, "constraints": text}, value=text)


def _hints(wanted: str) -> Result:
    from IPython import get_ipython

    from paddle_lab.environment import hint

    ip = get_ipython()
    if ip is None:
        raise UsageError(
            T("--hints is for notebooks.", "--hints 只用于笔记本。"),
            fix=T("Everywhere else hints are off.", "其他场合提示本来就是关闭的。"),
            code="usage.notebook_only",
        )
    (hint.install if wanted == "on" else hint.uninstall)(ip)
    said: Text = (
        T("Hints under tracebacks are on.", "已开启回溯下方的提示。")
        if wanted == "on"
        else T("Hints under tracebacks are off.", "已关闭回溯下方的提示。")
    )
    return Result(str(said), json={"hints": wanted}, value=wanted)


def _examples(prog: str) -> list[str]:
    return [
        prog,
        f"{prog} --check",
        f"{prog} --plan",
        f"{prog} --explain                # {T('the last exception', '最近一次异常')}",
        "python train.py 2>&1 | paddle-lab env --explain - --json",
        f"{prog} --fresh                  # {T('a new environment', '新建环境')}",
        f"{prog} --facts-out sheet.json   # {T('to send to a teacher', '发给老师')}",
        f"{prog} --facts sheet.json --plan",
    ]
