"""From a model folder of anybody's to one of ours: chosen, read, converted, kept in the cache.

Sources stay untouched, and nothing but this package ever opens their files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T, Text
from paddle_lab.models.arrays import Weights
from paddle_lab.models.cache import is_whole, store
from paddle_lab.models.config import CONFIG_FILE, ernie_config, read_config
from paddle_lab.models.convert import (
    ENCODER_PREFIXES,
    SAFETENSORS_FILE,
    TOKENIZER_FILE,
    finite_float32,
    left_out_of,
    of_layers,
    to_paddle,
    vocabulary_of_tokenizer,
)
from paddle_lab.models.heads import HEAD_KEY, classifier_of, stored_classifier
from paddle_lab.models.safe_weights import read_weights
from paddle_lab.models.shards import WEIGHT_FILES, StoredWeights, digest_of, weights_in
from paddle_lab.models.tokenizer import (
    SPECIAL_TOKENS,
    VOCAB_FILE,
    read_tokenizer_config,
    read_vocab,
)
from paddle_lab.models.vocabulary import fit_of, with_rows, with_size
from paddle_lab.paths import cache_dir, safe_name
from paddle_lab.untrusted import read_object

Progress = Callable[[Text], None]

# Changes when conversion does, so that folders made by an older version are not taken for new ones.
CONVERSION = 5
_LEFT_OUT: Final = "left_out"  # in our config.json: heads that the weights held
_MOST_TOLD: Final = 5


@dataclass(frozen=True)
class Prepared:
    """Our own copy in the cache; SHA-256 and format of the weights that it came from. Of weights in
    several files it is the SHA-256 of theirs.

    ``notice`` tells people what is odd about the model, or was mended.
    """

    folder: Path
    sha256: str
    weights_format: str
    notice: Text | None = None


def prepare(
    source: Path, name: str, *, trust: bool = False, progress: Progress | None = None
) -> Prepared:
    """The converted copy of ``source`` in the cache, made when it is not there or not whole.

    Raises ModelError when a file is missing, damaged, of another kind of model, or not trusted.
    """
    config = ernie_config(read_config(source))
    stored = _weights_of(source)
    kind, hashes = stored.format, stored.hashes()
    digest = digest_of(hashes)
    vocabulary, tokenizer = _vocabulary(source), _tokenizer_settings(source)
    fit = fit_of(vocabulary, config["vocab_size"], str(source))
    target = _place_of(name, digest, config, vocabulary, tokenizer)
    if not is_whole(target):
        if progress:
            progress(
                T("Preparing the weights of {name}", "正在准备 {name} 的权重", name=safe_name(name))
            )
        # Read only now: a pickle that the person trusts is run once, not at every later load.
        weights = stored.read(hashes, trust=trust)
        encoder = to_paddle(weights, config, str(source))
        unknown = _unknown_token(vocabulary, tokenizer)
        whole = with_rows(encoder, fit.added, unknown)
        head = classifier_of(weights, source, config["hidden_size"])
        kept = {} if head is None else head.arrays()
        settings = {**with_size(config, fit.added), **({HEAD_KEY: head.facts()} if head else {}),
                    _LEFT_OUT: left_out_of(weights, kept)[:_MOST_TOLD]}  # fmt: skip
        store(target, settings, vocabulary, tokenizer, whole, kept or None)
    return Prepared(target, digest, kind, _both(fit.notice, _told_left_out(target)))


def _told_left_out(target: Path) -> Text | None:
    """What is said of heads that the weights hold and that are not used."""
    heads = read_object(target / CONFIG_FILE).get(_LEFT_OUT)
    if not isinstance(heads, list) or not heads:
        return None
    return T("Its weights hold a head beside the encoder, which is left out: {heads}. The run's "
             "own head begins anew.",
             "其权重除编码器外还含有分类头，未使用：{heads}。本次运行的分类头重新开始。",
             heads=", ".join(map(str, heads)))  # fmt: skip


def _both(first: Text | None, second: Text | None) -> Text | None:
    if first is None or second is None:
        return first or second
    return T("{first} {second}", "{first}{second}", first=first, second=second)


def prepare_trained(base: Path, weights: Weights, name: str, sha256: str) -> Prepared:
    """A model folder in the cache, of the prepared model ``base`` with other weights.

    ``weights`` are those of a model that began as ``base``, heads and all; ``sha256`` is that of
    their file. Raises ModelError when they are of another encoder, or not finite.
    """
    config = ernie_config(read_config(base))
    vocabulary, tokenizer = _vocabulary(base), _tokenizer_settings(base)
    target = _place_of(name, sha256, config, vocabulary, tokenizer)
    if not is_whole(target):
        store(target, config, vocabulary, tokenizer, to_paddle(weights, config, name))
    return Prepared(target, sha256, "safetensors")


def prepare_layers(base: Path, layers: Sequence[int], name: str, sha256: str) -> Prepared:
    """A model folder in the cache, of the prepared model ``base`` with these layers alone.

    ``layers`` are numbers of its own, from 0 on; ``sha256`` is that of its weights.
    Raises ModelError.
    """
    config = ernie_config(read_config(base))
    vocabulary, tokenizer = _vocabulary(base), _tokenizer_settings(base)
    target = _place_of(name, sha256, config, vocabulary, tokenizer, list(layers))
    if not is_whole(target):
        fewer = {**config, "num_hidden_layers": len(layers)}
        weights = of_layers(read_weights(base / SAFETENSORS_FILE), layers)
        head = stored_classifier(base)
        settings = {**fewer, HEAD_KEY: head.facts()} if head else fewer
        kept = head.arrays() if head else None
        store(target, settings, vocabulary, tokenizer, to_paddle(weights, fewer, name), kept)
    return Prepared(target, sha256, "safetensors")


def _place_of(name: str, digest: str, *facts: Any) -> Path:
    """Where the copy is kept: another folder for each difference in what it is made of."""
    content = json.dumps([CONVERSION, digest, *facts], sort_keys=True)
    key = hashlib.sha256(content.encode("utf-8")).hexdigest()
    return cache_dir() / "models" / f"{safe_name(name, 'model')}-{key[:16]}"


def _unknown_token(vocabulary: list[str], tokenizer: dict[str, Any]) -> int | None:
    token = tokenizer.get("unk_token", SPECIAL_TOKENS["unk_token"])
    return vocabulary.index(token) if token in vocabulary else None


def head_weights(source: Path, *, trust: bool = False) -> Weights:
    """What the weights of a model folder hold beside the encoder, in float32, by name.

    Raises ModelError as :func:`prepare`.
    """
    found = _weights_of(source).read(trust=trust)
    return {
        name: finite_float32(name, array, str(source))
        for name, array in found.items()
        if not name.startswith(ENCODER_PREFIXES)
    }


def _weights_of(source: Path) -> StoredWeights:
    found = weights_in(source)
    if found is not None:
        return found
    raise ModelError(
        T("No weights in {folder}", "{folder} 中没有权重文件", folder=source),
        T("Looked for {names}, and for an index of several such files.",
          "查找过 {names}，以及列出多个这类文件的索引。", names=", ".join(WEIGHT_FILES)),
        T(
            "Copy the model's weights into the folder, best as model.safetensors.",
            "请把该模型的权重复制到此文件夹，最好是 model.safetensors。",
        ),
        code="model.weights",
    )  # fmt: skip


def _vocabulary(source: Path) -> list[str]:
    """The tokens in id order; a gap, from a token on two lines, gets a filler.

    Blank lines at the end of the file are no tokens.
    """
    if not (source / VOCAB_FILE).is_file() and (source / TOKENIZER_FILE).is_file():
        return vocabulary_of_tokenizer(source / TOKENIZER_FILE)
    numbers = {number: token for token, number in read_vocab(source).items()}
    last = max((number for number, token in numbers.items() if token.strip()), default=0)
    return [numbers.get(number, f"[unused-line-{number}]") for number in range(last + 1)]


def _tokenizer_settings(source: Path) -> dict[str, Any]:
    settings = read_tokenizer_config(source)
    return {"do_lower_case": True, **settings, "tokenizer_class": "ErnieTokenizer"}
