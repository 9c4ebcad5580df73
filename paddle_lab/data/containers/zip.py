"""zip archives: the one file inside, or the one that a person named: ``sets.zip/train.tsv``."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from paddle_lab.data.containers import Member, Unpacking
from paddle_lab.data.containers._stream import damaged, read_at_most
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.zip_errors import ZIP_ERRORS
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.text.close_names import did_you_mean

_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1
# What macOS and Windows put beside the files.
_BESIDE: Final = ("__MACOSX/",)


class Zip:
    """A zip archive."""

    title: Final = T("a zip archive", "zip 压缩包")
    starts: Final = (b"PK\x03\x04", b"PK\x05\x06")
    members: Final = True

    def names(self, content: bytes, name: str) -> list[str]:
        """The files inside, without hidden ones. Raises DataError when it is damaged."""
        return list(self._files(content, name))

    def unpack(self, content: bytes, how: Unpacking) -> Member:
        """The named file, else the only one. Raises DataError."""
        files = self._files(content, how.name)
        if how.member is None and len(files) != 1:
            raise _which(how.name, list(files))
        wanted = how.member if how.member is not None else next(iter(files))
        if wanted not in files:
            raise _no_member(how.name, wanted, list(files))
        if files[wanted].flag_bits & _ENCRYPTED:
            raise _locked(how.name, wanted)
        try:
            with (
                zipfile.ZipFile(io.BytesIO(content)) as archive,
                archive.open(files[wanted]) as file,
            ):
                return Member(wanted, read_at_most(file, how.most))
        except ZIP_ERRORS as error:
            raise damaged(how.name, self.title, error) from error

    def _files(self, content: bytes, name: str) -> dict[str, zipfile.ZipInfo]:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = archive.infolist()
        except ZIP_ERRORS as error:
            raise damaged(name, self.title, error) from error
        named = {_name_of(entry): entry for entry in entries if not entry.is_dir()}
        return {name: entry for name, entry in named.items() if not _is_hidden(name)}


CONTAINER: Final = Zip()


def _name_of(entry: zipfile.ZipInfo) -> str:
    """A member's name as it was written: Windows writes Chinese ones as GBK and does not say so."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _is_hidden(name: str) -> bool:
    return name.startswith(_BESIDE) or name.rpartition("/")[2].startswith(".")


def _which(name: str, names: list[str]) -> DataError:
    if not names:
        return DataError(
            T("{name} holds no file.", "{name} 中没有文件。", name=name),
            T("It is an empty zip archive.", "它是空的 zip 压缩包。"),
            T("Give the file itself.", "请直接给出数据文件。"),
            code="data.member",
        )
    return DataError(
        T("{name} holds {n} files.", "{name} 中有 {n} 个文件。", name=name, n=len(names)),
        T("They are: {names}", "它们是：{names}", names=excerpt(", ".join(names[:20]), 300)),
        T("Say which, e.g. {name}/{first}", "请指明其中一个，例如 {name}/{first}",
          name=name, first=excerpt(names[0], 120)),
        code="data.member",
    )  # fmt: skip


def _no_member(name: str, wanted: str, names: list[str]) -> DataError:
    return DataError(
        T("{name} holds no file '{member}'.", "{name} 中没有文件“{member}”。", name=name,
          member=excerpt(wanted, 120)),
        T("It holds: {names}", "其中有：{names}",
          names=excerpt(", ".join(names[:20]), 300) or "-"),
        did_you_mean(wanted, names, show=lambda close: f"{name}/{excerpt(close, 120)}")
        or T("Name one of them.", "请指明其中一个。"),
        code="data.member",
    )  # fmt: skip


def _locked(name: str, member: str) -> DataError:
    return DataError(
        T("{name} is protected by a password.", "{name} 有密码保护。", name=name),
        T("'{member}' cannot be unpacked without it.", "没有密码无法解压“{member}”。",
          member=excerpt(member, 120)),
        T("Unpack it yourself and give the file.", "请自行解压后再给出文件。"),
        code="data.locked",
    )  # fmt: skip
