"""A piece of the context as the answer to a question, or that there is none."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.answer.codec import Answer, AnswerCodec
from paddle_lab.tasks.answer.findings import check_answers, row_notices
from paddle_lab.tasks.answer.options import AnswerOptions
from paddle_lab.tasks.answer.rows import ROLES, TARGET, read_rows, recognise
from paddle_lab.tasks.answer.scored import Scored, measure
from paddle_lab.tasks.answer.spans import row_spans
from paddle_lab.tasks.answer.targets import trained_windows, window_targets
from paddle_lab.tasks.answer.threshold import best_preferences, best_threshold
from paddle_lab.tasks.answer.trial import AnswerTrial
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
from paddle_lab.text.bars import Lines, share_bar
from paddle_lab.text.short import shortened

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.data.records import Records
    from paddle_lab.data.schema import Reading, Recognition, RowsRead
    from paddle_lab.models import Resolved

_SHOWN_CHARACTERS: Final = 60
_HOLDING: Final = 1.3  # windows that hold an answer: a quarter of each overlaps with the next
_RATES: Final = {"ernie-lab-mini": 1e-3, "m3e-small": 3e-4}
_MASKED: Final = 1e4  # subtracted from logits that no answer may choose


class Answers(TaskBase):
    """Extractive question answering."""

    name = "answer"
    title: Final = T("the piece of a text that answers a question", "从文本中找出问题的答案")
    metrics: Final = (MetricSpec("f1"), MetricSpec("em"))
    targets: Final = (
        TargetSpec("start"),
        TargetSpec("end"),
        TargetSpec("choices", dtype="float32", per_token=True, pad=0),
    )
    forms = ("questions", "table")
    long_text = "windows"
    decode_token_s = 2.9e-5
    options = AnswerOptions
    roles: Final = ROLES
    target: Final = TARGET
    counted_title: Final = T("questions", "问题")
    trial = AnswerTrial()
    answer_columns: Sequence[str] = ("prediction", "probability", "start", "end")
    example_call: Final = '("什么时候见面？", "我们明天上午九点在图书馆门口见面。")'

    def rows(self, records: Records, reading: Reading) -> RowsRead:
        """Questions, contexts and answers at their positions."""
        return read_rows(records, reading)

    def recognise(self, records: Records) -> Recognition | None:
        """Whether there are questions, contexts, and answers that stand in them."""
        return recognise(records)

    def counted(self, target: Mapping[str, Any]) -> Sequence[str]:
        """Whether a question has an answer."""
        return (str(self.stratum(target)),)

    def target_text(self, given: Mapping[str, Any], target: Any) -> str:
        """The answers; those of a question without one are none."""
        return ", ".join(dict.fromkeys(answer["text"] for answer in target["answers"])) or "-"

    def stratum(self, target: Mapping[str, Any]) -> Hashable:
        """Whether a question has an answer."""
        return "answerable" if target["answers"] else "unanswerable"

    def check(self, parts: Mapping[str, Dataset]) -> None:
        """Raise DataError where a part has no answers."""
        check_answers(parts)

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """Contexts on both sides, and answers that are most of their context."""
        return row_notices(parts)

    def advised(self, model: str) -> Mapping[str, Any]:
        """Windows of 256 tokens, and for small models a higher rate than a classifier's."""
        rate = {"lr": _RATES[model]} if model in _RATES else {}
        return {"max_len": 256, "epochs": 3.0, "batch_size": 16, **rate}

    def codec(
        self, tokenizer_json: str, max_len: int, train: Dataset, own: AnswerOptions
    ) -> AnswerCodec:
        """With a threshold of "no answer" where training has such rows."""
        unanswerable = any(not target["answers"] for target in train.targets)
        threshold = 0.0 if unanswerable else None
        return AnswerCodec(tokenizer_json, max_len, own.answer_length, threshold)

    def codec_from(
        self, tokenizer_json: str, max_len: int, content: Mapping[str, Any]
    ) -> AnswerCodec:
        """From ``{"answer_length", "threshold", "likeness", "brevity"}``."""
        return AnswerCodec.from_json(tokenizer_json, max_len, content)

    def model(self, resolved: Resolved, codec: Codec, options: ModelOptions) -> Any:
        """``ErnieForQuestionAnswering`` with a new head."""
        from paddle_lab.models import load_with_head

        return load_with_head(
            resolved,
            "ErnieForQuestionAnswering",
            num_labels=2,
            dropout=options.dropout,
            random_init=options.random_init,
        )

    def encode_targets(self, codec: Codec, windows: Windows, data: Dataset) -> dict[str, Any]:
        """The answer's first and last token in each window; its first token where it is not in."""
        return window_targets(windows, data.targets)

    def trained(self, windows: Windows, targets: Mapping[str, Any], own: AnswerOptions) -> IntArray:
        """All windows that hold the answer, and of the others as many as ``empty_windows`` says."""
        return trained_windows(targets["start"], own.empty_windows)

    def most_windows(self, own: AnswerOptions) -> float:
        """An answer stands in one window, or in two that overlap there."""
        return _HOLDING * (1 + own.empty_windows)

    def loss(self, model: Any, outputs: tuple[Any, ...], targets: Mapping[str, Any]) -> Any:
        """The mean of both cross-entropies [windows], over the tokens that may be chosen."""
        from paddle.nn.functional import cross_entropy

        masked = (1 - targets["choices"]) * _MASKED
        losses = [
            cross_entropy(
                logits.astype("float32") - masked, targets[name].unsqueeze(-1), reduction="none"
            ).squeeze(-1)
            for logits, name in zip(outputs, ("start", "end"), strict=True)
        ]
        return (losses[0] + losses[1]) / 2

    def learn(self, codec: Codec, model: Any, evaluation: Evaluation) -> Codec:
        """What suits the dev rows: preferences, and the threshold of "no answer"."""
        assert isinstance(codec, AnswerCodec)
        data, windows, outputs = evaluation.data, evaluation.windows, evaluation.outputs
        contexts = data.given["context"]
        preferences = best_preferences(
            lambda one, only: row_spans(data.given, windows, outputs, codec.longest, one, only),
            contexts,
            data.targets,
        )
        learnt = codec.learnt(codec.threshold, preferences)
        if codec.threshold is None:
            return learnt
        found = learnt.spans(data.given, windows, outputs)
        return codec.learnt(best_threshold(found, contexts, data.targets), preferences)

    def measure(self, evaluation: Evaluation) -> dict[str, float]:
        """F1 and exact match (``em``) as CMRC 2018 counts them."""
        return measure(Scored.of(evaluation))

    def baseline(self, train: Dataset, evaluation: Dataset, codec: Codec) -> Baseline | None:
        """The whole sentence of the context that is most like the question."""
        from paddle_lab.tasks.answer.baseline import best_sentences

        return best_sentences(
            train.given["question"], train.given["context"],
            evaluation.given["question"], evaluation.given["context"],
        )  # fmt: skip

    def report(
        self,
        evaluation: Evaluation,
        metrics: Mapping[str, float],
        *,
        baseline: Baseline | None = None,
        training: Training | None = None,
    ) -> list[Block]:
        """The blocks of the evaluation report."""
        from paddle_lab.tasks.answer.report import build_report

        return build_report(Scored.of(evaluation), metrics, baseline=baseline, training=training)

    def tables(self, evaluation: Evaluation) -> dict[str, FileTable]:
        """Every question with the answer given, for a file beside the report."""
        from paddle_lab.tasks.answer.tables import tables

        return tables(Scored.of(evaluation))

    def beside(self, answer: Answer) -> dict[str, Any]:
        """The answer with its characters in the context; None where the context has none."""
        return {"prediction": answer.answer, "probability": round(answer.score, 6),
                "start": answer.start, "end": answer.end}  # fmt: skip

    def headings(self, top_k: int) -> list[Text]:
        """Answer, position, probability, and the next ones."""
        first = [T("answer", "答案"), T("position", "位置"), T("probability", "概率")]
        return [*first, T("next", "其次")] if top_k > 1 else first

    def cells(self, answer: Answer, top_k: int) -> list[Any]:
        """The answer in those columns."""
        if answer.answer is None:
            shown = (
                T("nothing to read", "没有可读的内容") if answer.empty else T("no answer", "无答案")
            )
            cells: list[Any] = [f"({shown})", "", share_bar(answer.score)]
        else:
            position = f"{answer.start}-{answer.end}"
            said = shortened(answer.answer, _SHOWN_CHARACTERS)
            cells = [said, position, share_bar(answer.score)]
        if top_k > 1:
            others = [
                share_bar(piece.score, shortened(piece.answer, _SHOWN_CHARACTERS))
                for piece in answer.others[: top_k - 1]
            ]
            cells.append(Lines(others))
        return cells

    def marks(self, answer: Answer) -> Mapping[str, Sequence[Mark]]:
        """The answer in its context."""
        if answer.start is None or answer.end is None:
            return {}
        return {"context": [Mark(answer.start, answer.end, "right")]}
