"""Models that must be downloaded: PaddleNLP's own by name, and ``org/name`` of a hub."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paddle_lab.errors import ModelError
from paddle_lab.i18n import T, Text
from paddle_lab.models.config import CONFIG_FILE, has_config
from paddle_lab.models.convert import (
    PADDLE_FILE,
    PYTORCH_FILE,
    SAFETENSORS_FILE,
    TOKENIZER_FILE,
)
from paddle_lab.models.store import Progress
from paddle_lab.models.tokenizer import TOKENIZER_CONFIG_FILE, VOCAB_FILE
from paddle_lab.paths import atomic_write_text
from paddle_lab.text.short import first_line

# A hub that does not answer within this many seconds is taken for unreachable.
CONNECT_SECONDS = 10
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Fetched:
    """A folder with a model's original files; ``revision`` is the hub's commit, when it has one."""

    folder: Path
    revision: str | None = None


def fetch_paddlenlp(name: str, *, offline: bool, progress: Progress | None) -> Fetched:
    """The files of a model that PaddleNLP knows by name, downloaded by PaddleNLP when missing.

    They lie in ``$PPNLP_HOME/models/<name>`` (``~/.paddlenlp`` without it), where a copied folder
    is found as well. Raises ModelError when something is missing and cannot be downloaded.
    """
    folder = paddlenlp_home() / "models" / name
    weights = (folder / file for file in (SAFETENSORS_FILE, PADDLE_FILE))
    complete = (
        has_config(folder)
        and (folder / VOCAB_FILE).is_file()
        and any(file.is_file() for file in weights)
    )
    if complete:
        return Fetched(folder)
    if offline:
        raise _unreachable(
            name, folder, T("Paddle Lab is set to work offline.", "已设置为离线工作。")
        )
    if progress:
        progress(
            T("Downloading {name} through PaddleNLP", "正在通过 PaddleNLP 下载 {name}", name=name)
        )
    try:
        with _watched(folder.parent, progress):
            _download_with_paddlenlp(name, folder)
    except Exception as error:  # PaddleNLP raises whatever its network library raised
        raise _unreachable(name, folder, _reason(error)) from error
    return Fetched(folder)


def fetch_hub(name: str, *, offline: bool, progress: Progress | None) -> Fetched:
    """The files of ``org/name`` from the Hugging Face hub or the mirror that ``HF_ENDPOINT`` names.

    safetensors when the model has them, else PaddleNLP's or PyTorch's file. Raises ModelError
    when the hub cannot be reached and the model was not downloaded before, or has no such files.
    """
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    if progress:
        progress(T("Looking for {name} on the hub", "正在模型库中查找 {name}", name=name))

    silent = None if offline else _why_silent(constants.ENDPOINT)

    def get(file: str) -> Path:
        return Path(
            hf_hub_download(
                name,
                file,
                cache_dir=constants.HF_HUB_CACHE,
                etag_timeout=CONNECT_SECONDS,
                local_files_only=offline or silent is not None,
            )
        )

    def first(files: tuple[str, ...]) -> Path:
        for file in files[:-1]:
            with contextlib.suppress(EntryNotFoundError):
                return get(file)
        return get(files[-1])

    cached = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    try:
        with _watched(cached, progress):
            folder = get(CONFIG_FILE).parent
            first((VOCAB_FILE, TOKENIZER_FILE))
            with contextlib.suppress(EntryNotFoundError):
                get(TOKENIZER_CONFIG_FILE)
            first((SAFETENSORS_FILE, PADDLE_FILE, PYTORCH_FILE))
    except LocalEntryNotFoundError as error:  # not downloaded before, and the hub is out of reach
        raise _unreachable(name, cached, silent or _reason(error)) from error
    except EntryNotFoundError as error:
        raise ModelError(
            T(
                "{name} is not a model that Paddle Lab can load",
                "{name} 不是 Paddle Lab 能加载的模型",
                name=name,
            ),
            T(
                "A file that is needed is not there: {error}",
                "缺少必需的文件：{error}",
                error=_short(error),
            ),
            T("Choose an ERNIE or BERT encoder.", "请选择 ERNIE 或 BERT 编码器。"),
            code="model.unsupported",
        ) from error
    except Exception as error:  # network, permission, unknown repository: each has its own class
        raise _unreachable(name, cached, _reason(error)) from error
    return Fetched(folder, revision=folder.name)


def _why_silent(address: str) -> Text | None:
    """Why the hub cannot be reached, or None: asked once, where its client would try five times."""
    import requests

    try:
        requests.head(address, timeout=CONNECT_SECONDS)
    except requests.RequestException as error:
        return _reason(error)
    return None


def paddlenlp_home() -> Path:
    """PaddleNLP's folder, found as PaddleNLP finds it."""
    return Path(os.environ.get("PPNLP_HOME") or Path.home() / ".paddlenlp")


