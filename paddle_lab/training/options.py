"""From what a person gave to a whole specification: explicit, else recommended, else default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from paddle_lab.data.samples import sample_advice
from paddle_lab.devices import built_for_gpus
from paddle_lab.options.declare import find_option, options_of
from paddle_lab.options.paddlenlp import check_settings
from paddle_lab.options.paddlenlp_fields import check_format
from paddle_lab.options.values import check, check_choice, typed
from paddle_lab.runs.spec import RunSpec
from paddle_lab.tasks import get_task
from paddle_lab.tasks.settings import native_settings, own_options
from paddle_lab.training.ranks.placing import placing_of
from paddle_lab.training.starting_model import base_model

_CHOSEN_ON: Final = "reviews"


def resolve_spec(given: Mapping[str, Any], declared: type[RunSpec] = RunSpec) -> RunSpec:
    """A whole, checked specification from options of which None means "not given".

    What is not given comes from the sample's advice, then from the task's for the model, then from
    the model's own, then from the defaults of ``declared``; the metric from the task. Raises
    UsageError for a name that is no option, a wrong type, or a value that cannot be.
    """
    values = {name: typed(declared, name, value) for name, value in given.items()}
    explicit = {name: value for name, value in values.items() if value is not None}
    task = get_task(explicit.get("task", find_option(declared, "task").default))
    explicit.setdefault("metric", task.metrics[0].name)
    model = base_model(explicit.get("model", find_option(declared, "model").default))
    train = str(explicit.get("train", ""))
    card, own = _recommended(model, train), task.advised(model.strip())
    # Of the sample that a card's advice was chosen on it knows better than the task does.
    advised = {**own, **card} if train == _CHOSEN_ON else {**card, **own}
    advised |= sample_advice(str(explicit.get("train", "")))
    spec = declared(**{**advised, **explicit})
    metric = find_option(declared, "metric")
    check_choice(metric, spec.metric, [known.name for known in task.metrics])
    for option in options_of(declared):
        if option is not metric:
            check(option, getattr(spec, option.name))
    own_options(task, spec.extra)
    settings = native_settings(task, spec.extra)
    check_settings(declared, settings)
    for name in settings:
        check_format(name, spec.precision, spec.device != "cpu" and built_for_gpus())
    placing_of(spec)
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
    if train == _CHOSEN_ON:
        options["limit"] = advice.train_rows or None
        options["evals_per_epoch"] = advice.evals_per_epoch
    return options
