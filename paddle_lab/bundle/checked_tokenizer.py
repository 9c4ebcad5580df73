"""What a bundle's ``tokenizer.json`` may say: a WordPiece tokenizer and nothing else.

The library that reads it knows many parts, regular expressions among them that take for ever on a
well-chosen text. A bundle needs five.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.untrusted import MEGABYTE, UnusableFile, parse_json, read_bytes

LARGEST_TOKENIZER: Final = 64 * MEGABYTE
_PARTS: Final[Mapping[str, tuple[str | None, ...]]] = {
    "normalizer": ("BertNormalizer", None),
    "pre_tokenizer": ("BertPreTokenizer", None),
    "post_processor": ("TemplateProcessing", "BertProcessing", None),
    "decoder": ("WordPiece", None),
    "model": ("WordPiece",),
}
_OTHERS: Final = ("version", "truncation", "padding", "added_tokens")
_MOST_ADDED: Final = 1000
_MOST_PIECES: Final = 16
_LARGEST_ID: Final = 2**31 - 1


def checked_tokenizer(path: Path) -> str:
    """The tokenizer's JSON without truncation and padding, which are the reader's.

    Raises UnusableFile for anything but a WordPiece tokenizer, OSError when it cannot be read.
    """
    content = parse_json(read_bytes(path, LARGEST_TOKENIZER))
    if not isinstance(content, dict) or not content.keys() <= {*_PARTS, *_OTHERS}:
        raise UnusableFile("it holds more than a tokenizer does")
    for name, known in _PARTS.items():
        part = content.get(name)
        kind = part.get("type") if isinstance(part, dict) else part
        if not (kind is None or isinstance(kind, str)) or kind not in known:
            raise UnusableFile(f"its {name} is not a type that bundles allow: {str(kind)[:40]}")
    _check_vocabulary(content["model"])
    added = content.get("added_tokens")
    if added is not None and (not isinstance(added, list) or len(added) > _MOST_ADDED):
        raise UnusableFile("its added tokens are not a valid list")
    post = content.get("post_processor") or {}
    for template in ("single", "pair"):
        pieces = post.get(template, [])
        if not isinstance(pieces, list) or len(pieces) > _MOST_PIECES:
            raise UnusableFile("its template is too long")
    return json.dumps({**content, "truncation": None, "padding": None}, ensure_ascii=False)


def _check_vocabulary(model: dict[str, Any]) -> None:
    vocabulary = model.get("vocab")
    if not isinstance(vocabulary, dict) or not vocabulary:
        raise UnusableFile("it has no vocabulary")
    if any(type(n) is not int or not 0 <= n <= _LARGEST_ID for n in vocabulary.values()):
        raise UnusableFile("its vocabulary holds something that is not a valid id")
