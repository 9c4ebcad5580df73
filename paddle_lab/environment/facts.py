"""Fact sheets as files: written for others to read, read with suspicion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from paddle_lab.environment.probes import FORMAT, VERSION
from paddle_lab.environment.text import decode
from paddle_lab.errors import EnvError
from paddle_lab.i18n import T, Text
from paddle_lab.paths import atomic_write_json
from paddle_lab.text.short import cut
from paddle_lab.untrusted import MEGABYTE, UnusableFile, parse_json, read_bytes

LARGEST_BYTES = 4 * MEGABYTE
DEEPEST = 12
LONGEST_TEXT = 20_000


def write_facts(facts: Mapping[str, Any], path: str | Path) -> None:
    """Write a fact sheet, whole or not at all. Raises EnvError when the file cannot be written."""
    try:
        atomic_write_json(Path(path), facts)
    except (OSError, ValueError) as error:  # ValueError: a NUL or half a character in the name
        raise EnvError(
            T(
                "The fact sheet could not be written to {path}.",
                "无法写入信息表 {path}。",
                path=str(path),
            ),
            T("{error}", "{error}", error=error),
            T(
                "Give another file name: --facts-out sheet.json",
                "请换一个文件名：--facts-out sheet.json",
            ),
            code="env.facts_not_written",
        ) from error


def read_facts(path: str | Path) -> dict[str, Any]:
    """Read a fact sheet from a file. Raises EnvError for what :func:`check_facts` refuses."""
    path = Path(path)
    try:
        raw = read_bytes(path, LARGEST_BYTES)
    except UnusableFile as error:
        _refuse(path.name, T("{error}", "{error}", error=error))
    except OSError as error:
        raise EnvError(
            T("The fact sheet {path} cannot be read.", "无法读取信息表 {path}。", path=str(path)),
            T("{error}", "{error}", error=error.strerror or str(error)),
            T(
                "Make one with: paddle-lab env --facts-out sheet.json",
                "可用以下命令生成：paddle-lab env --facts-out sheet.json",
            ),
            code="env.facts_unreadable",
        ) from error
    return parse_facts(raw, path.name)


def parse_facts(raw: bytes, name: str = "facts") -> dict[str, Any]:
    """A fact sheet from bytes. Raises EnvError for what is not one (see :func:`check_facts`)."""
    try:
        sheet = parse_json(decode(raw))
    except UnusableFile as error:
        _refuse(
            name,
            T(
                "it is not complete JSON ({error}); was it cut off while it was copied?",
                "不是完整的 JSON({error})；是否在复制时被截断？",
                error=str(error)[:160],
            ),
        )
    return check_facts(sheet, name)


def check_facts(sheet: Any, name: str = "facts") -> dict[str, Any]:
    """``sheet`` itself when it is a fact sheet of a version this Paddle Lab knows.

    A sheet may lack any section: rules that need it stay silent. Raises EnvError for another
    format, a newer version, a section of the wrong type, and for values no probe writes.
    """
    if not isinstance(sheet, dict) or sheet.get("format") != FORMAT:
        _refuse(
            name,
            T(
                'it does not say "format": "{format}"',
                '其中没有 "format": "{format}"',
                format=FORMAT,
            ),
        )
    version = sheet.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        _refuse(
            name,
            T(
                "its version is {version!r}, not a number",
                "版本号 {version!r} 不是数字",
                version=cut(str(version), 40),
            ),
        )
    if version > VERSION:
        raise EnvError(
            T(
                "The fact sheet {name} was written by a newer Paddle Lab.",
                "信息表 {name} 由更新版本的 Paddle Lab 生成。",
                name=name,
            ),
            T(
                "It has version {version}; this one reads up to {known}.",
                "其版本为 {version}，当前最高支持 {known}。",
                version=version,
                known=VERSION,
            ),
            T("Upgrade: pip install -U paddle-lab", "请升级：pip install -U paddle-lab"),
            code="env.facts_newer",
        )
    _check_values(sheet, name)
    _check_shape(sheet, name)
    return sheet


def _check_values(value: Any, name: str, depth: int = 0) -> None:
    if depth > DEEPEST:
        _refuse(name, T("it is nested too deeply", "嵌套层次过深"))
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        _refuse(
            name,
            T(
                "it holds a text of {length} characters",
                "其中有长达 {length} 个字符的文本",
                length=len(value),
            ),
        )
    if isinstance(value, dict):
        for key, part in value.items():
            _check_values(key, name, depth + 1)
            _check_values(part, name, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check_values(part, name, depth + 1)


def _check_shape(sheet: dict[str, Any], name: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    schema = json.loads((Path(__file__).parent / "facts.schema.json").read_text(encoding="utf-8"))
    error = best_match(Draft202012Validator(schema).iter_errors(sheet))
    if error is not None:
        where = ".".join(cut(str(part), 40) for part in error.absolute_path) or "the sheet"
        _refuse(
            name,
            T("{where}: {message}", "{where}:{message}", where=where, message=error.message[:200]),
        )


def _refuse(name: str, why: Text) -> NoReturn:
    raise EnvError(
        T(
            "{name} is not a fact sheet of Paddle Lab.",
            "{name} 不是 Paddle Lab 的信息表。",
            name=cut(str(name), 40),
        ),
        why,
        T(
            "Make one with: paddle-lab env --facts-out sheet.json",
            "可用以下命令生成：paddle-lab env --facts-out sheet.json",
        ),
        code="env.facts_invalid",
    )
