"""One label for each pair of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.data.excerpt import same_text
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.api import (
    Baseline,
    Evaluation,
    FileTable,
    MetricSpec,
    Training,
    Untrained,
)
from paddle_lab.tasks.blocks import Block
from paddle_lab.tasks.codec import Codec
from paddle_lab.tasks.label_scored import indices
from paddle_lab.tasks.label_task import LabelTask
from paddle_lab.tasks.labels import label_notices
from paddle_lab.tasks.pair.arms import auc
from paddle_lab.tasks.pair.codec import PairCodec
from paddle_lab.tasks.pair.options import PairOptions
from paddle_lab.tasks.pair.rows import ROLES, TARGET, read_rows, recognise
from paddle_lab.tasks.pair.scored import scored_pairs
from paddle_lab.tasks.pair_columns import TEXT, TEXT2
from paddle_lab.tasks.scores import cross_entropy, macro_f1

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.data.records import Records
    from paddle_lab.data.schema import Reading, Recognition, RowsRead

_SHOWN_CHARACTERS: Final = 60
_SCALE: Final = 4  # classes in a row of numbers that look like a scale


class Pair(LabelTask):
    """Two texts and a class: similarity, inference, query and title."""

    name: Final = "pair"
    title: Final = T("one label for two texts", "每对文本一个标签")
    # Macro F1 first: of skewed pairs, accuracy is best where the answer is always the same.
    metrics: Final = (MetricSpec("macro_f1"), MetricSpec("accuracy"), MetricSpec("auc", "number"))
    options: type | None = PairOptions
    roles: Final = ROLES
    target: Final = TARGET
    example_call: Final = '[("怎么还款", "如何还款"), ("怎么还款", "怎么开通")]'

    # -- rows -----------------------------------------------------------------------------------

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        """Pairs with a label each."""
        return read_rows(records, reading)

    def recognise(self, records: Records) -> Recognition | None:
        """Certain of two columns of texts beside one of few classes."""
        return recognise(records)

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """What is odd about the labels; pairs that training has the other way round."""
        return [*label_notices(parts, keys), *_turned(parts), *_ordered(parts["train"])]

    # -- model ----------------------------------------------------------------------------------

    def with_labels(self, tokenizer_json: str, max_len: int, labels: Sequence[str]) -> PairCodec:
        """Two texts, and their label."""
        return PairCodec(tokenizer_json, max_len, labels)

    # -- report ---------------------------------------------------------------------------------

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        """Macro F1, accuracy, AUC, the mean cross-entropy (``loss``).

        Of more than two classes the AUC is the mean of each class against the rest. Macro F1 and
        AUC are over the classes that have rows here, NaN where only one has.
        """
        from sklearn.metrics import accuracy_score

        scored = scored_pairs(evaluation)
        return {
            "macro_f1": macro_f1(scored.gold, scored.predicted),
            "accuracy": float(accuracy_score(scored.gold, scored.predicted)),
            "auc": auc(scored.gold, scored.logits),
            "loss": cross_entropy(scored.logits, scored.gold),
        }

    def baseline(self, train: Dataset, evaluation: Dataset, codec: Codec) -> Baseline | None:
        """Overlap and TF-IDF of the two texts, logistic regression, on the same rows."""
        from paddle_lab.tasks.pair.baseline import fit_baseline

        labels = codec.to_json()["labels"]
        gold = indices(train.labels, labels)
        return fit_baseline(_texts(train), gold, _texts(evaluation), len(labels))

    def alternatives(
        self, train: Dataset, evaluation: Dataset, codec: Codec, untrained: Untrained
    ) -> Sequence[Baseline]:
        """For two classes: the cosine of the untrained encoder's vectors, with a threshold."""
        labels = codec.to_json()["labels"]
        if len(labels) != 2 or untrained.random_init:
            return ()
        from paddle_lab.tasks.pair.cosine import compare_vectors

        found = compare_vectors(
            untrained.resolved,
            untrained.tokenizer_json,
            untrained.max_len,
            _texts(train),
            indices(train.labels, labels),
            _texts(evaluation),
        )
        return () if found is None else (found,)

    def asked_untrained(self, train: Dataset, evaluation: Dataset) -> int:
        """The rows that choose the threshold, and those that are evaluated."""
        from paddle_lab.tasks.pair.cosine import MOST_ROWS

        two = len(set(train.labels)) == 2
        return min(len(train), MOST_ROWS) + len(evaluation) if two else 0

    def features(self, data: Dataset) -> Any:
        """Overlap and TF-IDF of the two texts, as the baseline's."""
        from paddle_lab.tasks.pair_features import PairFeatures

        try:
            return PairFeatures(*_texts(data)).of(*_texts(data))
        except ValueError:  # an empty vocabulary
            return None

    def report(
        self,
        evaluation: Evaluation,
        metrics: Mapping[str, float],
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report."""
        from paddle_lab.tasks.pair.report import build_report

        return build_report(evaluation, metrics, baseline=baseline, training=training)

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """Every mistake, class and count of the confusion, for the files beside the report."""
        from paddle_lab.tasks.pair.report import tables

        return tables(evaluation)


def _texts(data: Dataset) -> tuple[list[str], list[str]]:
    return data.given[TEXT], data.given[TEXT2]


def _turned(parts: Mapping[str, Dataset]) -> list[Text]:
    """Pairs of an evaluation that stand in training the other way round: known answers, mostly."""
    known = {(same_text(one), same_text(other)) for one, other in zip(*_texts(parts["train"]),
                                                                      strict=True)}  # fmt: skip
    found = []
    for name, part in parts.items():
        if name == "train":
            continue
        pairs = zip(*_texts(part), strict=True)
        turned = [row for row, (one, other) in enumerate(pairs)
                  if one != other and (same_text(other), same_text(one)) in known]  # fmt: skip
        if turned:
            found.append(
                T("{n} of {all} pairs of {part} stand in train the other way round, the first at "
                  "{where}: its figures may be too good.",
                  "{part} 的 {all} 对中有 {n} 对以相反的顺序出现在 train 中（第一处：{where}），"
                  "指标可能偏高。",
                  n=len(turned), all=len(part), part=name, where=part.where(turned[0]))
            )  # fmt: skip
    return found


def _ordered(train: Dataset) -> list[Text]:
    """Labels that are more than three numbers in a row: a score, perhaps."""
    labels = set(train.labels)
    if len(labels) < _SCALE or not all(label.isdecimal() for label in labels):
        return []
    numbers = sorted(map(int, labels))
    if numbers[-1] - numbers[0] + 1 != len(numbers):
        return []
    return [
        T("The labels are the numbers {low} to {high}, taken as classes. If they say how much, "
          "learn them as a score: --task regress.",
          "标签是数字 {low} 到 {high}，按类别处理。如果它们表示程度，请作为分数学习："
          "--task regress。",
          low=numbers[0], high=numbers[-1])
    ]  # fmt: skip
