"""The options of ``%ernie_finetune`` that choose the model and how it is trained."""

from __future__ import annotations

from paddle_lab.commands.parser import CommandParser, add_option
from paddle_lab.i18n import T
from paddle_lab.training.options import AUTO, METRICS, PRECISIONS, TASKS


def add_model(parser: CommandParser) -> None:
    """What is learnt, and what it starts from."""
    group = parser.add_argument_group(str(T("model", "模型")))
    group.add_argument(
        "--task",
        choices=TASKS,
        help=str(T("what is learnt, e.g. --task classify", "任务类型，例如 --task classify")),
    )
    add_option(
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
                "let this call load weights that run a program; only when you trust their source",
                "允许本次加载会运行程序的权重；仅在信任来源时使用",
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


def add_training(parser: CommandParser) -> None:
    """How long, how fast, how carefully, and on what."""
    group = parser.add_argument_group(str(T("training", "训练")))
    add_option(group, "--epochs", "passes over the data", "训练轮数", "--epochs 3", kind=float)
    add_option(
        group,
        "--batch-size",
        "rows per step; auto, as when left out: what suits the model",
        "每步行数；auto（缺省）：适合该模型的值",
        "--batch-size 32",
        kind=_int_or_auto,
    )
    add_option(
        group,
        "--eval-batch-size",
        "rows per evaluation batch",
        "评估时每批行数",
        "--eval-batch-size 64",
        kind=int,
    )
    add_option(
        group,
        "--lr",
        "highest learning rate; auto, as when left out: what suits the model",
        "最高学习率；auto（缺省）：适合该模型的值",
        "--lr 5e-5",
        kind=_float_or_auto,
    )
    add_option(
        group,
        "--max-len",
        "tokens kept of a text",
        "每条文本保留的词元数",
        "--max-len 128",
        kind=int,
    )
    add_option(
        group,
        "--warmup",
        "share of steps with a rising learning rate",
        "学习率预热所占比例",
        "--warmup 0.1",
        kind=float,
    )
    add_option(
        group,
        "--weight-decay",
        "AdamW's weight decay",
        "AdamW 权重衰减",
        "--weight-decay 0.01",
        kind=float,
    )
    add_option(
        group,
        "--dropout",
        "dropout in place of the model's own",
        "替代模型自身的 dropout",
        "--dropout 0.1",
        kind=float,
    )
    group.add_argument(
        "--metric",
        choices=METRICS,
        help=str(
            T(
                "what the best weights are chosen by, e.g. --metric macro_f1",
                "选择最佳权重所用的指标，例如 --metric macro_f1",
            )
        ),
    )
    add_option(
        group,
        "--early-stopping",
        "stop after so many evaluations without a better one",
        "连续多少次评估没有提高就停止",
        "--early-stopping 3",
        kind=int,
    )
    add_option(
        group,
        "--evals-per-epoch",
        "evaluations in each epoch",
        "每轮评估次数",
        "--evals-per-epoch 2",
        kind=int,
    )
    add_option(
        group,
        "--checkpoint-minutes",
        "minutes between checkpoints",
        "检查点间隔（分钟）",
        "--checkpoint-minutes 5",
        kind=float,
    )
    add_option(
        group,
        "--seed",
        "same seed, same weights",
        "随机种子：相同种子得到相同权重",
        "--seed 42",
        kind=int,
    )
    group.add_argument(
        "--precision",
        choices=PRECISIONS,
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
    add_option(
        group,
        "--threads",
        "CPU threads, 0 for all",
        "CPU 线程数，0 表示全部",
        "--threads 2",
        kind=int,
    )
    add_option(
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


def _int_or_auto(word: str) -> int | str:
    return AUTO if word == AUTO else int(word)


def _float_or_auto(word: str) -> float | str:
    return AUTO if word == AUTO else float(word)


# The names stand in the error for a word that is neither.
_int_or_auto.__name__, _float_or_auto.__name__ = "int", "float"
