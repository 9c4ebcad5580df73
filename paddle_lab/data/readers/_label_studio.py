"""Label Studio's exports JSON and JSON_MIN: tasks with their annotations, for two readers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import TEXT_NAMES, folded
from paddle_lab.data.readers._json_values import head_objects, json_values
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

_ANNOTATIONS: Final = ("annotations", "completions")
# What JSON_MIN writes beside the data and the answers of a task.
_OF_ANNOTATORS: Final = ("annotator", "annotation_id", "lead_time")
_NOT_DATA: Final = (*_OF_ANNOTATORS, "id", "created_at", "updated_at")
_ADDRESS: Final = re.compile(r"(?:https?|s3|gs|ftp)://|/data/|[\w./-]+\.(?:png|jpe?g|mp3|wav|mp4)$")
#: What stands between the levels of a label.
LEVEL: Final = "##"
_NO_TASK: Final = T("this is not a task of Label Studio", "这不是 Label Studio 的任务")


@dataclass(frozen=True)
class LabelledTask:
    """A task with what one person said of it: ``results`` as Label Studio has them."""

    line: int
    texts: Mapping[str, Any]
    results: Sequence[Mapping[str, Any]]


@dataclass
class PassedOver:
    """Counts of what is not used, told once."""

    tasks: Counter[str] = field(default_factory=Counter)

    def notices(self) -> list[Text]:
        """One sentence for each kind."""
        return [T(*_SAID[kind], n=n) for kind, n in sorted(self.tasks.items()) if n]


_SAID: Final = {
    "unlabelled": (
        "{n} tasks have no annotation: nobody has labelled them, they are left out.",
        "{n} 个任务没有标注（尚未有人标注），已略去。",
    ),
    "cancelled": (
        "{n} annotations were skipped by their annotator (was_cancelled), they are left out.",
        "{n} 个标注被标注者跳过（was_cancelled），已略去。",
    ),
    "several": (
        "{n} tasks have several annotations: the first is used.",
        "{n} 个任务有多个标注：使用第一个。",
    ),
    "predictions": (
        "{n} tasks have predictions of a model: they are not used.",
        "{n} 个任务带有模型预测：不使用这些预测。",
    ),
    "relations": (
        "{n} relations are passed over: only spans are learnt.",
        "忽略了 {n} 个关系：这里只学习片段。",
    ),
    "texts": (
        "{n} tasks have several texts: the first is used.",
        "{n} 个任务有多条文本：使用第一条。",
    ),
}


def kinds(text: str) -> set[str]:
    """Which kinds of results the first tasks have: "spans", "choices"; empty when not theirs.

    Tasks that nobody labelled yet count as "spans".
    """
    rows = head_objects(text)
    if not rows or not all(map(_is_task, rows)):
        return set()
    found = {kind for row in rows for result in _results(row) or () if (kind := kind_of(result))}
    return found or ({"spans"} if any("data" in row for row in rows) else set())


def kind_of(result: Mapping[str, Any]) -> str | None:
    """What a result holds."""
    value = result.get("value")
    if not isinstance(value, dict):
        return None
    if choices_of(value) is not None:
        return "choices"
    return "spans" if "labels" in value or "hypertextlabels" in value else None


def choices_of(value: Mapping[str, Any]) -> list[str] | None:
    """What was chosen: choices, a rating, or ends of a taxonomy with what stands above (``a##b``).

    None where nothing of the kind was asked.
    """
    chosen, rating, taxonomy = (value.get(key) for key in ("choices", "rating", "taxonomy"))
    if isinstance(chosen, list):
        return [str(one) for one in chosen]
    if isinstance(rating, (int, float)) and not isinstance(rating, bool):
        return [f"{rating:g}"]
    if isinstance(taxonomy, list):
        paths = [path for path in taxonomy if isinstance(path, list)]
        return [LEVEL.join(map(str, path)) for path in paths if path]
    return None


def labelled_tasks(
    text: str, name: str, records: Records, passed: PassedOver
) -> Iterator[LabelledTask]:
    """Every task that somebody labelled; others are counted in ``passed`` or stand in ``bad``."""
    values = list(json_values(text, name, records))
    asked = {key for _, value in values if isinstance(value, dict) for key in _asked(value)}
    for line, value in values:
        if not _is_task(value):
            records.bad.append((line, _NO_TASK))
            continue
        results = _results(value, passed, asked)
        if results is not None:
            yield LabelledTask(line, _texts(value, asked), results)


def _asked(value: Mapping[str, Any]) -> list[str]:
    """The fields of JSON_MIN that hold several choices: elsewhere one stands there as a text."""
    if _listed(value) is not None:
        return []
    return [key for key, item in value.items() if isinstance(item, dict) and choices_of(item)]


def refuse_unlabelled(name: str, records: Records, passed: PassedOver) -> None:
    """Raise DataError when nobody has labelled any of the tasks."""
    left_out = passed.tasks["unlabelled"] + passed.tasks["cancelled"]
    if records.cells or records.bad or not left_out:
        return
    raise DataError(
        T("{name} has no labelled task.", "{name} 中没有已标注的任务。", name=excerpt(name, 120)),
        T("All {n} tasks are without annotation or were skipped.",
          "全部 {n} 个任务都没有标注或被跳过。", n=left_out),
        T("Label some in Label Studio and export JSON again.",
          "请在 Label Studio 中标注后重新导出 JSON。"),
        code="data.unlabelled",
    )  # fmt: skip


def text_of_task(task: LabelledTask, passed: PassedOver) -> Any:
    """The text of a task: under a name that texts have, else its first that is no address."""
    names = {folded(key): key for key in task.texts}
    known = next((names[name] for name in TEXT_NAMES if name in names), None)
    if known is not None:
        return task.texts[known]
    strings = [value for value in task.texts.values() if isinstance(value, str)]
    texts = [value for value in strings if not _ADDRESS.match(value)] or strings
    passed.tasks["texts"] += len(texts) > 1
    return texts[0] if texts else None


def _texts(value: Mapping[str, Any], asked: Set[str]) -> Mapping[str, Any]:
    if isinstance(value.get("data"), dict):
        return dict(value["data"])
    return {key: item for key, item in value.items()
            if key not in _NOT_DATA and key not in asked and isinstance(item, str)}  # fmt: skip


def _is_task(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    whole = isinstance(value.get("data"), dict) and _listed(value) is not None
    return whole or any(name in value for name in _OF_ANNOTATORS)


def _listed(value: Mapping[str, Any]) -> list[Any] | None:
    found = (value[key] for key in _ANNOTATIONS if isinstance(value.get(key), list))
    return next(found, None)


def _results(
    value: Mapping[str, Any], passed: PassedOver | None = None, asked: Set[str] = frozenset()
) -> list[Mapping[str, Any]] | None:
    """The results of one annotation of a task; None where nobody annotated it."""
    listed = _listed(value)
    if listed is not None:
        return _of_annotations(value, listed, passed or PassedOver())
    found: list[Mapping[str, Any]] = []
    for key, item in value.items():
        if key in asked and isinstance(item, str):
            found.append({"value": {"choices": [item]}, "from_name": key})
        elif isinstance(item, dict) and choices_of(item) is not None:
            found.append({"value": item, "from_name": key})
        elif isinstance(item, list):
            found += [{"value": part} for part in item if isinstance(part, dict)]
    return found


def _of_annotations(
    value: Mapping[str, Any], listed: Sequence[Any], passed: PassedOver
) -> list[Mapping[str, Any]] | None:
    annotations = [item for item in listed if isinstance(item, dict)]
    whole = [item for item in annotations if not item.get("was_cancelled")]
    passed.tasks["cancelled"] += len(annotations) - len(whole)
    passed.tasks["predictions"] += bool(value.get("predictions"))
    given = whole[0].get("result") if whole else None
    if not isinstance(given, list):
        passed.tasks["unlabelled"] += bool(whole) or not annotations
        return None
    passed.tasks["several"] += len(whole) > 1
    results = [item for item in given if isinstance(item, dict)]
    relations = [item for item in results if item.get("type") == "relation"]
    passed.tasks["relations"] += len(relations)
    return [item for item in results if item.get("type") != "relation"]