def _download_with_paddlenlp(name: str, folder: Path) -> None:
    from paddlenlp.transformers import (
        BertModel,
        BertTokenizer,
        ErnieModel,
        ErnieTokenizer,
        RobertaModel,
        RobertaTokenizer,
    )
    from paddlenlp.utils.download import resolve_file_path

    for model, tokenizer in (
        (ErnieModel, ErnieTokenizer),
        (BertModel, BertTokenizer),
        (RobertaModel, RobertaTokenizer),
    ):
        if name in model.pretrained_init_configuration:
            weights = model.pretrained_resource_files_map["model_state"][name]
            vocabulary = tokenizer.pretrained_resource_files_map["vocab_file"][name]
            _get(resolve_file_path, name, folder, vocabulary, VOCAB_FILE)
            _get(resolve_file_path, name, folder, weights, PADDLE_FILE)
            config = model.config_class.from_pretrained(name)
            # Last, because a folder with a config counts as complete.
            atomic_write_text(folder / CONFIG_FILE, config.to_json_string())
            return
    raise KeyError(name)


def _get(resolve: Callable[..., Any], name: str, folder: Path, url: str, file: str) -> None:
    found = resolve(name, [url], cache_dir=str(folder.parent))
    if found is None:
        raise OSError(f"{file} not found")
    if Path(found).name != file:  # the release may call it ernie_3.0_nano_zh_vocab.txt
        Path(found).replace(folder / file)


@contextlib.contextmanager
def _watched(folder: Path, progress: Progress | None) -> Iterator[None]:
    """Tell ``progress`` how many megabytes have arrived below ``folder``, every second."""
    if progress is None:
        yield
        return
    done = threading.Event()
    before = _size(folder)

    def watch() -> None:
        told = 0
        while not done.wait(1.0):
            arrived = (_size(folder) - before) // MEGABYTE
            if arrived > told:
                told = arrived
                progress(T("{size} MB downloaded", "已下载 {size} MB", size=arrived))

    watcher = threading.Thread(target=watch, name="paddle-lab-download", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _size(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            with contextlib.suppress(OSError):  # renamed while we look
                total += (Path(parent) / file).lstat().st_size
    return total


def _reason(error: BaseException) -> Text:
    """The first cause, in one line: the hubs' own messages run over many."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return T("{error}", "{error}", error=_short(error))


def _short(error: BaseException) -> str:
    kind, line = type(error).__name__, first_line(error, 200)
    return kind if line == kind else f"{kind}: {line}"


def _unreachable(name: str, folder: Path, why: Text) -> ModelError:
    return ModelError(
        T(
            "{name} is not on this machine, and the network does not give it",
            "本机没有 {name}，也无法通过网络取得",
            name=name,
        ),
        why,
        T(
            "Offline: use --model ernie-lab-mini (shipped), or copy config.json, vocab.txt and "
            "the weights from a machine that has them and pass --model FOLDER, or put them in "
            "{folder}.",
            "离线时：使用 --model ernie-lab-mini（随软件附带）；或从有该模型的机器复制 "
            "config.json、vocab.txt 和权重文件，用 --model 文件夹 指定，或放入 {folder}。",
            folder=folder,
        ),
        code="model.unreachable",
    )
