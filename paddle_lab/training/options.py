"""From what a person gave to a whole specification: explicit, else recommended, else default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import T, Text
from paddle_lab.runs.spec import RunSpec
from paddle_lab.text.close_names import did_you_mean

# name -> (lowest, highest, whether the lowest itself is allowed)
_RANGES: Final[dict[str, tuple[float, float, bool]]] = {
    "epochs": (0, 1000, False),
    "batch_size": (1, 4096, True),
    "eval_batch_size": (1, 4096, True),
    "lr": (0, 1, False),
    "max_len": (8, 2048, True),
    "warmup": (0, 1, True),
    "weight_decay": (0, 1, True),
    "dropout": (0, 0.9, True),
    "split": (0, 0.9, False),
    "limit": (2, 10**9, True),
    "early_stopping": (0, 1000, True),
    "evals_per_epoch": (1, 1000, True),
    "checkpoint_minutes": (0, 10**6, True),
    "threads": (0, 1024, True),
    "seed": (0, 2**31 - 1, True),
}
TASKS: Final = ("classify",)
METRICS: Final = ("accuracy", "macro_f1")
PRECISIONS: Final = ("auto", "fp32", "fp16", "bf16")
AUTO: Final = "auto"
ADVISED: Final = ("lr", "batch_size")  # what a person may leave to the model's card by name
REPORTS: Final = ("none", "visualdl")
_CHOICES: Final = {
    "task": TASKS,
    "metric": METRICS,
    "precision": PRECISIONS,
    "report_to": REPORTS,
}
_DEVICE: Final = re.compile(r"auto|cpu|gpu(:\d{1,3})?")
_KINDS: Final = {
    "int": Text("whole number", "整数"),
    "float": Text("number", "数值"),
    "bool": Text("true or false", "true 或 false"),
    "dict[str, Any]": Text("mapping of names to values", "名称到值的映射"),
}
_EXAMPLES: Final = {"int": "32", "float": "0.1", "bool": "true", "dict": "{max_grad_norm: 0.5}"}
# Fields of PaddleNLP's TrainingArguments that have an option of their own ...
_OWN_OPTIONS: Final = {
    "num_train_epochs": "--epochs",
    "learning_rate": "--lr",
    "warmup_ratio": "--warmup",
    "weight_decay": "--weight-decay",
    "seed": "--seed",
    "device": "--device",
    "fp16": "--precision fp16",
    "bf16": "--precision bf16",
    "recompute": "--save-memory",
    "per_device_train_batch_size": "--batch-size",
    "gradient_accumulation_steps": "--batch-size",
    "per_device_eval_batch_size": "--eval-batch-size",
    "output_dir": "--out",
    "resume_from_checkpoint": "--resume",
    "evaluation_strategy": "--evals-per-epoch",
    "eval_steps": "--evals-per-epoch",
    "metric_for_best_model": "--metric",
    "report_to": "--report-to visualdl",
    "save_strategy": "--checkpoint-minutes",
    "save_steps": "--checkpoint-minutes",
}
# ... and those that the run itself must hold: its events, its batches, its thread.
_HELD: Final = (
    "logging_strategy",
    "logging_steps",
    "logging_first_step",
    "load_best_model_at_end",
    "disable_tqdm",
    "dataloader_num_workers",
    "ignore_data_skip",
    "skip_data_intervals",
)


def resolve_spec(given: Mapping[str, Any]) -> RunSpec:
    """A whole, checked specification from options of which None means "not given".

    What is not given comes from the model's recommendation, then from :class:`RunSpec`.
    Raises UsageProblem for a name that is no option, a wrong type, or a value out of range.
    """
    values = {name: typed(name, value) for name, value in given.items()}
    explicit = {name: value for name, value in values.items() if value is not None}
    if "skip_bad" in explicit:
        explicit["extra"] = {**explicit.get("extra", {}), "skip_bad": explicit.pop("skip_bad")}
    model = explicit.get("model", RunSpec(train="").model)
    advised = _recommended(model, str(explicit.get("train", "")))
    spec = RunSpec(**{**advised, **explicit})
    _check(spec)
    return spec


def typed(name: str, value: Any) -> Any:
    """An option's value as its type: YAML reads ``5e-5`` as text, Python has numpy's numbers.

    None stays None: "not given", and so is ``auto`` where there is advice. Raises UsageProblem for
    a name that is no option, with the closest one, and for a value that is none of its type
    (``2.5`` rows, ``yes`` in quotes).
    """
    declared = {item.name: str(item.type) for item in fields(RunSpec)} | {"skip_bad": "bool"}
    if name not in declared:
        raise unknown_option(name, declared)
    kind = declared[name].split(" |")[0]
    if value is None or (value == AUTO and name in ADVISED):
        return None
    if kind == "str":
        return str(value)
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind in ("int", "float") and not isinstance(value, bool):
        number = _number(value)
        if number is not None and kind == "float":
            return number
        if number is not None and number.is_integer():
            return int(number)
    if kind.startswith("dict") and isinstance(value, Mapping):
        return dict(value)
    raise UsageProblem(
        T("{name}: {value!r} is no {kind}.", "{name}：{value!r} 不是 {kind}。",
          name=name, value=value, kind=_KINDS.get(kind, Text(kind, kind))),
        fix=T("For example: {example}", "例如：{example}",
              example=f"{name}: {_EXAMPLES.get(kind.split('[')[0], '')}"),
    )  # fmt: skip


def unknown_option(name: str, known: Any, where: Text | None = None) -> UsageProblem:
    """The error for a name that is no option, with the closest that is one."""
    place = T(" in {where}", "（{where}）", where=where) if where is not None else Text("", "")
    return UsageProblem(
        T("'{name}'{place} is no option.", "“{name}”{place}不是选项。", name=name, place=place),
        fix=did_you_mean(name, known, cutoff=0.5)
        or T("See %ernie_finetune --help", "用法见 %ernie_finetune --help"),
    )


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _recommended(model: str, train: str) -> dict[str, Any]:
    """What the model's card advises; rows and evaluations are advice for the sample alone."""
    from paddle_lab.models import CARDS

    card = CARDS.get(model.strip())
    advice = card.recommended if card is not None else None
    if advice is None:
        return {}
    options: dict[str, Any] = {
        "epochs": advice.epochs,
        "lr": advice.learning_rate,
        "batch_size": advice.batch_size,
        "max_len": advice.max_length,
        "dropout": advice.dropout,
    }
    if train == "reviews":
        options["limit"] = advice.train_rows or None
        options["evals_per_epoch"] = advice.evals_per_epoch
    return options


