"""A sixth task, as another package would bring it: every token of a text votes for a label.

Nothing of Paddle Lab names it. Its outputs have a value for each token, unlike ``classify``'s.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from paddle_lab.data import Dataset
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Recognition, Role, RowsRead
from paddle_lab.i18n import T, Text
from paddle_lab.options import option
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
from paddle_lab.tasks.blocks import Block, Examples, Mark, Metric, Metrics, Sample
from paddle_lab.tasks.codec import (
    TOKENS,
    Agreement,
    Outputs,
    Rows,
    Signature,
    TensorSpec,
    Windows,
)
from paddle_lab.tasks.encoding import TextEncoder, as_texts


@dataclass(frozen=True)
class Vote:
    """The label with most votes, and how many of the tokens gave it theirs."""

    label: str
    votes: int
    tokens: int
    truncated: bool = False
    empty: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class VoteCodec:
    def __init__(
        self, tokenizer_json: str, max_len: int, labels: Sequence[str], judged: int = 0
    ) -> None:
        self.labels = list(labels)
        self.judged = judged
        self._made_from = (tokenizer_json, max_len, self.labels)
        self._encoder = TextEncoder(tokenizer_json, max_len, offsets=True)

    @property
    def signature(self) -> Signature:
        votes = TensorSpec("votes", ("rows", "tokens", len(self.labels)))
        return Signature(TOKENS, (votes,))

    @property
    def pad_id(self) -> int:
        return self._encoder.pad_id

    def rows_of(self, values: Any) -> Rows:
        return {"text": as_texts(values)}

    def encode(self, rows: Rows, long_text: str = "truncate") -> Windows:
        return self._encoder.encode(rows["text"], long_text=long_text)

    def decode(self, rows: Rows, windows: Windows, outputs: Outputs) -> list[Vote]:
        counts = np.zeros((len(windows.empty), len(self.labels)), dtype=np.int64)
        for owner, votes in zip(windows.owner, outputs["votes"], strict=True):
            counts[owner] += np.bincount(votes.argmax(axis=1), minlength=len(self.labels))
        return [
            Vote(self.labels[int(row.argmax())], int(row.max()), int(row.sum()), cut, empty)
            for row, cut, empty in zip(counts, windows.truncated, windows.empty, strict=True)
        ]

    def agree(
        self, rows: Rows, windows: Windows, expected: Outputs, found: Outputs, tolerance: float
    ) -> Agreement:
        one, other = (self.decode(rows, windows, outputs) for outputs in (expected, found))
        return Agreement([vote.label for vote in one] == [vote.label for vote in other])

    def neutral_rows(self) -> Rows:
        return {"text": ["今天天气很好。", "", "hello", "好" * 100]}

    def to_json(self) -> dict[str, Any]:
        return {"labels": self.labels, "judged": self.judged}

    def after(self, rows: int) -> VoteCodec:
        """The codec that learnt how many rows it was judged on."""
        return VoteCodec(*self._made_from, rows)


@dataclass(frozen=True)
class VoteOptions:
    keep: bool = option(True, T("keep the labels", "保留标签"))


class VoteTask(TaskBase):
    name = "vote"
    title = T("every token votes", "每个词元投票")
    metrics = (MetricSpec("wrong", higher_is_better=False), MetricSpec("accuracy"))
    targets = (TargetSpec("tags", per_token=True),)
    options = VoteOptions
    roles = (Role("text", T("text", "文本"), ("text",)),)
    target = Role("label", T("label", "标签"), ("label",))
    counted_title = T("label", "标签")
    example_call = '["很好"]'

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        read = RowsRead({"text": []}, columns={"text": "0", "label": "1"})
        for line, (text, label) in zip(records.lines, records.cells, strict=True):
            if text.startswith("#"):
                read.bad.append((line, T("a comment", "注释")))
            else:
                read.add(line, [text], label if reading.options.keep else "all")
        return read

    def recognise(self, records: Records) -> Recognition | None:
        return "certain" if any(cells[0].startswith("#") for cells in records.cells) else None

    def counted(self, target: str) -> Sequence[str]:
        return (target,)

    def check(self, parts: Mapping[str, Dataset]) -> None:
        return None

    def codec(
        self, tokenizer_json: str, max_len: int, train: Dataset, own: VoteOptions
    ) -> VoteCodec:
        return VoteCodec(tokenizer_json, max_len, sorted(set(train.labels)))

    def codec_from(
        self, tokenizer_json: str, max_len: int, content: Mapping[str, Any]
    ) -> VoteCodec:
        return VoteCodec(tokenizer_json, max_len, list(content["labels"]), int(content["judged"]))

    def learn(self, codec: VoteCodec, model: Any, evaluation: Evaluation) -> VoteCodec:
        return codec.after(len(evaluation.data))

    def model(self, resolved: Any, codec: VoteCodec, options: ModelOptions) -> Any:
        from paddle_lab.models import load_with_head

        return load_with_head(
            resolved,
            "ErnieForTokenClassification",
            num_labels=len(codec.labels),
            dropout=options.dropout,
            random_init=options.random_init,
        )

    def encode_targets(
        self, codec: VoteCodec, windows: Windows, data: Dataset
    ) -> dict[str, list[np.ndarray]]:
        return {
            "tags": [
                np.full(len(ids), codec.labels.index(data.labels[owner]), dtype=np.int64)
                for ids, owner in zip(windows.ids, windows.owner, strict=True)
            ]
        }

    def loss(self, model: Any, outputs: tuple[Any, ...], targets: Mapping[str, Any]) -> Any:
        from paddle.nn.functional import cross_entropy

        tags = targets["tags"]
        losses = cross_entropy(outputs[0], tags.unsqueeze(-1), reduction="none", ignore_index=-100)
        real = (tags != -100).astype("float32")
        return (losses.squeeze(-1) * real).sum(axis=1) / real.sum(axis=1)

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        answers = evaluation.codec.decode(
            evaluation.data.given, evaluation.windows, evaluation.outputs
        )
        right = np.mean(
            [a.label == gold for a, gold in zip(answers, evaluation.data.labels, strict=True)]
        )
        return {"wrong": float(1 - right), "accuracy": float(right)}

    def baseline(self, train: Dataset, evaluation: Dataset, codec: Any) -> Baseline | None:
        return None

    def report(
        self,
        evaluation: Evaluation,
        metrics: Mapping[str, float],
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        text = evaluation.data.texts[0]
        sample = Sample(text, marks=[Mark(0, min(1, len(text)), "right", "vote")])
        figures = [Metric(name, value) for name, value in metrics.items()]
        return [Metrics(figures), Examples(T("A vote", "一次投票"), [sample])]

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        return {"votes": (("text", "label"), list(evaluation.data.rows()))}

    def stratum(self, target: Any) -> Hashable:
        return str(target)

    def headings(self, top_k: int) -> list[Text]:
        return [T("label", "标签"), T("votes", "票数")]

    def cells(self, answer: Vote, top_k: int) -> list[str]:
        return [answer.label, f"{answer.votes} of {answer.tokens}"]


TASK = VoteTask()
