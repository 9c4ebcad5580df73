"""Under which licences a run trains: told before it begins, and refused where they are not allowed.

Judged are the model, data of hubs, data that `datasets` saved with a licence, and samples. Other
files and variables are the person's own: nobody says under which licence they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.data import Prepared
from paddle_lab.data.samples import SAMPLES
from paddle_lab.errors import DataError, ModelError
from paddle_lab.hubs import hub_name
from paddle_lab.hubs.licences import Licence, identifier_of
from paddle_lab.hubs.review import UNKNOWN_NAME, Review, company_review, required
from paddle_lab.i18n import T, Text
from paddle_lab.models.licence import licence_of_model
from paddle_lab.runs import RunSpec
from paddle_lab.runs.model_name import model_name
from paddle_lab.tasks.blocks import Advice, Block
from paddle_lab.training.starting_model import base_model


@dataclass(frozen=True)
class Used:
    """A model or a source of data, and its licence; ``is_model`` tells the two apart."""

    name: str
    licence: Licence
    is_model: bool = False

    def to_json(self) -> dict[str, Any]:
        """As reports and manifests hold it."""
        return {"name": self.name, "model": self.is_model, **self.licence.to_json()}

    @property
    def shown(self) -> Text:
        """``hf:org/name: cc-by-nc-4.0 (non-commercial)``."""
        marks = {
            "noncommercial": T(" (non-commercial use only)", "（仅限非商业用途）"),
            "unknown": T("", ""), "free": T("", ""), "conditions": T("", ""),
        }  # fmt: skip
        return T("{name}: {licence}{mark}", "{name}：{licence}{mark}", name=model_name(self.name),
                 licence=self.licence.id or T("unknown", "未知"),
                 mark=marks[self.licence.use])  # fmt: skip


def used_by(spec: RunSpec, prepared: Prepared) -> list[Used]:
    """The model's and the data's licences. Raises HubError, ModelError where there is no model."""
    name = base_model(spec.model)
    return [Used(name, licence_of_model(name), is_model=True), *data_of(prepared.provenance)]


def data_of(provenance: Mapping[str, Any]) -> list[Used]:
    """The licences of data by their provenance, each source once."""
    found: dict[str, Used] = {}
    for facts in provenance.values():
        one = _of_part(facts) if isinstance(facts, Mapping) else None
        if one is not None:
            found.setdefault(one.name, one)
    return list(found.values())


def refuse_others(spec: RunSpec, used: Iterable[Used]) -> None:
    """Raise ModelError or DataError for what neither the command nor the company's list allows."""
    reviews = [company_review()]
    if spec.require_licence is not None:
        reviews.append(required(spec.require_licence))
    for one in used:
        for review in reviews:
            if not review.permits(one.name, one.licence):
                raise _refused(one, review)


def notices(used: Iterable[Used]) -> list[tuple[str, Text]]:
    """What is told of licences that need a word, with the level of the notice."""
    told = []
    for one in used:
        text = one.licence.notice(model_name(one.name))
        if text is not None:
            told.append((level_of(one.licence), text))
    return told


def level_of(licence: Licence) -> str:
    """How loud a licence is told."""
    return "warning" if licence.use == "noncommercial" else "info"


def with_advice(blocks: Iterable[Block], told: Iterable[Text]) -> list[Block]:
    """The blocks of a report, with what is to be said of the model and the data beside them."""
    items = tuple(told)
    return [*blocks, Advice(items)] if items else list(blocks)


def _of_part(facts: Mapping[str, Any]) -> Used | None:
    sample = facts.get("sample")
    if isinstance(sample, str) and sample in SAMPLES.names():
        written = SAMPLES.get(sample).licence.partition("(")[0]
        return Used(sample, Licence(identifier_of(written), "sample"))
    given = facts.get("licence")
    if not isinstance(given, Mapping):
        return None
    named, said = given.get("licence"), given.get("said")
    identifier = identifier_of(named) if isinstance(named, str) else None
    source = facts.get("hub") or facts.get("file")
    name = str(source)[:300]
    on_hub = hub_name(name) if facts.get("hub") else None
    shown = name.rpartition("/")[2] if on_hub is None else str(on_hub.repository)
    return Used(shown, Licence(identifier, said if isinstance(said, str) else None))


def _refused(used: Used, review: Review) -> ModelError | DataError:
    licence = used.licence.id or UNKNOWN_NAME
    name = model_name(used.name)
    why, fix = _why(licence, review)
    if used.is_model:
        return ModelError(
            T("The licence of the model {name} is {licence}, which is not allowed here.",
              "模型 {name} 的许可证为 {licence}，此处不允许使用。", name=name, licence=licence),
            why, fix, code="model.licence",
        )  # fmt: skip
    return DataError(
        T("The licence of the data {name} is {licence}, which is not allowed here.",
          "数据 {name} 的许可证为 {licence}，此处不允许使用。", name=name, licence=licence),
        why, fix, code="data.licence",
    )  # fmt: skip


def _why(licence: str, review: Review) -> tuple[Text, Text]:
    """Who does not allow it, and what to do."""
    allowed = ", ".join(sorted(review.allowed)) if review.allowed is not None else "-"
    if review.file is None:
        return (
            T("--require-licence allows: {allowed}", "--require-licence 允许：{allowed}",
              allowed=allowed),
            T("Choose another, or allow it: --require-licence {all}",
              "请换用其他，或允许它：--require-licence {all}",
              all=",".join(sorted({*(review.allowed or ()), licence}))),
        )  # fmt: skip
    return (
        T("The list {file} decides; it allows: {allowed}", "由清单 {file} 决定，允许：{allowed}",
          file=review.file, allowed=allowed),
        T("Choose another, or have it reviewed and named there under names.",
          "请换用其他，或经审核后在该清单的 names 中写明。"),
    )  # fmt: skip
