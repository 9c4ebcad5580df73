"""What is looked at before a run is made: a mistake in a name leaves no run behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paddle_lab.data import Prepared
from paddle_lab.data.samples import sample_names
from paddle_lab.hubs import hub_name
from paddle_lab.models import known_names, resolve_model
from paddle_lab.models.catalog import MINI, mini_folder
from paddle_lab.models.hub_cache import snapshot_in
from paddle_lab.models.resolve import model_on_hub
from paddle_lab.paths import expanded
from paddle_lab.runs import RunSpec
from paddle_lab.training.licences import refuse_others, used_by
from paddle_lab.training.limits import check_length, steps_of
from paddle_lab.training.soft import soft_rows
from paddle_lab.training.starting_model import earlier_run, frozen_model
from paddle_lab.training.tables import PARTS, check_sources, prepare_for


def read_first(spec: RunSpec, names: Mapping[str, Any]) -> Prepared:
    """The data of a run that is not made yet.

    Also looked at is what the run would refuse before its first step and can be known without
    Paddle: the number of steps, the model's name, the length that it reads, and the licences, for
    which a hub may be asked. Raises DataError, UsageError, ModelError, HubError or RunError.
    """
    check_sources(spec, names)
    check_model(spec)
    prepared = prepare_for(spec, names)
    soft = soft_rows(spec, prepared)
    steps_of(spec, len(prepared.train) + (0 if soft is None else len(soft)))
    refuse_others(spec, used_by(spec, prepared))
    return prepared


def with_absolute_sources(spec: RunSpec, names: Mapping[str, Any]) -> RunSpec:
    """The specification with its files as they are found from any folder."""
    known = {*names, *sample_names()}
    parts: dict[str, Any] = {
        part: absolute(source)
        for part in PARTS
        if (source := getattr(spec, part)) is not None and source not in known
    }
    add = tuple(source if source in known else absolute(source) for source in spec.add)
    issues = spec.drop_issues and absolute(spec.drop_issues)
    soft = spec.soft and absolute(spec.soft)
    return replace(spec, **parts, add=add, drop_issues=issues, soft=soft)


def absolute(source: str) -> str:
    """A file's path as it is found from any folder; links, and names on hubs, stay as they are."""
    if hub_name(source) is not None:
        return source
    return str(expanded(source).absolute())


def check_model(spec: RunSpec) -> None:
    """Refuse a name that nothing has; what must be downloaded or converted is looked at later."""
    model, _ = frozen_model(spec.model)
    if model == MINI.name:
        check_length(spec, mini_folder())
    elif model in known_names() or earlier_run(model) is not None:
        return
    elif (folder := expanded(model)).is_dir():
        check_length(spec, snapshot_in(folder) or folder)
    elif model_on_hub(model) is None:
        resolve_model(model, offline=True)
