"""``README.md`` of a bundle: what it is, how to use it, what was proven, whose licence holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle.manifest import CARD_FILE, Manifest
from paddle_lab.paths import atomic_write_text
from paddle_lab.tasks import get_task
from paddle_lab.text.visible import spelled_out

_USE: Final = """```python
import paddle_lab

predictor = paddle_lab.load_bundle("path/to/this/folder")
for answer in predictor.predict({call}):
    print(answer.to_json())
```"""

_WHOLE_PROOF: Final = (
    "Reloaded in a fresh process through `paddle.inference`, without PaddleNLP; compared with "
    "the trained model on real rows, which are not stored here. "
    "`python -m paddle_lab.bundle.verify FOLDER` checks it again on any machine, with the "
    "neutral sentences of `proof.json`.\n\n"
    "已在新进程中通过 `paddle.inference`（不依赖 PaddleNLP）重新加载，"
    "并在真实数据上与训练好的模型比较；这些数据不保存在此处。"
    "可用 `python -m paddle_lab.bundle.verify 目录` 在任何机器上"
    "用 `proof.json` 中的中性句子再次验证。"
)
_SMALL_PROOF: Final = (
    "Made of a proven bundle: fewer words, 8-bit weights, no program of Paddle. It was reloaded "
    "in a fresh process through ONNX Runtime and judged on the evaluation rows beside the whole "
    "bundle (Source, `small`). "
    "`python -m paddle_lab.bundle.verify FOLDER --runtime onnx-int8` checks it again.\n\n"
    "由已验证的模型包生成：词更少，权重为 8 位，不含 Paddle 程序。"
    "已在新进程中通过 ONNX Runtime 重新加载，"
    "并在评估数据上与完整模型包比较（见“来源”中的 `small`）。"
    "可用 `python -m paddle_lab.bundle.verify 目录 --runtime onnx-int8` 再次验证。"
)


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write the model card, in English and Chinese. Raises OSError."""
    atomic_write_text(folder / CARD_FILE, card(manifest))


def card(manifest: Manifest) -> str:
    """The model card's Markdown. Labels and names are shown as data, never as markup."""
    proof = manifest.proof or {}
    parts = [
        "# Inference model / 推理模型",
        f"- task / 任务: {_code(manifest.task)}\n"
        f"- base model / 基础模型: {_code(manifest.base_model.get('name'))}\n"
        f"- parameters / 参数量: {manifest.parameters or '?'}\n"
        f"- longest text / 最长文本: {manifest.max_len} tokens / 词元\n"
        f"- created / 创建时间: {_code(manifest.created)}",
        "## Labels / 标签" if manifest.labels else "## How outputs become answers / 由输出得到答案",
        _block(manifest.labels or manifest.codec),
        "## Use / 用法",
        _USE.replace("{call}", get_task(manifest.task).example_call),
        "## Metrics / 指标",
        _metrics(manifest),
        "## Proof / 验证",
        _WHOLE_PROOF if manifest.with_paddle else _SMALL_PROOF,
        _block(
            {
                name: proof.get(name)
                for name in ("rows", "answers_equal", "max_abs_diff", "tolerance", "latency_ms")
            }
        ),
        *_runtimes(manifest),
        "## Licence of the base model / 基础模型的许可证",
        _block({key: manifest.base_model.get(key) for key in ("name", "licence", "use", "notice")}),
        *_data_licences(manifest),
        "## Source / 来源",
        _block({"source": manifest.source, "versions": manifest.versions}),
    ]
    return "\n\n".join(parts) + "\n"


def _metrics(manifest: Manifest) -> str:
    """The figures, and which classes they leave out."""
    figures = _block(manifest.metrics)
    coverage = manifest.coverage
    if coverage is None:
        return figures
    said = (
        f"These figures are of {coverage.get('present')} of {coverage.get('total')} classes: the "
        "others had no row in the evaluation.\n\n"
        f"这些指标只涉及 {coverage.get('total')} 个类别中的 {coverage.get('present')} 个："
        "其余类别在评估数据中没有出现。"
    )
    return f"{figures}\n\n{said}\n\n{_block(coverage.get('absent'))}"


def _runtimes(manifest: Manifest) -> list[str]:
    """What was measured of the runtimes that were added; nothing where there is none."""
    if not manifest.runtime_proofs:
        return []
    return ["## Runtimes / 运行时", _block(manifest.runtime_proofs)]


def _data_licences(manifest: Manifest) -> list[str]:
    """Under which licences the data were; nothing where they are the person's own."""
    licences = manifest.source.get("licences")
    if not isinstance(licences, list) or not licences:
        return []
    return ["## Licence of the data / 数据的许可证", _block(licences)]


def _block(content: Any) -> str:
    """JSON in a fence that is longer than any run of backticks inside."""
    text = spelled_out(json.dumps(content, ensure_ascii=False, indent=2), keep="\n")
    fence = "`" * max(3, _longest_ticks(text) + 1)
    return f"{fence}json\n{text}\n{fence}"


def _code(value: Any) -> str:
    text = spelled_out(str(value if value is not None else "?"))[:200]
    fence = "`" * (_longest_ticks(text) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def _longest_ticks(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest
