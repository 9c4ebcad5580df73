"""What a run is asked to do: every option resolved, written once into ``run.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.options.data import SAME_ANSWERS, DataOptions
from paddle_lab.options.declare import MODEL, READING, RUNNING, TRAINING, option
from paddle_lab.options.device import DEVICE, DEVICE_FORMS
from paddle_lab.runs.checks import Check, compiled
from paddle_lab.runs.where import WhereOptions

#: What stands for the data in the specification of a run that a person's own Trainer made.
OWN_TRAINER: Final = "(own Trainer)"
#: Why an option is not searched.
THE_JUDGE: Final = T("The metric is what trials are compared by.", "试验正是按该指标比较的。")
THE_PRUNER: Final = T(
    "The search itself decides after which evaluations a trial is stopped.",
    "在哪次评估之后停止试验由搜索本身决定。",
)
LUCK: Final = T(
    "A seed is luck: the best of several would fit the dev rows by chance.",
    "随机种子只是运气：从多个中选出的最佳只是碰巧适合验证集。",
)


@dataclass(frozen=True, kw_only=True)
class RunSpec(WhereOptions, DataOptions):
    """The specification of one fine-tuning, and the declaration of its options.

    ``lr`` per optimiser step of ``batch_size`` rows; ``warmup`` a share of all steps; ``dropout``
    None leaves the model's own; ``checkpoint_minutes`` between checkpoints beside those at each
    evaluation. None means: chosen from the model's recommendation or the data.

    Whether weights may run a program is not among them: a person says that (``--trust``) for one
    call, and a folder cannot say it of itself.
    """

    add: tuple[str, ...] = option(
        (),
        T("rows added to those of training, such as corrections.tsv: they replace rows of the same "
          "text, also in dev; may be given several times",
          "加入训练的数据，如 corrections.tsv：替换文本相同的行（也包括验证集）；可多次给出"),
        metavar="FILE", example="corrections.tsv", group=READING, values="data",
    )  # fmt: skip
    drop_issues: str | None = option(
        None,
        T("leave out rows whose label a person confirmed to be wrong in a file of "
          "%paddle_data ... --label-issues --out FILE",
          "去掉被人确认标签有误的行；文件来自 %paddle_data ... --label-issues --out 文件"),
        metavar="FILE", example="issues.tsv", group=READING, values="data",
    )  # fmt: skip
    soft: str | None = option(
        None,
        T("texts with the probabilities that a larger model gave them, as %ernie_distill keeps "
          "them: learnt beside the labelled rows",
          "带有较大模型所给概率的文本，由 %ernie_distill 保存：与带标签的数据一起学习"),
        metavar="FILE", example="answers.jsonl", group=READING, values="data",
    )  # fmt: skip
    model: str = option(
        "ernie-lab-mini",
        T("a name, a name on a hub (hf:org/name@revision, ms:org/name), a folder, or an earlier "
          "run (last)",
          "模型名、模型库中的名称（hf:org/name@版本、ms:org/name）、目录，或之前的运行（last）"),
        example="ernie-3.0-nano-zh", values="models", group=MODEL, common=True, scale="list",
    )  # fmt: skip
    require_licence: str | None = option(
        None,
        T("train only if model and data are under one of these licences, with commas; unknown is "
          "one that nobody says",
          "只有模型和数据的许可证属于其中之一才训练，以逗号分隔；unknown 表示没有说明"),
        metavar="LICENCES", example="apache-2.0,mit", group=MODEL,
    )  # fmt: skip
    random_init: bool = option(
        False,
        T("start from random weights, to see what pre-training buys",
          "从随机权重开始，用来观察预训练的作用"),
        group=MODEL,
    )  # fmt: skip
    layers: int | None = option(
        None,
        T("only so many of the model's layers, evenly from the first to the last: smaller, faster",
          "只用模型的这么多层，从第一层到最后一层均匀选取：更小、更快"),
        example="2", at_least=1, at_most=256, group=MODEL, scale="linear",
    )  # fmt: skip
    dropout: float | None = option(
        None,
        T("dropout in place of the model's own", "替代模型自身的 dropout"),
        example="0.1", at_least=0, at_most=0.9, advised=True, group=MODEL, scale="linear",
    )  # fmt: skip
    epochs: float = option(
        3.0,
        T("passes over the data", "训练轮数"),
        example="3", above=0, at_most=1000, native="num_train_epochs", advised=True,
        group=TRAINING, common=True, scale="linear",
    )  # fmt: skip
    batch_size: int = option(
        32,
        T("rows per step; auto, as when left out: what suits the model",
          "每步行数；auto（缺省）：适合该模型的值"),
        example="32", at_least=1, at_most=4096, auto=True, advised=True,
        native="per_device_train_batch_size", covers=("gradient_accumulation_steps",),
        group=TRAINING, common=True, scale="linear",
    )  # fmt: skip
    eval_batch_size: int = option(
        64,
        T("rows per evaluation batch", "评估时每批行数"),
        example="64", at_least=1, at_most=4096, native="per_device_eval_batch_size",
        group=TRAINING, unsearched=SAME_ANSWERS,
    )  # fmt: skip
    lr: float = option(
        5e-5,
        T("highest learning rate; auto, as when left out: what suits the model",
          "最高学习率；auto（缺省）：适合该模型的值"),
        example="5e-5", above=0, at_most=1, auto=True, advised=True, native="learning_rate",
        group=TRAINING, common=True, scale="log",
    )  # fmt: skip
    warmup: float = option(
        0.1,
        T("share of steps with a rising learning rate", "学习率预热所占比例"),
        example="0.1", at_least=0, at_most=1, native="warmup_ratio", group=TRAINING, scale="linear",
    )  # fmt: skip
    weight_decay: float = option(
        0.01,
        T("AdamW's weight decay", "AdamW 权重衰减"),
        example="0.01", at_least=0, at_most=1, native="weight_decay", group=TRAINING,
        scale="linear",
    )  # fmt: skip
    metric: str = option(
        "accuracy",
        T("what the best weights are chosen by", "选择最佳权重所用的指标"),
        choices="paddle_lab.tasks:metric_names", example="macro_f1", computed=True,
        covers=("metric_for_best_model",), group=TRAINING, unsearched=THE_JUDGE,
    )  # fmt: skip
    early_stopping: int = option(
        0,
        T("stop after so many evaluations without a better one; 0: never",
          "连续多少次评估没有提高就停止；0 表示从不"),
        example="3", at_least=0, at_most=1000, group=TRAINING, unsearched=THE_PRUNER,
    )  # fmt: skip
    evals_per_epoch: int = option(
        1,
        T("evaluations in each epoch", "每轮评估次数"),
        example="2", at_least=1, at_most=1000, advised=True,
        covers=("evaluation_strategy", "eval_steps"), group=TRAINING, unsearched=THE_PRUNER,
    )  # fmt: skip
    checkpoint_minutes: float = option(
        5.0,
        T("minutes between checkpoints; 0: at evaluations alone",
          "检查点间隔（分钟）；0 表示只在评估时保存"),
        example="5", at_least=0, at_most=10**6, covers=("save_strategy", "save_steps"),
        group=TRAINING, unsearched=SAME_ANSWERS,
    )  # fmt: skip
    seed: int = option(
        42,
        T("same seed, same weights", "随机种子：相同种子得到相同权重"),
        example="7", at_least=0, at_most=2**31 - 1, native="seed", group=TRAINING, unsearched=LUCK,
    )  # fmt: skip
    precision: str = option(
        "auto",
        T("number format; auto: bf16 on GPUs that have it, and on CPUs with AMX where a trial at "
          "the beginning of the run shows a gain",
          "数值精度；auto：在支持的 GPU 上使用 bf16；在带 AMX 的 CPU 上，"
          "运行开始时的试验显示有收益才使用"),
        choices=("auto", "fp32", "fp16", "bf16"), example="bf16",
        covers={"fp16": "fp16", "bf16": "bf16"}, group=TRAINING, scale="list",
    )  # fmt: skip
    save_memory: bool = option(
        False,
        T("recompute instead of keeping activations: slower, smaller",
          "以重计算代替保存激活：更慢但更省内存"),
        native="recompute", group=TRAINING,
    )  # fmt: skip
    threads: int = option(
        0,
        T("CPU threads, 0 for all", "CPU 线程数，0 表示全部"),
        example="2", at_least=0, at_most=1024, group=TRAINING, unsearched=SAME_ANSWERS,
    )  # fmt: skip
    device: str = option(
        "auto",
        T("auto, cpu, gpu or gpu:1", "设备：auto、cpu、gpu 或 gpu:1"),
        pattern=DEVICE, forms=DEVICE_FORMS, example="cpu",
        covers=("device",), group=TRAINING,
    )  # fmt: skip
    extra: dict[str, Any] = option(
        {},
        T("an option of the task itself, or another field of PaddleNLP's TrainingArguments that "
          "acts here",
          "任务自身的选项，或 PaddleNLP TrainingArguments 中在此起作用的其他字段"),
        word="set", example="max_grad_norm=0.5", keys="paddle_lab.tasks.settings:setting_names",
        group=TRAINING,
    )  # fmt: skip
    name: str = option(
        "run",
        T("name of the run; otherwise that of the data", "运行名称；缺省取数据的名称"),
        example="first-try", computed=True, group=RUNNING,
    )  # fmt: skip
    out: str | None = option(
        None,
        T("folder for the run's folder", "运行目录所在的位置"),
        example="runs", covers=("output_dir",), group=RUNNING,
    )  # fmt: skip
    isolate: bool = option(
        False,
        T("train in a process of its own, which outlives the kernel",
          "在独立进程中训练，内核退出后继续"),
        fixed=False, repeated=False, group=RUNNING,
    )  # fmt: skip
    export: bool = option(
        True, T("do not export a model", "不导出模型"), group=RUNNING
    )  # fmt: skip
    baseline: bool = option(
        True,
        T("do not fit the simple baseline for comparison", "不训练用于比较的简单基线"),
        group=RUNNING,
    )  # fmt: skip
    report_to: str = option(
        "none",
        T("write the curve also as a VisualDL log", "同时把曲线写成 VisualDL 日志"),
        choices=("none", "visualdl"), example="visualdl", covers={"report_to": "visualdl"},
        group=RUNNING, unsearched=SAME_ANSWERS,
    )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """The specification as ``run.json`` and the command views hold it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: Any) -> RunSpec:
        """Read a specification; keys of a later version are passed over.

        Raises RunError (``run.unreadable``) when a field is absent, of another type or too large.
        """
        if (reason := _form()(data)) is not None:
            raise RunError(
                T("run.json holds no usable specification.", "run.json 中没有可用的运行说明。"),
                T("spec {reason}", "spec {reason}", reason=reason),
                code="run.unreadable",
            )
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in _current(data).items() if key in known}
        values["add"] = tuple(values.get("add", ()))
        return cls(**values)


def _current(data: Mapping[str, Any]) -> dict[str, Any]:
    """A specification of before ``skip_bad`` was an option of its own holds it in ``extra``."""
    extra = dict(data.get("extra") or {})
    if "skip_bad" not in extra:
        return dict(data)
    return {**data, "skip_bad": extra.pop("skip_bad") is True, "extra": extra}


Limits = Mapping[str, float]

_SHARE: Final[Limits] = {"minimum": 0, "maximum": 1}
_COUNT: Final[Limits] = {"minimum": 0, "maximum": 10**9}
#: What the numbers may be at most; what makes sense is looked at when a run starts.
_RANGES: Final[dict[str, Limits]] = {
    "split": _SHARE, "warmup": _SHARE, "dropout": _SHARE,
    "seed": {"minimum": -(2**63), "maximum": 2**63 - 1},
}  # fmt: skip
_JSON_TYPES: Final = {
    str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null",
}  # fmt: skip


@cache
def _form() -> Check:
    """The check of a specification, from the types of :class:`RunSpec`'s fields."""
    hints = get_type_hints(RunSpec)
    return compiled(
        {
            "type": "object",
            "properties": {
                item.name: _node(hints[item.name], _RANGES.get(item.name, _COUNT))
                for item in fields(RunSpec)
            },
            "required": ["train"],
        }
    )


def _node(hint: Any, limits: Limits) -> dict[str, Any]:
    if get_origin(hint) is dict:
        return {"type": "object"}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": {"type": "string"}}
    kinds = get_args(hint) or (hint,)
    return {"type": [_JSON_TYPES[kind] for kind in kinds], **limits}
