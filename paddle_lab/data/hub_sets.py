"""A data set on a hub: which files make up its configurations and splits, without downloading them.

`datasets` decides that by names and the README alone: it is shown a folder in which all files are
there by name, and empty. Only the files of the split that is read are downloaded.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError, HubError
from paddle_lab.hubs import DATA, HubName, RepoState, fetch, look
from paddle_lab.i18n import T
from paddle_lab.text.close_names import did_you_mean

#: Names of the splits that serve as each part, in the order in which they are believed.
SPLITS: Final[Mapping[str, tuple[str, ...]]] = {
    "train": ("train", "training"),
    "dev": ("validation", "dev", "valid", "val", "eval"),
    "test": ("test", "testing"),
}
#: The branch in which the hub itself keeps many sets as Parquet.
CONVERTED: Final = "refs/convert/parquet"
_README: Final = "README.md"
#: Files that say what a set is made of; older ones have no README.
_TELLING: Final = (_README, "dataset_infos.json", ".huggingface.yaml")
_LONGEST: Final = 4 << 20
_TEXTUAL: Final = frozenset({"csv", "json", "text", "parquet", "arrow"})
_OF_CONVERTED: Final = re.compile(r"([^/]+)/(?:partial-)?([^/]+)/\d{4}\.parquet", re.ASCII)
_MOST_FILES: Final = 20_000
_KEPT: Final = 16
_known: dict[HubName, HubSet] = {}


@dataclass(frozen=True)
class HubSet:
    """A configuration of a data set at a commit.

    ``splits`` are the files by split; ``form`` is what `datasets` reads them by, ``settings`` how,
    ``features`` what the README says of its columns, None where it says nothing.
    """

    state: RepoState
    config: str
    splits: Mapping[str, tuple[str, ...]]
    form: str
    settings: Any
    features: Any

    def split_for(self, part: str) -> str | None:
        """The split that serves as train, dev or test; None where there is none."""
        return next((one for one in SPLITS[part] if one in self.splits), None)

    def bytes_of(self, split: str) -> int:
        """Bytes to download for a split."""
        sizes = [self.state.file(path) for path in self.splits[split]]
        return sum(one.size or 0 for one in sizes if one is not None)


def hub_set(name: HubName) -> HubSet:
    """What a name stands for, at the commit that its revision leads to now.

    Asked of the hub once for a commit. Raises HubError; DataError for a set that needs a program,
    holds no texts, or has no such configuration.
    """
    key = HubName(name.hub, name.repo, name.revision, name.config, root=name.root)
    if name.pinned and key in _known:
        return _known[key]
    state = look(key, DATA)
    if state.has(f"{name.repo.rpartition('/')[2]}.py"):
        raise _needs_a_program(name)
    with tempfile.TemporaryDirectory(prefix="paddle-lab-") as place:
        found = _structure(name, state, Path(place))
    if len(_known) >= _KEPT:
        _known.clear()
    _known[key.at(state.commit)] = found
    return found


def _structure(name: HubName, state: RepoState, place: Path) -> HubSet:
    import datasets

    _lay_out(state, place)
    try:
        configs = datasets.get_dataset_config_names(str(place))
        config = _config(name, configs)
        builder = datasets.load_dataset_builder(
            str(place), config, cache_dir=str(place / ".cache"), trust_remote_code=False
        )
    except DataError:
        raise
    except Exception as error:  # whatever a README's author has written there
        raise _not_understood(name, state, error) from error
    form = type(builder).__mro__[1].__module__.rpartition(".")[2]
    if form not in _TEXTUAL or not builder.config.data_files:
        raise _no_texts(name, state)
    root = str(place.resolve())
    splits = {
        str(split): tuple(Path(path).resolve().relative_to(root).as_posix() for path in paths)
        for split, paths in builder.config.data_files.items()
    }
    return HubSet(state, config, splits, form, builder.config, builder.info.features)


def _lay_out(state: RepoState, place: Path) -> None:
    """The repository's files by name, and its README as it is."""
    told = [name for name in _TELLING if 0 < _size(state, name) <= _LONGEST]
    if told:
        folder = fetch(state, told)
        for name in told:
            (place / name).write_bytes((folder / name).read_bytes())
    paths = [file.path for file in state.files if file.path not in _TELLING][:_MOST_FILES]
    for path in paths:
        target = place / path
        if path.endswith(".py") or ".." in path.split("/") or path.startswith("/"):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    found = [match for path in paths if (match := _OF_CONVERTED.fullmatch(path))]
    if found and len(found) == len(paths) - paths.count(".gitattributes"):
        _describe_converted(found, place)


def _size(state: RepoState, path: str) -> int:
    file = state.file(path)
    return 0 if file is None else (file.size or 0)


