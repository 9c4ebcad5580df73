"""Texts with a larger model's probabilities: what a smaller one learns beside the labelled rows.

A file of JSON lines: first the labels and what is known of the larger model, then a text with its
probabilities in each line. The run keeps a copy, so that a resumed one learns the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from paddle_lab.data import Dataset, Prepared
from paddle_lab.data.dataset import class_order
from paddle_lab.data.excerpt import excerpt, same_text
from paddle_lab.errors import DataError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import atomic_write_text, expanded
from paddle_lab.runs import RunFolder, RunSpec
from paddle_lab.tasks import get_task
from paddle_lab.tasks.label_scored import indices
from paddle_lab.training.added import keep_copy
from paddle_lab.untrusted import UnusableFile, parse_json, read_bytes, reason_of

#: Bytes of a file: some two million short texts.
_LARGEST: Final = 2**30
_NEAR_ONE: Final = 0.01


@dataclass(frozen=True)
class SoftRows:
    """``probabilities`` [texts, labels] of the ``texts``; ``teacher`` is what is told of the model.

    ``left_out`` says how many texts of the file are not among them: they, or the same ones, stand
    in the run's own rows, or earlier in the file.
    """

    texts: Sequence[str]
    labels: Sequence[str]
    probabilities: npt.NDArray[np.float32]
    teacher: Mapping[str, Any]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.texts)

    def beside(self, train: Dataset) -> Dataset:
        """The training rows, and the texts behind them with their most probable labels."""
        best = [self.labels[index] for index in self.probabilities.argmax(axis=1).tolist()]
        return replace(
            train,
            given={"text": [*train.texts, *self.texts]},
            targets=[*train.targets, *best],
            lines=[*train.lines, *(None for _ in self.texts)],
            groups=None if train.groups is None else [*train.groups, *self.texts],
        )

    def probabilities_beside(
        self, train: Dataset, labels: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """What each row of :meth:`beside` should be answered [rows, labels]: of a label, one."""
        certain = np.eye(len(labels), dtype=np.float32)[indices(train.labels, labels)]
        order = [self.labels.index(label) for label in labels]
        return np.concatenate([certain, self.probabilities[:, order]])

    def told(self) -> Text:
        """How many texts are learnt from, for people."""
        name, n = str(self.teacher.get("name", "?")), len(self)
        if not self.left_out:
            return T("Learns also the answers of {name} to {n} texts.",
                     "同时学习 {name} 对 {n} 条文本的回答。", name=name, n=n)  # fmt: skip
        return T("Learns also the answers of {name} to {n} texts; {m} more are left out, since the "
                 "run's own rows, or earlier texts, are the same.",
                 "同时学习 {name} 对 {n} 条文本的回答；另有 {m} 条与本次运行的数据或"
                 "之前的文本相同，未采用。", name=name, n=n, m=self.left_out)  # fmt: skip


def write_soft(path: Path, rows: SoftRows) -> None:
    """Write the rows to a file that :func:`read_soft` reads. Raises OSError."""
    lines = [{"labels": list(rows.labels), "teacher": dict(rows.teacher)}]
    lines += [
        {"text": text, "p": [round(value, 6) for value in row]}
        for text, row in zip(rows.texts, rows.probabilities.tolist(), strict=True)
    ]
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    atomic_write_text(path, content)


def read_soft(path: Path) -> SoftRows:
    """The texts of a file, each once. Raises DataError for one that is not such a file."""
    try:
        lines = read_bytes(path, _LARGEST).decode("utf-8").split("\n")
    except (OSError, UnusableFile, UnicodeDecodeError) as error:
        raise _unusable(path, T("{error}", "{error}", error=reason_of(error))) from error
    head = _object(path, 1, lines[0])
    labels: Any = head.get("labels")
    teacher: Any = head.get("teacher")
    named = isinstance(labels, list) and all(isinstance(one, str) and one for one in labels)
    if not named or len(labels) < 2 or len(set(labels)) < len(labels) or not _is_told(teacher):
        raise _unusable(path, T("its first line does not hold the labels and the larger model",
                                "第一行没有标签和较大模型的信息"))  # fmt: skip
    found: dict[str, tuple[str, list[float]]] = {}
    told = 0
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        row, told = _object(path, number, line), told + 1
        text: Any = row.get("text")
        values: Any = row.get("p")
        if not isinstance(text, str) or not text.strip() or not _is_share(values, len(labels)):
            raise _unusable(path, T("line {n} holds no text with a probability for each label",
                                    "第 {n} 行不是文本及各标签的概率", n=number))  # fmt: skip
        found.setdefault(same_text(text), (text, values))
    shares = np.array([values for _, values in found.values()], dtype=np.float64)
    shares = shares.reshape(len(found), len(labels))
    return SoftRows(
        [text for text, _ in found.values()],
        labels,
        (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32),
        teacher,
        told - len(found),
    )


def soft_rows(spec: RunSpec, prepared: Prepared, kept: Path | None = None) -> SoftRows | None:
    """The texts of ``spec.soft`` that none of the run's rows has; None for a run without.

    What stands in dev or test is never learnt from; what stands in training has a label. ``kept``
    is the run's own copy. Raises UsageError for a task that cannot learn from them, DataError for
    other labels or when nothing is left.
    """
    if spec.soft is None:
        return None
    check_task(spec.task)
    rows = read_soft(kept or expanded(spec.soft))
    own = class_order(set(prepared.train.labels))
    if sorted(own) != sorted(rows.labels):
        raise DataError(
            T("The larger model knows other labels than these rows have.",
              "较大模型的标签与这些数据的标签不同。"),
            T("It knows {theirs}; the rows have {own}.", "它的标签：{theirs}；数据的标签：{own}。",
              theirs=excerpt(", ".join(rows.labels), 200), own=excerpt(", ".join(own), 200)),
            T("Give the rows that it was trained on: %ernie_distill RUN takes them from the run.",
              "请使用训练它的数据：%ernie_distill 运行 会从该次运行取得。"),
            code="data.soft_labels",
        )  # fmt: skip
    parts = (prepared.train, prepared.dev, prepared.test)
    met = {part.key(row) for part in parts if part is not None for row in range(len(part))}
    fresh = [index for index, text in enumerate(rows.texts) if same_text(text) not in met]
    if not fresh:
        raise DataError(
            T("No text is left to learn from.", "没有可供学习的文本。"),
            T("All {n} texts stand in the run's own rows.", "{n} 条文本都在本次运行的数据中。",
              n=len(rows)),
            T("Give other texts: %ernie_distill RUN --texts FILE",
              "请给出其他文本：%ernie_distill 运行 --texts 文件"),
            code="data.soft_none",
        )  # fmt: skip
    return replace(
        rows,
        texts=[rows.texts[index] for index in fresh],
        probabilities=rows.probabilities[fresh],
        left_out=rows.left_out + len(rows) - len(fresh),
    )


def check_task(name: str) -> None:
    """Raise UsageError for a task that cannot learn from a larger model's probabilities."""
    if get_task(name).soft_target is None:
        raise UsageError(
            T("The task {name} does not learn from a larger model's answers.",
              "任务 {name} 不能从较大模型的回答中学习。", name=name),
            T("Only tasks whose answer is one label for a text do: classify.",
              "只有每条文本一个标签的任务可以：classify。"),
            T("Train the smaller model on the labelled rows: %ernie_finetune ... --model NAME",
              "请用带标签的数据训练较小的模型：%ernie_finetune ... --model 名称"),
            code="usage.soft_task",
        )  # fmt: skip


