"""A file that a library was given: it is not there, or what is in it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.environment.blame.common import LIKELY_SCORE, SOURCE, frame_lines
from paddle_lab.environment.blame.places import expanded, nearest
from paddle_lab.environment.blame.structure import PERSON, Frame, Raised, Traceback
from paddle_lab.environment.findings import Finding
from paddle_lab.environment.installing import shell_word
from paddle_lab.environment.redact import shorten_home
from paddle_lab.i18n import T, Text

_FILE: Final = r"(?P<path>[\w./\\~:+\-]{1,300}\.[A-Za-z]\w{1,14})"
_ABSENT: Final = re.compile(
    r"\b(?:path|file|folder|directory|checkpoint|config|model)\b"
    rf"[^\n]{{0,40}}?[('\"` ]{_FILE}[)'\"`]?"
    r"[^\n]{0,40}?(?:do(?:es)? ?n[o']t exist|not exists?|not found|is missing)"
)
_UNREAD: Final = re.compile(
    r"(?i)can ?not parse the file|HeaderTooLarge|InvalidHeader|invalid header|MetadataIncomplete"
    r"|not appear to be JSON|truncated|unexpected end of (?:file|data|input)"
    r"|not a (?:valid )?(?:zip|json|gzip|tar|pickle)|could not be decoded as|is corrupt"
    r"|invalid load key"
)
#: Text is read as UTF-8 and is not; with another codec it is the reader that is wrong.
_OTHER_CODEC: Final = re.compile(r"(?i)'utf-?8' codec can't decode bytes? (?P<byte>0x[0-9a-f]{2})")
#: How a file of Git LFS begins in the place of its contents; a rule knows that.
_POINTER: Final = "invalid load key, 'v'"
_PARSERS: Final = frozenset(
    {"JSONDecodeError", "UnpicklingError", "BadZipFile", "BadGzipFile", "EOFError", "ReadError"}
)
_WHEEL: Final = re.compile(r"located at (?P<path>[^\n]{1,400}\.whl) is invalid")
_ASKED: Final = re.compile(
    r"Could not open requirements file: \[Errno 2\][^']{0,60}'(?P<path>[^'\n]{1,400})'"
    r"|Requirement '(?P<pattern>[^'\n]{1,400})' looks like a filename, but"
)
_OF_SOURCE: Final = frozenset({"SyntaxError", "IndentationError", "TabError"})
_ANY_FILE: Final = re.compile(rf"(?<![\w/.]){_FILE}(?!\w)")
_TOLD_FILE: Final = re.compile(rf"\b(?:file|path)\b[: '\"`(]{{1,3}}{_FILE}")
_QUOTED: Final = re.compile(r"['\"]([^'\"\n]{1,300})['\"]")
_OF_CODE: Final = re.compile(r"(?i)\.(?:pyx?|pyc|so|dll|cc|cpp|h|invalid|com|org|cn)$")
_MOST_BESIDE: Final = 6


def findings(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """One finding for a file that a library says is not there, or whose contents it refuses."""
    if trace.form in ("pip", "uv"):
        return _of_pip(trace, facts, here)
    if not trace.in_library and trace.final.kind not in _OF_SOURCE:
        return []
    written = _source(trace)
    return [_unreadable_source(written, trace)] if written else _given(trace, facts, here)


def _given(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """A file that a library was handed."""
    for error in trace.errors:
        absent = _ABSENT.search(error.message)
        if absent is not None and error.raiser != PERSON:
            return [_missing(absent["path"], trace, facts, here)]
        other = _OTHER_CODEC.search(error.message)
        if error.kind == "UnicodeDecodeError" and other and error.raiser != PERSON:
            return [_not_utf8(_named(trace.errors), other["byte"], trace)]
        if _POINTER in error.message:
            return []
    unread = any(_UNREAD.search(error.message) for error in trace.errors)
    if unread or any(error.kind in _PARSERS for error in trace.errors):
        path = _named(trace.errors)
        if path or unread:  # what a parser alone refuses may have come over the network
            return [_damaged(path, trace, facts, here)]
    return []


def _of_pip(trace: Traceback, facts: Mapping[str, Any], here: bool) -> list[Finding]:
    """A wheel that is none, a file that the command names and that is not there."""
    wheel = _WHEEL.search(trace.final.message)
    if wheel is not None:
        return [_damaged(wheel["path"], trace, facts, here)]
    asked = _ASKED.search(trace.final.message)
    if asked is not None:
        return [_missing(asked["path"] or asked["pattern"], trace, facts, here)]
    return []


def _not_utf8(path: str, byte: str, trace: Traceback) -> Finding:
    shown = shorten_home(path) or T("that is read", "所读文件")
    return Finding(
        id="file-not-utf8",
        family="storage",
        severity="error",
        certainty="likely",
        title=T("The file {path} is not UTF-8", "文件 {path} 不是 UTF-8 编码", path=shown),
        cause=T(
            "{package} reads text as UTF-8, and the byte {byte} cannot stand in it there. Files "
            "from Excel or Notepad in Chinese are mostly GBK, from the West cp1252.",
            "{package} 按 UTF-8 读取文本，而字节 {byte} 不符合 UTF-8。"
            "中文 Excel、记事本保存的文件多为 GBK，西文多为 cp1252。",
            package=trace.cause.raiser or "",
            byte=byte,
        ),
        fix=T(
            'Say the encoding where the file is read (encoding="gb18030" reads GBK too), or save '
            "it as UTF-8; compressed and binary files are no text at all.",
            '读取时指定编码（encoding="gb18030" 也能读 GBK），或把文件另存为 UTF-8；'
            "压缩文件和二进制文件不是文本。",
        ),
        commands=(),
        sources=SOURCE,
        evidence=frame_lines(trace, (trace.cause.raiser or "",)),
        score=LIKELY_SCORE + 7,
    )


def _named(errors: tuple[Raised, ...]) -> str:
    """The file that the messages name, the last error's first; else a line of the person's."""
    for error in reversed(errors):
        code = " ".join(one.code for one in error.frames if one.package == PERSON)
        written = " ".join(_QUOTED.findall(code[:4000]))
        for text in (error.message.partition("\n")[0][:1000], written):
            told = _TOLD_FILE.search(text)
            for found in (*((told,) if told else ()), *_ANY_FILE.finditer(text)):
                if not _OF_CODE.search(found["path"]):
                    return str(found["path"])
    return ""


def _missing(path: str, trace: Traceback, facts: Mapping[str, Any], here: bool) -> Finding:
    there = nearest(path) if here else None
    beside = _beside(there) if there is not None and not expanded(path).exists() else ()
    return Finding(
        id="file-not-there",
        family="storage",
        severity="error",
        certainty="likely",
        title=T("The file {path} does not exist", "文件 {path} 不存在", path=shorten_home(path)),
        cause=_why(path, there, beside),
        fix=T(
            "Give the right path; a relative one counts from the folder in which the program (or "
            "kernel) was started:",
            "给出正确的路径；相对路径从启动程序（或内核）的目录算起：",
        ),
        commands=("pwd", f"ls -l {shell_word(facts, shorten_home(str(there or '.')))}"),
        sources=SOURCE,
        evidence=(*frame_lines(trace, (trace.final.raiser or "",)), *beside),
        score=LIKELY_SCORE + 4,
    )


def _why(path: str, there: Path | None, beside: tuple[str, ...]) -> Text:
    if there is None or not beside:
        return T(
            "It was not written yet, has another name, or lies in another folder.",
            "它尚未生成、名称不同，或位于其他目录。",
        )
    return T(
        "The last folder of that path that exists is {folder}; in it are: {beside}.",
        "该路径中存在的最后一级目录是 {folder}，其中有：{beside}。",
        folder=shorten_home(str(there)),
        beside=", ".join(beside),
    )


def _beside(folder: Path) -> tuple[str, ...]:
    try:
        names = sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))
    except OSError:  # not ours to read
        return ()
    return tuple(names[:_MOST_BESIDE])


def _damaged(path: str, trace: Traceback, facts: Mapping[str, Any], here: bool) -> Finding:
    size = _size(path) if here and path else None
    return Finding(
        id="file-damaged",
        family="storage",
        severity="error",
        certainty="likely",
        title=T(
            "The file {path} is damaged, cut off or of another kind",
            "文件 {path} 已损坏、不完整或格式不符",
            path=shorten_home(path),
        )
        if path
        else T(
            "The file that {package} reads is damaged, cut off or of another kind",
            "{package} 读取的文件已损坏、不完整或格式不符",
            package=trace.final.raiser or "",
        ),
        cause=T(
            "It could be opened, and what is in it could not be read{size}: saving or downloading "
            "it was interrupted, the disk was full, or another program wrote over it.",
            "文件可以打开，但内容无法解析{size}：保存或下载被中断、磁盘已满，或被其他程序覆盖。",
            size=T(" (it has {size} bytes)", "（大小 {size} 字节）", size=size)
            if size is not None
            else "",
        ),
        fix=T(
            "Compare its size with the original and fetch or save it again; of a notebook or a "
            "training take the last good checkpoint.",
            "与原文件比较大小，重新下载或保存；笔记本或训练请使用最近的完好检查点。",
        ),
        commands=(f"ls -l {shell_word(facts, path)}",) if path else (),
        sources=SOURCE,
        evidence=frame_lines(trace, (trace.final.raiser or "",)),
        score=LIKELY_SCORE + 7,
    )


def _size(path: str) -> int | None:
    try:
        return expanded(path).stat().st_size
    except OSError:  # not on this machine
        return None


def _source(trace: Traceback) -> Frame | None:
    """A file of the person's that a library runs (a configuration) and that is no Python."""
    for error in trace.errors:
        frames = error.frames
        of_library = any(one.is_library for one in frames[:-1])
        if error.kind in _OF_SOURCE and of_library and frames[-1].package == PERSON:
            return None if frames[-1].is_cell else frames[-1]
    return None


def _unreadable_source(frame: Frame, trace: Traceback) -> Finding:
    error = next(one for one in trace.errors if one.kind in _OF_SOURCE)
    path = shorten_home(frame.file)
    return Finding(
        id="file-with-syntax-error",
        family="storage",
        severity="error",
        certainty="likely",
        title=T(
            "The file {path} has a mistake in line {line}",
            "文件 {path} 第 {line} 行有语法错误",
            path=path,
            line=frame.line or "?",
        ),
        cause=T(
            "A program runs it as Python (a configuration or a start-up file) and cannot read it: "
            "{words}.",
            "程序把它当作 Python 运行（配置或启动文件），但无法解析：{words}。",
            words=error.line,
        ),
        fix=T(
            "Correct that line, or give the file another name to go on without it.",
            "修正该行，或将该文件改名后再继续。",
        ),
        commands=(),
        sources=SOURCE,
        evidence=(frame.code,) if frame.code else (),
        score=LIKELY_SCORE + 7,
    )
