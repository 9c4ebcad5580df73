"""The options of ``%ernie_finetune``: one parser for both doors, each option with an example."""

from __future__ import annotations

import argparse
from typing import Any

from paddle_lab.commands.parser import CommandParser
from paddle_lab.i18n import T


def build_parser(prog: str = "%ernie_finetune") -> CommandParser:
    """The parser of both doors. Every option's help ends with an example."""
    parser = CommandParser(
        prog=prog,
        description=str(
            T(
                "Fine-tune a Chinese model on labelled texts, watch it live, and end with an "
                "exported model that was proven to work.",
                "在带标签的文本上微调中文模型，实时观察训练，并以经过验证的导出模型结束。",
            )
        ),
        epilog=_examples(prog),
    )
    _add_data(parser)
    _add_model(parser)
    _add_training(parser)
    _add_running(parser)
    return parser


def _add_data(parser: CommandParser) -> None:
    group = parser.add_argument_group(str(T("data", "数据")))
    group.add_argument(
        "train",
        nargs="?",
        metavar="TRAIN",
        help=str(
            T(
                "TSV, CSV or JSON lines file, a DataFrame's name, or a sample: reviews",
                "TSV、CSV 或 JSON lines 文件、DataFrame 变量名，或示例数据 reviews",
            )
        ),
    )
    group.add_argument(
        "dev",
        nargs="?",
        metavar="DEV",
        help=str(
            T(
                "rows to choose the best weights on; otherwise a part of TRAIN is set aside",
                "用于选择最佳权重的数据；缺省时从 TRAIN 中划出一部分",
            )
        ),
    )
    _option(group, "--test", "rows for the final report", "用于最终报告的数据", "--test test.tsv")
    _option(group, "--text", "column of the text", "文本列", "--text review")
    _option(group, "--label", "column of the label", "标签列", "--label stars")
    _option(group, "--sep", "column separator", "列分隔符", "--sep ,")
    _option(
        group,
        "--encoding",
        "encoding, found by itself otherwise",
        "编码，缺省自动识别",
        "--encoding gb18030",
    )
    _option(
        group,
        "--split",
        "share of TRAIN set aside when DEV is not given",
        "未给出 DEV 时划出的比例",
        "--split 0.1",
        kind=float,
    )
    _option(
        group,
        "--limit",
        "use at most this many training rows",
        "最多使用的训练行数",
        "--limit 2000",
        kind=int,
    )
    group.add_argument(
        "--skip-bad",
        action="store_true",
        default=None,
        help=str(
            T(
                "drop rows that cannot be read instead of refusing the file",
                "丢弃无法读取的行，而不是拒绝整个文件",
            )
        ),
    )


def _add_model(parser: CommandParser) -> None:
    group = parser.add_argument_group(str(T("model", "模型")))
    group.add_argument(
        "--task",
        choices=["classify"],
        help=str(T("what is learnt, e.g. --task classify", "任务类型，例如 --task classify")),
    )
    _option(
        group,
        "--model",
        "a name, a Hugging Face id, or a folder",
        "模型名、Hugging Face id 或目录",
        "--model ernie-3.0-nano-zh",
    )
    group.add_argument(
        "--trust",
        action="store_true",
        default=None,
        help=str(
            T(
                "allow weights in pickle format from outside; only when you trust their source",
                "允许加载外部的 pickle 权重；仅在信任来源时使用",
            )
        ),
    )
    group.add_argument(
        "--random-init",
        action="store_true",
        default=None,
        help=str(
            T(
                "start from random weights, to see what pre-training buys",
                "从随机权重开始，用来观察预训练的作用",
            )
        ),
    )


