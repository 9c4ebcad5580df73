"""What tasks share whose target is one label: they derive from :class:`LabelTask`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.data.cells import label_of
from paddle_lab.data.dataset import class_order
from paddle_lab.data.label_values import checked_values
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import ModelOptions, TargetSpec
from paddle_lab.tasks.base import TaskBase
from paddle_lab.tasks.codec import Codec, IntArray, Windows
from paddle_lab.tasks.label_codec import Answer, LabelCodec
from paddle_lab.tasks.label_scored import indices
from paddle_lab.tasks.label_trial import LabelTrial
from paddle_lab.tasks.labels import check_labels, unknown_labels
from paddle_lab.tasks.trial import TrialBase
from paddle_lab.text.bars import Lines, share_bar
from paddle_lab.text.short import shortened

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.models import Resolved

_SHOWN_CHARACTERS: Final = 60


class LabelTask(TaskBase, ABC):
    """One label for each row; a task adds which rows, how they are read, and its report."""

    targets: tuple[TargetSpec, ...] = (TargetSpec("labels"),)
    counted_title: Text = T("class", "类别")
    trial: TrialBase | None = LabelTrial()
    problem_type: str | None = "single_label_classification"
    answer_columns: Sequence[str] = ("prediction", "probability")
    classes: Text | None = T("classes", "类别")

    def counted(self, target: Any) -> Sequence[str]:
        """The class."""
        return (target,)

    def stratum(self, target: Any) -> Hashable:
        """The label."""
        return str(target)

    def unusable(self, train: Dataset, part: Dataset) -> list[int]:
        """Rows of a class that training does not know."""
        return unknown_labels(train, part)

    def check(self, parts: Mapping[str, Dataset]) -> None:
        """Refuse one class only, a class for each row, and classes that training does not know."""
        check_labels(parts)

    @abstractmethod
    def with_labels(self, tokenizer_json: str, max_len: int, labels: Sequence[str]) -> LabelCodec:
        """The task's own codec, for labels in the order of the logits."""

    def codec(
        self, tokenizer_json: str, max_len: int, train: Dataset, own: Any = None
    ) -> LabelCodec:
        """The labels of the training rows, in the order of their index."""
        codec = self.with_labels(tokenizer_json, max_len, class_order(set(train.labels)))
        values = train.provenance.get("label_values")
        if isinstance(values, dict):  # of a data file's numbers: labels may have names since
            codec.values = {label: values[label] for label in codec.labels if label in values}
        return codec

    def codec_from(
        self, tokenizer_json: str, max_len: int, content: Mapping[str, Any]
    ) -> LabelCodec:
        """From ``{"labels": [...]}``: two or more different texts. Raises ValueError."""
        labels = content["labels"]
        texts = isinstance(labels, list) and all(isinstance(x, str) and x for x in labels)
        if not texts or len(labels) < 2 or len(set(labels)) != len(labels):
            raise ValueError("labels are not two or more different texts")
        codec = self.with_labels(tokenizer_json, max_len, labels)
        codec.values = checked_values(content.get("values", {}))
        return codec

    def model(self, resolved: Resolved, codec: Codec, options: ModelOptions) -> Any:
        """``ErnieForSequenceClassification`` with a new head for the labels."""
        from paddle_lab.models import load_for_classification

        labels = codec.to_json()["labels"]
        return load_for_classification(
            resolved, len(labels), dropout=options.dropout, random_init=options.random_init
        )

    def encode_targets(self, codec: Codec, windows: Windows, data: Dataset) -> dict[str, IntArray]:
        """The index of the row's label, for each window."""
        return {"labels": indices(data.labels, codec.to_json()["labels"])[windows.owner]}

    def loss(self, model: Any, outputs: tuple[Any, ...], targets: Mapping[str, Any]) -> Any:
        """Cross-entropy [windows] with labels, or with probabilities [windows, labels]."""
        from paddle.nn.functional import cross_entropy as of_rows

        labels = targets["labels"]
        soft = labels.ndim == 2
        wanted = labels.astype(outputs[0].dtype) if soft else labels
        return of_rows(outputs[0], wanted, soft_label=soft, reduction="none").squeeze(-1)

    def beside(self, answer: Answer) -> dict[str, Any]:
        """The label as the training rows held it, and its probability."""
        return {"prediction": answer.value, "probability": round(answer.probability, 6)}

    def is_right(self, answer: Answer, cell: Any) -> bool | None:
        """Whether the cell holds the label that was answered; None where the model knows it not."""
        label = label_of(cell)
        return label == answer.label if label in answer.probabilities else None

    def headings(self, top_k: int) -> list[Text]:
        """Label, probability, and the next ones."""
        first = [T("label", "标签"), T("probability", "概率")]
        return [*first, T("next", "其次")] if top_k > 1 else first

    def cells(self, answer: Answer, top_k: int) -> list[Any]:
        """The answer in those columns."""
        ranked = list(answer.probabilities.items())[1:top_k]
        cells: list[Any] = [_short(answer.label), share_bar(answer.probability)]
        if top_k > 1:
            cells.append(Lines([share_bar(value, _short(label)) for label, value in ranked]))
        return cells


def _short(label: str) -> str:
    return shortened(label, _SHOWN_CHARACTERS)
