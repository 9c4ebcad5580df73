"""Model folders made ready for PaddleNLP, in Paddle Lab's cache; sources stay untouched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T, Text
from paddle_lab.models.careful_pickle import Weights
from paddle_lab.models.convert import (
    CONFIG_FILE,
    PADDLE_FILE,
    PYTORCH_FILE,
    SAFETENSORS_FILE,
    TOKENIZER_FILE,
    ernie_config,
    expected_shapes,
    read_config,
    to_paddle,
    vocabulary_of_tokenizer,
)
from paddle_lab.models.safe_weights import read_weights, safetensors_entries
from paddle_lab.models.tokenizer import TOKENIZER_CONFIG_FILE, VOCAB_FILE, read_vocab
from paddle_lab.paths import cache_dir, fsync_dir, safe_name

Progress = Callable[[Text], None]

# Changes when conversion does, so that folders made by an older version are not taken for new ones.
CONVERSION = 1
ENCODER_OR_MASKED_LM = ("ernie.", "cls.")
WEIGHT_FILES = (SAFETENSORS_FILE, PADDLE_FILE, PYTORCH_FILE)


@dataclass(frozen=True)
class Prepared:
    """A folder that PaddleNLP loads; SHA-256 and format of the weights that it came from."""

    folder: Path
    sha256: str
    weights_format: str


def prepare(
    source: Path, name: str, *, trust: bool = False, progress: Progress | None = None
) -> Prepared:
    """``source`` itself when PaddleNLP can load it as it is, else a converted copy in the cache.

    Raises ModelError when a file is missing, damaged, of another kind of model, or not trusted.
    """
    config = read_config(source)
    weights_file = _weights_file(source)
    weights_format = "safetensors" if weights_file.suffix == ".safetensors" else "pickle"
    digest = _sha256(weights_file)
    if _ready(source, config, weights_file):
        return Prepared(source, digest, weights_format)
    vocabulary = _vocabulary(source)
    key = hashlib.sha256(
        "\0".join(
            [str(CONVERSION), digest, json.dumps(config, sort_keys=True), *vocabulary]
        ).encode()
    ).hexdigest()
    target = cache_dir() / "models" / f"{safe_name(name, 'model')}-{key[:16]}"
    if not target.is_dir():
        if progress:
            progress(
                T("Preparing the weights of {name}", "正在准备 {name} 的权重", name=safe_name(name))
            )
        # Read only now: unpickling is done once per file, and never for a folder that is ready.
        weights = read_weights(weights_file, trust=trust)
        made = ernie_config(config)
        weights = to_paddle(weights, made, str(source))
        _write_folder(target, made, vocabulary, _tokenizer_config(source), weights)
    return Prepared(target, digest, weights_format)


def _ready(source: Path, config: dict[str, Any], weights_file: Path) -> bool:
    """Whether PaddleNLP's ERNIE classes load the folder as it is."""
    if weights_file.name != SAFETENSORS_FILE or config.get("model_type") != "ernie":
        return False
    if not (source / VOCAB_FILE).is_file():
        return False
    entries = safetensors_entries(weights_file)
    expected = expected_shapes(ernie_config(config))
    # A head of another task would be taken over where its size happens to fit, and fail elsewhere.
    if any(not name.startswith(ENCODER_OR_MASKED_LM) for name in entries.shapes):
        return False
    return entries.format in (None, "np") and all(
        entries.shapes.get(name) == shape and entries.types[name] == "F32"
        for name, shape in expected.items()
    )


def _weights_file(source: Path) -> Path:
    for name in WEIGHT_FILES:
        if (source / name).is_file():
            return source / name
    shards = sorted(source.glob("*.index.json"))
    raise ModelError(
        T("No weights in {folder}", "{folder} 中没有权重文件", folder=source),
        T(
            "They are in several pieces ({name}), which is not supported.",
            "权重被分成多个文件（{name}），暂不支持。",
            name=shards[0].name,
        )
        if shards
        else T("Looked for {names}.", "查找过 {names}。", names=", ".join(WEIGHT_FILES)),
        T(
            "Copy the model's weights into the folder as one file, best as model.safetensors.",
            "请把该模型的权重作为单个文件复制到此文件夹，最好是 model.safetensors。",
        ),
    )


def _vocabulary(source: Path) -> list[str]:
    """The tokens in id order; a gap, from a token on two lines, gets a filler."""
    if not (source / VOCAB_FILE).is_file() and (source / TOKENIZER_FILE).is_file():
        return vocabulary_of_tokenizer(source / TOKENIZER_FILE)
    numbers = {number: token for token, number in read_vocab(source).items()}
    return [numbers.get(number, f"[unused-line-{number}]") for number in range(max(numbers) + 1)]


def _tokenizer_config(source: Path) -> str:
    path = source / TOKENIZER_CONFIG_FILE
    if path.is_file():
        return path.read_text(encoding="utf-8")
    return json.dumps({"do_lower_case": True, "tokenizer_class": "ErnieTokenizer"}, indent=2) + "\n"


def _write_folder(
    target: Path,
    config: dict[str, Any],
    vocabulary: list[str],
    tokenizer_config: str,
    weights: Weights,
) -> None:
    """Make ``target`` whole or not at all; when another process was faster, keep its folder."""
    from safetensors.numpy import save_file

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}-"))
    except OSError as error:
        raise _cannot_store(target, error) from error
    try:
        text = json.dumps(config, ensure_ascii=False, indent=2) + "\n"
        (making / CONFIG_FILE).write_text(text, encoding="utf-8")
        (making / VOCAB_FILE).write_text("".join(f"{token}\n" for token in vocabulary), "utf-8")
        (making / TOKENIZER_CONFIG_FILE).write_text(tokenizer_config, encoding="utf-8")
        save_file(weights, making / SAFETENSORS_FILE, metadata={"format": "np"})
        with (making / SAFETENSORS_FILE).open("rb") as file:
            os.fsync(file.fileno())
        making.chmod(0o755)
        if not target.is_dir():
            making.rename(target)
            fsync_dir(target.parent)
    except OSError as error:
        if not target.is_dir():
            raise _cannot_store(target, error) from error
    finally:
        if making.is_dir():
            shutil.rmtree(making, ignore_errors=True)


def _cannot_store(target: Path, error: OSError) -> ModelError:
    return ModelError(
        T(
            "Cannot store the converted model in {folder}",
            "无法将转换后的模型存入 {folder}",
            folder=target.parent,
        ),
        T("{error}", "{error}", error=error),
        T(
            "Free some space, or set PADDLE_LAB_CACHE_DIR to a folder that can be written.",
            "请释放空间，或将 PADDLE_LAB_CACHE_DIR 设为可写的文件夹。",
        ),
    )  # fmt: skip


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ModelError(
            T("Cannot read the weights {file}", "无法读取权重文件 {file}", file=path),
            T("{error}", "{error}", error=error),
            T("Check the file's permissions.", "请检查文件权限。"),
        ) from error
    return digest.hexdigest()