def _add_training(parser: CommandParser) -> None:
    group = parser.add_argument_group(str(T("training", "训练")))
    _option(group, "--epochs", "passes over the data", "训练轮数", "--epochs 3", kind=float)
    _option(group, "--batch-size", "rows per step", "每步行数", "--batch-size 32", kind=int)
    _option(
        group,
        "--eval-batch-size",
        "rows per evaluation batch",
        "评估时每批行数",
        "--eval-batch-size 64",
        kind=int,
    )
    _option(group, "--lr", "highest learning rate", "最高学习率", "--lr 5e-5", kind=float)
    _option(
        group,
        "--max-len",
        "tokens kept of a text",
        "每条文本保留的词元数",
        "--max-len 128",
        kind=int,
    )
    _option(
        group,
        "--warmup",
        "share of steps with a rising learning rate",
        "学习率预热所占比例",
        "--warmup 0.1",
        kind=float,
    )
    _option(
        group,
        "--weight-decay",
        "AdamW's weight decay",
        "AdamW 权重衰减",
        "--weight-decay 0.01",
        kind=float,
    )
    _option(
        group,
        "--dropout",
        "dropout in place of the model's own",
        "替代模型自身的 dropout",
        "--dropout 0.1",
        kind=float,
    )
    group.add_argument(
        "--metric",
        choices=["accuracy", "macro_f1"],
        help=str(
            T(
                "what the best weights are chosen by, e.g. --metric macro_f1",
                "选择最佳权重所用的指标，例如 --metric macro_f1",
            )
        ),
    )
    _option(
        group,
        "--early-stopping",
        "stop after so many evaluations without a better one",
        "连续多少次评估没有提高就停止",
        "--early-stopping 3",
        kind=int,
    )
    _option(
        group,
        "--evals-per-epoch",
        "evaluations in each epoch",
        "每轮评估次数",
        "--evals-per-epoch 2",
        kind=int,
    )
    _option(
        group,
        "--checkpoint-minutes",
        "minutes between checkpoints",
        "检查点间隔（分钟）",
        "--checkpoint-minutes 5",
        kind=float,
    )
    _option(
        group,
        "--seed",
        "same seed, same weights",
        "随机种子：相同种子得到相同权重",
        "--seed 42",
        kind=int,
    )
    group.add_argument(
        "--precision",
        choices=["auto", "fp32", "fp16", "bf16"],
        help=str(T("number format, e.g. --precision bf16", "数值精度，例如 --precision bf16")),
    )
    group.add_argument(
        "--save-memory",
        action="store_true",
        default=None,
        help=str(
            T(
                "recompute instead of keeping activations: slower, smaller",
                "以重计算代替保存激活：更慢但更省内存",
            )
        ),
    )
    _option(
        group,
        "--threads",
        "CPU threads, 0 for all",
        "CPU 线程数，0 表示全部",
        "--threads 2",
        kind=int,
    )
    _option(
        group,
        "--device",
        "auto, cpu, gpu or gpu:1",
        "设备：auto、cpu、gpu 或 gpu:1",
        "--device cpu",
    )
    group.add_argument(
        "--set",
        action="append",
        metavar="NAME=VALUE",
        help=str(
            T(
                "any other field of PaddleNLP's TrainingArguments, e.g. --set max_grad_norm=0.5",
                "PaddleNLP TrainingArguments 的任意其他字段，例如 --set max_grad_norm=0.5",
            )
        ),
    )


def _add_running(parser: CommandParser) -> None:
    group = parser.add_argument_group(str(T("running", "运行")))
    _option(group, "--name", "name of the run", "运行名称", "--name first-try")
    _option(group, "--out", "folder for the run's folder", "运行目录所在的位置", "--out runs")
    _option(group, "--resume", "go on with a run", "继续一次运行", "--resume last")
    group.add_argument(
        "--background",
        action="store_true",
        help=str(T("return at once; the run goes on", "立即返回，运行在后台继续")),
    )
    group.add_argument(
        "--isolate",
        action="store_true",
        default=None,
        help=str(
            T(
                "train in a process of its own, which outlives the kernel",
                "在独立进程中训练，内核退出后继续",
            )
        ),
    )
    group.add_argument(
        "--no-export",
        dest="export",
        action="store_false",
        default=None,
        help=str(T("do not export a model", "不导出模型")),
    )
    group.add_argument(
        "--no-baseline",
        dest="baseline",
        action="store_false",
        default=None,
        help=str(T("do not fit the simple baseline for comparison", "不训练用于比较的简单基线")),
    )
    _option(
        group, "--config", "options from a YAML file", "从 YAML 文件读取选项", "--config run.yaml"
    )
    group.add_argument(
        "--dry-run",
        action="store_true",
        help=str(
            T(
                "show the plan, the data report and an estimate; load no model",
                "只显示计划、数据报告和估算，不加载模型",
            )
        ),
    )
    _option(
        group, "-o", "variable that gets the run", "保存运行对象的变量名", "-o run", dest="output"
    )
    group.add_argument(
        "-q", "--quiet", action="store_true", help=str(T("no live view", "不显示实时视图"))
    )
    group.add_argument(
        "--json", action="store_true", help=str(T("print the result as JSON", "以 JSON 输出结果"))
    )


def _option(
    group: argparse._ArgumentGroup,
    flag: str,
    en: str,
    zh: str,
    example: str,
    *,
    kind: type = str,
    dest: str | None = None,
) -> None:
    text = str(T(f"{en}, e.g. {example}", f"{zh}，例如 {example}")).replace("%", "%%")
    keywords: dict[str, Any] = {"dest": dest} if dest else {}
    metavar = (dest or flag.lstrip("-")).upper().replace("-", "_")
    group.add_argument(flag, type=kind, metavar=metavar, help=text, **keywords)


def _examples(prog: str) -> str:
    return str(T("examples:", "示例：")) + "".join(
        f"\n  {prog} {line}"
        for line in (
            "reviews",
            "train.tsv dev.tsv --model ernie-3.0-nano-zh --epochs 3 --lr 5e-5",
            "df --text review --label stars --background -o run",
            "reviews --dry-run",
            "--resume last",
        )
    )
