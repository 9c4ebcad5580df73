"""Rows of a data set on a hub as records, through `datasets`: classes by their names."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.hub_sets import HubSet, hub_set, split_of
from paddle_lab.data.objects import records_of
from paddle_lab.data.opening import LARGEST_FILE
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError, HubError
from paddle_lab.hubs import HUBS, HubName, fetch, hub_name
from paddle_lab.hubs.api import Streamed
from paddle_lab.hubs.licences import licence_of
from paddle_lab.i18n import T
from paddle_lab.untrusted import MEGABYTE

#: A split of at most so many bytes is downloaded whole, also where few of its rows are wanted.
_SMALL: Final = 64 * MEGABYTE
#: Of a larger one so many times the rows that are wanted are read, to take a sample of.
_TIMES: Final = 20
_ROWS_AT_LEAST: Final = 5000
_SAID_ELSEWHERE: Final = ("name", "version", "data_dir", "data_files", "description", "features")


def on_hub(path: Path | str) -> HubName | None:
    """The name on a hub that stands in place of a file's path; None for any file."""
    return hub_name(str(path))


def shown_source(path: Path) -> str:
    """How a source is called in messages: a file's name, or the name on a hub, shortened."""
    name = on_hub(path)
    return path.name if name is None else name.shown


def read_hub(
    name: HubName, most: int | None = None, *, first: bool = False
) -> tuple[Records, dict[str, Any]]:
    """The records of one split, and where they are from.

    ``most``: so many rows are wanted, as a sample of what is there, or with ``first`` just as they
    begin; of a large split only its beginning is then read, over the network, which the records'
    notices say. Raises HubError, DataError.
    """
    found = hub_set(name)
    split = split_of(found, name, "train")
    size = found.bytes_of(split)
    paths = list(found.splits[split])
    streamed = None
    if most is not None and size > _SMALL:
        streamed = HUBS.get(name.hub).streamed(found.state, paths)
    if streamed is None:
        if size > LARGEST_FILE:
            raise _too_large(name, size)
        folder = fetch(found.state, paths)
    files = streamed or Streamed([str(folder / path) for path in paths], {})
    sampled = most if first or most is None else max(_ROWS_AT_LEAST, _TIMES * most)
    wanted = sampled if streamed else None
    shown = name.shown
    try:
        table = _table(found, split, files)
        records = records_of(_Rows(table, wanted), shown)
    except (DataError, HubError):
        raise
    except Exception as error:  # whatever a damaged file makes `datasets` raise
        raise _not_read(name, error) from error
    records.layout["format"] = f"datasets/{found.form}"
    if streamed:
        records.notices.append(
            T("{name}: its first {n} rows were read over the network, and the sample is of these "
              "(the whole is {size} MB).",
              "{name}：通过网络读取了前 {n} 行，样本取自这些行（全部数据为 {size} MB）。",
              name=shown, n=len(records.cells), size=size // MEGABYTE)
        )  # fmt: skip
    return records, {
        "hub": str(name.at(found.state.commit)),
        "endpoint": found.state.endpoint,
        "config": found.config,
        "split": split,
        "licence": licence_of(found.state.facts, found.state.folder).to_json(),
        "first_rows": len(records.cells) if streamed else None,
    }


class _Rows:
    """Rows of a streamed table, the first ``most`` of them, with the features of the table."""

    def __init__(self, table: Any, most: int | None) -> None:
        self.features = table.features
        self._table, self._most = table, most

    def __iter__(self) -> Any:
        return iter(self._table) if self._most is None else islice(self._table, self._most)


def _table(found: HubSet, split: str, files: Streamed) -> Any:
    """The split as `datasets` streams it: no copy of it is written."""
    import tempfile

    import datasets

    with tempfile.TemporaryDirectory(prefix="paddle-lab-") as place:
        builder = datasets.load_dataset_builder(
            found.form,
            data_files={split: list(files.places)},
            cache_dir=place,
            features=found.features,
            storage_options=dict(files.options),
            **_given(found.form, vars(found.settings)),
        )
        return builder.as_streaming_dataset(split=split)


def _given(form: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the README says of how the files are read, beside the defaults of the form."""
    import importlib

    module = importlib.import_module(f"datasets.packaged_modules.{form}.{form}")
    config = next(one for key, one in vars(module).items()
                  if key.lower() == f"{form}config")  # fmt: skip
    plain = vars(config())
    return {key: value for key, value in options.items()
            if key in plain and key not in _SAID_ELSEWHERE and plain[key] != value}  # fmt: skip


def _too_large(name: HubName, size: int) -> DataError:
    return DataError(
        T("{name} is {size} MB large.", "{name} 大小为 {size} MB。", name=name.shown,
          size=size // MEGABYTE),
        T("All rows are held in memory, several times over.", "所有数据行都要多次放入内存。"),
        T("Take a part of it: --limit 20000", "请只取一部分：--limit 20000"),
        code="data.too_large",
    )  # fmt: skip


def _not_read(name: HubName, error: Exception) -> DataError:
    return DataError(
        T("{name} cannot be read as rows.", "{name} 不能按数据行读取。", name=name.shown),
        T("{kind}: {error}", "{kind}：{error}", kind=type(error).__name__,
          error=excerpt(str(error).splitlines()[0] if str(error) else "-", 300)),
        T("Look at the set on the hub, or give one of its files.",
          "请在模型库中查看该数据集，或给出其中的一个文件。"),
        code="data.unreadable",
    )  # fmt: skip
