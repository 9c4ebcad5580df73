"""Names for labels that are numbers, from the file that many data sets keep them in.

``体验2D巅峰<TAB>8`` says little without the ``class.txt`` beside it, whose ninth line is ``game``.
Such a file is used where it is named (``--set label_names=class.txt``), and where one of a usual
name lies beside the data and fits: all labels are numbers, it has a different name for each, and no
more names than labels. That it was used is told, so is that it was not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paddle_lab.data.cells import label_of
from paddle_lab.data.columns import SAMPLE, known_column
from paddle_lab.data.encoding import decode
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import folded
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.options import option
from paddle_lab.paths import expanded
from paddle_lab.untrusted import UnusableFile, open_regular

#: Names of such files, in the order in which they are looked for.
FILES: Final = (
    "class.txt", "classes.txt", "label.txt", "labels.txt", "label_map.txt", "label_dict.txt",
    "label_list.txt", "class_names.txt",
)  # fmt: skip
#: Columns that say in words what a label's number means.
COLUMNS: Final = (
    "label_desc", "label_des", "label_name", "label_text", "class_name", "category_name",
    "标签名称", "标签名", "类别名称", "类别名",
)  # fmt: skip
#: Where the file's path stands among what was found out, for the other parts.
SETTING: Final = "label_names"
NONE: Final = "none"
_LARGEST: Final = 1_000_000
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, kw_only=True)
class LabelNameOptions:
    """``label_names`` None: a file beside the data is used where it fits."""

    label_names: str | None = option(
        None,
        T("file that names labels which are numbers, one name a line, or name<TAB>number; none",
          "为数字标签提供名称的文件，每行一个名称，或 名称<TAB>数字；none 表示不用"),
        example="class.txt",
    )  # fmt: skip


@dataclass(frozen=True)
class LabelNames:
    """``names`` by number, and the file that they are from."""

    names: Mapping[int, str]
    path: Path

    def name(self, label: str) -> str:
        """The name of a label; a label that has none as it is."""
        return self.names.get(int(label), label) if label.isdecimal() else label


def find_names(
    labels: Iterable[str], folder: Path | None, asked: str | None, known: str | None = None
) -> tuple[LabelNames | None, list[Text]]:
    """Names for these labels, and what a person should know of it.

    ``folder`` is where the data lie; ``asked`` what a person named, ``known`` the file that another
    part was read with. Raises DataError when a file that was named does not name all labels.
    """
    if asked == NONE:
        return None, []
    kinds = set(labels)
    if asked is not None or known is not None:
        return _named_file(str(asked or known), folder, kinds)
    if folder is None or not kinds or not all(_is_number(label) for label in kinds):
        return None, []
    for file in FILES:
        path = folder / file
        if not path.is_file():
            continue
        names = read_names(path)
        if names is None:
            continue
        found = LabelNames(names, path)
        if _fits(names, kinds):
            return found, [_used(found)]
        return None, [_not_used(path, len(names), len(kinds))]
    return None, []


def apply_names(
    labels: Iterable[str], records: Records, reading: Reading, settings: dict[str, str]
) -> tuple[LabelNames | None, list[Text]]:
    """Names for the labels of a part, as its options, files and other parts say.

    What was found goes into ``settings``. Raises DataError as :func:`find_names`.
    """
    asked = getattr(reading.options, "label_names", None)
    known = reading.found.get(SETTING)
    if known is None and asked is None and (reading.found or reading.like):
        return None, []  # the first part was read without names
    names, notices = find_names(labels, records.folder, asked, known)
    if names is not None:
        settings[SETTING] = str(names.path)
    return names, notices if known is None else []


def column_of_names(records: Records, label: int) -> int | None:
    """The column that has a name for each number of the column ``label``; None for none."""
    header = [folded(column) for column in records.header or []]
    found = known_column(header, COLUMNS, (label,))
    if found is None:
        return None
    pairs: dict[str, str] = {}
    for row in records.cells[:SAMPLE]:
        number, name = label_of(row[label]), label_of(row[found])
        if isinstance(number, Text) or isinstance(name, Text):
            continue
        if not _is_number(number) or pairs.setdefault(number, name) != name:
            return None
    different = len(set(pairs.values())) == len(pairs) > 0
    return found if different else None


def read_names(path: Path) -> dict[int, str] | None:
    """The names in a file, by number from 0; None for a file that holds none.

    One name a line; or a name and its number, in either order, between tabs or spaces.
    """
    try:
        with open_regular(path) as file:
            content = file.read(_LARGEST + 1)
        text = decode(content, path.name, None)[0]
    except (OSError, UnusableFile, DataError):
        return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(content) > _LARGEST or not lines or any(len(line) > _LONGEST_NAME for line in lines):
        return None
    numbered = [_numbered(line) for line in lines]
    if all(item is not None for item in numbered):
        names = dict(item for item in numbered if item is not None)
    else:
        names = dict(enumerate(lines))
    different = len(set(names.values())) == len(names) == len(lines)
    words = not all(name.isdecimal() for name in names.values())
    return names if different and words else None


def _numbered(line: str) -> tuple[int, str] | None:
    """A name and its number; None for a line that is not made so."""
    for separator in ("\t", " ", ","):
        first, found, last = line.partition(separator)
        first, last = first.strip(), last.strip()
        if found and last.isdecimal() and first:
            return int(last), first
        if found and first.isdecimal() and last:
            return int(first), last
    return None


def _named_file(
    asked: str, folder: Path | None, kinds: set[str]
) -> tuple[LabelNames | None, list[Text]]:
    path = expanded(asked)
    if not path.is_file() and folder is not None and (folder / asked).is_file():
        path = folder / asked
    names = read_names(path) if path.is_file() else None
    if names is None:
        raise DataError(
            T("{path} gives no names of labels.", "{path} 没有给出标签名称。",
              path=excerpt(str(path), 200)),
            T("It does not hold a different name in each line.",
              "它不是每行一个不同名称的文件。"),
            T("Give such a file, or --set label_names=none.",
              "请给出这样的文件，或使用 --set label_names=none。"),
            code="data.label_names",
        )  # fmt: skip
    found = LabelNames(names, path)
    strange = sorted(label for label in kinds if found.name(label) == label
                     and label not in names.values())  # fmt: skip
    if strange:
        raise DataError(
            T("{path} has no name for the label '{label}'.", "{path} 没有标签“{label}”的名称。",
              path=excerpt(path.name, 120), label=excerpt(strange[0])),
            T("It names {n}; {m} of {all} labels of the data are not among them.",
              "它给出 {n} 个名称；数据的 {all} 个标签中有 {m} 个没有名称。",
              n=len(names), m=len(strange), all=len(kinds)),
            T("Complete the file, or read the numbers as they are: --set label_names=none",
              "请补全该文件，或直接使用数字：--set label_names=none"),
            code="data.label_names",
        )  # fmt: skip
    return found, [_used(found)]


def _fits(names: Mapping[int, str], kinds: set[str]) -> bool:
    """Whether a file that nobody named is surely meant: a name for each label and none besides."""
    numbers = {int(label) for label in kinds}
    return set(names) == numbers


def _is_number(label: str) -> bool:
    return label.isdecimal() and len(label) < 10


def _used(found: LabelNames) -> Text:
    return T("Labels are named by {file}: {names}. To read numbers: --set label_names=none",
             "标签名称来自 {file}：{names}。如需使用数字：--set label_names=none",
             file=excerpt(found.path.name, 120),
             names=excerpt(", ".join(f"{n} {found.names[n]}" for n in sorted(found.names)), 120),
             )  # fmt: skip


def _not_used(path: Path, names: int, kinds: int) -> Text:
    return T("{file} lies beside the data but is not used: it has {names} names for {kinds} "
             "labels. To use it: --set label_names={file}",
             "数据旁有 {file}，但没有使用：它有 {names} 个名称，而标签有 {kinds} 个。"
             "如需使用：--set label_names={file}",
             file=excerpt(path.name, 120), names=names, kinds=kinds)  # fmt: skip
