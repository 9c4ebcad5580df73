"""``%ernie_push`` and ``paddle-lab push``: a run's bundle as a version on a hub."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paddle_lab.commands.context import Context
from paddle_lab.commands.result import Result
from paddle_lab.commands.table import Table
from paddle_lab.errors import UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.options import AnswerOptions, CommandParser, option
from paddle_lab.text.html import escape
from paddle_lab.text.numbers import count

if TYPE_CHECKING:
    from paddle_lab.publishing import PushPlan


@dataclass(frozen=True, kw_only=True)
class PushOptions(AnswerOptions):
    """Which bundle goes where, under which tag."""

    run: str = option(
        help=T("last, a run's name or id, or a bundle's folder",
               "last、运行名称或 id，或模型包目录"),
        positional=True, values="runs",
    )  # fmt: skip
    target: str = option(
        help=T("hf:org/name, ms:org/name, or a folder as a hub: file:/share/hub/org/name",
               "hf:org/name、ms:org/name，或作为模型库的目录：file:/share/hub/org/name"),
        positional=True, metavar="HUB:ORG/NAME",
    )  # fmt: skip
    tag: str | None = option(
        None,
        T("the version; left out: the next number", "版本标签；缺省为下一个编号"),
        example="v2",
    )  # fmt: skip
    message: str | None = option(
        None,
        T("what is new in it; left out: the model and its figures",
          "版本说明；缺省为模型及其指标"),
        example="'more reviews of hotels'",
    )  # fmt: skip
    public: bool = option(
        False,
        T("everybody may read the repository, where it is made now",
          "新建的仓库对所有人公开"),
    )  # fmt: skip
    dry_run: bool = option(
        False,
        T("show every file with its bytes, and the card; send nothing",
          "只显示每个文件的大小和模型卡，不发送任何内容"),
    )  # fmt: skip


def build_parser(prog: str = "%ernie_push") -> CommandParser:
    """The parser of both front ends."""
    return CommandParser(
        prog,
        PushOptions,
        T("Publish a run's model on a hub, as a version with its proof and a model card; private "
          "unless you say otherwise. It is loaded from there again and asked.",
          "把一次运行的模型发布到模型库，成为带有验证和模型卡的版本；除非指定，否则为私有。"
          "随后会从模型库重新加载并验证。"),
        [f"{prog} last hf:org/name --dry-run", f"{prog} last hf:org/name --message 'first'",
         f"{prog} last file:/share/hub/org/name --tag v2"],
    )  # fmt: skip


def execute(args: argparse.Namespace, context: Context) -> Result:
    """Publish, or show what would be. Raises UsageError, BundleError, RunError, HubError."""
    from paddle_lab.bundle.locate import find_bundle
    from paddle_lab.hubs import hub_name
    from paddle_lab.publishing import plan_push, publish

    name = hub_name(args.target)
    if name is None:
        raise UsageError(
            T("'{target}' is not a name on a hub.", "“{target}”不是模型库名称。",
              target=args.target[:120]),
            fix=T("For example hf:org/name, or file:/share/hub/org/name for a folder.",
                  "例如 hf:org/name；目录写作 file:/share/hub/org/name。"),
            code="usage.value",
        )  # fmt: skip
    plan = plan_push(
        find_bundle(args.run), name.absolute, tag=args.tag, message=args.message, public=args.public
    )
    if args.dry_run:
        return _planned(plan)
    pushed = publish(plan, None if args.quiet else lambda text: print(text, flush=True))
    proof = next(iter(pushed.proofs.values()))
    text = T(
        "{name} is on the hub ({files} files, {size:.1f} MB, commit {commit}). Loaded from there "
        "in a fresh process: {rows} rows, answers equal. "
        "Use it: paddle_lab.load_bundle(\"{name}\")",
        "{name} 已发布（{files} 个文件，{size:.1f} MB，提交 {commit}）。在新进程中从模型库加载："
        "{rows} 行，答案一致。使用：paddle_lab.load_bundle(\"{name}\")",
        name=pushed.name, files=len(plan.files), size=plan.bytes / 1e6,
        commit=pushed.state.commit[:8], rows=proof.get("rows"),
    )  # fmt: skip
    return Result(
        str(text),
        json={**plan.to_json(), "commit": pushed.state.commit,
              "endpoint": pushed.state.endpoint, "proofs": pushed.proofs},
        value=str(pushed.name),
    )  # fmt: skip


def _planned(plan: PushPlan) -> Result:
    table = Table([str(T("file", "文件")), str(T("bytes", "字节"))])
    for path, size in plan.files.items():
        table.add([path, count(size)])
    table.add([str(T("together", "合计")), count(plan.bytes)])
    lines = [
        T("Would be sent to {target}, {who}; nothing was sent.",
          "将发送到 {target}，{who}；尚未发送。", target=plan.name.at(plan.tag), who=_who(plan)),
        T("Message: {message}", "说明：{message}", message=plan.message),
        T("Licence: {licence}", "许可证：{licence}",
          licence=plan.licence.id or T("unknown", "未知")),
    ]  # fmt: skip
    if plan.known:
        lines.append(T("There is a version {tag} already: other files under this tag are refused.",
                       "已有版本 {tag}：该标签下的不同文件会被拒绝。", tag=plan.tag))  # fmt: skip
    told = "\n".join(map(str, lines))
    return Result(
        f"{table.text()}\n\n{told}\n\n{plan.card}",
        html=table.html() + "".join(f"<p>{escape(str(line))}</p>" for line in lines)
        + f"<pre>{escape(plan.card)}</pre>",
        json={**plan.to_json(), "card": plan.card},
        value=plan,
    )  # fmt: skip


def _who(plan: PushPlan) -> Text:
    if not plan.new:
        return T("a repository that is there", "已有的仓库")
    if plan.name.root is not None:
        return T("a new repository, readable as its folder is", "新仓库，权限与其目录相同")
    return T("a new repository that everybody may read", "新的公开仓库") if plan.public else T(
        "a new private repository", "新的私有仓库")  # fmt: skip
