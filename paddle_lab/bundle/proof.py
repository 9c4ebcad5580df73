"""The proof that a bundle does what the trained model does, and how it is judged."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from paddle_lab.i18n import T, Text
from paddle_lab.tasks.codec import Codec, Outputs, Rows, Signature, Windows

TOLERANCE: Final = 1e-4


@dataclass(frozen=True)
class ExportProof:
    """What the fresh process found.

    ``rows`` rows were compared: token ids, answers, and every output (``max_abs_diff``, at most
    ``tolerance``), each row alone and in padded batches (``padding_max_abs_diff`` is the largest
    difference between the two). A row whose answer hangs on less than the tolerance counts as equal
    either way (``ties``). ``latency_ms``: median by batch and length, ``b1_len32`` and so
    on; ``latency_runs``: how often each was timed. A runtime that is not ``exact`` passes with
    finite outputs: what it costs is measured on the evaluation rows
    (:mod:`paddle_lab.bundle.added`).
    """

    ok: bool
    rows: int
    answers_equal: bool
    tokens_equal: bool
    max_abs_diff: float
    padding_max_abs_diff: float
    tolerance: float
    paddlenlp_in_fresh_process: bool
    exact: bool = True
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
            "outputs was {diff:.2e} ({tolerance:.0e} allowed), that between padded and single rows "
            "{padding:.2e}.",
            "在新进程中，{rows} 行的答案{equal}；输出最大差异 {diff:.2e}"
            "（允许 {tolerance:.0e}），补齐与单独预测之间的差异 {padding:.2e}。",
            rows=self.rows,
            equal=T("equal", "一致") if self.answers_equal else T("not equal", "不一致"),
            diff=self.max_abs_diff,
            tolerance=self.tolerance,
            padding=self.padding_max_abs_diff,
        )


@dataclass(frozen=True)
class Expected:
    """What the trained model says of ``rows``: its outputs, and token ids if they count."""

    rows: Rows
    outputs: Outputs
    token_ids: list[list[int]] | None = None

    def write(self, path: Path) -> None:
        """As JSON. Raises OSError; ValueError for outputs that are not finite."""
        content = {
            "rows": {role: list(values) for role, values in self.rows.items()},
            "outputs": {
                name: [np.asarray(part).astype(float).tolist() for part in parts]
                for name, parts in self.outputs.items()
            },
            "token_ids": self.token_ids,
        }
        path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")

    @classmethod
    def from_json(cls, data: Any, signature: Signature) -> Expected:
        """The reverse. Raises KeyError, TypeError or ValueError for what is none.

        Format 1.0 of the bundle wrote ``texts`` and ``logits``.
        """
        if "texts" in data:
            data = {**data, "rows": {"text": data["texts"]}, "outputs": {"logits": data["logits"]}}
        rows = {str(role): list(values) for role, values in data["rows"].items()}
        lengths = {len(values) for values in rows.values()}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError("the rows are not one or more of one length")
        outputs: dict[str, Any] = {}
        for spec in signature.outputs:
            parts = data["outputs"][spec.name]
            if spec.per_token:
                outputs[spec.name] = [np.asarray(part, dtype=np.float32) for part in parts]
            else:
                outputs[spec.name] = np.asarray(parts, dtype=np.float32)
            # A row may have several windows, and has one at least.
            if len(outputs[spec.name]) < max(lengths):
                raise ValueError("rows and outputs do not fit each other")
        ids = data.get("token_ids")
        return cls(rows, outputs, None if ids is None else [[int(i) for i in row] for row in ids])


@dataclass(frozen=True)
class Difference:
    """How two models' outputs differ: whether the answers are equal, and by how much values do."""

    equal: bool
    largest: float
    ties: int = 0


def compare(
    codec: Codec, rows: Rows, windows: Windows, expected: Outputs, found: Outputs, tolerance: float
) -> Difference:
    """Compare every output of every window, and the answers that the codec makes of them.

    Values that are not finite, and other shapes, never count as equal.
    """
    largest = 0.0
    for spec in codec.signature.outputs:
        if len(expected[spec.name]) != len(found[spec.name]):
            return Difference(False, float("inf"))
        for one, other in zip(expected[spec.name], found[spec.name], strict=True):
            if np.shape(one) != np.shape(other) or not np.isfinite(other).all():
                return Difference(False, float("inf"))
            largest = max(largest, float(np.abs(one - other).max(initial=0.0)))
    agreement = codec.agree(rows, windows, expected, found, tolerance)
    return Difference(agreement.equal, largest, agreement.ties)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