def keep_soft(folder: RunFolder, spec: RunSpec) -> None:
    """Keep the file that ``spec.soft`` names. Raises DataError when it cannot be read or kept."""
    if spec.soft is not None:
        keep_copy(expanded(spec.soft), _place(folder))


def kept_soft(folder: RunFolder, spec: RunSpec) -> Path | None:
    """The run's copy of ``spec.soft``; None where there is none."""
    return _place(folder) if spec.soft is not None and _place(folder).is_file() else None


def soft_names(folder: RunFolder, spec: RunSpec) -> set[str]:
    """The name in ``spec.soft`` where it was kept: the file itself is not needed any more."""
    return {spec.soft} if spec.soft is not None and kept_soft(folder, spec) is not None else set()


def _place(folder: RunFolder) -> Path:
    return folder.path / "data" / "soft.jsonl"


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = parse_json(line)
    except ValueError as error:
        raise _unusable(path, T("line {n}: {error}", "第 {n} 行：{error}",
                                n=number, error=error)) from error  # fmt: skip
    return found if isinstance(found, dict) else {}


def _is_told(teacher: Any) -> bool:
    """Whether it is a name, and figures by theirs."""
    if not isinstance(teacher, dict) or not isinstance(teacher.get("name"), str):
        return False
    return all(_is_number(teacher[key]) for key in ("bytes", "ms") if key in teacher)


def _is_share(values: Any, count: int) -> bool:
    if not isinstance(values, list) or len(values) != count or not all(map(_is_number, values)):
        return False
    return min(values) >= 0 and abs(sum(values) - 1) < _NEAR_ONE


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _unusable(path: Path, reason: Text) -> DataError:
    return DataError(
        T("{name} holds no texts with probabilities.", "{name} 中没有带概率的文本。",
          name=path.name),
        T("{reason}.", "{reason}。", reason=reason),
        T("Make it anew: %ernie_distill RUN --texts FILE",
          "请重新生成：%ernie_distill 运行 --texts 文件"),
        code="data.soft",
    )  # fmt: skip
