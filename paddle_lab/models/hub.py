"""Models that must be downloaded: PaddleNLP's own by name, and those of hubs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.errors import HubError, ModelError
from paddle_lab.hubs import MODELS, HubName, RepoState, fetch, look
from paddle_lab.hubs.problems import not_here, reason_of
from paddle_lab.hubs.watch import watched
from paddle_lab.i18n import T, Text
from paddle_lab.models.config import CONFIG_FILE, OLD_CONFIG_FILE, has_config, read_config
from paddle_lab.models.convert import (
    PADDLE_FILE,
    SAFETENSORS_FILE,
    TOKENIZER_FILE,
)
from paddle_lab.models.shards import INDEX_FILES, LARGEST_INDEX, WEIGHT_FILES, read_index
from paddle_lab.models.store import Progress
from paddle_lab.models.tokenizer import TOKENIZER_CONFIG_FILE, VOCAB_FILE
from paddle_lab.paths import atomic_write_text

_SMALL: Final = 4 << 20
#: Small files that say under which licence a model is.
_OF_LICENCES: Final = ("README.md", "LICENSE", "LICENSE.txt", "LICENSE.md")


@dataclass(frozen=True)
class Fetched:
    """A folder with a model's original files; ``revision`` is the hub's commit, when it has one.

    ``state`` is what the hub said of it.
    """

    folder: Path
    revision: str | None = None
    state: RepoState | None = None


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
        with watched(folder.parent, progress):
            _download_with_paddlenlp(name, folder)
    except Exception as error:  # PaddleNLP raises whatever its network library raised
        raise _unreachable(name, folder, reason_of(error)) from error
    return Fetched(folder)


def fetch_hub(name: HubName, *, offline: bool | None, progress: Progress | None) -> Fetched:
    """The files of a model on a hub: safetensors when it has them, else another file of weights.

    Its configuration comes first, so that another kind of model is refused before its weights are
    downloaded. Raises HubError when the hub does not give it, ModelError when it is no model that
    can be loaded.
    """
    if progress:
        progress(T("Looking for {name} on the hub", "正在模型库中查找 {name}", name=name.shown))
    try:
        state, files = look_at_model(name, offline=offline)
        return Fetched(fetch(state, files, progress), state.commit or None, state)
    except HubError as error:
        if error.code not in ("hub.unreachable", "hub.not_here"):
            raise
        raise HubError(error.what, error.why, _other_ways(), code=error.code) from error


def look_at_model(name: HubName, *, offline: bool | None) -> tuple[RepoState, list[str]]:
    """A model on a hub, and the files of it that are needed; only its configuration is fetched.

    Raises as :func:`fetch_hub`.
    """
    if name.config or name.split:
        raise _of_data(name)
    state = look(name, MODELS, offline=offline)
    config = _first(state, (CONFIG_FILE, OLD_CONFIG_FILE))
    if config is None:
        raise _without(state, CONFIG_FILE)
    read_config(fetch(state, [config]))
    vocabulary = _first(state, (VOCAB_FILE, TOKENIZER_FILE))
    weights = _first(state, (*WEIGHT_FILES, *INDEX_FILES))
    if vocabulary is None or weights is None:
        raise _without(state, VOCAB_FILE if vocabulary is None else SAFETENSORS_FILE)
    shards = _shards(state, weights) if weights in INDEX_FILES else []
    beside = (TOKENIZER_CONFIG_FILE, *_OF_LICENCES)
    small = [one.path for one in state.files if one.path in beside and (one.size or 0) <= _SMALL]
    return state, [config, vocabulary, *small, weights, *shards]


def _shards(state: RepoState, index: str) -> list[str]:
    """The files with weights that an index names, all of them there."""
    size = state.file(index)
    if size is not None and (size.size or 0) > LARGEST_INDEX:
        raise _without(state, SAFETENSORS_FILE)
    names = list(read_index(fetch(state, [index]) / index))
    missing = [name for name in names if not state.has(name)]
    if missing:
        raise _without(state, missing[0])
    return names


def _other_ways() -> Text:
    return T(
        "Offline: use --model ernie-lab-mini (shipped), or copy config.json, vocab.txt and the "
        "weights from a machine that has them and pass --model FOLDER. Behind a wall name a "
        "mirror: %config PaddleLab.hf_endpoints = 'https://MIRROR'",
        "离线时：使用 --model ernie-lab-mini（随软件附带）；或从有该模型的机器复制 "
        "config.json、vocab.txt 和权重文件，用 --model 文件夹 指定。"
        "网络受限时请指定镜像：%config PaddleLab.hf_endpoints = 'https://镜像'",
    )


def _first(state: RepoState, files: tuple[str, ...]) -> str | None:
    return next((file for file in files if state.has(file)), None)


def _without(state: RepoState, file: str) -> ModelError | HubError:
    """The repository is no model, not in a form that is loaded, or not whole on this machine."""
    if state.silent is not None and state.folder is not None:
        return not_here(state.asked, [file], state.silent)
    if state.has("manifest.json") and state.has("proof.json"):
        why = T("It is a bundle: a trained model that answers already.",
                "它是模型包：已经训练好、可以直接使用的模型。")  # fmt: skip
        fix = T("Ask it: %ernie_predict {name} 'TEXT'", "请直接使用：%ernie_predict {name} '文本'",
                name=state.asked)  # fmt: skip
    else:
        why = T("A file that is needed is not there: {file}. It has: {files}",
                "缺少必需的文件：{file}。其中有：{files}", file=file,
                files=", ".join(one.path for one in state.files[:8]) or "-")  # fmt: skip
        fix = T("Choose an ERNIE or BERT encoder.", "请选择 ERNIE 或 BERT 编码器。")
    return ModelError(
        T("{name} is not a model that Paddle Lab can load",
          "{name} 不是 Paddle Lab 能加载的模型", name=state.asked.shown),
        why, fix, code="model.unsupported",
    )  # fmt: skip


def _of_data(name: HubName) -> ModelError:
    return ModelError(
        T("{name} names a part of a data set, not a model", "{name} 指的是数据集的一部分，不是模型",
          name=name),
        None,
        T("A model is {name}.", "模型应写作 {name}。", name=name.repository),
        code="model.unsupported",
    )  # fmt: skip


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