def _describe_converted(found: list[re.Match[str]], place: Path) -> None:
    """A README for the hub's own conversions, whose folders are configurations and splits."""
    import yaml

    configs: dict[str, dict[str, list[str]]] = {}
    for match in found:
        configs.setdefault(match[1], {}).setdefault(match[2], []).append(match[0])
    told = [
        {
            "config_name": config,
            "data_files": [{"split": split, "path": paths} for split, paths in splits.items()],
        }
        for config, splits in configs.items()
    ]
    text = yaml.safe_dump({"configs": told}, allow_unicode=True)
    (place / _README).write_text(f"---\n{text}---\n", encoding="utf-8")


def _config(name: HubName, configs: list[str]) -> str:
    if name.config is not None and name.config in configs:
        return name.config
    if name.config is None and (len(configs) == 1 or "default" in configs):
        return configs[0] if len(configs) == 1 else "default"
    known = ", ".join(configs[:20])
    example = name.repository.at(name.revision)
    raise DataError(
        T("{name} has several configurations.", "{name} 有多个配置。", name=name.repository)
        if name.config is None
        else T("{name} has no configuration {config}.", "{name} 没有配置 {config}。",
               name=name.repository, config=excerpt(name.config)),
        T("They are: {known}", "已有配置：{known}", known=excerpt(known, 300) or "-"),
        (name.config is not None and did_you_mean(name.config, configs, most=3))
        or T("Name one: {name}/{config}", "请指定其中之一：{name}/{config}",
             name=example.repository, config=excerpt(configs[0] if configs else "default")),
        code="data.config",
    )  # fmt: skip


def split_of(found: HubSet, name: HubName, part: str) -> str:
    """The split that a name means as ``part``: the one it names, else the one that serves as it.

    Raises DataError where there is no such split.
    """
    if name.split is not None:
        if name.split in found.splits:
            return name.split
    elif (fitting := found.split_for(part)) is not None:
        return fitting
    elif len(found.splits) == 1:
        return next(iter(found.splits))
    known = ", ".join(found.splits)
    raise DataError(
        T("{name} has no split {split}.", "{name} 没有 {split} 部分。",
          name=name.repository, split=excerpt(name.split or part)),
        T("It has: {known}", "已有部分：{known}", known=excerpt(known, 300)),
        T("Name one: {name}:{split}", "请指定其中之一：{name}:{split}",
          name=name.repository, split=excerpt(next(iter(found.splits)))),
        code="data.part",
    )  # fmt: skip


def _needs_a_program(name: HubName) -> DataError:
    other = name.at(CONVERTED)
    try:
        there = name.hub == "hf" and bool(look(other.repository.at(CONVERTED), DATA).files)
    except HubError:
        there = False
    return DataError(
        T("{name} is read by a program of its own, which is not run.",
          "{name} 需要运行自带的程序才能读取，Paddle Lab 不会运行它。", name=name.repository),
        T("A program from a hub can do anything on this machine.",
          "来自模型库的程序可以在本机执行任何操作。"),
        T("The hub keeps the same rows as Parquet: {other}",
          "模型库中有相同数据的 Parquet 版本：{other}", other=other)
        if there
        else T("Look for a copy without a program, such as a branch {branch}; or save it where you "
               "trust it: datasets.load_dataset(...).save_to_disk('FOLDER')",
               "请查找不带程序的版本，例如分支 {branch}；或在可信的机器上保存："
               "datasets.load_dataset(...).save_to_disk('目录')", branch=CONVERTED),
        code="data.script",
    )  # fmt: skip


def _no_texts(name: HubName, state: RepoState) -> DataError:
    return DataError(
        T("{name} holds no rows of texts.", "{name} 中没有文本数据。", name=name.repository),
        T("It has: {files}", "其中有：{files}",
          files=excerpt(", ".join(file.path for file in state.files[:8]), 300) or "-"),
        T("Choose a set of Parquet, CSV, JSON or text files.",
          "请选择 Parquet、CSV、JSON 或文本格式的数据集。"),
        code="data.no_texts",
    )  # fmt: skip


def _not_understood(name: HubName, state: RepoState, error: Exception) -> DataError:
    return DataError(
        T("How {name} is laid out cannot be told.", "无法识别 {name} 的组织方式。",
          name=name.repository),
        T("{kind}: {error}", "{kind}：{error}", kind=type(error).__name__,
          error=excerpt(str(error).splitlines()[0] if str(error) else "-", 300)),
        T("Download the file that you need and give it: {files}",
          "请下载所需的文件后直接给出：{files}",
          files=excerpt(", ".join(file.path for file in state.files[:5]), 200) or "-"),
        code="data.layout",
    )  # fmt: skip
