"""The task: emissions of a token classifier, a linear-chain CRF over them, spans."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from paddle_lab.data.dataset import class_order
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import (
    Baseline,
    Evaluation,
    FileTable,
    MetricSpec,
    ModelOptions,
    TargetSpec,
    Training,
)
from paddle_lab.tasks.base import TaskBase
from paddle_lab.tasks.blocks import Block, Mark
from paddle_lab.tasks.codec import Codec, IntArray, Windows
from paddle_lab.tasks.tag.alignment import NO_TAG, tag_count
from paddle_lab.tasks.tag.codec import Answer, TagCodec
from paddle_lab.tasks.tag.findings import (
    MOST_TYPES,
    check_spans,
    span_notices,
    types_of,
    unknown_types,
)
from paddle_lab.tasks.tag.rows import ROLES, TARGET, read_rows, recognise
from paddle_lab.tasks.tag.trial import TagTrial
from paddle_lab.text.short import shortened

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.data.records import Records
    from paddle_lab.data.schema import Reading, Recognition, RowsRead
    from paddle_lab.models import Resolved

_SHOWN_CHARACTERS: Final = 60
#: Measured on one core: a character of a row that the CRF is fitted on, and of one that it marks.
_FITTED_S: Final = 9e-5
_ASKED_S: Final = 2e-5
#: Measured on the dev rows of CLUENER and ``people``: benchmarks/task_tag.py.
_ADVISED: Final[dict[str, dict[str, Any]]] = {
    "m3e-small": {"lr": 3e-4, "epochs": 3.0, "batch_size": 16, "max_len": 128},
    "ernie-lab-mini": {
        "lr": 7e-4,
        "epochs": 6.0,
        "batch_size": 8,
        "max_len": 128,
        "dropout": 0.1,
    },
}


class Tag(TaskBase):
    """Spans of a text."""

    name: Final = "tag"
    title: Final = T("spans in a text: names, arguments of events, words",
                     "文本中的片段：实体、事件论元、词语")  # fmt: skip
    metrics: Final = (MetricSpec("f1"), MetricSpec("precision"), MetricSpec("recall"))
    targets: Final = (TargetSpec("tags", per_token=True, pad=NO_TAG),)
    roles: Final = ROLES
    target: Final = TARGET
    forms = ("spans", "table")
    long_text = "windows"
    counted_title: Final = T("type", "类型")
    trial = TagTrial()
    classes: Text | None = T("types", "类型")
    example_call: Final = '["新华社记者李明在北京报道"]'

    # -- rows

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        """Texts with their spans, flat and in their order."""
        return read_rows(records, reading)

    def recognise(self, records: Records) -> Recognition | None:
        """Marked texts, and a column of lists of spans."""
        return recognise(records)

    def counted(self, target: Any) -> Sequence[str]:
        """The types of its spans."""
        return [label for _, _, label in target]

    def target_text(self, given: Mapping[str, Any], target: Any) -> str:
        """``北京 (LOC), 李明 (PER)``."""
        return ", ".join(f"{given['text'][start:end]} ({label})" for start, end, label in target)

    def stratum(self, target: Any) -> Hashable:
        """The first type by name, or none: few strata, and each type is on both sides."""
        return min((label for _, _, label in target), default="")

    def unusable(self, train: Dataset, part: Dataset) -> list[int]:
        """Rows with a type that training does not know."""
        return unknown_types(train, part)

    def check(self, parts: Mapping[str, Dataset]) -> None:
        """Raise DataError without spans, or with types that training does not know."""
        check_spans(parts)

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """Contradicting rows, rare types, many rows without spans."""
        return span_notices(parts, keys)

    # -- model

    def advised(self, model: str) -> Mapping[str, Any]:
        """A higher rate than classification: each token has its own target."""
        return _ADVISED.get(model, {})

    def codec(self, tokenizer_json: str, max_len: int, train: Dataset, own: Any) -> TagCodec:
        """The types of the training rows; transitions are learnt later."""
        return TagCodec(tokenizer_json, max_len, class_order(types_of(train)))

    def codec_from(self, tokenizer_json: str, max_len: int, content: Mapping[str, Any]) -> TagCodec:
        """From ``{"types": [...], "transitions": [[...]]}``. Raises ValueError."""
        types = content["types"]
        texts = isinstance(types, list) and all(isinstance(x, str) and x for x in types)
        if not texts or not 0 < len(types) <= MOST_TYPES or len(set(types)) != len(types):
            raise ValueError("types are not different texts")
        return TagCodec(tokenizer_json, max_len, types, _transitions(content, len(types)))

    def model(self, resolved: Resolved, codec: Codec, options: ModelOptions) -> Any:
        """``ErnieForTokenClassification`` with a new head, and the CRF's transitions."""
        from paddle_lab.models import load_with_head
        from paddle_lab.tasks.tag.crf import add_transitions

        tags = tag_count(len(codec.to_json()["types"]))
        model = load_with_head(
            resolved,
            "ErnieForTokenClassification",
            num_labels=tags,
            dropout=options.dropout,
            random_init=options.random_init,
        )
        add_transitions(model, tags)
        return model

    def encode_targets(
        self, codec: Codec, windows: Windows, data: Dataset
    ) -> dict[str, list[IntArray]]:
        """The tag of each token; spans that end inside a token are widened to it."""
        from paddle_lab.tasks.tag.fitting import tags_of_windows

        return {"tags": tags_of_windows(windows, data.targets, codec.to_json()["types"])}

    def loss(self, model: Any, outputs: tuple[Any, ...], targets: Mapping[str, Any]) -> Any:
        """That of the CRF [windows]."""
        from paddle_lab.tasks.tag.crf import losses

        return losses(outputs[0], targets["tags"], model.transitions)

    def learn(self, codec: Codec, model: Any, evaluation: Evaluation) -> Codec:
        """The codec with the model's transitions."""
        assert isinstance(codec, TagCodec)
        return codec.with_transitions(np.asarray(model.transitions.numpy(), dtype=np.float64))

    # -- evaluation

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        """Micro F1, precision and recall of whole spans, by seqeval in its strict mode."""
        from paddle_lab.tasks.tag.scored import Scored

        micro, _ = Scored.of(evaluation).score()
        return {"f1": micro.f1, "precision": micro.precision, "recall": micro.recall}

    def compare_seconds(self, train: Dataset, evaluation: Dataset) -> float:
        """That of a CRF, which is fitted on so many characters at most."""
        from paddle_lab.tasks.tag.baseline import MOST_CHARACTERS

        fitted, asked = (sum(map(len, rows.texts)) for rows in (train, evaluation))
        return _FITTED_S * min(fitted, MOST_CHARACTERS) + _ASKED_S * asked

    def baseline(self, train: Dataset, evaluation: Dataset, codec: Codec) -> Baseline | None:
        """A CRF over characters, and the longest match of training mentions beside it."""
        from paddle_lab.tasks.tag.baseline import fit_baseline

        return fit_baseline(train, evaluation, codec.to_json()["types"])

    def report(
        self,
        evaluation: Evaluation,
        metrics: Mapping[str, float],
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report."""
        from paddle_lab.tasks.tag.fitting import fit_of
        from paddle_lab.tasks.tag.report import build_report
        from paddle_lab.tasks.tag.scored import Scored

        codec = evaluation.codec
        train = training.train if training is not None else None
        fit = fit_of(codec, train) if train is not None and isinstance(codec, TagCodec) else None
        return build_report(
            Scored.of(evaluation), metrics, baseline=baseline, training=training, fit=fit
        )

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """Every mistake and type, for the files beside the report."""
        from paddle_lab.tasks.tag.scored import Scored
        from paddle_lab.tasks.tag.tables import tables

        return tables(Scored.of(evaluation))

    # -- answers

    def beside(self, answer: Answer) -> dict[str, Any]:
        """The spans, each with its characters, type and text."""
        return {"prediction": [span.to_json() for span in answer.spans]}

    def headings(self, top_k: int) -> list[Text]:
        """The spans."""
        return [T("spans", "片段")]

    def cells(self, answer: Answer, top_k: int) -> list[str]:
        """``北京 (LOC), 李明 (PER)``; a dash for none."""
        named = [f"{span.text} ({span.label})" for span in answer.spans]
        return [shortened(", ".join(named) or "-", _SHOWN_CHARACTERS)]

    def marks(self, answer: Answer) -> Mapping[str, Sequence[Mark]]:
        """The spans in the text."""
        return {"text": [Mark(span.start, span.end, "right", span.label) for span in answer.spans]}


def _transitions(content: Mapping[str, Any], types: int) -> Any:
    """Transitions [tags, tags] of a codec's JSON; None where it has none. Raises ValueError."""
    rows = content.get("transitions")
    if rows is None:
        return None
    tags = tag_count(types)
    if not isinstance(rows, list) or len(rows) != tags:
        raise ValueError("transitions are not one row a tag")
    for row in rows:
        if not isinstance(row, list) or len(row) != tags or not all(map(_finite, row)):
            raise ValueError("transitions are not numbers for each pair of tags")
    return np.array(rows, dtype=np.float64)


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
