"""From what a person gave to a whole specification: explicit, else recommended, else default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from paddle_lab.errors import UsageProblem
from paddle_lab.i18n import T
from paddle_lab.runs.spec import RunSpec

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
_METRICS: Final = ("accuracy", "macro_f1")


def resolve_spec(given: Mapping[str, Any]) -> RunSpec:
    """A whole, checked specification from options of which None means "not given".

    What is not given comes from the model's recommendation, then from :class:`RunSpec`.
    Raises UsageProblem for a value out of range.
    """
    explicit = {name: value for name, value in given.items() if value is not None}
    model = explicit.get("model", RunSpec(train="").model)
    advised = _recommended(model, str(explicit.get("train", "")))
    spec = RunSpec(**{**advised, **explicit})
    _check(spec)
    return spec


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
                T(
                    "It must lie between {low} and {high}.",
                    "取值应在 {low} 与 {high} 之间。",
                    low=low,
                    high=high,
                ),
            )
    if spec.metric not in _METRICS:
        raise UsageProblem(
            T("--metric {name} is unknown.", "未知的指标 --metric {name}。", name=spec.metric),
            T("Known: {known}.", "可选：{known}。", known=", ".join(_METRICS)),
        )
