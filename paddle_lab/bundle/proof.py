"""The proof that a bundle does what the trained model does, and how it is judged."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.bundle.engine import FloatArray
from paddle_lab.i18n import T, Text

TOLERANCE: Final = 1e-4

# Sentences that belong to nobody: they travel in the bundle with the trained model's logits, so
# that it can be checked again on another machine without carrying a row of anyone's data.
NEUTRAL_TEXTS: Final = (
    "今天天气很好。",
    "这家店的服务态度非常差，再也不会来了！",
    "质量不错，物流也快，推荐购买。",
    "一般般吧，没有想象中那么好，但也不算太差，价格倒是便宜。",
    "我们明天上午九点在图书馆门口见面，记得带上身份证和两张照片。",
    "Paddle 3.0 was released in 2025，性能提升了 20%。",
    "hello world",
    "😀👍🏽 真香！！！",
    "２０２４年１２月３１日，ＡＢＣ公司",
    "龘靐齉爩",
    "。，、；：？！",
    " \t\n",
    "",
    "好",
    "春天来了，公园里的花都开了，孩子们在草地上奔跑，老人们坐在长椅上聊天。" * 6,
    "这句话会重复很多次，直到超过模型一次能读的长度。" * 60,
)


@dataclass(frozen=True)
class ExportProof:
    """What the fresh process found.

    ``rows`` texts were compared: token ids, the most probable label, and logits (``max_abs_diff``,
    at most ``tolerance``), each text alone and in padded batches (``padding_max_abs_diff`` is the
    largest difference between the two). A row whose best two logits lie within the tolerance counts
    as equal with either (``ties``). ``latency_ms``: median by batch and length, ``b1_len32`` and so
    on; ``latency_runs``: how often each was timed.
    """

    ok: bool
    rows: int
    answers_equal: bool
    tokens_equal: bool
    max_abs_diff: float
    padding_max_abs_diff: float
    tolerance: float
    paddlenlp_in_fresh_process: bool
    ties: int = 0
    latency_ms: dict[str, float] = field(default_factory=dict)
    latency_runs: dict[str, int] = field(default_factory=dict)
    longest_tokens: int = 0
    truncated_rows: int = 0
    seconds: float = 0.0
    device: str = "cpu"
    threads: int = 1
    versions: dict[str, str | None] = field(default_factory=dict)
    size_mb: float | None = None
    bundle: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As the manifest and the check's output hold it; an infinite difference is null."""
        content = {key: value for key, value in asdict(self).items() if key != "bundle"}
        for name in ("max_abs_diff", "padding_max_abs_diff"):
            content[name] = _finite(content[name])
        return content

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ExportProof:
        """The reverse; raises TypeError or KeyError for what is no proof."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        for name in ("max_abs_diff", "padding_max_abs_diff"):
            known[name] = float("inf") if known[name] is None else known[name]
        return cls(**known)

    def event(self) -> dict[str, Any]:
        """The values of the run's ``export`` event, as ``schema.json`` has it."""
        return {
            "ok": self.ok,
            "bundle": self.bundle,
            "rows": self.rows,
            "answers_equal": self.answers_equal,
            "max_abs_diff": _finite(self.max_abs_diff),
            "tolerance": self.tolerance,
            "latency_ms": self.latency_ms,
            "size_mb": self.size_mb,
            "paddlenlp_in_fresh_process": self.paddlenlp_in_fresh_process,
            "error": None,
        }

    def failure(self) -> Text | None:
        """Why the check failed, or None when it passed."""
        if self.ok:
            return None
        if self.paddlenlp_in_fresh_process:
            return T(
                "The fresh process imported paddlenlp, which a bundle must not need.",
                "新进程导入了 paddlenlp，而模型包不应依赖它。",
            )
        if not self.tokens_equal:
            return T(
                "The bundle's tokenizer gives other tokens than the one in training.",
                "模型包的分词器与训练时的分词结果不同。",
            )
        return T(
            "In a fresh process the answers of {rows} rows were {equal}; the largest difference of "
            "logits was {diff:.2e} ({tolerance:.0e} allowed), that between padded and single rows "
            "{padding:.2e}.",
            "在新进程中，{rows} 行的答案{equal}；logits 最大差异 {diff:.2e}"
            "（允许 {tolerance:.0e}），补齐与单独预测之间的差异 {padding:.2e}。",
            rows=self.rows,
            equal=T("equal", "一致") if self.answers_equal else T("not equal", "不一致"),
            diff=self.max_abs_diff,
            tolerance=self.tolerance,
            padding=self.padding_max_abs_diff,
        )


@dataclass(frozen=True)
class Expected:
    """What the trained model says: logits of shape [rows, labels], and token ids if they count."""

    texts: list[str]
    logits: FloatArray
    token_ids: list[list[int]] | None = None

    def write(self, path: Path) -> None:
        """As JSON. Raises OSError; ValueError for logits that are not finite."""
        content = {
            "texts": self.texts,
            "logits": [[float(value) for value in row] for row in self.logits],
            "token_ids": self.token_ids,
        }
        path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")

    @classmethod
    def from_json(cls, data: Any) -> Expected:
        """The reverse. Raises KeyError, TypeError or ValueError for what is none."""
        texts = [str(text) for text in data["texts"]]
        logits = np.asarray(data["logits"], dtype=np.float32)
        if not texts or logits.ndim != 2 or len(logits) != len(texts):
            raise ValueError("texts and logits do not fit each other")
        ids = data.get("token_ids")
        return cls(texts, logits, None if ids is None else [[int(i) for i in row] for row in ids])


def compare(expected: FloatArray, found: FloatArray, tolerance: float) -> tuple[bool, float, int]:
    """Whether the answers are equal, the largest difference, and how many rows are ties.

    Values that are not finite never count as equal.
    """
    if expected.shape != found.shape or not np.isfinite(found).all():
        return False, float("inf"), 0
    rows = np.arange(len(expected))
    best = expected.max(axis=1)
    chosen = expected[rows, found.argmax(axis=1)]
    ties = int(((best - np.partition(expected, -2, axis=1)[:, -2]) <= tolerance).sum())
    return bool((best - chosen <= tolerance).all()), float(np.abs(expected - found).max()), ties


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
