"""The tiny model and tokenizer of these tests, and a process to try things in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
LABELS = ["差评", "好评", "<img src=x onerror=alert(1)>\n\u202e“”"]
MAX_LEN = 24
ROWS = [
    "质量很好，推荐！",
    "太差了，不会再买。" * 12,
    "一般",
    "hello world，还行",
    "😀👍🏽真香",
    "   ",
    "",
    "物流快，包装好，客服态度也不错，下次还会来",
    "x" * 300,
    "很" * 22,
    "很" * 23,
    "很" * 21,
]


def build_tokenizer_json(vocabulary: int = 200) -> str:
    """A WordPiece tokenizer over the characters of the rows, in its own JSON."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    chars = sorted({char for row in ROWS for char in row if not char.isspace()})
    words = (special + chars)[:vocabulary]
    tokenizer = Tokenizer(
        models.WordPiece(vocab={word: i for i, word in enumerate(words)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer.to_str()


def build_model(labels: int = len(LABELS), **options: Any) -> Any:
    """``ErnieForSequenceClassification``, 2 layers of 32, weights large enough to differ."""
    import paddle
    from paddlenlp.transformers import ErnieConfig, ErnieForSequenceClassification

    paddle.seed(7)
    sizes = {
        "vocab_size": 200,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "initializer_range": 0.4,
        "num_labels": labels,
    }
    return ErnieForSequenceClassification(ErnieConfig(**{**sizes, **options}))


def tiny_trained(**changes: Any) -> Any:
    """The tiny model with all that its bundle must know."""
    from paddle_lab.bundle import ExportSource

    values: dict[str, Any] = {
        "model": None,
        "tokenizer": build_tokenizer_json(),
        "codec": {"labels": LABELS},
        "max_len": MAX_LEN,
        "rows": {"text": ROWS},
        "metrics": {"accuracy": 0.5},
        "source": {"run": "cafe0123", "data": "0" * 64},
        "base_model": {"name": "tiny", "licence": None, "notice": {"en": "a toy", "zh": "玩具"}},
    }
    values |= changes
    values["model"] = values["model"] or build_model()
    return ExportSource(**values)


def python(code: str, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, away from the repository."""
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"}
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        env=environment,
        **{"cwd": "/", "timeout": 250, **options},
    )