def _check(spec: RunSpec) -> None:
    for item in fields(RunSpec):
        bounds = _RANGES.get(item.name)
        value = getattr(spec, item.name)
        if bounds is None or value is None:
            continue
        low, high, inclusive = bounds
        if not (low <= value <= high) or (value == low and not inclusive):
            flag = "--" + item.name.replace("_", "-")
            raise UsageProblem(
                T(
                    "{flag} {value} is out of range.",
                    "{flag} {value} 超出范围。",
                    flag=flag,
                    value=value,
                ),
                _range(low, high, inclusive),
            )
    for name, choices in _CHOICES.items():
        _check_choice(name, getattr(spec, name), choices)
    if not _DEVICE.fullmatch(spec.device):
        raise UsageProblem(
            T("--device {name} is unknown.", "未知的设备 --device {name}。", name=spec.device),
            T("Known: auto, cpu, gpu, gpu:1 ...", "可选：auto、cpu、gpu、gpu:1 ……"),
        )
    for name in spec.extra:
        _check_extra(name)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value in choices:
        return
    raise UsageProblem(
        T(
            "--{name} {value} is unknown.",
            "未知的取值 --{name} {value}。",
            name=name.replace("_", "-"),
            value=value,
        ),
        T("Known: {known}.", "可选：{known}。", known=", ".join(choices)),
        did_you_mean(value, choices, cutoff=0.4),
    )


def _check_extra(name: str) -> None:
    """Refuse a field that would change behind the back of the run what the run itself decides."""
    if name in _OWN_OPTIONS:
        raise UsageProblem(
            T("--set {name} has an option of its own.", "--set {name} 有专门的选项。", name=name),
            fix=T("Use {option}.", "请使用 {option}。", option=_OWN_OPTIONS[name]),
        )
    if name in _HELD:
        raise UsageProblem(
            T("--set {name} cannot be changed.", "不能更改 --set {name}。", name=name),
            T("The run writes its events, checkpoints and batches itself.",
              "事件、检查点和批次由运行本身管理。"),
            T("Leave it out.", "请去掉该选项。"),
        )  # fmt: skip


def _range(low: float, high: float, inclusive: bool) -> Text:
    if inclusive:
        return T(
            "It must lie between {low} and {high}.",
            "取值应在 {low} 与 {high} 之间。",
            low=low,
            high=high,
        )
    return T(
        "It must be more than {low} and at most {high}.",
        "取值应大于 {low}，且不超过 {high}。",
        low=low,
        high=high,
    )
