"""The plan of a run that is not begun: what would happen, with what data, at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paddle_lab.cgroup import usable_cores
from paddle_lab.data import Prepared
from paddle_lab.errors import HubError, ModelError
from paddle_lab.hubs import hub_name
from paddle_lab.i18n import T, Text, current_language
from paddle_lab.options.declare import TRAINING, options_of
from paddle_lab.runs import RunSpec
from paddle_lab.runs.model_name import model_name
from paddle_lab.runs.reproduce import commands
from paddle_lab.tasks import get_task
from paddle_lab.tasks.settings import own_options
from paddle_lab.text.html_table import Code, named_values
from paddle_lab.text.numbers import count, megabytes, roughly
from paddle_lab.training.estimate import Estimate, Shape, estimate, matrix_speed
from paddle_lab.training.licences import Used, refuse_others, used_by
from paddle_lab.training.limits import check_length, steps_of
from paddle_lab.training.model_costs import ModelCost, model_costs
from paddle_lab.training.soft import soft_rows
from paddle_lab.training.tables import prepare_for
from paddle_lab.training.vocabulary import unread_by
from paddle_lab.training.windows import amount_of
from paddle_lab.views.words import name_of


@dataclass(frozen=True)
class Plan:
    """What a run would do. ``cost`` is None when the model's size is not known on this machine.

    ``windows`` of tokens make up an epoch: one for each row, unless long ones are read in several.
    ``models`` are those to choose from, with what an epoch of these data costs.
    """

    spec: RunSpec
    prepared: Prepared
    windows: int
    steps: int
    tokens: int
    cost: Estimate | None
    models: list[ModelCost]
    licences: list[Used]

    def rows(self) -> list[tuple[Text, str | Code]]:
        """The plan as named lines."""
        spec, data = self.spec, self.prepared
        rows: list[tuple[Text, str | Code]] = [
            (T("task", "任务"), f"{spec.task}: {get_task(spec.task).title}"),
            (T("model", "模型"), model_name(spec.model) + self._parameters()),
            (T("data", "数据"), self._data()),
            (T("licences", "许可证"), self._licences()),
            (data.report.counted, ", ".join(data.labels[:20])),
            (
                T("steps", "步数"),
                str(
                    T(
                        "{steps}: {epochs} of {rows} {what}, {batch} at a time",
                        "{steps}：{epochs} × {rows} {what}，每批 {batch}",
                        steps=count(self.steps),
                        epochs=T("1 epoch", "1 轮")
                        if spec.epochs == 1
                        else T("{n:g} epochs", "{n:g} 轮", n=spec.epochs),
                        rows=count(self.windows),
                        what=T("rows", "行")
                        if self.windows == len(data.train)
                        else T("windows", "个窗口"),
                        batch=spec.batch_size,
                    )
                ),
            ),
            (T("options", "选项"), Code(self._options())),
        ]
        if self.cost is not None:
            rows.append(
                (T("time, roughly", "预计时间"), roughly(self.cost.seconds, current_language()))
            )
            rows.append((T("memory, roughly", "预计内存"), megabytes(self.cost.memory_mb)))
        else:
            rows.append(
                (
                    T("time and memory", "时间与内存"),
                    str(T("known once the model is on this machine", "模型下载到本机后才能估算")),
                )
            )
        rows.append((T("command", "命令"), Code(commands(spec)["magic"])))
        return rows

    def text(self) -> str:
        """The plan and the data report for a terminal."""
        lines = [f"{name}: {value}" for name, value in self.rows()]
        return "\n".join([*lines, "", self.prepared.report.text(current_language())])

    def html(self) -> str:
        """The plan and the data report for a notebook; everything escaped."""
        return named_values(self.rows()) + self.prepared.report.html(current_language())

    def to_json(self) -> dict[str, Any]:
        """The plan for machines."""
        return {
            "spec": self.spec.to_json(),
            "steps": self.steps,
            "tokens": self.tokens,
            "labels": self.prepared.labels,
            "report": self.prepared.report.to_json(),
            "seconds": self.cost.seconds if self.cost else None,
            "memory_mb": self.cost.memory_mb if self.cost else None,
            "parameters": self.cost.parameters if self.cost else None,
            "models": [one.to_json() for one in self.models],
            "licences": [one.to_json() for one in self.licences],
        }

    def _parameters(self) -> str:
        return f" ({self.cost.parameters / 1e6:.1f} M)" if self.cost else ""

    def _licences(self) -> str:
        return "; ".join(str(one.shown) for one in self.licences)

    def _data(self) -> str:
        data = self.prepared
        parts = {"train": data.train, "dev": data.dev, "test": data.test}
        told = [
            f"{name_of('split', name)} {count(len(part))}"
            for name, part in parts.items()
            if part is not None
        ]
        name = hub_name(self.spec.train)
        source = self.spec.train if name is None else name.shown
        return f"{source}: " + ", ".join(told)

    def _options(self) -> str:
        """How it is trained: what is left to the defaults, too."""
        values = [
            (option, getattr(self.spec, option.name))
            for option in options_of(type(self.spec))
            if option.group == TRAINING
        ]
        return "  ".join(
            option.flag
            if value is True
            else f"{option.flag} {value:g}"
            if isinstance(value, float)
            else f"{option.flag} {value}"
            for option, value in values
            if option.kind not in ("dict", "bool") or value
        )


def make_plan(spec: RunSpec, tables: Mapping[str, Any], *, trust: bool = False) -> Plan:
    """Read and check the data, and work out steps and cost. No model is loaded or downloaded.

    ``trust`` as in :func:`paddle_lab.models.resolve_model`.
    """
    prepared = prepare_for(spec, tables)
    used = used_by(spec, prepared)
    refuse_others(spec, used)
    task = get_task(spec.task)
    long_text, most = task.long_text, task.most_windows(own_options(task, spec.extra))
    soft = soft_rows(spec, prepared)
    trained = prepared.train if soft is None else soft.beside(prepared.train)
    train = amount_of(trained, long_text, spec.max_len, most)
    dev = amount_of(prepared.dev, long_text, spec.max_len)
    steps = steps_of(spec, train.windows)
    tokens = int(train.tokens * spec.epochs)
    # What an evaluation reads costs the forward third of training on it; the report reads it again.
    evaluated = dev.tokens * (1 + spec.epochs * spec.evals_per_epoch) / 3
    from paddle_lab.models import build_tokenizer

    folder = _model_folder(spec, trust)
    if folder is not None:
        unread = unread_by(build_tokenizer(folder).to_str(), spec, prepared)
        prepared = replace(prepared, report=prepared.report.with_unread(unread))
    shape = _shape(spec, folder)
    speed = matrix_speed(spec.threads or usable_cores())
    per_token = any(target.per_token for target in task.targets)

    def cost_of(shape: Shape, tokens: float) -> Estimate:
        return estimate(
            shape, int(tokens), spec.batch_size, spec.max_len, speed, every_token=per_token
        )

    epoch = train.tokens + dev.tokens * spec.evals_per_epoch / 3
    return Plan(
        spec,
        prepared,
        train.windows,
        steps,
        tokens,
        cost_of(shape, tokens + evaluated) if shape else None,
        model_costs(lambda shape: cost_of(shape, epoch)),
        used,
    )


def _model_folder(spec: RunSpec, trust: bool) -> Path | None:
    """The model's folder where it is on this machine; checks the length there."""
    from paddle_lab.training.starting_model import base_model, frozen_model, resolve_start

    try:
        start, _ = frozen_model(spec.model)
        folder = resolve_start(start, trust=trust, offline=True, layers=spec.layers).folder
    except (HubError, ModelError) as error:
        known = Shape.of_known(base_model(spec.model))
        if known is not None or error.code in ("model.unreachable", "hub.not_here"):
            return None
        raise
    check_length(spec, folder)
    return folder


def _shape(spec: RunSpec, folder: Path | None) -> Shape | None:
    """The model's sizes, from the catalogue or its folder."""
    from paddle_lab.models.config import read_config
    from paddle_lab.training.starting_model import base_model

    known = Shape.of_known(base_model(spec.model))
    if folder is not None and (known is None or spec.layers is not None):
        return Shape.from_config(read_config(folder))
    if known is not None and spec.layers is not None:
        return replace(known, layers=min(known.layers, spec.layers))
    return known
