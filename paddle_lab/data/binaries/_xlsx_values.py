"""What the cells of a workbook hold: texts, numbers, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from paddle_lab.data.binaries._xml_zip import XmlZip

Value = str | int | float | bool | None

# Built-in formats of dates and times, those of East Asian Excels among them.
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NO_LETTERS: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_WHOLE: Final = 2**53
_LAST_DAY: Final = 2_958_466  # the first of the year 10000


def plain_text(text: str) -> str:
    """A text without Excel's escapes of characters that XML cannot hold (``_x000D_``)."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)


def shared_texts(archive: XmlZip, name: str) -> list[str]:
    """The texts that cells name by number, without the reading aids above characters."""
    texts: list[str] = []
    pieces: list[str] = []
    inside = {"t": 0, "rPh": 0}

    def start(tag: str, _: Mapping[str, str]) -> None:
        if tag in inside:
            inside[tag] += 1
        elif tag == "si":
            pieces.clear()

    def end(tag: str) -> None:
        if tag in inside:
            inside[tag] -= 1
        elif tag == "si":
            texts.append(plain_text("".join(pieces)))

    def text(characters: str) -> None:
        if inside["t"] and not inside["rPh"]:
            pieces.append(characters)

    archive.parse(name, start, end, text)
    return texts


def date_styles(archive: XmlZip, name: str) -> frozenset[str]:
    """The numbers of the cell styles that show a number as a date or a time."""
    formats: dict[str, bool] = {}
    styles: list[str] = []
    inside = False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal inside
        if tag == "numFmt":
            formats[attributes.get("numFmtId", "")] = _is_date(attributes.get("formatCode", ""))
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            styles.append(attributes.get("numFmtId", "0"))

    def end(tag: str) -> None:
        nonlocal inside
        inside = inside and tag != "cellXfs"

    archive.parse(name, start, end)
    return frozenset(
        str(index)
        for index, number in enumerate(styles)
        if formats.get(number, number.isdecimal() and int(number) in _DATES)
    )


def value_of(kind: str, raw: str, texts: Sequence[str], is_date: bool, from_1904: bool) -> Value:
    """A cell's value by its type. Raises ValueError where it is none."""
    if kind == "s":
        index = int(raw)
        if not 0 <= index < len(texts):
            raise ValueError(f"a cell names text {index} of {len(texts)}")
        return texts[index]
    if kind in ("str", "inlineStr"):
        return plain_text(raw)
    raw = raw.strip()
    if not raw or kind == "e":  # an error such as #N/A
        return None
    if kind in ("b", "d"):
        return raw == "1" if kind == "b" else raw
    return _number(raw, is_date, from_1904)


def _number(raw: str, is_date: bool, from_1904: bool) -> Value:
    number = float(raw)
    if is_date and 0 <= number < _LAST_DAY:
        return _date(number, from_1904)
    if number.is_integer() and abs(number) < _WHOLE:
        return int(number)
    return int(raw) if re.fullmatch(r"-?\d{1,40}", raw) else number


def _is_date(code: str) -> bool:
    return (
        re.search("[ymdhs]", _NO_LETTERS.sub("", code).lower().replace("general", "")) is not None
    )


def _date(number: float, from_1904: bool) -> str:
    """A date as ``2024-01-05``, with its time where it has one; a time alone as ``10:20:30``."""
    first = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)
    moment = first + timedelta(seconds=round(number * 86_400))
    if number < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if moment.time() == first.time() else f"{moment:%Y-%m-%d %H:%M:%S}"
