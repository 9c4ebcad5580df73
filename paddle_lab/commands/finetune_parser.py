"""The options of ``%ernie_finetune``: one parser for both doors, each option with an example."""

from __future__ import annotations

from paddle_lab.commands.finetune_training import add_model, add_training
from paddle_lab.commands.parser import CommandParser, add_common, add_option
from paddle_lab.i18n import T
from paddle_lab.training.options import REPORTS


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
    add_model(parser)
    add_training(parser)
    _add_running(parser)
    add_common(parser)
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
    add_option(
        group, "--test", "rows for the final report", "用于最终报告的数据", "--test test.tsv"
    )
    add_option(group, "--text", "column of the text", "文本列", "--text review")
    add_option(group, "--label", "column of the label", "标签列", "--label stars")
    add_option(group, "--sep", "column separator", "列分隔符", "--sep ,")
    add_option(
        group,
        "--encoding",
        "encoding, found by itself otherwise",
        "编码，缺省自动识别",
        "--encoding gb18030",
    )
    add_option(
        group,
        "--split",
        "share of TRAIN set aside when DEV is not given",
        "未给出 DEV 时划出的比例",
        "--split 0.1",
        kind=float,
    )
    add_option(
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


def _add_running(parser: CommandParser) -> None:
    group = parser.add_argument_group(str(T("running", "运行")))
    add_option(group, "--name", "name of the run", "运行名称", "--name first-try")
    add_option(group, "--out", "folder for the run's folder", "运行目录所在的位置", "--out runs")
    add_option(group, "--resume", "go on with a run", "继续一次运行", "--resume last")
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
    group.add_argument(
        "--report-to",
        choices=REPORTS,
        help=str(
            T(
                "write the curve also as a VisualDL log, e.g. --report-to visualdl",
                "同时把曲线写成 VisualDL 日志，例如 --report-to visualdl",
            )
        ),
    )
    add_option(
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
    add_option(
        group, "-o", "variable that gets the run", "保存运行对象的变量名", "-o run", dest="output"
    )


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
