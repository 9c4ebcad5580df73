"""What is told of texts that were saved in a wrong encoding.

Each kind has its evidence, so strong that whole texts do not show it: none of the rows of the
samples and of seven public sets was suspected wrongly (``benchmarks/garbled_texts.py``).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from paddle_lab.data import damage
from paddle_lab.data.dataset import Dataset
from paddle_lab.data.encoding import looks_like_big5
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.schema import RowSchema
from paddle_lab.i18n import T, Text

_BEFORE: Final = 6  # characters shown before the spot
_SHOWN: Final = 24
_FEW: Final = 2000  # rows that are enough to tell Big5 by
_ENOUGH: Final = 100_000  # characters of them
_MANY: Final = 0.2

_REPLACED: Final = re.compile("\ufffd|锟斤拷")
_ENTITY: Final = re.compile(
    r"&(?:#[0-9]{2,6}|#x[0-9a-fA-F]{2,6}|amp|lt|gt|quot|apos|nbsp|hellip|middot|[lr]dquo|[lr]squo"
    r"|[mn]dash|e[nm]sp|times|bull|copy);"
)
# What no text shows that shows none of the kinds, by which most are passed over at once.
_SUSPECT: Final = re.compile(rf"[\u0080-\u00ff\ufffd锟\\&]|\?\?\?|{damage.HALF}")
_LOST = T(
    "what stood there is lost. Save the data anew from their source, as UTF-8",
    "那里原来的内容已经丢失。请从原始来源重新导出，并保存为 UTF-8",
)
_TWICE = T(
    "they were read in a wrong encoding and saved again. Convert them anew from their source, "
    "as UTF-8",
    "它们曾按错误的编码读取后再次保存。请从原始来源重新转换为 UTF-8",
)

Row = tuple[Dataset, int, str]


@dataclass(frozen=True)
class Kind:
    """One kind of damage: what is ``found``, and what it means (``says``).

    ``spot`` gives the place of the first evidence in a text, None for none; ``repair`` what a text
    most likely was. ``least`` is the share of rows that must show it. What only tells that
    something is ``lost`` is not told of rows that another kind explains. ``encoding`` is the one
    that the bytes most likely are in.
    """

    found: Text
    says: Text
    spot: Callable[[str], int | None]
    repair: Callable[[str], str | None] = lambda text: None
    least: float = 0.0
    lost: bool = False
    encoding: str | None = None


def _first(pattern: re.Pattern[str]) -> Callable[[str], int | None]:
    def spot(text: str) -> int | None:
        found = pattern.search(text)
        return found.start() if found else None

    return spot


_KINDS: Final = (
    Kind(T("UTF-8 read as latin-1", "按 latin-1 读取的 UTF-8"), _TWICE,
         damage.utf8_as_latin, lambda text: damage.from_latin(text, "utf-8"), encoding="utf-8"),
    Kind(T("UTF-8 read as GBK", "按 GBK 读取的 UTF-8"), _TWICE,
         damage.utf8_as_gbk, damage.from_gbk, encoding="utf-8"),
    Kind(T("GBK read as latin-1", "按 latin-1 读取的 GBK"), _TWICE,
         damage.gb_as_latin, lambda text: damage.from_latin(text, "gbk"), encoding="gb18030"),
    Kind(T("characters that were lost (U+FFFD)", "已丢失的字符（U+FFFD）"), _LOST,
         _first(_REPLACED), lost=True),
    Kind(T("question marks in place of characters", "以问号代替的字符"), _LOST,
         damage.question_marks, least=_MANY),
    Kind(T(r"characters written as \uXXXX", r"写成 \uXXXX 的字符"),
         T("the model reads the letters u4e2d and so on. Read the data with a JSON parser before "
           "they are saved",
           "模型读到的是 u4e2d 这样的字母。请先用 JSON 解析，再保存数据"),
         damage.escapes, damage.from_escapes),
    Kind(T("HTML entities", "HTML 实体"),
         T("the model reads their letters. Turn them into characters: html.unescape(text)",
           "模型读到的是其中的字母。请先还原为字符：html.unescape(text)"),
         _first(_ENTITY), html.unescape),
)  # fmt: skip
_BIG5: Final = Kind(
    T("Big5 read as GB18030", "按 GB18030 读取的 Big5"), _TWICE,
    lambda text: 0 if any(char >= "\u2e80" for char in text) else None,
    lambda text: text.encode("gb18030", "ignore").decode("big5", "ignore") or None,
    encoding="big5",
)  # fmt: skip


def garbled(schema: RowSchema, parts: Mapping[str, Dataset]) -> list[Text]:
    """A notice for each kind of damage that texts or labels of the parts show."""
    total = sum(map(len, parts.values()))
    suspects = [row for row in _all(schema, parts) if _SUSPECT.search(row[2])]
    told: set[tuple[int, int]] = set()
    found = []
    if _is_big5([text for _, _, text in islice(_all(schema, parts), _FEW)]):
        found += _notice(_BIG5, list(_all(schema, parts)), total, told)
    for kind in _KINDS:
        found += _notice(kind, suspects, total, told)
    return found


def _is_big5(texts: Sequence[str]) -> bool:
    return looks_like_big5("\n".join(texts)[:_ENOUGH].encode("gb18030", "ignore"))


def _all(schema: RowSchema, parts: Mapping[str, Dataset]) -> Iterator[Row]:
    """Everything that is read, and each label where it stands first."""
    for part in parts.values():
        for values in part.given.values():
            for row, value in enumerate(values):
                if isinstance(value, str):
                    yield part, row, value
        known: set[str] = set()
        for row, target in enumerate(part.targets):
            for label in schema.counted(target):
                if label not in known:
                    known.add(label)
                    yield part, row, label


def _notice(kind: Kind, rows: Sequence[Row], total: int, told: set[tuple[int, int]]) -> list[Text]:
    """What to tell of one kind; the rows that show it join ``told``."""
    shown = [
        (row, spot)
        for row in rows
        if not (kind.lost and (id(row[0]), row[1]) in told)
        and (spot := kind.spot(row[2])) is not None
    ]
    places = {(id(part), row) for (part, row, _), _ in shown}
    count = len(places)
    if not count or count < kind.least * total:
        return []
    told |= places
    (part, row, text), spot = shown[0]
    start = max(0, spot - _BEFORE)
    piece = text[start : start + _SHOWN]
    likely = kind.repair(piece)
    notice = T(
        "{n} of {all} rows hold {found}: {says}. The first, {where}: '{piece}'{likely}",
        "{all} 行中有 {n} 行含有{found}：{says}。第一处，{where}：“{piece}”{likely}",
        n=count,
        all=total,
        found=kind.found,
        says=_says(kind, part),
        where=part.where(row),
        piece=excerpt(piece, _SHOWN),
        likely=T(", most likely '{text}'", "，很可能是“{text}”", text=excerpt(likely, _SHOWN))
        if likely and likely != piece
        else Text("", ""),
    )
    return [notice]


def _says(kind: Kind, part: Dataset) -> Text:
    """What it means; of a file that was not read as UTF-8, which encoding it is in."""
    used = str(part.provenance.get("encoding", "utf-8"))
    if kind.encoding is None or used.startswith("utf"):
        return kind.says
    return T("the file is most likely in {likely}, not in {used}. Give --encoding {likely}",
             "该文件很可能是 {likely} 编码，而不是 {used}。请使用 --encoding {likely}",
             likely=kind.encoding, used=used)  # fmt: skip
