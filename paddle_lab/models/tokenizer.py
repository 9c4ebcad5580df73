"""A model folder's ``vocab.txt`` as a fast (Rust) WordPiece tokenizer.

PaddleNLP ships only a pure Python ERNIE tokenizer; the same steps in ``tokenizers`` are about
four times faster and need neither paddle nor paddlenlp, so training, export and prediction share
this one.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T
from paddle_lab.untrusted import UnusableFile, read_object, read_text

if TYPE_CHECKING:
    from tokenizers import Tokenizer

VOCAB_FILE = "vocab.txt"
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"
NUMBERED_LINE = re.compile(r"(.+)\t(\d{1,9})", re.ASCII)
_MOST_GAPS = 4  # ids for each token: gaps are filled with tokens that nothing stands for
# The roles that WordPiece models need, with the names that BERT and ERNIE give them.
SPECIAL_TOKENS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}

_SWITCHES = ("do_lower_case", "strip_accents", "tokenize_chinese_chars")


def build_tokenizer(folder: Path | str) -> Tokenizer:
    """The tokenizer of the model in ``folder``, without truncation or padding switched on.

    Encodes one text as ``[CLS] a [SEP]`` and a pair as ``[CLS] a [SEP] b [SEP]`` with type ids 0
    and 1. A literal ``[SEP]`` inside a text is text: it never becomes the special token.

    Raises ModelError when ``vocab.txt`` is missing, unreadable, or lacks a special token.
    """
    from tokenizers import (
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    folder = Path(folder)
    settings = read_tokenizer_config(folder)
    vocab = read_vocab(folder)
    special = {role: settings.get(role, name) for role, name in SPECIAL_TOKENS.items()}
    missing = [token for token in special.values() if token not in vocab]
    if missing:
        raise ModelError(
            T(
                "{file} has no {tokens}",
                "{file} 中没有 {tokens}",
                file=folder / VOCAB_FILE,
                tokens=", ".join(missing),
            ),
            T(
                "A BERT or ERNIE vocabulary holds these special tokens, one on each line.",
                "BERT 或 ERNIE 的词表每行一个词，并包含这些特殊符号。",
            ),
            T(
                "Take vocab.txt from the same release as the weights.",
                "请使用与权重同一版本发布的 vocab.txt。",
            ),
            code="model.vocabulary",
        )
    tokenizer = Tokenizer(models.WordPiece(vocab=vocab, unk_token=special["unk_token"]))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
        strip_accents=settings.get("strip_accents"),
        lowercase=settings.get("do_lower_case", True),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cls, sep = special["cls_token"], special["sep_token"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {sep}",
        pair=f"{cls} $A {sep} $B:1 {sep}:1",
        special_tokens=[(cls, vocab[cls]), (sep, vocab[sep])],
    )
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def read_vocab(folder: Path | str) -> dict[str, int]:
    """Token -> id from ``vocab.txt``: the line number is the id, as in PaddleNLP.

    ERNIE's own repository writes ``token<TAB>id`` on every line; that form is read as well.

    Raises ModelError when the file is missing, not UTF-8, or empty.
    """
    path = Path(folder) / VOCAB_FILE
    try:
        # newline=None is what PaddleNLP reads with: Windows line ends are line ends.
        lines = [line.rstrip("\n") for line in io.StringIO(read_text(path), newline=None)]
    except (OSError, UnusableFile) as error:
        raise ModelError(
            T("Cannot read the vocabulary {file}", "无法读取词表 {file}", file=path),
            T("{error}", "{error}", error=error),
            T(
                "A model folder needs a UTF-8 vocab.txt beside config.json; copy it from where the "
                "model came from.",
                "模型文件夹中 config.json 旁边需要 UTF-8 编码的 vocab.txt，请从模型来源处复制。",
            ),
            code="model.vocabulary",
        ) from error
    if not lines:
        raise ModelError(
            T("The vocabulary {file} is empty", "词表 {file} 是空的", file=path),
            None,
            T("Copy vocab.txt again.", "请重新复制 vocab.txt。"),
            code="model.vocabulary",
        )
    numbered = [NUMBERED_LINE.fullmatch(line) for line in lines]
    if all(numbered):
        ids = {match[1]: int(match[2]) for match in numbered if match}
        if max(ids.values()) > _MOST_GAPS * len(lines):
            raise _damaged(path, "its ids are far apart")
        return ids
    return {token: number for number, token in enumerate(lines)}


def read_tokenizer_config(folder: Path | str) -> dict[str, Any]:
    """What is known of ``tokenizer_config.json`` in a model folder; empty when it has none.

    Case, accents, Chinese characters and the special tokens are taken over; classes, code and
    templates that such a file may name are passed over. Raises ModelError when the file is there
    and is not a JSON object.
    """
    path = Path(folder) / TOKENIZER_CONFIG_FILE
    try:
        given = read_object(path)
    except FileNotFoundError:
        return {}
    except (OSError, UnusableFile) as error:
        raise _damaged(path, str(error)) from error
    settings: dict[str, Any] = {
        name: given[name] for name in _SWITCHES if isinstance(given.get(name), bool)
    }
    for role in SPECIAL_TOKENS:
        token = _content(given.get(role))
        if token is not None:
            settings[role] = token
    return settings


def _damaged(path: Path, reason: str) -> ModelError:
    return ModelError(
        T("Cannot read {file}", "无法读取 {file}", file=path),
        T("{reason}", "{reason}", reason=reason),
        T(
            "Copy the file again from where the model came from.",
            "请从模型来源处重新复制该文件。",
        ),
        code="model.damaged",
    )


def _content(token: object) -> str | None:
    """A special token as text: releases write it plainly or as ``{"content": ...}``."""
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) and token else None
