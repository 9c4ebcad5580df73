"""What a model's vocabulary lacks of the data, and what is told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text

#: Shares from which on the vocabulary, and nothing that training can change, is what is wrong.
_MANY_TOKENS: Final = 0.3
_MANY_ROWS: Final = 0.2
_TOLD_TOKENS: Final = 0.05
_SHOWN: Final = 24


@dataclass(frozen=True)
class Unread:
    """How many of the ``tokens`` of ``rows`` that were looked at are ``unknown`` to ``model``.

    ``pieces`` are the commonest of them. ``unreadable`` rows hold nothing else in one of the things
    that they give; ``example`` is the first such text, and ``where`` it stands.
    """

    model: str
    rows: int
    tokens: int
    unknown: int
    pieces: tuple[str, ...] = ()
    unreadable: int = 0
    example: str = ""
    where: Text | None = None

    @property
    def share(self) -> float:
        """The share of unknown tokens."""
        return self.unknown / max(1, self.tokens)

    @property
    def is_cause(self) -> bool:
        """Whether so much cannot be read that no training will help."""
        return self.share >= _MANY_TOKENS or self.unreadable >= _MANY_ROWS * max(1, self.rows)

    def line(self) -> Text:
        """The figure, for the report."""
        return T(
            "{model}: {share:.2%} of the tokens of {rows:,} rows are unknown to its vocabulary"
            "{pieces}",
            "{model}：{rows:,} 行的词元中有 {share:.2%} 不在其词表中{pieces}",
            model=excerpt(self.model, 80),
            share=self.share,
            rows=self.rows,
            pieces=self._pieces(),
        )

    def notices(self) -> list[Text]:
        """What a person should know before trusting a result."""
        found = []
        if self.unreadable:
            found.append(
                T("{n} of {rows:,} rows hold nothing that {model} can read: their tokens are all "
                  "unknown to its vocabulary. The first, {where}: '{text}'",
                  "{rows:,} 行中有 {n} 行没有 {model} 能读取的内容：其词元都不在词表中。"
                  "第一处，{where}：“{text}”",
                  n=self.unreadable, rows=self.rows, model=excerpt(self.model, 80),
                  where=self.where or "-", text=excerpt(self.example, _SHOWN))
            )  # fmt: skip
        if self.share >= _TOLD_TOKENS:
            found.append(
                T("{share:.0%} of the tokens are unknown to the vocabulary of {model}{pieces}: it "
                  "reads all of them as the same. Choose a model whose vocabulary has them.",
                  "{share:.0%} 的词元不在 {model} 的词表中{pieces}：模型会把它们当作同一个符号。"
                  "请选择词表包含它们的模型。",
                  share=self.share, model=excerpt(self.model, 80), pieces=self._pieces())
            )  # fmt: skip
        return found

    def advice(self) -> Text:
        """What to try where this is the cause of a bad result."""
        return T(
            "The model cannot read these texts: {share:.0%} of their tokens are unknown to its "
            "vocabulary{pieces}, and {n} of {rows:,} rows hold nothing else. No learning rate and "
            "no number of epochs changes that: choose a model whose vocabulary has them (--model).",
            "模型读不懂这些文本：{share:.0%} 的词元不在其词表中{pieces}，{rows:,} 行中有 {n} 行"
            "完全如此。调整学习率或轮数都无济于事：请用 --model 选择词表包含它们的模型。",
            share=self.share,
            pieces=self._pieces(),
            n=self.unreadable,
            rows=self.rows,
        )

    def to_json(self) -> dict[str, Any]:
        """All fields, and the share."""
        content = asdict(self) | {"share": round(self.share, 6), "pieces": list(self.pieces)}
        return content | {"where": self.where.to_json() if self.where is not None else None}

    def _pieces(self) -> Text:
        if not self.pieces:
            return Text("", "")
        shown = " ".join(excerpt(piece, _SHOWN) for piece in self.pieces)
        return T(" ({pieces})", "（{pieces}）", pieces=shown)
