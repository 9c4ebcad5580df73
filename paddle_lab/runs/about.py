"""What a person writes about a run: another name, a note. ``run.json`` stays as it was written."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from paddle_lab.errors import RunError
from paddle_lab.i18n import T
from paddle_lab.paths import atomic_write_json
from paddle_lab.runs.checks import check_of
from paddle_lab.runs.folder import RunFolder
from paddle_lab.untrusted import MEGABYTE, UnusableFile, read_object

LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 4000
_LARGEST: Final = MEGABYTE // 16


@dataclass(frozen=True)
class About:
    """``name`` is None for the run's own; ``note`` is empty for none."""

    name: str | None = None
    note: str = ""


def read_about(folder: RunFolder) -> About:
    """What was written about the run; nothing where the file is absent, damaged or too large."""
    try:
        data = read_object(folder.about_path, _LARGEST)
    except (OSError, UnusableFile):
        return About()
    if check_of("About")(data) is not None:
        return About()
    return About(data.get("name") or None, data.get("note") or "")


def write_about(folder: RunFolder, *, name: str | None = None, note: str | None = None) -> About:
    """Change name or note; None leaves it, an empty name gives the run its own name back.

    Raises RunError for a name that is no line of text, a text that is too long, and a folder that
    takes no files.
    """
    about = read_about(folder)
    if name is not None:
        about = replace(about, name=_checked_name(name, str(folder.info()["name"])))
    if note is not None:
        about = replace(about, note=_checked_note(note))
    try:
        atomic_write_json(
            folder.about_path, {"name": about.name, "note": about.note}, make_parents=False
        )
    except (OSError, ValueError) as error:
        raise RunError(
            T("This cannot be written into the run's folder.", "无法写入运行目录。"),
            T("{path}: {error}", "{path}：{error}", path=folder.path,
              error=getattr(error, "strerror", None) or error),
            T("Whoever may write there can.", "请由有写入权限的用户修改。"),
            code="run.not_writable",
        ) from error  # fmt: skip
    return about


def _checked_name(name: str, own: str) -> str | None:
    name = name.strip()
    if len(name) > LONGEST_NAME or any(unicodedata.category(char)[0] == "C" for char in name):
        raise RunError(
            T("This is no name for a run.", "这不能作为运行的名称。"),
            T("A name is one line of at most {n} characters, without control characters.",
              "名称为一行文本，最多 {n} 个字符，不含控制字符。", n=LONGEST_NAME),
            code="run.name",
        )  # fmt: skip
    return None if name in ("", own) else name


def _checked_note(note: str) -> str:
    kept = "".join(char for char in note.strip() if char in "\n\t" or char >= " ")
    if len(kept) > LONGEST_NOTE:
        raise RunError(
            T("The note is too long.", "备注太长。"),
            T("It has {had} characters; {n} are kept.", "共 {had} 个字符，最多 {n} 个。",
              had=len(kept), n=LONGEST_NOTE),
            code="run.note",
        )  # fmt: skip
    return kept
